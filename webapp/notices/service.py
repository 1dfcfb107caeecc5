"""お知らせ: what somebody has to be told, until they have read it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from webapp.core.db import db
from webapp.notices.models import Notice, NoticeChoice, WebhookDelivery
from webapp.notices.queries import TOPIC
from webapp.notices.rules import Choice
from webapp.realtime import outbox

LONGEST_TEXT = 300
KEPT = timedelta(days=90)
DELIVERIES_KEPT = timedelta(days=30)
TAKEN_BACK_WITHIN = timedelta(minutes=10)


def notify(
    staff_ids: Iterable[int], *, unit_id: int, kind: str, text: str, link: str, now: datetime
) -> int:
    """Tell each of these people once; returns how many. Inside a transaction.

    kind: see Notice. link: a path of this site. No private reason may stand in the text.
    """
    wanted = sorted(set(staff_ids))
    for staff_id in wanted:
        db.session.add(
            Notice(
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


def mark_read(staff_id: int, notice_ids: Iterable[int] | None = None, *, now: datetime) -> int:
    """None = all of them. Somebody else's are left alone; returns how many were unread. Inside a transaction."""
    query = select(Notice).where(Notice.staff_id == staff_id, Notice.read_at.is_(None))
    if notice_ids is not None:
        query = query.where(Notice.id.in_(list(notice_ids)))
    rows = list(db.session.scalars(query))
    for row in rows:
        row.read_at = now
    if rows:
        outbox.touch(TOPIC, staff_id)
    return len(rows)


def mark_unread(staff_id: int, notice_ids: Iterable[int], *, now: datetime) -> int:
    """Undo of mark_read: what was read a moment ago. Inside a transaction."""
    query = select(Notice).where(
        Notice.staff_id == staff_id,
        Notice.id.in_(list(notice_ids)),
        Notice.read_at >= now - TAKEN_BACK_WITHIN,
    )
    rows = list(db.session.scalars(query))
    for row in rows:
        row.read_at = None
    if rows:
        outbox.touch(TOPIC, staff_id)
    return len(rows)


def settled(link: str, *, now: datetime) -> int:
    """What these notices lead to is over: nobody has to read them any more. Inside a transaction."""
    query = select(Notice).where(Notice.link == link, Notice.read_at.is_(None))
    rows = list(db.session.scalars(query))
    for row in rows:
        row.read_at = now
    outbox.touch(TOPIC, {row.staff_id for row in rows})
    return len(rows)


def look_again(staff_ids: Iterable[int]) -> None:
    """The numbers in these people's menus have changed without a notice. Inside a transaction."""
    outbox.touch(TOPIC, staff_ids)


def choose(staff_id: int, choice: Choice) -> None:
    """How the person wants to be told from now on. Inside a transaction."""
    row = db.session.get(NoticeChoice, staff_id) or NoticeChoice(staff_id=staff_id)
    row.pop_up, row.outside_hours = choice.pop_up, choice.outside_hours
    row.muted = sorted(group.value for group in choice.muted)
    db.session.add(row)


def forget(*, now: datetime) -> None:
    """What was read long ago, and the log of the webhooks. Inside a transaction."""
    db.session.execute(delete(Notice).where(Notice.read_at < now - KEPT))
    db.session.execute(
        delete(WebhookDelivery).where(WebhookDelivery.made_at < now - DELIVERIES_KEPT)
    )
