"""Forgetting what need not be kept: who was asked for help, and who took a shortage on. The counts stay."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from webapp.core.db import db
from webapp.coverage.models import HelpAsk, HelpCall, Shortage

KEPT = timedelta(days=30)


def forget(*, now: datetime) -> None:
    """Inside a transaction."""
    old_calls = select(HelpCall.id).where(HelpCall.closed_at < now - KEPT)
    db.session.execute(delete(HelpAsk).where(HelpAsk.call_id.in_(old_calls)))
    db.session.execute(
        update(Shortage)
        .where(Shortage.over_at < now - KEPT, Shortage.taken_by.is_not(None))
        .values(taken_by=None)
    )
