"""What a long command says while it works: nothing for a second, then a line a second."""

from collections.abc import Callable

from webapp.core import clock

QUIET_S = 1.0


class Progress:
    """Called with (table, rows so far); says where it is on the channel it was given."""

    def __init__(self, what: str, say: Callable[[str], None]) -> None:
        self._what, self._say = what, say
        self._due = clock.monotonic() + QUIET_S

    def __call__(self, table: str, rows: int) -> None:
        if clock.monotonic() >= self._due:
            self._due = clock.monotonic() + QUIET_S
            self._say(f"{self._what}: {table} {rows:,}行")
