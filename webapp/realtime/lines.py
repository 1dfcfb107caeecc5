"""A websocket without a greenlet: the loop calls when bytes came, frames go out at once, and little is kept.

The stock way holds three greenlets for each connection (the HTTP handler that never returned, the writer, the next
ping), each with Python frames of its own (a chunk of 16 KB), two file buffers of 24 KB, the whole WSGI environment, a
queue and its locks: 73.5 KB measured here. Now, of 3.7 KB (tracemalloc; 3.6–4.0 KB by the growth of the process, 10,000
connections, two of the rooms of a section):
    rooms and who is in them, both ways   0.9 KB      watched units, member, person            1.2 KB
    this object, the stream, its parser   0.4 KB      two sids                                 0.15 KB
    the listener in the hub               0.15 KB     wheels, dictionaries by sid              0.5 KB
The same run: ten thousand dropped at once are 0.6 s of work, the longest turn of the loop 36 ms; a frame to a room
costs 13–19 µs, connecting with HTTP, `connect` and `watch` 1.4–1.9 ms without the database, of which the HTTP server is
40 % and the request Flask-SocketIO makes up for `connect` 20 %.
"""

import logging
import socket
import struct
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import engineio.socket
from engineio import packet as packets

from webapp.core import clock
from webapp.realtime import frames
from webapp.realtime.frames import Inbound, Violation

log = logging.getLogger(__name__)
MOST_QUEUED = 262_144  # bytes waiting for one client beyond what the system's buffer takes
SYSTEM_BUFFER = 65_536  # of each socket; the kernel doubles it. By itself it would grow to 4 MB for who does not read
MOST_A_SECOND = 200  # frames of one client; a browser sends a handful
MOST_WAITING = 64  # messages of one client not yet looked at
READ_AT_ONCE = 16_384
LINGER_S = 3.0  # how long a client may take to say good-bye in turn

Handle = Any


class Loop(Protocol):
    """What the server's entry lends: the only thing here that depends on the event loop in use."""

    def take_over(self, environ: dict[str, Any]) -> socket.socket:
        """The connection of this request, away from the HTTP server: from now on non-blocking and ours."""

    def on_readable(self, fd: int, call: Callable[[int], None]) -> Handle: ...
    def on_writable(self, fd: int, call: Callable[[int], None]) -> Handle: ...
    def forget(self, handle: Handle) -> None: ...


@dataclass(slots=True)
class Counters:
    frames: int = 0
    bytes: int = 0
    queued: int = 0  # bytes that wait in this process for clients to read
    cut_off: int = 0  # did not read
    timed_out: int = 0  # did not answer a ping
    broke_rules: int = 0


class Exchange(Protocol):
    """What a line needs of the engine that holds it."""

    loop: Loop
    counters: Counters
    reason: Any

    def came(self, line: "Line") -> None:
        """A message waits in its inbox."""

    def lost(self, line: "Line", reason: str) -> None:
        """Nothing more will come; whoever must know is told later, in turn."""

    def forget(self, line: "Line") -> None:
        """It ended by itself; the application knows."""

    def lingers(self, line: "Line") -> None:
        """Said good-bye; to be let go when the client has not in turn."""


