"""Reading duties as fixed."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam, select

from webapp.core import calendar
from webapp.core.db import db
from webapp.core.reading import among, read
from webapp.duties.models import Duty, DutyBreak, FixedDay
from webapp.positions.models import Position
from webapp.presence.facts import Duty as DutyFact
from webapp.presence.facts import Span


def _duties() -> Select[*tuple[Any, ...]]:
    duty, position = Duty.__table__.c, Position.__table__.c
    return (
        select(duty.staff_id, duty.position_id, duty.start_minute, duty.end_minute, position.name)
        .join_from(Duty.__table__, Position.__table__, position.id == duty.position_id)
        .where(duty.day == bindparam("day"), among(duty.staff_id))
        .order_by(duty.start_minute, duty.id)
    )


def _breaks() -> Select[*tuple[Any, ...]]:
    table = DutyBreak.__table__.c
    columns = select(table.staff_id, table.start_minute, table.end_minute)
    return columns.where(table.day == bindparam("day"), among(table.staff_id))


_DUTIES, _BREAKS = _duties(), _breaks()


def duties_of(staff_ids: Sequence[int], day: date) -> dict[int, tuple[DutyFact, ...]]:
    """{staff id: the day's duties in order of time}."""
    found: dict[int, tuple[DutyFact, ...]] = {}
    for row in read(_DUTIES, day=day, ids=staff_ids):
        fact = DutyFact(
            calendar.at_minute(day, row.start_minute),
            calendar.at_minute(day, row.end_minute),
            row.name,
            row.position_id,
        )
        found[row.staff_id] = (*found.get(row.staff_id, ()), fact)
    return found


def moved_breaks(staff_ids: Sequence[int], day: date) -> dict[int, tuple[Span, ...]]:
    """{staff id: the break moved for lunch duty}; it takes the place of the ordinary one."""
    return {
        row.staff_id: (
            Span(
                calendar.at_minute(day, row.start_minute), calendar.at_minute(day, row.end_minute)
            ),
        )
        for row in read(_BREAKS, day=day, ids=staff_ids)
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
