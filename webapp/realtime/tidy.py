"""Full collections of garbage, in quiet moments; and what is free goes back to the system."""

import ctypes
import gc
from collections.abc import Callable

from webapp.core import clock

EACH_S = 30.0
GROWN = 5  # young collections, each after 10,000 more objects were made than went (wsgi.py)
LOOK_S, LOOKS = 0.25, 3  # quiet is what was so at each of the last looks


class Tidy:
    """A connection leaves a few rings of objects, which only a full collection finds. One takes 0.1–0.2 s with ten
    thousand sockets, so the interpreter is told to make them rarely, and after a crowd of strangers 25 MB stayed until
    the next. Here they are made when nobody waits, and only where something has grown.

    The C library keeps what it was given back (of 1,500 connections 25 MB of 25) until it is asked for it.
    """

    def __init__(self, is_quiet: Callable[[], bool]) -> None:
        self._is_quiet = is_quiet
        self._trim: Callable[[int], int] = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: 0)
        self._done_at, self._young = clock.monotonic(), _young_collections()
        self._quiet_looks = 0

    def step(self) -> bool:
        """True if it collected."""
        grown = _young_collections() - self._young
        if grown < GROWN or clock.monotonic() < self._done_at + EACH_S:
            return False
        self._quiet_looks = self._quiet_looks + 1 if self._is_quiet() else 0
        if self._quiet_looks < LOOKS:
            return False
        self._quiet_looks = 0
        gc.collect()
        self._trim(0)
        self._done_at, self._young = clock.monotonic(), _young_collections()
        return True


def _young_collections() -> int:
    collections: int = gc.get_stats()[0]["collections"]
    return collections
