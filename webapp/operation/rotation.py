"""Which backups of a folder to keep: every one of two days, the first of each day for five weeks, the newest always."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

NAME = "zaiseki-%Y%m%d-%H%M%S.zip"
EVERY_ONE = timedelta(days=2)
DAYS = 35


def name_of(local: datetime) -> str:
    return local.strftime(NAME)


def superfluous(names: Iterable[str], local: datetime) -> list[str]:
    """Names to delete, oldest first. local: now in Asia/Tokyo, without its zone; other files are none of ours."""
    known = sorted((at, name) for name in names if (at := _at(name)) is not None)
    kept_days: set[date] = set()
    gone = []
    for at, name in known[:-1]:
        if at > local - EVERY_ONE:
            continue
        if at.date() in kept_days or at < local - timedelta(days=DAYS):
            gone.append(name)
        else:
            kept_days.add(at.date())
    return gone


def _at(name: str) -> datetime | None:
    try:
        return datetime.strptime(name, NAME)  # noqa: DTZ007 a name is a local time
    except ValueError:
        return None
