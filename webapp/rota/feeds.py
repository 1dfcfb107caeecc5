"""The calendar feed of one person's duties: an address with a secret of its own, told once, revocable."""

import secrets
from datetime import datetime, timedelta

from flask import request, url_for
from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.accounts.queries import hashed
from webapp.core import audit, calendar, clock
from webapp.core.db import db
from webapp.core.limits import Limit
from webapp.core.refusals import NotFound
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.positions import queries as positions
from webapp.positions.rules import Post
from webapp.rota.ical import Event, calendar_text
from webapp.rota.models import CalendarFeed

PREFIX = "zsc_"
DAYS_BACK = 30
# From one address: a town hall behind one proxy shares its own.
READS = Limit("feed", 60, 60.0, "続けて読みすぎています。")
READ_NOTED = timedelta(hours=1)
GONE = "このカレンダーの配信は止められています。設定した人は、在席の当番のページで新しいアドレスを作れます。"


def in_force(staff_id: int) -> CalendarFeed | None:
    query = select(CalendarFeed).filter_by(staff_id=staff_id, revoked_at=None)
    return db.session.scalars(query.order_by(CalendarFeed.id.desc()).limit(1)).one_or_none()


def create(actor: Actor, *, now: datetime) -> str:
    """The secret of a new feed; the former one ends. Inside a transaction."""
    revoke(actor, now=now)
    secret = PREFIX + secrets.token_urlsafe(32)
    db.session.add(CalendarFeed(staff_id=actor.staff_id, token_hash=hashed(secret), made_at=now))
    audit.record(actor, "calendar.create", staff_id=actor.staff_id, now=now)
    return secret


def revoke(actor: Actor, *, now: datetime) -> bool:
    """False: there was none. Inside a transaction."""
    query = select(CalendarFeed).filter_by(staff_id=actor.staff_id, revoked_at=None)
    rows = list(db.session.scalars(query))
    for row in rows:
        row.revoked_at = now
    if rows:
        audit.record(actor, "calendar.revoke", staff_id=actor.staff_id, now=now)
    return bool(rows)


def address(secret: str) -> str:
    return url_for("api.duties_ics", token=secret, _external=True)


def limit(who: str) -> None:
    """So many reads a minute from one address. Raises TooMany."""
    READS.require(who, at=clock.monotonic())


def owner_of(secret: str, *, now: datetime) -> CalendarFeed:
    """Raises NotFound: unknown, revoked, and who has left are told the same."""
    query = select(CalendarFeed).filter_by(token_hash=hashed(secret), revoked_at=None)
    feed = db.session.scalars(query).one_or_none()
    if feed is None or not org.postings_today(feed.staff_id, now=now):
        raise NotFound(GONE)
    return feed


def is_noted(feed: CalendarFeed, *, now: datetime) -> bool:
    """Whether its last reading was noted a short while ago: not every reading is worth a write."""
    return feed.read_at is not None and now - feed.read_at < READ_NOTED


def calendar_of(staff_id: int, *, now: datetime) -> str:
    """Fixed duties from 30 days back to all that are fixed ahead; nothing but position, place and time."""
    first = org.today(now) - timedelta(days=DAYS_BACK)
    query = select(Duty).where(Duty.staff_id == staff_id, Duty.day >= first)
    rows = list(db.session.scalars(query.order_by(Duty.day, Duty.start_minute, Duty.id)))
    posts = positions.posts_by_id({row.position_id for row in rows})
    events = (_event(row, posts[row.position_id]) for row in rows)
    return calendar_text("当番（在席）", events, now=now)


def _event(row: Duty, post: Post) -> Event:
    """The row of a part handed over is shortened in place: the sequence follows its length, so calendars update."""
    node = org.current_tree().by_id(post.unit_id)
    unit = node.name if node else ""
    return Event(
        f"duty-{row.id}@{request.host.partition(':')[0]}",
        calendar.at_minute(row.day, row.start_minute),
        calendar.at_minute(row.day, row.end_minute),
        f"当番 {post.name}",
        " ".join(part for part in (unit, post.site) if part),
        row.made_at,
        max(0, 24 * 60 - (row.end_minute - row.start_minute)),
    )
