"""What the rota keeps of a person, for their own page: duties, swaps, the calendar feed."""

from typing import Any

from sqlalchemy import or_, select

from webapp.accounts import owndata
from webapp.core.db import db
from webapp.core.pages import day_and_time
from webapp.duties.models import Duty
from webapp.positions import queries as positions
from webapp.rota.models import CalendarFeed, Swap
from webapp.rota.swap_notices import swap_words, when_words
from webapp.rota.swap_rules import KIND_WORDS, STATE_WORDS, Kind, State, Stretch

MOST = 500
Rows = list[dict[str, Any] | str]


def duties(staff_id: int) -> Rows:
    query = select(Duty).filter_by(staff_id=staff_id).order_by(Duty.day.desc()).limit(MOST)
    rows = list(db.session.scalars(query))
    posts = positions.posts_by_id({row.position_id for row in rows})
    return [
        when_words(Stretch(row.day, row.start_minute, row.end_minute), posts[row.position_id].name)
        for row in rows
    ]


def swaps(staff_id: int) -> Rows:
    query = select(Swap).where(or_(Swap.from_id == staff_id, Swap.to_id == staff_id))
    rows = list(db.session.scalars(query.order_by(Swap.asked_at.desc()).limit(MOST)))
    posts = positions.posts_by_id({row.position_id for row in rows})
    return [
        {
            "種類": KIND_WORDS[Kind(row.kind)],
            "当番": swap_words(row, posts[row.position_id]),
            "状態": STATE_WORDS[State(row.state)],
            "理由": row.reason or None,
            "頼んだ日時": day_and_time(row.asked_at),
        }
        for row in rows
    ]


def feeds(staff_id: int) -> Rows:
    query = select(CalendarFeed).filter_by(staff_id=staff_id).order_by(CalendarFeed.made_at)
    return [
        {
            "作成": day_and_time(row.made_at),
            "停止": day_and_time(row.revoked_at) if row.revoked_at else None,
            "最後に読まれた": day_and_time(row.read_at) if row.read_at else None,
        }
        for row in db.session.scalars(query)
    ]


owndata.register("当番", duties)
owndata.register("当番の交代", swaps)
owndata.register("当番のカレンダー配信", feeds)
