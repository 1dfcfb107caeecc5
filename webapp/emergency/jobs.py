"""What the clock does: reminders every so many minutes, and forgetting who answered what."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from webapp.core import settings
from webapp.core.db import db, transaction
from webapp.core.refusals import Conflict
from webapp.emergency import asking, queries
from webapp.emergency.models import Emergency, EmergencyAct, EmergencyAnswer
from webapp.emergency.settings import ANSWERS_KEPT, RECORDS_KEPT

YEAR = timedelta(days=366)


def remind(*, now: datetime) -> int:
    """Every minute. Mostly nothing is open: asked outside a transaction."""
    reminded = 0
    for one in queries.open_ones():
        row = db.session.get(Emergency, one.id, populate_existing=True)
        if row is None or not asking.is_due(row, now=now):
            continue
        with transaction():
            reminded += _remind(one.id, now)
    return reminded


def _remind(emergency_id: int, now: datetime) -> int:
    try:
        return asking.remind_by_clock(emergency_id, now=now)
    except Conflict:  # closed meanwhile
        return 0


def forget(*, now: datetime) -> None:
    """Every hour, in a transaction: answers and who was deployed some days after the end; old records altogether."""
    past = now - timedelta(days=settings.value(ANSWERS_KEPT))
    query = select(Emergency).where(Emergency.ended_at.is_not(None), Emergency.ended_at < past)
    for row in db.session.scalars(query):
        db.session.execute(delete(EmergencyAnswer).where(EmergencyAnswer.emergency_id == row.id))
        for act in queries.acts_of(row.id):
            if {"staff", "recalled"} & act.detail.keys():
                act.detail = {k: v for k, v in act.detail.items() if k not in ("staff", "recalled")}
    oldest = now - YEAR * settings.value(RECORDS_KEPT)
    old = list(db.session.scalars(select(Emergency.id).where(Emergency.ended_at < oldest)))
    if old:
        for table in (EmergencyAnswer, EmergencyAct):
            db.session.execute(delete(table).where(table.emergency_id.in_(old)))
        db.session.execute(delete(Emergency).where(Emergency.id.in_(old)))
