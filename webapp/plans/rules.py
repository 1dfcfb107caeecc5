"""How contradicting plans of one day come to one. Pure.

A person's day is said by several sources: the ordinary hours, the weekly pattern, approved requests, imports
(庶務事務, groupware), and by hand. What is planned on top displaces what lies below for its time, and nothing is thrown
away: when the upper one is taken back the lower one shows again.

Who lies on top: what is entered by hand (the person or a colleague knows best), then leave whoever said so, then
trips, then approved requests, then places of imports, then the weekly pattern; of equals the later entered. A leave,
trip or request entered *after* something by hand lies above it: it is the newer decision. Only what is entered by hand
later lies above 災害配備. A meeting says what somebody does, and nothing of the place.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from webapp.core import calendar
from webapp.presence.facts import Place, Reason, Stretch

HEADQUARTERS = "本部"


class Origin(StrEnum):
    WEEKLY = "weekly"
    IMPORT = "import"
    REQUEST = "request"
    MANUAL = "manual"
    EMERGENCY = "emergency"


class Kind(StrEnum):
    """What a stretch says; the places, and what somebody does."""

    OFFICE = "office"
    HOME = "home"
    SATELLITE = "satellite"
    MOBILE = "mobile"
    TRIP = "trip"
    LEAVE = "leave"
    MEETING = "meeting"
    DISASTER = "disaster"


WORK_PLACES = frozenset({Kind.OFFICE, Kind.HOME, Kind.SATELLITE, Kind.MOBILE})
ON_TOP = frozenset({Origin.MANUAL, Origin.EMERGENCY})


@dataclass(frozen=True, slots=True)
class Planned:
    """One stretch as some source says it. start, end: minutes from local midnight (end may pass 24 h)."""

    start: int
    end: int
    kind: Kind
    site: str | None = None
    origin: Origin = Origin.MANUAL


def laid(entries: Iterable[Planned]) -> list[Planned]:
    """entries as they were entered → from the bottom to the top: where two overlap the later listed counts."""
    pile: list[Planned] = []
    for entry in entries:
        index = len(pile)
        while index and _yields(entry, pile[index - 1]):
            index -= 1
        pile.insert(index, entry)
    return pile


def _yields(new: Planned, to: Planned) -> bool:
    """Whether something newly entered lies below what is there already."""
    if new.origin in ON_TOP or new.kind is Kind.MEETING:
        return False
    if to.kind in (Kind.DISASTER, Kind.MEETING):  # what lies below a meeting is looked at next
        return True
    if new.kind is Kind.LEAVE:
        return False
    if to.kind is Kind.LEAVE or (to.kind is Kind.TRIP and new.kind is not Kind.TRIP):
        return to.origin is not Origin.WEEKLY
    return new.kind is not Kind.TRIP and _rank(new.origin) < _rank(to.origin)


def _rank(origin: Origin) -> int:
    """By hand counts as a request here: of the two the later entered wins."""
    return {Origin.WEEKLY: 0, Origin.IMPORT: 1}.get(origin, 2)


def within(entry: Planned, start: int, end: int) -> Planned | None:
    """The part of a weekly stretch inside the day's hours; a pattern says where, not how long one works."""
    first, last = max(entry.start, start), min(entry.end, end)
    return replace(entry, start=first, end=last) if first < last else None


def stretch_of(entry: Planned, day: date) -> Stretch:
    reason = {Kind.MEETING: Reason.MEETING, Kind.DISASTER: Reason.DISASTER}.get(entry.kind)
    return Stretch(
        calendar.at_minute(day, entry.start),
        calendar.at_minute(day, entry.end),
        _place(entry),
        reason,
        entry.site,
        own=True,
    )


def _place(entry: Planned) -> Place | None:
    """災害配備 is work also on a day of leave: at the headquarters, else somewhere out."""
    if entry.kind is Kind.MEETING:
        return None
    if entry.kind is Kind.DISASTER:
        at_office = not entry.site or HEADQUARTERS in entry.site
        return Place.OFFICE if at_office else Place.TRIP
    return Place(entry.kind.value)


def weeks_apart(first: date, day: date) -> int:
    """Whole weeks (Monday to Sunday) between the weeks of two days."""
    return (day.toordinal() - day.weekday() - first.toordinal() + first.weekday()) // 7


def recurs(weekday: int, every: int, starts_on: date, ends_on: date | None, day: date) -> bool:
    """Whether a stretch of a weekly pattern falls on the day."""
    return (
        day.weekday() == weekday
        and starts_on <= day
        and (ends_on is None or day <= ends_on)
        and weeks_apart(starts_on, day) % every == 0
    )


def overlaps(entries: Iterable[Planned]) -> list[tuple[Planned, Planned]]:
    """Pairs of places that contradict each other within one source: there at most one can be meant."""
    places = sorted(
        (e for e in entries if e.kind is not Kind.MEETING), key=lambda e: (e.start, e.end)
    )
    return [
        (one, other)
        for i, one in enumerate(places)
        for other in places[i + 1 :]
        if other.start < one.end
    ]
