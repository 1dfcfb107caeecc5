"""Reading duties as fixed."""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import select

from webapp.core import calendar
from webapp.core.db import db
from webapp.duties.models import Duty, DutyBreak, FixedDay
from webapp.positions.models import Position
from webapp.presence.facts import Duty as DutyFact
from webapp.presence.facts import Span


def duties_of(staff_ids: Sequence[int], day: date) -> dict[int, tuple[DutyFact, ...]]:
    """{staff id: the day's duties in order of time}."""
    query = (
        select(Duty, Position.name)
        .join(Position, Position.id == Duty.position_id)
        .where(Duty.day == day, Duty.staff_id.in_(staff_ids))
        .order_by(Duty.start_minute, Duty.id)
    )
    found: dict[int, tuple[DutyFact, ...]] = {}
    for row, name in db.session.execute(query):
        fact = DutyFact(
            calendar.at_minute(day, row.start_minute),
            calendar.at_minute(day, row.end_minute),
            name,
            row.position_id,
        )
        found[row.staff_id] = (*found.get(row.staff_id, ()), fact)
    return found


def moved_breaks(staff_ids: Sequence[int], day: date) -> dict[int, tuple[Span, ...]]:
    """{staff id: the break moved for lunch duty}; it takes the place of the ordinary one."""
    query = select(DutyBreak).where(DutyBreak.day == day, DutyBreak.staff_id.in_(staff_ids))
    return {
        row.staff_id: (
            Span(
                calendar.at_minute(day, row.start_minute), calendar.at_minute(day, row.end_minute)
            ),
        )
        for row in db.session.scalars(query)
    }


def fixed_days(unit_ids: Iterable[int], days: Sequence[date]) -> set[tuple[int, date]]:
    """(unit id, day) of every day whose rota is fixed."""
    query = select(FixedDay.unit_id, FixedDay.day).where(
        FixedDay.unit_id.in_(list(unit_ids)), FixedDay.day.in_(list(days))
    )
    return {(unit_id, day) for unit_id, day in db.session.execute(query)}


def duties_at(position_ids: Iterable[int], first: date, last: date) -> list[Duty]:
    """Fixed duties at these positions from first to last, in order of day and time."""
    query = select(Duty).where(
        Duty.position_id.in_(list(position_ids)), Duty.day >= first, Duty.day <= last
    )
    return list(db.session.scalars(query.order_by(Duty.day, Duty.start_minute, Duty.id)))


def duties_between(staff_id: int, first: date, last: date) -> list[Duty]:
    """One person's fixed duties at whatever unit."""
    query = select(Duty).where(Duty.staff_id == staff_id, Duty.day >= first, Duty.day <= last)
    return list(db.session.scalars(query.order_by(Duty.day, Duty.start_minute, Duty.id)))
