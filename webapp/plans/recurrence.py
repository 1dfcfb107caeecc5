"""Whether a recurrence rule (RFC 5545) ever comes true, asked before it is laid out. Pure.

A day that does not exist (30 February) is looked for until the year 9999, and neither UNTIL nor COUNT end that search.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from itertools import islice
from typing import Any

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # comes with icalendar
from icalendar.prop import vRecur

NARROW = frozenset({"BYYEARDAY", "BYWEEKNO", "BYSETPOS"})
DATED = frozenset({"BYMONTH", "BYMONTHDAY"})
ENDS = frozenset({"UNTIL", "COUNT"})
BY_MONTH = frozenset({"MONTHLY", "YEARLY"})
PROBED_YEARS = range(
    9930, 9958
)  # one of each calendar; from the last one 42 years are looked through


def is_hopeless(rule: Mapping[str, Any], begins: date) -> bool:
    """No day for decades, no step forward, or a search day by day for parts that belong to months and years."""
    names = set(rule)
    often = str(rule.get("FREQ", [""])[0]).upper()
    if rule.get("INTERVAL", [1])[0] < 1:
        return True
    if often not in BY_MONTH and (names & NARROW or names >= DATED):
        return True
    return reach(rule, begins) is None


def reach(rule: Mapping[str, Any], begins: date) -> int | None:
    """Days from the beginning to the second day it comes true (the first, where the second is decades away); None =
    it does not come true within 42 years. A rule that cannot be read is nobody's work: 0."""
    parts = {name for name in rule if name.startswith("BY")}
    if not parts or (str(rule["FREQ"][0]).upper() == "WEEKLY" and parts == {"BYDAY"}):
        return 0
    start = _probed(begins)
    try:
        found = rrulestr(_endless(rule), dtstart=start)
    except ValueError:
        return 0
    days: list[datetime] = []
    with suppress(OverflowError, ValueError):  # past the year 9999
        days.extend(islice(found, 2))
    return (days[-1] - start).days if days else None


def _endless(rule: Mapping[str, Any]) -> str:
    kept = vRecur({name: rule[name] for name in rule if name not in ENDS})
    return str(kept.to_ical().decode())


def _probed(begins: date) -> datetime:
    """The same day in a year with the same calendar shortly before the last there is: the search ends soon."""
    first = begins.replace(month=1, day=1).weekday()
    year = next(
        year
        for year in PROBED_YEARS
        if year % 4 == begins.year % 4 and date(year, 1, 1).weekday() == first
    )
    return datetime(year, begins.month, begins.day, 12)  # noqa: DTZ001 a day, no instant
