"""What a change of somebody's day would do to coverage: the same function as the board, before and after, nothing
written."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from webapp.core import calendar
from webapp.coverage import queries
from webapp.coverage.covering import Head
from webapp.coverage.queries import City, Group
from webapp.coverage.rules import DayCover, Part
from webapp.day import queries as day
from webapp.day.queries import PersonDay
from webapp.org import queries as org
from webapp.presence.facts import Facts

MINUTE = 60

Amend = Callable[[PersonDay], Facts]
"""The facts of a person's day as they would be."""


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """One set of positions that share people, before and after. second: now, as seconds of the day; None = a day to
    come."""

    group: Group
    on: date
    before: DayCover
    after: DayCover
    second: int | None

    @property
    def more_short(self) -> int:
        """Minutes × people that fall short through the change, not counting where it mends something."""
        return sum(part.missing_more for part in self.changed() if part.missing_more > 0) // MINUTE

    def changed(self) -> list["ChangedPart"]:
        """Every stretch of a position in which what is missing differs, from now on; in order of position and time."""
        pairs = zip(self.before.positions, self.after.positions, strict=True)
        return [
            part
            for one, other in pairs
            for part in _differences(one.post.id, one.parts, other.parts, self.second)
        ]


@dataclass(frozen=True, slots=True)
class ChangedPart:
    """seconds of the day; before, after: people missing."""

    position_id: int
    start: int
    end: int
    before: int
    after: int

    @property
    def missing_more(self) -> int:
        """Seconds × people; negative where the change mends."""
        return (self.after - self.before) * (self.end - self.start)


def effects(
    amend: Mapping[int, Amend], on: date, *, now: datetime, homes: Iterable[int] = ()
) -> list[GroupEffect]:
    """What it would do if these people's day were as `amend` says.

    For every set of positions they could stand at or have a duty at that day, and those at home in the units `homes`;
    none = nobody's counter or telephone is concerned. A day to come is seen by plan alone.
    """
    town = queries.city(on, now=now)
    if not town.groups:
        return []
    days = day.days_on(list(amend), on, now=now)
    groups = _groups(town, days, homes)
    today = on == org.today(now)
    facts_of = {staff_id: amend[staff_id](person) for staff_id, person in days.items()}
    amended = {h.staff_id: h for h in queries.heads_from(days, facts_of, now if today else None)}
    second = int((now - calendar.at_minute(on, 0)).total_seconds()) if today else None
    found = []
    for group in groups:
        known = queries.group_day(group, town, on, now=now)
        heads = {head.staff_id: head for head in known.heads} | amended
        after = queries.covered_with(group, town, _ordered(heads), on, now=now)
        found.append(GroupEffect(group, on, known.cover, after, second))
    return found


def _ordered(heads: Mapping[int, Head]) -> list[Head]:
    return [head for _, head in sorted(heads.items())]


def _groups(town: City, days: Mapping[int, PersonDay], homes: Iterable[int]) -> list[Group]:
    """Each once, in the order of the town."""
    units = set(homes)
    for person in days.values():
        for posting in person.postings:
            units.update(town.by_candidate.get(posting.unit_id, ()))
    held = {d.position_id for person in days.values() for d in person.facts.duties}
    wanted = {id(town.by_unit[unit]) for unit in units if unit in town.by_unit}
    return [
        group
        for group in town.groups
        if id(group) in wanted or any(post.id in held for post in group.posts)
    ]


def _differences(
    position_id: int, before: Iterable[Part], after: Iterable[Part], second: int | None
) -> list[ChangedPart]:
    """Both cut at all their edges."""
    was, will = _missing(before), _missing(after)
    edges = sorted({edge for start, end, _ in (*was, *will) for edge in (start, end)})
    found: list[ChangedPart] = []
    for start, end in pairwise(edges):
        one, other = _at(was, start), _at(will, start)
        first = start if second is None else max(start, second)
        if one == other or first >= end:
            continue
        last = found[-1] if found else None
        if last and (last.end, last.before, last.after) == (first, one, other):
            found[-1] = ChangedPart(position_id, last.start, end, one, other)
        else:
            found.append(ChangedPart(position_id, first, end, one, other))
    return found


def _missing(parts: Iterable[Part]) -> list[tuple[int, int, int]]:
    return [(part.start, part.end, part.missing) for part in parts]


def _at(parts: Iterable[tuple[int, int, int]], second: int) -> int:
    return next((missing for start, end, missing in parts if start <= second < end), 0)
