"""Forgetting: texts and numbers of memos some time after 完了, questions some time after they are resolved."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_

from webapp.core import settings
from webapp.core.db import db
from webapp.messages import queries, service
from webapp.messages.models import Answer, MemoStep, PhoneMemo, Question
from webapp.messages.rules import State
from webapp.messages.settings import KEPT_DAYS, QUESTION_KEPT_DAYS

LONGEST_OPEN = timedelta(days=180)  # what nobody ever finished is forgotten too
VOID_KEPT = timedelta(days=1)


def forget(*, now: datetime) -> int:
    """How many memos were emptied; that there were memos stays for the counts. Inside a transaction."""
    before = now - timedelta(days=settings.value(KEPT_DAYS))
    memos = queries.overdue_for_erasing(before, made_before=now - LONGEST_OPEN)
    for memo in memos:
        service.empty(memo, now=now)
        memo.state = State.DONE.value  # what nobody ever finished leaves the lists as well
    db.session.execute(delete(MemoStep).where(MemoStep.memo_id.in_([memo.id for memo in memos])))
    void = PhoneMemo.state == State.VOID.value
    db.session.execute(delete(PhoneMemo).where(void, PhoneMemo.erased_at < now - VOID_KEPT))
    _forget_questions(now)
    return len(memos)


def _forget_questions(now: datetime) -> None:
    before = now - timedelta(days=settings.value(QUESTION_KEPT_DAYS))
    old = or_(Question.resolved_at < before, Question.made_at < now - LONGEST_OPEN - VOID_KEPT)
    ids = list(db.session.scalars(db.select(Question.id).where(old)))
    db.session.execute(delete(Answer).where(Answer.question_id.in_(ids)))
    db.session.execute(delete(Question).where(Question.id.in_(ids)))
