"""お知らせ of duties: what somebody has to be told, until they have read it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select

from webapp.core.db import db
from webapp.org.models import Staff
from webapp.realtime import outbox, versions
from webapp.realtime.pump import Frame, Rendered
from webapp.realtime.rooms import room
from webapp.rota.models import DutyNotice

TOPIC = "notice"
LONGEST_TEXT = 300
MOST_SHOWN = 50
NEVER = datetime(9000, 1, 1, tzinfo=UTC)  # the clock changes no notice


def notify(
    staff_ids: Iterable[int], *, unit_id: int, kind: str, text: str, link: str, now: datetime
) -> int:
    """Tell each of these people once; returns how many. Inside a transaction.

    kind: fixed, changed, swap, order. link: a path of this site. No private reason may stand in the text.
    """
    wanted = sorted(set(staff_ids))
    for staff_id in wanted:
        db.session.add(
            DutyNotice(
                staff_id=staff_id,
                unit_id=unit_id,
                kind=kind,
                text=text[:LONGEST_TEXT],
                link=link,
                made_at=now,
            )
        )
    outbox.touch(TOPIC, wanted)
    return len(wanted)


def unread_of(staff_id: int) -> list[DutyNotice]:
    """The newest first."""
    query = select(DutyNotice).where(DutyNotice.staff_id == staff_id, DutyNotice.read_at.is_(None))
    newest = query.order_by(DutyNotice.made_at.desc(), DutyNotice.id.desc())
    return list(db.session.scalars(newest.limit(MOST_SHOWN)))


def mark_read(staff_id: int, notice_ids: Iterable[int] | None = None, *, now: datetime) -> int:
    """None = all of them. Somebody else's are left alone; returns how many were unread. Inside a transaction."""
    query = select(DutyNotice).where(DutyNotice.staff_id == staff_id, DutyNotice.read_at.is_(None))
    if notice_ids is not None:
        query = query.where(DutyNotice.id.in_(list(notice_ids)))
    rows = list(db.session.scalars(query))
    for row in rows:
        row.read_at = now
    if rows:
        outbox.touch(TOPIC, staff_id)
    return len(rows)


KEPT = timedelta(days=90)


def forget(*, now: datetime) -> None:
    """What was read long ago. Inside a transaction."""
    db.session.execute(delete(DutyNotice).where(DutyNotice.read_at < now - KEPT))


def render(staff_ids: Sequence[int]) -> Rendered:
    """`notice {"count"}` to each person's own pages; the text comes by HTTP."""
    counts = dict(
        db.session.execute(
            select(DutyNotice.staff_id, func.count(DutyNotice.id))
            .where(DutyNotice.staff_id.in_(staff_ids), DutyNotice.read_at.is_(None))
            .group_by(DutyNotice.staff_id)
        ).all()
    )
    numbers = db.session.execute(select(Staff.id, Staff.number).where(Staff.id.in_(staff_ids)))
    return Rendered(
        frames=[
            Frame(room(number, "person"), TOPIC, {"count": counts.get(staff_id, 0)})
            for staff_id, number in numbers
        ],
        due={
            staff_id: (version, NEVER)
            for staff_id, (version, _) in versions.read(db.session, TOPIC, staff_ids).items()
        },
    )
