"""質問箱: asking, answering, resolving, reopening; who is told first. Inside transactions."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.attendance import once
from webapp.core import settings
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotAllowed, NotFound, RuleBroken
from webapp.messages import question_queries as queries
from webapp.messages import whereabouts
from webapp.messages.models import Answer, Question
from webapp.messages.question_rules import QAct, QState, after_answer, reopened
from webapp.messages.settings import QUESTION_WAIT
from webapp.notices import service as notices
from webapp.org import queries as org
from webapp.realtime import outbox

TOPIC = "question"
_KEY = "question:{}"  # apart from those of reports and memos
MOST_ANSWERS = 50


def ask(unit_code: str, text: str, *, actor: Actor, now: datetime) -> Question:
    """Told at once to who is 連絡可能; to the others when nobody has answered for a while."""
    units = {node.code: node for node in queries.units_to_ask(actor)}
    if unit_code not in units:
        raise RuleBroken("聞く相手を選び直してください。", {"unit": "自分の係か課を選んでください"})
    unit = units[unit_code]
    everybody = queries.members(unit.id, but={actor.staff_id}, now=now)
    first = whereabouts.available(everybody, now=now)
    question = Question(
        unit_id=unit.id,
        by_id=actor.staff_id,
        text=text,
        state=QState.OPEN.value,
        revision=1,
        made_at=now,
        told=first,
        told_all_at=None if first else now,  # nobody is there: whoever comes first
    )
    db.session.add(question)
    db.session.flush()
    _tell(first or everybody, question, "質問が1件あります。", now)
    outbox.touch(TOPIC, question.id)
    return question


def ask_once(
    unit_code: str, text: str, key: str, body_hash: str, *, actor: Actor, now: datetime
) -> tuple[int, bool]:
    """(id of the question, whether it was there already)."""
    return once.made(
        actor.staff_id,
        _KEY.format(key),
        body_hash,
        lambda: ask(unit_code, text, actor=actor, now=now).id,
        now=now,
    )


def answer(question_id: int, text: str, *, actor: Actor, now: datetime) -> Question:
    question = _locked(question_id, QAct.ANSWER, actor, now)
    if len(question.answers) >= MOST_ANSWERS:
        raise RuleBroken("この質問には、これ以上書き足せません。")
    question.answers.append(Answer(by_id=actor.staff_id, text=text, made_at=now))
    by_asker = question.by_id == actor.staff_id
    question.state = after_answer(QState(question.state), by_asker=by_asker).value
    if not by_asker:
        _settle_notices(question, now)
        _tell([question.by_id], question, "あなたの質問に回答がありました。", now)
    return _changed(question)


def settle(
    question_id: int, state: QState, *, revision: int | None, actor: Actor, now: datetime
) -> Question:
    """resolved, or open again. NotFound, NotAllowed, Conflict."""
    question = _locked(question_id, QAct.READ, actor, now)
    if (question.state == QState.RESOLVED) == (state is QState.RESOLVED):
        return question  # the second of a double tap
    if revision is not None and revision != question.revision:
        raise Conflict("ほかの人が先に書きました。いまの状態を確かめてください。")
    act = QAct.RESOLVE if state is QState.RESOLVED else QAct.REOPEN
    if not queries.allowed(question, act, actor, now=now):
        raise NotAllowed("解決にできるのは、質問した人だけです。")
    if act is QAct.RESOLVE:
        question.state, question.resolved_at = QState.RESOLVED.value, now
        question.resolved_by = actor.staff_id
        _settle_notices(question, now)
    else:
        question.state = reopened(has_answers=bool(question.answers)).value
        question.resolved_at = question.resolved_by = None
        answered = {row.by_id for row in question.answers} - {actor.staff_id}
        _tell(answered or question.told, question, "質問がもう一度開かれました。", now)
    return _changed(question)


# --- telling --------------------------------------------------------------------------------


def spread(question_ids: Iterable[int], *, now: datetime) -> None:
    """Nobody has answered: the others are told too. Inside a transaction."""
    query = select(Question).where(
        Question.id.in_(list(question_ids)),
        Question.told_all_at.is_(None),
        Question.state == QState.OPEN.value,
    )
    for question in db.session.scalars(query.order_by(Question.id).with_for_update()):
        told = {question.by_id, *question.told}
        question.told_all_at = now
        rest = queries.members(question.unit_id, but=told, now=now)
        _tell(rest, question, "まだ回答のない質問があります。", now)
        outbox.touch(TOPIC, question.id)


def due(*, now: datetime) -> list[int]:
    """Those that have waited as long as the unit has settled."""
    return [row.id for row in queries.untold() if now >= row.made_at + _wait(row.unit_id)]


def _wait(unit_id: int) -> timedelta:
    path = [node.code for node in org.current_tree().path(unit_id)]
    return timedelta(minutes=settings.value(QUESTION_WAIT, path))


def link_of(question: Question) -> str:
    return f"/questions?open={question.id}"


def _tell(staff_ids: Iterable[int], question: Question, text: str, now: datetime) -> None:
    """No word of the question itself: notices go to pages that others may see."""
    notices.notify(
        staff_ids,
        unit_id=question.unit_id,
        kind="question",
        text=text,
        link=link_of(question),
        now=now,
    )


def _settle_notices(question: Question, now: datetime) -> None:
    """Answered or resolved: it waits for nobody any more."""
    notices.settled(link_of(question), now=now)


def _changed(question: Question) -> Question:
    question.revision += 1
    outbox.touch(TOPIC, question.id)
    return question


def _locked(question_id: int, act: QAct, actor: Actor, now: datetime) -> Question:
    query = select(Question).where(Question.id == question_id).with_for_update()
    question = db.session.scalars(query).one_or_none()
    if question is None or not queries.allowed(question, QAct.READ, actor, now=now):
        raise NotFound("この質問は見つかりません。")
    if not queries.allowed(question, act, actor, now=now):
        raise Conflict("この質問は、もう解決しています。")
    return question
