"""Handshakes there is no room for yet: they wait for their turn, accepted and unread.

A page sees neither the status nor the Retry-After of a refused handshake. It doubles its pause each time, so of five
thousand that came back after a restart the last were in after 80 s, though there had been room for half of that time.
Who waits here is let in in the order of coming; who had to wait too long, or finds it full, is refused.
"""

import resource
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from webapp.core import clock
from webapp.realtime.door import Door

MOST = 8_000
# A page gives its handshake 15 s (static/js/live-open.js), and its turn is still to come.
LONGEST_S = 9.0
LONGEST_LINE, WHOLE_HEAD = 512, 16_384  # bytes
# A client that has gone, or sends no more: RDHUP, ERR, HUP of poll(2); the patched module `select` has no names for
# them.
GONE = 0x2000 | 0x8 | 0x10

Accepted = tuple[Any, Any]  # the library's socket (its `fd` is the socket itself), and where from
Poll = Callable[[int], int]  # of a descriptor: what is up with it


class Anteroom:
    """Asked by whoever accepts connections, from one loop only."""

    def __init__(self, door: Door, poll: Poll) -> None:
        self._door, self._poll = door, poll
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        # The others are for who is let in, and for who asks something else.
        self._most = MOST if files == resource.RLIM_INFINITY else min(MOST, files // 4)
        self._waiting: deque[tuple[Accepted, float]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def takes(self, accepted: Accepted, besides: int) -> bool:
        """True: it waits here, or has been refused. What it has sent is looked at only while there is no room.

        besides: how many were let through that nobody has counted yet.
        """
        if not self._waiting and self._door.has_room_for_more(besides):
            return False
        stream: socket.socket = accepted[0].fd
        try:
            line, end, _ = stream.recv(LONGEST_LINE, socket.MSG_PEEK).partition(b"\r\n")
        except OSError:  # nothing sent yet, or gone already: the handler finds out
            return False
        if not end or not is_handshake(line):
            return False
        if len(self._waiting) >= self._most:
            self._refuse(accepted)
        else:
            self._waiting.append((accepted, clock.monotonic()))
        return True

    def next(self, besides: int) -> Accepted | None:
        """Whose turn it is; besides: as for `takes`."""
        since = clock.monotonic() - LONGEST_S
        while self._waiting and self._waiting[0][1] < since:
            self._refuse(self._waiting.popleft()[0])
        while self._waiting and self._door.has_room_for_more(besides):
            accepted, _ = self._waiting.popleft()
            if not self._poll(accepted[0].fd.fileno()) & GONE:
                return accepted
            accepted[0].close()
        if self._waiting:
            self._door.keep_waiting()
        return None

    def close(self) -> None:
        while self._waiting:
            self._refuse(self._waiting.popleft()[0])

    def _refuse(self, accepted: Accepted) -> None:
        stream: socket.socket = accepted[0].fd
        with suppress(OSError):
            # Left unread, it would reset the connection before the answer is seen.
            stream.recv(WHOLE_HEAD)
            stream.send(self._door.refusal())
        accepted[0].close()


def is_handshake(line: bytes) -> bool:
    """Of the first line of a request: a websocket that is not a change from long-polling."""
    return line.startswith(b"GET /socket.io/") and b"websocket" in line and b"sid=" not in line
