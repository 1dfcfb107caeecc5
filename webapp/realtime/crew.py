"""Work for many lines by few hands: one line's in its order, all lines by turns, and the loop breathing between."""

import logging
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from webapp.core import clock

log = logging.getLogger(__name__)
T = TypeVar("T")
Spawn = Callable[[Callable[[], None]], object]
Pause = Callable[[float], object]


class Crew(Generic[T]):
    """Does one thing for each of a queue, by at most so many hands, which come when there is work and go after it.

    turn_s: how long a hand works before it lets the loop turn to others. The embedded database never waits, so
    nothing else would make a hand let go: ten thousand that connect would be ten seconds of a deaf loop.
    """

    def __init__(
        self, work: Callable[[T], None], *, spawn: Spawn, pause: Pause, most: int, turn_s: float
    ) -> None:
        self._work, self._spawn, self._pause = work, spawn, pause
        self._most, self._turn_s = most, turn_s
        self._queue: deque[T] = deque()
        self._busy = 0

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, one: T) -> None:
        self._queue.append(one)
        if self._busy < self._most:
            self._busy += 1
            self._spawn(self._run)

    def _run(self) -> None:
        try:
            began = clock.monotonic()
            while self._queue:
                self._do(self._queue.popleft())
                if clock.monotonic() - began >= self._turn_s:
                    self._pause(0)
                    began = clock.monotonic()
        finally:
            self._busy -= 1

    def _do(self, one: T) -> None:
        try:
            self._work(one)
        except Exception:  # the others' turn comes whatever became of this one
            log.exception("work for a socket failed")
