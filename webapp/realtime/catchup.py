"""What other processes changed: found in the database, whatever became of the word about it.

A crash between commit and wake-up, a Redis that is gone, a command beside the server: one mechanism for all. Each
process reads which rows got a version lately and marks those it has not shown yet.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask

from webapp.core import clock
from webapp.core.db import db
from webapp.realtime import versions
from webapp.realtime.pump import Pump

# A version is dated just before the commit that makes it visible. Mostly that is milliseconds; now and then a commit
# waits long for its disk, so a longer look back follows from time to time.
NEAR, FAR = timedelta(seconds=3), timedelta(seconds=60)
FAR_EACH_S = 10.0
YOUNG = timedelta(seconds=1)


class CatchUp:
    """One per process; `step` from one loop only."""

    def __init__(self, app: Flask, pump: Pump, now: Callable[[], datetime] = clock.now) -> None:
        self._app, self._pump, self._now = app, pump, now
        self._marked: dict[tuple[str, int], int] = {}
        self._newest: datetime | None = None
        self._far_at = 0.0

    def begin(self) -> None:
        """Before the first client: nobody has to be told what the snapshots will show. What the process before had not
        come to has no due time, and is found by that."""
        with self._app.app_context():
            made = versions.looked_at_since(db.session, self._now() - FAR)
        self._marked |= {(topic, key): version for topic, key, version in made}

    def step(self, *, told: bool = False, behind: timedelta = timedelta()) -> int:
        """Marks what this process has not shown; returns how many. told: the others say what they change, so that
        what is quite new is on its way already. behind: how far the clock of another process lags behind this one's.

        Counted from the newest version seen or from now, whichever is earlier: neither a clock stepped forward nor
        one stepped back opens a gap.
        """
        now = self._now()
        is_far = clock.monotonic() >= self._far_at
        reached = min(now, self._newest or now) - behind
        with self._app.app_context():
            made = versions.made_since(db.session, reached - (FAR if is_far else NEAR))
        self._newest = max((at for *_, at in made), default=reached)
        shown = self._pump.shown
        news: dict[str, list[int]] = {}
        young = now - YOUNG if told else now + FAR
        for topic, key, version, at in made:
            if young < at <= now:
                continue
            if max(shown.get((topic, key), 0), self._marked.get((topic, key), 0)) < version:
                self._marked[topic, key] = version
                news.setdefault(topic, []).append(key)
        for topic, keys in news.items():
            self._pump.mark(topic, keys)
        if is_far:
            self._far_at = clock.monotonic() + FAR_EACH_S
            self._forget({(topic, key) for topic, key, *_ in made})
        return sum(map(len, news.values()))

    def _forget(self, recent: set[tuple[str, int]]) -> None:
        """What lies beyond the longer look back is never asked for again."""
        for kept in (self._marked, self._pump.shown):
            for key in [key for key in list(kept) if key not in recent]:
                del kept[key]
