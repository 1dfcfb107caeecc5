"""How many may be between handshake and `connect` at once: as many as the loop can take and stay on time."""

from dataclasses import dataclass
from random import uniform

from webapp.core import clock

MOST = 1_000
LEAST = 128
ON_TIME_S = 0.25  # later than this the loop is too busy for more
LESS, MORE = 0.8, 16
PRESSED_S = 2.0


@dataclass(slots=True)
class Admission:
    """Less by a fifth when the loop is late, a few more when it is on time, as TCP feels its way to a line's width.

    Ten thousand come back after a restart at once; let in all together they would time out together. Nor too few: a
    snapshot serves until somebody's row changes, so who comes in slowly has one made of their own (measured with 5,000:
    40 a second at LEAST 16, 60 at 64).
    """

    limit: float = 256
    refused: int = 0
    kept_out: int = 0  # how often somebody was refused or had to go on waiting before the door
    pressed_at: float = -PRESSED_S
    closed: bool = False  # the server is going down

    def note(self, late_s: float, under_way: int) -> None:
        """Ten times a second: how late the loop woke up, and how many were connecting meanwhile."""
        if late_s > ON_TIME_S:
            self.limit = max(LEAST, self.limit * LESS)
        elif under_way >= self.limit / 2:
            self.limit = min(MOST, self.limit + MORE)

    def has_room(self, under_way: int) -> bool:
        return not self.closed and under_way < self.limit

    def refuse(self) -> int:
        """When to come back, in seconds: each another time, so that who was refused together does not come back
        together."""
        self.refused += 1
        self.keep_out()
        return round(uniform(1, 4))

    def keep_out(self) -> None:
        self.kept_out += 1
        self.press()

    def press(self) -> None:
        """More wait for their turn than the loop has time for."""
        self.pressed_at = clock.monotonic()

    def is_pressed(self) -> bool:
        """What can wait for others should."""
        return clock.monotonic() < self.pressed_at + PRESSED_S
