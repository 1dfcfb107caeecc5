"""What was told to a person, for their own page."""

from typing import Any

from sqlalchemy import select

from webapp.accounts import owndata
from webapp.core.db import db
from webapp.core.pages import day_and_time
from webapp.notices.models import Notice, NoticeChoice
from webapp.notices.queries import choice_of
from webapp.notices.rules import MUTABLE, WORDS

MOST = 500
Rows = list[dict[str, Any] | str]


def notices(staff_id: int) -> Rows:
    query = select(Notice).filter_by(staff_id=staff_id).order_by(Notice.made_at.desc())
    return [
        {
            "日時": day_and_time(row.made_at),
            "お知らせ": row.text,
            "読んだ": day_and_time(row.read_at) if row.read_at else None,
        }
        for row in db.session.scalars(query.limit(MOST))
    ]


def choice(staff_id: int) -> Rows:
    row = db.session.get(NoticeChoice, staff_id)
    if row is None:
        return []
    chosen = choice_of(staff_id)
    return [
        {
            "端末に出す": chosen.pop_up,
            "勤務時間の外も": chosen.outside_hours,
            "出さないもの": "、".join(WORDS[group] for group in MUTABLE if group in chosen.muted),
        }
    ]


owndata.register("お知らせ", notices)
owndata.register("お知らせの受け取り方", choice)