class Line(engineio.socket.Socket):  # type: ignore[misc]
    """Engine.IO's socket over a raw connection. Everything here returns at once, so the loop itself may call it."""

    __slots__ = (
        "_counted",
        "_inbound",
        "_out",
        "_reader",
        "_second",
        "_stream",
        "_waiting",
        "_writer",
        "busy",
        "closed",
        "closing",
        "inbox",
        "server",
        "sid",
        "told",
        "unanswered",
    )
    connected = upgraded = True
    upgrading = False
    last_ping = None
    queue = None

    def __init__(self, server: Any, sid: str) -> None:
        """Not the stock one: no queue, no dictionary for a session."""
        self.server, self.sid = server, sid
        self.closed = self.closing = False
        self.unanswered = False  # a ping is under way
        self.busy = False  # somebody works through the inbox
        self.told: str | None = None  # why it ended, until the application has been told
        self.inbox: deque[str] | None = None
        self._inbound = Inbound(server.max_http_buffer_size)
        self._stream: socket.socket | None = None
        self._reader: Handle = None
        self._writer: Handle = None
        self._out: deque[bytes] | None = None
        self._waiting = 0
        self._second = self._counted = 0

    def open(self, stream: socket.socket, answer: bytes) -> None:
        """answer: what the client is told first, the handshake with it."""
        self._stream = stream
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SYSTEM_BUFFER)
        self._reader = self.server.loop.on_readable(stream.fileno(), self._readable)
        self.write(answer)

    # --- out --------------------------------------------------------------------------------

    def send(self, pkt: Any) -> None:
        encoded = pkt.encode()
        if isinstance(encoded, str):
            self.write(frames.frame(encoded.encode()))
        else:
            self.write(frames.frame(bytes(encoded), frames.BINARY))

    def write(self, frame: bytes) -> None:
        """Now, or after what waits already; who does not read is cut off and fetches when back."""
        stream = self._stream
        if stream is None or self.closed:
            return
        counters = self.server.counters
        counters.frames += 1
        counters.bytes += len(frame)
        if self._out:
            self._keep(frame)
            return
        try:
            sent = stream.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._end(self.server.reason.TRANSPORT_ERROR)
            return
        if sent < len(frame):
            self._keep(frame[sent:])

    def _keep(self, rest: bytes) -> None:
        if self._out is None:
            self._out = deque()
        self._out.append(rest)
        self._waiting += len(rest)
        self.server.counters.queued += len(rest)
        if self._waiting > MOST_QUEUED:
            self.server.counters.cut_off += 1
            self.give_up("slow consumer")
        elif self._writer is None and self._stream is not None:
            self._writer = self.server.loop.on_writable(self._stream.fileno(), self._writable)

    def _writable(self, _fd: int) -> None:
        while self._out and self._stream is not None:
            rest = self._out[0]
            try:
                sent = self._stream.send(rest)
            except BlockingIOError:
                return
            except OSError:
                self._end(self.server.reason.TRANSPORT_ERROR)
                return
            self._waiting -= sent
            self.server.counters.queued -= sent
            self._out.popleft()
            if sent < len(rest):
                self._out.appendleft(rest[sent:])
        self._out = None
        self._forget_writer()
        if self.closed:
            self._say_good_bye()

    # --- in ---------------------------------------------------------------------------------

    def _readable(self, _fd: int) -> None:
        if self._stream is None:
            return
        try:
            data = self._stream.recv(READ_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end(self.server.reason.TRANSPORT_CLOSE)
        elif not self.closed:  # else it only lingers until the client has closed as well
            try:
                self._take(data)
            except (Violation, UnicodeDecodeError) as fault:
                self.server.counters.broke_rules += 1
                self._refuse(getattr(fault, "status", frames.NOT_UTF8))
            except Exception:  # the loop would drop the listener and leave the line deaf
                log.exception("reading a socket")
                self._end(self.server.reason.TRANSPORT_ERROR)

    def _take(self, data: bytes) -> None:
        found = self._inbound.feed(data)
        self._count(len(found))
        for opcode, payload in found:
            if self.closed:
                return
            if opcode == frames.TEXT:
                self._text(payload.decode())
            elif opcode == frames.PING:
                self.write(frames.frame(payload, frames.PONG))
            elif opcode == frames.CLOSE:
                self.write(frames.closing(_answered(payload)))
                self._end(self.server.reason.TRANSPORT_CLOSE)
            elif opcode == frames.BINARY:
                raise Violation(frames.NOT_TEXT, "nothing here is sent as bytes")

    def _count(self, more: int) -> None:
        second = int(clock.monotonic())
        if second != self._second:
            self._second, self._counted = second, 0
        self._counted += more
        if self._counted > MOST_A_SECOND:
            raise Violation(frames.POLICY, "a flood")

    def _text(self, text: str) -> None:
        """Engine.IO: a digit says what it is. Only messages of Socket.IO (digits again) are for others to read."""
        kind = text[:1]
        if kind == "3":
            self.unanswered = False
        elif kind == "4" and text[1:2] in _DIGITS:
            self._message(text[1:])
        elif kind == "1":
            self._end(self.server.reason.CLIENT_DISCONNECT)
        elif kind not in ("2", "5", "6"):
            raise Violation(frames.POLICY, "not Engine.IO")

    def _message(self, text: str) -> None:
        if self.inbox is None:
            self.inbox = deque()
        if len(self.inbox) >= MOST_WAITING:
            raise Violation(frames.POLICY, "more than anybody can answer")
        self.inbox.append(text)
        self.server.came(self)

    # --- the end ----------------------------------------------------------------------------

    def ping(self) -> None:
        self.unanswered = True
        self.write(PING)

    def check_ping_timeout(self) -> bool:
        """The engine's wheel looks after that."""
        return not self.closed

    @property
    def session(self) -> dict[str, Any]:
        """Made when somebody wants one; nobody here does."""
        kept: dict[str, Any] = self.__dict__.setdefault("session", {})
        return kept

    def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:
        """By the application: its handler first, as in the stock one, then good-bye."""
        if self.closed or self.closing:
            return
        self.closing = True
        self.server._trigger_event(  # noqa: SLF001 a socket is a part of its server
            "disconnect", self.sid, reason or self.server.reason.SERVER_DISCONNECT, run_async=False
        )
        if not abort:
            self.write(frames.frame(packets.Packet(packets.CLOSE).encode().encode()))
        self.server.forget(self)
        self._bow_out(frames.NORMAL)

    def leave(self, status: int = frames.GOING_AWAY) -> None:
        """Ended by the engine: told the client at once, the application in turn."""
        if not self.closed:
            self.server.lost(self, self.server.reason.SERVER_DISCONNECT)
            self._bow_out(status)

    def _refuse(self, status: int) -> None:
        self.server.lost(self, self.server.reason.TRANSPORT_ERROR)
        self._bow_out(status)

    def _bow_out(self, status: int) -> None:
        self.write(frames.closing(status))
        self.closed = True
        if self._stream is None:
            return
        self.server.lingers(self)
        if not self._out:
            self._say_good_bye()

    def _say_good_bye(self) -> None:
        """Closing with unread bytes would reset the connection and take along what was just said."""
        try:
            if self._stream is not None:
                self._stream.shutdown(socket.SHUT_WR)
        except OSError:
            self.let_go()

    def _end(self, reason: str) -> None:
        """The connection is gone or given up."""
        if not self.closed:
            self.server.lost(self, reason)
        self.let_go()

    def give_up(self, reason: str) -> None:
        """Who does not read or answer: without waiting for what lies in the system's buffer."""
        if self._stream is not None:
            with suppress(OSError):
                self._stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._end(reason)

    def let_go(self) -> None:
        """Listeners first: a descriptor that is closed under its listener belongs to the next who opens one."""
        self.closed = True
        stream, self._stream = self._stream, None
        if stream is None:
            return
        self._forget_writer()
        self.server.loop.forget(self._reader)
        self._reader = None
        self.server.counters.queued -= self._waiting
        self._waiting, self._out = 0, None
        stream.close()

    def _forget_writer(self) -> None:
        if self._writer is not None:
            self.server.loop.forget(self._writer)
            self._writer = None


_RESET = struct.pack("ii", 1, 0)
_DIGITS = frozenset("0123456789")
PING = frames.frame(packets.Packet(packets.PING).encode().encode())


def _answered(payload: bytes) -> int:
    """The status a client closes with is said back, if it may be said at all."""
    status = int.from_bytes(payload[:2]) if len(payload) >= 2 else frames.NORMAL
    sayable = status in {1000, 1001, 1002, 1003, *range(1007, 1012)} or 3000 <= status < 5000
    return status if sayable else frames.FAULTY
