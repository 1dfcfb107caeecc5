"""The facts of people's day, gathered from every feature that holds some: organisation, plans, reports, claims."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from webapp.attendance import queries as attendance
from webapp.core import calendar
from webapp.core.db import db, read_cache
from webapp.duties import queries as duties
from webapp.org import queries as org
from webapp.org.queries import Hours, PersonPosting
from webapp.org.rules import Reach, UnitTree
from webapp.plans import queries as plans
from webapp.presence import queries as presence
from webapp.presence.facts import Facts, Place, Policy, Span, Stretch
from webapp.presence.queries import Line


@dataclass(frozen=True, slots=True)
class PersonDay:
    """One person on one business day."""

    staff_id: int
    on: date
    postings: tuple[PersonPosting, ...]
    hours: Hours | None  # None on a day off, or where no hours are known
    facts: Facts

    @property
    def main(self) -> PersonPosting:
        return self.postings[0]


def days_of(staff_ids: Sequence[int], *, now: datetime) -> dict[int, PersonDay]:
    """{staff id: the day that `now` belongs to}; who holds no posting that day is not in it."""
    return days_on(staff_ids, org.today(now), now=now)


def days_on(staff_ids: Sequence[int], on: date, *, now: datetime) -> dict[int, PersonDay]:
    """{staff id: a day as known at `now`}; of a day to come there are plans and duties, no reports.

    Several parts of a page ask for the same person: read once a request, but afresh inside a transaction.
    """
    if not staff_ids:
        return {}
    if len(staff_ids) > 1 or db.session.info.get("writing"):
        return _read(staff_ids, on, now=now)
    kept, key = read_cache(), f"day:{staff_ids[0]}:{on}:{now.timestamp()}"
    if key not in kept:
        kept[key] = _read(staff_ids, on, now=now)
    found: dict[int, PersonDay] = kept[key]
    return found


def plans_on(
    staff_ids: Sequence[int], on: date, *, now: datetime
) -> dict[int, tuple[Stretch, ...]]:
    """{staff id: where they are meant to be}, ordinary hours first, for who asks nothing else of the day."""
    postings = org.postings_of(staff_ids, on, known_at=now)
    hours = _hours_on(on, postings)
    stretches = plans.stretches_of(list(postings), on, hours)
    return {i: (*_ordinary(on, hours.get(i)), *stretches.get(i, ())) for i in postings}


def _postings(
    staff_ids: Sequence[int], on: date, now: datetime
) -> Mapping[int, Sequence[PersonPosting]]:
    if on == org.today(now):
        return org.held_on_the_day(staff_ids, now=now)
    return org.postings_of(staff_ids, on, known_at=now)


def _hours_on(on: date, postings: Mapping[int, Sequence[PersonPosting]]) -> dict[int, Hours]:
    """Of who works that day; hours of a single day win over the ordinary ones."""
    is_open = org.business_calendar().is_business_day(on)
    ordinary = org.hours_on(on, postings) if is_open else {}
    return ordinary | plans.hours_of(list(postings), on)


def _read(staff_ids: Sequence[int], on: date, *, now: datetime) -> dict[int, PersonDay]:
    business = org.business_calendar()
    starts_at, ends_at = business.day_bounds(on)
    tree = org.tree(on, known_at=now)
    postings = _postings(staff_ids, on, now)
    hours = _hours_on(on, postings)
    stretches = plans.stretches_of(staff_ids, on, hours)
    telephones = plans.reaches_of(staff_ids, on)
    reports = attendance.reports_of(staff_ids, on, starts_at)
    claims = presence.claims_of(staff_ids)
    lines = presence.connections_of(staff_ids)
    policies = _Policies(tree, on)
    on_duty = duties.duties_of(staff_ids, on)
    moved = duties.moved_breaks(staff_ids, on)
    return {
        staff_id: PersonDay(
            staff_id,
            on,
            tuple(held),
            hours.get(staff_id),
            Facts(
                day=Span(starts_at, ends_at),
                plan=(*_ordinary(on, hours.get(staff_id)), *stretches.get(staff_id, ())),
                breaks=moved.get(staff_id) or _breaks(on, hours.get(staff_id)),
                reports=reports.get(staff_id, ()),
                claims=claims.get(staff_id, ()),
                duties=on_duty.get(staff_id, ()),
                reach=Reach(held[0].reach),
                reaches=telephones.get(staff_id, ()),
                connected=lines.get(staff_id, Line()).connected,
                lost_at=lines.get(staff_id, Line()).lost_at,
                policy=policies.of(held[0].unit_id),
            ),
        )
        for staff_id, held in postings.items()
    }


def _ordinary(on: date, hours: Hours | None) -> tuple[Stretch, ...]:
    if hours is None:
        return ()
    starts_at, ends_at = calendar.at_minute(on, hours.start), calendar.at_minute(on, hours.end)
    return (Stretch(starts_at, ends_at, Place.OFFICE),)


def _breaks(on: date, hours: Hours | None) -> tuple[Span, ...]:
    if hours is None:
        return ()
    return tuple(
        Span(calendar.at_minute(on, first), calendar.at_minute(on, last))
        for first, last in hours.breaks
    )


class _Policies:
    """The settings of each unit, looked up once a unit."""

    def __init__(self, tree: UnitTree, on: date) -> None:
        self._tree, self._on = tree, on
        self._known: dict[int, Policy] = {}

    def of(self, unit_id: int) -> Policy:
        if unit_id not in self._known:
            path = [node.code for node in self._tree.path(unit_id)]
            policy = presence.policy_of(path)
            excused = plans.any_event([unit_id], self._on, self._tree)
            self._known[unit_id] = replace(policy, excused=excused)
        return self._known[unit_id]


def staff_ids_in(unit_ids: Iterable[int], *, now: datetime) -> list[int]:
    """Everybody posted in these units today, each once, in the order of the board."""
    postings = org.postings_in(unit_ids, org.today(now), known_at=now)
    return list(dict.fromkeys(posting.staff_id for posting in postings))
