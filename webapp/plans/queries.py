"""Reading the planned stretches of a day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, or_, select

from webapp.core import calendar
from webapp.core.db import db, read_cache
from webapp.core.reading import among, read
from webapp.org import queries as org
from webapp.org.queries import Hours
from webapp.org.rules import Reach, UnitTree
from webapp.plans.models import DayEvent, PlannedHours, PlannedReach, PlannedSegment, WeeklyPlan
from webapp.plans.rules import Kind, Origin, Planned, laid, recurs, stretch_of, within
from webapp.plans.spans import DayHours
from webapp.presence.facts import ReachSpan, Stretch


def _of_the_day(model: Any) -> Select[*tuple[Any, ...]]:
    table = model.__table__
    query = select(table).where(table.c.day == bindparam("day"), among(table.c.staff_id))
    return query.order_by(table.c.id)


def _weekly() -> Select[*tuple[Any, ...]]:
    table: Any = WeeklyPlan.__table__
    day: Any = bindparam("day")
    query = select(table).where(
        table.c.weekday == bindparam("weekday"),
        table.c.starts_on <= day,
        or_(table.c.ends_on.is_(None), table.c.ends_on >= day),
        among(table.c.staff_id),
    )
    return query.order_by(table.c.id)


_ENTRIES, _HOURS, _REACHES = map(_of_the_day, (PlannedSegment, PlannedHours, PlannedReach))
_WEEKLY = _weekly()
_EVENTS = select(DayEvent).where(DayEvent.day == bindparam("day")).order_by(DayEvent.id)


def stretches_of(
    staff_ids: Sequence[int], day: date, hours: Mapping[int, Hours]
) -> dict[int, tuple[Stretch, ...]]:
    """{staff id: the day's planned stretches}; where two overlap the later listed counts.

    hours: of those who work that day; only they have a weekly pattern then, inside these hours.
    """
    entered = entries_of(staff_ids, day)
    weekly = weekly_of([staff_id for staff_id in staff_ids if staff_id in hours], day)
    found: dict[int, tuple[Stretch, ...]] = {}
    for staff_id in entered.keys() | weekly.keys():
        own = hours.get(staff_id)
        usual = [
            part
            for entry in weekly.get(staff_id, ())
            if own and (part := within(entry, own.start, own.end))
        ]
        pile = laid([*usual, *entered.get(staff_id, ())])
        found[staff_id] = tuple(stretch_of(entry, day) for entry in pile)
    return found


def entries_of(staff_ids: Sequence[int], day: date) -> dict[int, tuple[Planned, ...]]:
    """{staff id: what was entered for that day}, in the order it was entered; without the weekly pattern."""
    found: dict[int, tuple[Planned, ...]] = {}
    for row in read(_ENTRIES, day=day, ids=staff_ids):
        found[row.staff_id] = (*found.get(row.staff_id, ()), planned(row))
    return found


def planned(row: Any) -> Planned:
    """row: a PlannedSegment, or its columns."""
    return Planned(row.start_minute, row.end_minute, Kind(row.kind), row.site, Origin(row.origin))


def weekly_of(staff_ids: Sequence[int], day: date) -> dict[int, tuple[Planned, ...]]:
    """{staff id: the weekly pattern's stretches of that day}."""
    found: dict[int, tuple[Planned, ...]] = {}
    for row in read(_WEEKLY, day=day, weekday=day.weekday(), ids=staff_ids):
        if recurs(row.weekday, row.every, row.starts_on, row.ends_on, day):
            entry = Planned(
                row.start_minute, row.end_minute, Kind(row.kind), row.site, Origin.WEEKLY
            )
            found[row.staff_id] = (*found.get(row.staff_id, ()), entry)
    return found


def hours_of(staff_ids: Sequence[int], day: date) -> dict[int, Hours]:
    """{staff id: 勤務時間の割振り of that day} where it differs from the ordinary hours; the later entered counts."""
    found: dict[int, Hours] = {}
    for row in read(_HOURS, day=day, ids=staff_ids):
        breaks: tuple[tuple[int, int], ...] = ()
        if row.break_start is not None and row.break_end is not None:
            breaks = ((row.break_start, row.break_end),)
        found[row.staff_id] = Hours(row.start_minute, row.end_minute, breaks)
    return found


def working_hours(
    staff_ids: Sequence[int], day: date, *, known_at: datetime | None = None
) -> dict[int, Hours]:
    """{staff id: the day's hours}, 勤務時間の割振り before the ordinary ones; nobody works on a closed day."""
    found: dict[int, Hours] = {}
    if org.business_calendar().is_business_day(day):
        found = org.hours_on(day, org.postings_of(staff_ids, day, known_at=known_at))
    return found | hours_of(staff_ids, day)


def day_hours(staff_id: int, days: Iterable[date], *, now: datetime) -> dict[date, DayHours]:
    """{day: hours} of one person; days off are not in it."""
    found: dict[date, DayHours] = {}
    for day in days:
        own = working_hours([staff_id], day, known_at=now).get(staff_id)
        if own is not None:
            found[day] = own_hours(own)
    return found


def own_hours(hours: Hours) -> DayHours:
    return DayHours(hours.start, hours.end, hours.breaks[0] if hours.breaks else None)


def segments_by_id(ids: Sequence[int]) -> list[PlannedSegment]:
    query = select(PlannedSegment).where(PlannedSegment.id.in_(ids))
    return list(db.session.scalars(query.order_by(PlannedSegment.day, PlannedSegment.id)))


def reaches_of(staff_ids: Sequence[int], day: date) -> dict[int, tuple[ReachSpan, ...]]:
    """{staff id: the telephones at hand that day}, the later entered last."""
    found: dict[int, tuple[ReachSpan, ...]] = {}
    for row in read(_REACHES, day=day, ids=staff_ids):
        span = ReachSpan(
            calendar.at_minute(day, row.start_minute),
            calendar.at_minute(day, row.end_minute),
            row.number,
            Reach(row.reach),
        )
        found[row.staff_id] = (*found.get(row.staff_id, ()), span)
    return found


def events_on(day: date) -> list[DayEvent]:
    """What stands in the calendar that day, for whatever unit; read once a request."""
    kept = read_cache()
    key = f"plans.events:{day}"
    if key not in kept:
        kept[key] = list(db.session.scalars(_EVENTS, {"day": day}))
    found: list[DayEvent] = kept[key]
    return found


def events_of(unit_id: int, day: date, tree: UnitTree) -> list[DayEvent]:
    """The day events that hold for a unit: its own, those of units above it, and everybody's."""
    above = {node.id for node in tree.path(unit_id)}
    return [event for event in events_on(day) if event.unit_id is None or event.unit_id in above]


def any_event(unit_ids: Iterable[int], day: date, tree: UnitTree) -> bool:
    return any(events_of(unit_id, day, tree) for unit_id in unit_ids)
