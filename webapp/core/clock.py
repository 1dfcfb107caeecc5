"""The only place that asks the machine for the time.

Everything else takes `now` once at the edge (route, command, timer) and passes it on by keyword.
"""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")

_frozen: datetime | None = None
_offset = timedelta()


def now() -> datetime:
    """The present instant, aware, in UTC."""
    if _frozen is not None:
        return _frozen
    return datetime.now(UTC) + _offset


def monotonic() -> float:
    """Seconds for measuring how long something took; never for telling the time."""
    return time.monotonic()


def to_tokyo(instant: datetime) -> datetime:
    return instant.astimezone(TOKYO)


def freeze(instant: datetime) -> None:
    """Stop the clock (tests)."""
    global _frozen
    _frozen = instant.astimezone(UTC)


def unfreeze() -> None:
    global _frozen
    _frozen = None


def shift(by: timedelta) -> None:
    """Run ahead of (or behind) the machine: only the demonstration does, so that it is always a Tuesday morning."""
    global _offset
    _offset = by


def offset() -> timedelta:
    return _offset
