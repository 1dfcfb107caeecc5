"""One frame for a whole room, made once and written straight to each socket.

The stock way puts a packet into the queue of every socket and wakes a greenlet for each, which makes the same bytes
again. Here the bytes go out at once wherever nothing else is under way; where something is, the queue keeps the order.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_TEXT = 0x81


def text_frame(message: bytes) -> bytes:
    """A whole text message as the server sends it, unmasked."""
    size = len(message)
    if size < 126:
        return bytes((_TEXT, size)) + message
    if size < 65_536:
        return struct.pack("!BBH", _TEXT, 126, size) + message
    return struct.pack("!BBQ", _TEXT, 127, size) + message


@dataclass(frozen=True, slots=True)
class Line:
    """Engine.IO's socket, its stream, and the lock that keeps two frames apart (libraries without types)."""

    of: Any
    stream: Any
    lock: Any

    def is_free(self) -> bool:
        """Nothing queued, nobody writing or waiting to: what is written now comes after all that was sent before."""
        of = self.of
        return bool(
            of.upgraded
            and not of.closed
            and not of.closing
            and of.queue.empty()
            and self.lock.balance == 1
        )


class DirectLines:
    """The websockets of this process that can be written to directly, by Engine.IO's sid."""

    def __init__(self, eio: Any) -> None:
        self._spawn = eio.start_background_task
        self._lines: dict[str, Line] = {}
        stock = eio._async["websocket"]  # noqa: SLF001 the library has no hook for it

        def websocket(handler: Callable[[Any], Any], server: Any) -> Any:
            of = handler.__self__  # type: ignore[attr-defined]

            def noted(ws: Any) -> Any:
                self.note(of, ws)
                try:
                    return handler(ws)
                finally:
                    self.forget(of.sid)

            return stock(noted, server)

        eio._async = {**eio._async, "websocket": websocket}  # noqa: SLF001

    def note(self, of: Any, ws: Any) -> None:
        """Websockets of another make (threads) keep to the queue."""
        lock, stream = getattr(ws, "_sendlock", None), getattr(ws, "socket", None)
        if lock is not None and hasattr(stream, "fd"):
            self._lines[of.sid] = Line(of, stream, lock)

    def forget(self, sid: str) -> None:
        self._lines.pop(sid, None)

    def send(self, sid: str, frame: bytes) -> bool:
        """False: not sent, the queue has to take it."""
        line = self._lines.get(sid)
        if line is None or not line.is_free():
            return False
        try:
            sent = line.stream.fd.send(frame)
        except OSError:  # full or gone: the writer of the queue finds out which
            return False
        if sent < len(frame):
            line.lock.acquire()  # free, as just seen: others now wait for the rest
            self._spawn(_send_rest, line, frame[sent:])
        return True


def _send_rest(line: Line, rest: bytes) -> None:
    try:
        line.stream.sendall(rest)
    except OSError:
        pass  # the reader of this socket notices the end
    finally:
        line.lock.release()
