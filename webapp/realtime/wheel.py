"""Something for everybody once in a while, never for everybody at once.

Ten thousand pings or beats in one go are 0.3–0.7 s of a deaf loop; a slot each 50 ms is a millisecond or two.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)
SLOT_S = 0.05


class Wheel(Generic[T]):
    """Slots that come round once in `round_s`; who is added goes to the emptiest place by turns."""

    def __init__(self, round_s: float) -> None:
        self.slots: list[dict[T, None]] = [{} for _ in range(max(1, round(round_s / SLOT_S)))]
        self._of: dict[T, int] = {}
        self._next = 0
        self._round_s = round_s
        self._turned: int | None = None

    def __len__(self) -> int:
        return len(self._of)

    def add(self, one: T) -> None:
        """Everybody in a slot of its own as long as there are slots: also ten thousand that come in one second."""
        self._of[one] = self._next
        self.slots[self._next][one] = None
        # A stride without a common factor with the size visits every slot before it comes back to the first.
        self._next = (self._next + _stride(len(self.slots))) % len(self.slots)

    def discard(self, one: T) -> None:
        slot = self._of.pop(one, None)
        if slot is not None:
            del self.slots[slot][one]

    def due(self, now: float) -> list[int]:
        """The slots whose turn came since the last look, at most one round of them; now in seconds, monotonic."""
        turn = int(now / SLOT_S)
        last = turn - 1 if self._turned is None else self._turned
        self._turned = turn
        first = max(last + 1, turn - len(self.slots) + 1)
        return [number % len(self.slots) for number in range(first, turn + 1)]


def _stride(size: int) -> int:
    return next(step for step in (7, 11, 13, 1) if size % step or step == 1)
