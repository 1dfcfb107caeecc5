"""Reading what somebody has to be told."""

from sqlalchemy import select

from webapp.core.db import db
from webapp.notices.models import Notice

TOPIC = "notice"
MOST_SHOWN = 50


def unread_of(staff_id: int) -> list[Notice]:
    """The newest first."""
    query = select(Notice).where(Notice.staff_id == staff_id, Notice.read_at.is_(None))
    newest = query.order_by(Notice.made_at.desc(), Notice.id.desc())
    return list(db.session.scalars(newest.limit(MOST_SHOWN)))
