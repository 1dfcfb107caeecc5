"""What memos and questions keep of a person, for their own page."""

from typing import Any

from sqlalchemy import or_, select

from webapp.accounts import owndata
from webapp.core import settings
from webapp.core.db import db
from webapp.core.pages import day_and_time
from webapp.messages.models import Answer, PhoneMemo, Question
from webapp.messages.question_rules import QSTATE_WORDS, QState
from webapp.messages.rules import STATE_WORDS, State
from webapp.messages.settings import KEPT_DAYS, QUESTION_KEPT_DAYS
from webapp.org import queries as org

MOST = 500
Rows = list[dict[str, Any] | str]


def memos(staff_id: int) -> Rows:
    """To the person and by the person. Who called is told as it is stored: it is gone when the memo is erased."""
    query = select(PhoneMemo).where(or_(PhoneMemo.to_id == staff_id, PhoneMemo.by_id == staff_id))
    rows = list(db.session.scalars(query.order_by(PhoneMemo.made_at.desc()).limit(MOST)))
    names = org.names_of({row.to_id for row in rows} | {row.by_id for row in rows})
    found: Rows = [
        {
            "日時": day_and_time(row.made_at),
            "あて先": names.get(row.to_id),
            "書いた人": names.get(row.by_id),
            "用件": row.chip,
            "相手": row.caller or None,
            "電話番号": row.telephone or None,
            "内容": row.text or None,
            "状態": STATE_WORDS[State(row.state)],
            "内容を消した日時": day_and_time(row.erased_at) if row.erased_at else None,
        }
        for row in rows
    ]
    kept = settings.value(KEPT_DAYS)
    return [*found, f"相手・電話番号・内容は、完了から{kept}日で消えます。"] if found else []


def questions(staff_id: int) -> Rows:
    asked = db.session.scalars(
        select(Question).filter_by(by_id=staff_id).order_by(Question.made_at.desc()).limit(MOST)
    )
    answered = db.session.scalars(
        select(Answer).filter_by(by_id=staff_id).order_by(Answer.made_at.desc()).limit(MOST)
    )
    found: Rows = [
        {
            "日時": day_and_time(row.made_at),
            "質問": row.text,
            "状態": QSTATE_WORDS[QState(row.state)],
        }
        for row in asked
    ]
    found += [{"日時": day_and_time(row.made_at), "回答": row.text} for row in answered]
    kept = settings.value(QUESTION_KEPT_DAYS)
    return [*found, f"質問と回答は、解決から{kept}日で消えます。"] if found else []


owndata.register("取次メモ", memos)
owndata.register("質問箱", questions)
