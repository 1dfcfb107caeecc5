"""Ten thousand sockets inside one asyncio loop, without a callback of asyncio's for each.

An epoll of one's own hangs in asyncio's selector as a single file: one wake-up reads whatever is ready. Measured on
10,000 sockets: see crowd.py.
"""

import asyncio
import select
from collections.abc import Callable
from typing import Protocol

AT_ONCE = 1024  # sockets read before asyncio's other work has its turn


class Readable(Protocol):
    def ready(self, mask: int) -> None:
        """Something to read, room to write, or an end."""


class Poller:
    """Belongs to the loop that is running when it is made."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._sockets: dict[int, Callable[[int], None]] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._epoll.fileno(), self._read)

    def add(self, fd: int, one: Readable, mask: int) -> None:
        self._sockets[fd] = one.ready
        self._epoll.register(fd, mask)

    def change(self, fd: int, mask: int) -> None:
        self._epoll.modify(fd, mask)

    def remove(self, fd: int) -> None:
        if self._sockets.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def _read(self) -> None:
        ready = self._sockets
        for fd, mask in self._epoll.poll(0, AT_ONCE):
            one = ready.get(fd)
            if one is not None:  # an earlier one of this turn may have closed it
                one(mask)

    def close(self) -> None:
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()
