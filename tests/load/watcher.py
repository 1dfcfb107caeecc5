"""One browser's socket: connects with a token, watches, and hands every event on as raw bytes."""

import asyncio
import base64
import errno
import json
import os
import select
import socket
from collections.abc import Callable
from time import monotonic
from typing import Any

from tests.load.frames import CLOSE, FrameReader, Unreadable, lone_text, masked_text
from tests.load.poller import Poller

READ = select.EPOLLIN
BEGIN = select.EPOLLOUT
MOST_READ = 65_536  # a board's coverage is one frame
ETHERNET = 1_400  # bytes a segment: on loopback they are 64 KB, and the server's buffer 2.5 MB


class Refused(Exception):
    """The server did not want this connection; retry_after in seconds if it said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


Heard = Callable[["Watcher", bytes, float], None]


class Watcher:
    """index: which of the crowd; rooms: "unit:form" of what it may be told, kept by the crowd."""

    __slots__ = (
        "_acks",
        "_asked",
        "_head",
        "_port",
        "_reader",
        "_ready",
        "_socket",
        "heard",
        "index",
        "lost_at",
        "open",
        "poller",
        "rooms",
        "token",
    )

    def __init__(self, index: int, token: str, poller: Poller, heard: Heard) -> None:
        self.index, self.token, self.poller, self.heard = index, token, poller, heard
        self.rooms: set[str] = set()
        self.open = False
        self.lost_at = 0.0  # when the other side ended it; 0 while it has not
        self._socket: socket.socket | None = None
        self._head: bytes | None = None  # of the answer to the handshake, until it is whole
        self._reader = FrameReader()
        self._asked = 0
        self._acks: dict[bytes, asyncio.Future[bytes]] = {}
        self._ready: asyncio.Future[None] | None = None
        self._port = 0

    async def connect(self, port: int, *, like_a_stalled_one: bool = False) -> None:
        """Until the server has accepted the token. Raises Refused, OSError.

        like_a_stalled_one: small buffers, as over a network, so that not reading is soon felt by the server.
        """
        self.drop()
        self._port, self._head, self._reader = port, b"", FrameReader()
        self.lost_at = 0.0
        self._ready = asyncio.get_running_loop().create_future()
        line = self._socket = socket.socket()
        line.setblocking(False)
        if like_a_stalled_one:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, ETHERNET)
        failed = line.connect_ex(("127.0.0.1", port))
        if failed not in (0, errno.EINPROGRESS):
            self._end(OSError(failed, os.strerror(failed)))
        else:
            self.poller.add(line.fileno(), self, BEGIN)
        await self._ready

    async def ask(self, event: str, data: Any) -> Any:
        """Emit with an acknowledgement. Raises Refused when the connection ends before it."""
        if not self.open:
            raise Refused("not connected")
        number = str(self._asked).encode()
        self._asked += 1
        waiting = self._acks[number] = asyncio.get_running_loop().create_future()
        self._say(b"42" + number + json.dumps([event, data]).encode())
        return json.loads(await waiting)[0]

    def drop(self) -> None:
        """Gone without a word, as when a network fails."""
        self._end(Refused("dropped here"))

    def stop_reading(self) -> None:
        """As a browser that hangs: the connection stands, nobody takes what comes."""
        if self._socket is not None:
            self.poller.change(self._socket.fileno(), 0)

    def read_again(self) -> None:
        if self._socket is not None:
            self.poller.change(self._socket.fileno(), READ)

    # --- what the poller calls ----------------------------------------------------------------

    def ready(self, mask: int) -> None:
        line = self._socket
        if line is None:
            return
        if mask & BEGIN:
            self._shake_hands(line)
            return
        try:
            data = line.recv(MOST_READ)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(error)
            return
        if not data:
            self._lost(None)
        elif self._head is None:
            self._hear(data, monotonic())
        else:
            self._answered(data)

    def _shake_hands(self, line: socket.socket) -> None:
        failed = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failed:
            self._end(OSError(failed, os.strerror(failed)))
            return
        self.poller.change(line.fileno(), READ)
        key = base64.b64encode(os.urandom(16)).decode()
        line.send(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def _answered(self, data: bytes) -> None:
        """The head of the handshake's answer, in however many pieces it comes."""
        head, end, rest = ((self._head or b"") + data).partition(b"\r\n\r\n")
        if not end:
            self._head = head
        elif not head.startswith(b"HTTP/1.1 101"):
            self._end(refusal(head))
        else:
            self._head = None
            if rest:
                self._hear(rest, monotonic())

    def _hear(self, data: bytes, now: float) -> None:
        message = lone_text(data) if self._reader.is_between_messages() else None
        if message is not None:
            self._take(message, now)
            return
        try:
            found = self._reader.feed(data)
        except Unreadable as error:
            self._end(Refused(str(error)))
            return
        for opcode, payload in found:
            if opcode == CLOSE:
                self._lost(None)
                return
            self._take(payload, now)

    def _take(self, message: bytes, now: float) -> None:
        if message.startswith(b"42"):
            self.heard(self, message, now)
        elif message == b"2":  # Engine.IO's ping
            self._say(b"3")
        elif message.startswith(b"43"):
            number, _, answer = message[2:].partition(b"[")
            waiting = self._acks.pop(number, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(b"[" + answer)
        elif message.startswith(b"0"):
            self._say(b"40" + json.dumps({"token": self.token}).encode())
        elif message.startswith(b"40"):
            self.open = True
            if self._ready is not None and not self._ready.done():
                self._ready.set_result(None)
        elif message.startswith(b"44"):
            self._end(Refused(message[2:].decode()))
        elif message.startswith((b"41", b"1")):
            self._lost(None)

    def _say(self, message: bytes) -> None:
        if self._socket is not None:
            try:
                self._socket.send(masked_text(message))
            except OSError as error:
                self._lost(error)

    # --- the end ------------------------------------------------------------------------------

    def _lost(self, error: OSError | None) -> None:
        self.lost_at = monotonic()
        self._end(Refused(f"connection lost ({error})"))

    def _end(self, reason: Exception) -> None:
        self.open = False
        line, self._socket = self._socket, None
        if line is not None:
            self.poller.remove(line.fileno())
            # At once and without TIME_WAIT, which would use up the machine's ports.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            line.close()
        waiting: list[asyncio.Future[Any] | None] = [self._ready, *self._acks.values()]
        self._acks = {}
        for one in waiting:
            if one is not None and not one.done():
                one.set_exception(reason)
                one.exception()  # whoever waits is told; nobody else is


def refusal(head: bytes) -> Refused:
    """What a handshake's answer other than 101 says."""
    lines = head.decode("latin-1").split("\r\n")
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "retry-after":
            return Refused(lines[0], float(value))
    return Refused(lines[0])
