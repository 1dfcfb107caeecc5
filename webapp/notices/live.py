"""The live side of notices: how many are unread, to the person's own pages; the text comes by HTTP."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select

from webapp.core import clock
from webapp.core.db import db
from webapp.notices import queries
from webapp.notices.models import Notice
from webapp.notices.queries import TOPIC
from webapp.notices.rules import SHOWN_ELSEWHERE
from webapp.org.models import Staff
from webapp.realtime import versions
from webapp.realtime.pump import Frame, Rendered
from webapp.realtime.rooms import room

NEVER = datetime(9000, 1, 1, tzinfo=UTC)  # the clock changes no notice


def render(staff_ids: Sequence[int]) -> Rendered:
    """`notice {"count", "quiet"}` to each person's own pages; quiet: nothing may pop up just now."""
    counts = _unread(staff_ids)
    quiet = queries.quiet_of(staff_ids, now=clock.now())
    numbers = db.session.execute(select(Staff.id, Staff.number).where(Staff.id.in_(staff_ids)))
    return Rendered(
        frames=[
            Frame(
                room(number, "person"),
                TOPIC,
                {"count": counts.get(staff_id, 0), "quiet": quiet[staff_id] is not None},
            )
            for staff_id, number in numbers
        ],
        due={
            staff_id: (version, NEVER)
            for staff_id, (version, _) in versions.read(db.session, TOPIC, staff_ids).items()
        },
    )


def _unread(staff_ids: Sequence[int]) -> dict[int, int]:
    query = select(Notice.staff_id, func.count(Notice.id)).where(
        Notice.staff_id.in_(staff_ids),
        Notice.read_at.is_(None),
        Notice.kind.not_in(SHOWN_ELSEWHERE),
    )
    return dict(db.session.execute(query.group_by(Notice.staff_id)).all())
