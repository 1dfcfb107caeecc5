"""One browser's socket by the public protocol: an asyncio.Protocol that hands every event on, and says when it is over.

`tests/load` has one that counts for ten thousand; this one keeps what it is told, for dozens.
"""

import asyncio
import base64
import json
import os
import struct
from collections.abc import Callable
from typing import Any

Heard = Callable[[str, Any], None]


class Closed(Exception):
    """Refused or over; retry_after in seconds if the server said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def handshake(more: str = "") -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        f"Sec-WebSocket-Version: 13\r\n{more}\r\n"
    ).encode()


def frame(message: bytes, *, opcode: int = 1, final: bool = True) -> bytes:
    """Masked with zeros: the server unmasks it as any other."""
    first, size = (0x80 if final else 0) | opcode, len(message)
    if size < 126:
        return bytes((first, 0x80 | size)) + b"\0\0\0\0" + message
    if size < 65_536:
        return struct.pack(">BBH", first, 0xFE, size) + b"\0\0\0\0" + message
    return struct.pack(">BBQ", first, 0xFF, size) + b"\0\0\0\0" + message


class SocketLine(asyncio.Protocol):
    def __init__(self, token: str, heard: Heard) -> None:
        self.token, self.heard = token, heard
        self.over = asyncio.Event()
        self.transport: asyncio.Transport | None = None
        self._upgraded = False
        self._buffer = b""
        self._asked = 0
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self, port: int, *, within_s: float = 10.0) -> None:
        """Until the server has accepted the token. Raises Closed, OSError, TimeoutError."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(within_s):
            await loop.create_connection(lambda: self, "127.0.0.1", port)
            await self._ready

    async def ask(self, event: str, data: Any, *, within_s: float = 10.0) -> Any:
        """Emit with an acknowledgement. Raises Closed, TimeoutError."""
        self._asked += 1
        answer = self._waiting[str(self._asked)] = asyncio.get_running_loop().create_future()
        self.say(f"42{self._asked}" + json.dumps([event, data]))
        async with asyncio.timeout(within_s):
            return (await answer)[0]

    def say(self, message: str) -> None:
        if self.transport is not None and not self.over.is_set():
            self.transport.write(frame(message.encode()))

    def drop(self) -> None:
        """Gone without a word, as when a network fails."""
        if self.transport is not None:
            self.transport.abort()

    # --- asyncio.Protocol -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(handshake())

    def connection_lost(self, exc: Exception | None) -> None:
        self.over.set()
        self._fail(Closed(f"connection lost ({exc})"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._fail(_refusal(head.decode("latin-1")))
                self.drop()
                return
            self._upgraded, self._buffer = True, rest
        while (taken := self._next_frame()) is not None:
            self._take(*taken)

    def _next_frame(self) -> tuple[int, bytes] | None:
        data = self._buffer
        if len(data) < 2:
            return None
        length, body = data[1] & 0x7F, 2
        if length >= 126:
            body = 4 if length == 126 else 10
            if len(data) < body:
                return None
            length = int.from_bytes(data[2:body], "big")
        if len(data) < body + length:
            return None
        self._buffer = data[body + length :]
        return data[0] & 0x0F, data[body : body + length]

    def _take(self, opcode: int, message: bytes) -> None:
        text = message.decode() if opcode == 1 else ""
        if opcode == 8 or text == "1" or text.startswith("41"):
            self.drop()
        elif text == "2":  # Engine.IO's ping
            self.say("3")
        elif text.startswith("42"):
            event, *data = json.loads(text[2:])
            self.heard(event, data[0] if data else None)
        elif text.startswith("43"):
            number, _, answer = text[2:].partition("[")
            if (waiting := self._waiting.pop(number, None)) is not None and not waiting.done():
                waiting.set_result(json.loads("[" + answer))
        elif text.startswith("44"):
            self._fail(Closed(text[2:]))
            self.drop()
        elif text.startswith("40") and not self._ready.done():
            self._ready.set_result(None)
        elif text.startswith("0"):
            self.say("40" + json.dumps({"token": self.token}))

    def _fail(self, reason: Closed) -> None:
        everybody: list[asyncio.Future[Any]] = [self._ready, *self._waiting.values()]
        for waiting in everybody:
            if not waiting.done():
                waiting.set_exception(reason)
                waiting.exception()  # whoever waits is told; nobody else is


def _refusal(head: str) -> Closed:
    lines = head.split("\r\n")
    pairs = (line.partition(":") for line in lines[1:])
    after = {name.lower(): value for name, _, value in pairs}.get("retry-after")
    return Closed(lines[0], float(after) if after else None)
