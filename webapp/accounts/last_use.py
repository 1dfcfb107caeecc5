"""最終利用 of browsers, written for many at once.

At 8:30 every browser was last seen yesterday. A write for each would be a commit each while its page waits: on a disk
that takes 10 ms for one, a hundred browsers a second and nobody's report in between.
"""

import threading
from datetime import datetime, timedelta

from webapp.core import clock

STALE_AFTER = timedelta(minutes=15)
WRITTEN_EVERY_S = 20.0


class LastUse:
    """Of one process. What a crash takes with it is noted at the next request of that browser."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: set[int] = set()
        self._written_at: float | None = None

    def note(self, session_id: int | None, seen_at: datetime | None, *, now: datetime) -> None:
        """A request of this browser, whose use was last noted at seen_at."""
        if session_id is not None and seen_at is not None and now - seen_at > STALE_AFTER:
            self._used.add(session_id)

    def take_due(self) -> list[int]:
        """Whose use is to be written now; mostly nobody's."""
        if not self._used:
            return []
        with self._lock:
            if not self._may_write():
                return []
            self._written_at = clock.monotonic()
            taken, self._used = sorted(self._used), set()
            return taken

    def is_due(self) -> bool:
        return bool(self._used) and self._may_write()

    def _may_write(self) -> bool:
        last = self._written_at
        return last is None or clock.monotonic() - last >= WRITTEN_EVERY_S
