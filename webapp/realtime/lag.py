"""How the event loop keeps its appointments."""

from collections import deque

from webapp.core import clock


class Lag:
    """How late a sleeping loop was woken: the longest of the last minute, in seconds."""

    def __init__(self) -> None:
        self.last = 0.0
        self._seen: deque[tuple[float, float]] = deque()

    def note(self, late: float) -> None:
        now = clock.monotonic()
        self.last = max(0.0, late)
        self._seen.append((now, self.last))
        while self._seen and self._seen[0][0] < now - 60:
            self._seen.popleft()

    def longest(self) -> float:
        return max((late for _, late in list(self._seen)), default=0.0)
