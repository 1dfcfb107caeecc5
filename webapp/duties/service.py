"""Changing duties as fixed. Who may is decided by the rota and the coverage above."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select

from webapp.core import facts
from webapp.core.db import db
from webapp.duties.models import Duty, FixedDay
from webapp.org.models import Staff
from webapp.realtime import outbox

STAMP = "duties"


def changed(staff_ids: Iterable[int]) -> None:
    """People whose duty changed look different now; caches of coverage are out of date."""
    facts.restamp(STAMP)
    outbox.touch("staff", set(staff_ids))


def hold(staff_ids: Iterable[int]) -> None:
    """Before checking that somebody is free: of two who put them on duty at once (PostgreSQL) the second waits, and
    then sees the duty of the first."""
    ids = sorted(set(staff_ids))
    locked = select(Staff.id).where(Staff.id.in_(ids)).order_by(Staff.id)
    db.session.execute(locked.with_for_update(key_share=True))


def put_on(
    position_id: int, staff_id: int, day: date, start: int, end: int, *, source: str, now: datetime
) -> Duty:
    duty = Duty(
        position_id=position_id,
        staff_id=staff_id,
        day=day,
        start_minute=start,
        end_minute=end,
        source=source,
        made_at=now,
    )
    db.session.add(duty)
    db.session.flush()
    changed([staff_id])
    return duty


def take_off(duty: Duty) -> None:
    db.session.delete(duty)
    db.session.flush()
    changed([duty.staff_id])


def hand_over(duty: Duty, to_id: int, start: int, end: int, *, source: str, now: datetime) -> Duty:
    """[start, end) of a duty goes to another person; what is left stays. Minutes within the duty's own."""
    first, last, giver = duty.start_minute, duty.end_minute, duty.staff_id
    taken = Duty(
        position_id=duty.position_id,
        staff_id=to_id,
        day=duty.day,
        start_minute=start,
        end_minute=end,
        source=source,
        made_at=now,
    )
    if start > first:
        duty.end_minute = start
        if end < last:
            db.session.add(_rest(duty, end, last))
    elif end < last:
        duty.start_minute = end
    else:
        db.session.delete(duty)
    db.session.add(taken)
    db.session.flush()
    changed([giver, to_id])
    return taken


def _rest(duty: Duty, start: int, end: int) -> Duty:
    return Duty(
        position_id=duty.position_id,
        staff_id=duty.staff_id,
        day=duty.day,
        start_minute=start,
        end_minute=end,
        source=duty.source,
        pinned=duty.pinned,
        made_at=duty.made_at,
    )


def fix(unit_id: int, day: date, *, now: datetime) -> None:
    row = db.session.query(FixedDay).filter_by(unit_id=unit_id, day=day).one_or_none()
    if row is None:
        db.session.add(FixedDay(unit_id=unit_id, day=day, fixed_at=now))
    else:
        row.fixed_at = now
    facts.restamp(STAMP)
