"""Speaking to the server with next to no work of one's own: HTTP/1.1 that stays open, and Socket.IO over a websocket.

The official client costs about as much per frame as the server does; a thousand of them would measure themselves.
"""

import asyncio
import base64
import json
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Http:
    """One connection kept open, one request at a time; opened again if the server closed it meanwhile."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, body: Any = None
    ) -> Answer:
        async with self._turn:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(self._head_and_body(method, path, headers or {}, body))
            try:
                return await self._answer(reader)
            except (asyncio.IncompleteReadError, OSError):
                self.close()
                raise

    def _head_and_body(self, method: str, path: str, headers: dict[str, str], body: Any) -> bytes:
        payload = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", "0"))
        body = await reader.readexactly(length) if length and status not in (204, 304) else b""
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, body)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Refused(Exception):
    """The server did not want this connection; retry_after in seconds if it said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


Heard = Callable[["Watcher", bytes, float], None]


class Watcher(asyncio.Protocol):
    """One browser: connects with a token, watches, and hands every event on as raw bytes."""

    __slots__ = ("_acks", "_buffer", "_ready", "heard", "index", "open", "token", "transport")

    def __init__(self, index: int, token: str, heard: Heard) -> None:
        self.index, self.token, self.heard = index, token, heard
        self.open = False
        self.transport: asyncio.Transport | None = None
        self._buffer = b""
        self._acks: dict[bytes, asyncio.Future[bytes]] = {}
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self, port: int) -> None:
        """Until the server has accepted the token. Raises Refused, OSError."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, "127.0.0.1", port)
        await self._ready

    async def ask(self, event: str, data: Any) -> Any:
        """Emit with an acknowledgement."""
        number = str(len(self._acks)).encode()
        self._acks[number] = asyncio.get_running_loop().create_future()
        self._say(b"42" + number + json.dumps([event, data]).encode())
        return json.loads(await self._acks[number])[0]

    def drop(self) -> None:
        """Gone without a word, as when a network fails."""
        self.open = False
        if self.transport is not None:
            self.transport.abort()

    # --- asyncio.Protocol -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        self._fail(Refused(f"connection lost ({exc})"))

    def data_received(self, data: bytes) -> None:
        now = monotonic()
        if self._buffer:
            data = self._buffer + data
        if not self.open and data.startswith(b"HTTP/1.1"):
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self._fail(_refusal(data[:end]))
                self.drop()
                return
            self.open, data = True, data[end + 4 :]
        self._buffer = self._frames(data, now)

    def _frames(self, data: bytes, now: float) -> bytes:
        """Take whole frames off the front; what is left of the next one stays."""
        at, size = 0, len(data)
        while size - at >= 2:
            length, body = data[at + 1] & 0x7F, at + 2
            if length == 126:
                if size - at < 4:
                    break
                length, body = struct.unpack_from(">H", data, at + 2)[0], at + 4
            elif length == 127:
                if size - at < 10:
                    break
                length, body = struct.unpack_from(">Q", data, at + 2)[0], at + 10
            if size - body < length:
                break
            self._take(data[at] & 0x0F, data[body : body + length], now)
            at = body + length
        return data[at:]

    def _take(self, opcode: int, message: bytes, now: float) -> None:
        if opcode == 8:
            self.drop()
        elif message.startswith(b"42"):
            self.heard(self, message, now)
        elif message == b"2":  # Engine.IO's ping
            self._say(b"3")
        elif message.startswith(b"43"):
            number, _, answer = message[2:].partition(b"[")
            waiting = self._acks.get(number)
            if waiting is not None and not waiting.done():
                waiting.set_result(b"[" + answer)
        elif message.startswith(b"0"):
            self._say(b"40" + json.dumps({"token": self.token}).encode())
        elif message.startswith(b"40") and not self._ready.done():
            self._ready.set_result(None)
        elif message.startswith(b"44"):
            self._fail(Refused(message[2:].decode()))

    def _say(self, message: bytes) -> None:
        """A text frame, masked with zeros: the server unmasks it as any other."""
        assert self.transport is not None
        size = len(message)
        head = bytes([0x81, 0x80 | size]) if size < 126 else struct.pack(">BBH", 0x81, 0xFE, size)
        self.transport.write(head + b"\0\0\0\0" + message)

    def _fail(self, reason: Refused) -> None:
        everybody: list[asyncio.Future[Any]] = [self._ready, *self._acks.values()]
        for waiting in everybody:
            if not waiting.done():
                waiting.set_exception(reason)
                waiting.exception()  # whoever waits is told; nobody else is


def _refusal(head: bytes) -> Refused:
    lines = head.decode("latin-1").split("\r\n")
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "retry-after":
            return Refused(lines[0], float(value))
    return Refused(lines[0])
