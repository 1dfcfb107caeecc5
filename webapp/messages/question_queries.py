"""Reading 質問箱: of the units one belongs to, and what one asked oneself."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import selectinload

from webapp.accounts.access import Actor
from webapp.core import clock
from webapp.core.db import db
from webapp.messages import whereabouts
from webapp.messages.models import Answer, Question
from webapp.messages.question_rules import QSTATE_WORDS, QAct, QState, may
from webapp.org import queries as org
from webapp.org.rules import UnitNode

MOST = 100
WAITING = (QState.OPEN.value, QState.ANSWERED.value)


def units_to_ask(actor: Actor) -> list[UnitNode]:
    """One's own 係 and the 課 above it, in that order, for each posting."""
    tree = org.current_tree()
    nodes = (
        node
        for posting in actor.postings
        for node in (tree.by_id(posting.unit_id), tree.section(posting.unit_id))
    )
    return list(dict.fromkeys(node for node in nodes if node is not None))


def units_heard(actor: Actor) -> set[int]:
    """Units whose questions reach one: where one is posted, and all above up to the 課."""
    tree = org.current_tree()
    found: set[int] = set()
    for posting in actor.postings:
        section = tree.section(posting.unit_id)
        path = [node.id for node in tree.path(posting.unit_id)]
        found |= set(path[path.index(section.id) :]) if section else {posting.unit_id}
    return found


def open_count(actor: Actor) -> int:
    """Waiting for an answer, of others, and told to oneself."""
    query = _heard(actor).where(
        Question.state == QState.OPEN.value, Question.by_id != actor.staff_id
    )
    return sum(is_told(row, actor) for row in db.session.scalars(query))


def is_told(question: Question, actor: Actor) -> bool:
    return question.told_all_at is not None or actor.staff_id in question.told


def waiting(actor: Actor) -> list[Question]:
    """Not resolved: without an answer first, the oldest first."""
    query = _heard(actor, own=True).where(Question.state.in_(WAITING))
    order = (Question.state == QState.ANSWERED.value, Question.made_at, Question.id)
    return list(db.session.scalars(query.order_by(*order).limit(MOST)))


def resolved(actor: Actor) -> list[Question]:
    query = _heard(actor, own=True).where(Question.state == QState.RESOLVED.value)
    return list(db.session.scalars(query.order_by(Question.resolved_at.desc()).limit(MOST)))


def search(actor: Actor, q: str) -> list[Question]:
    """Every word in the question or one of its answers; what was solved once need not be asked again."""
    query = _heard(actor, own=True)
    for word in q.split()[:5]:
        like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(
            or_(
                Question.text.ilike(like, escape="\\"),
                Question.answers.any(Answer.text.ilike(like, escape="\\")),
            )
        )
    return list(db.session.scalars(query.order_by(Question.made_at.desc()).limit(MOST)))


def _heard(actor: Actor, *, own: bool = False) -> Select[Question]:
    here = Question.unit_id.in_(units_heard(actor))
    wanted = or_(here, Question.by_id == actor.staff_id) if own else here
    return select(Question).where(wanted).options(selectinload(Question.answers))


def untold() -> list[Question]:
    """Without an answer, and not told to everybody yet."""
    query = select(Question).where(
        Question.state == QState.OPEN.value, Question.told_all_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(Question.id)))


def standing(question: Question, actor: Actor) -> dict[str, bool]:
    return {
        "is_asker": question.by_id == actor.staff_id,
        "is_member": question.unit_id in units_heard(actor),
    }


def allowed(question: Question, act: QAct, actor: Actor, *, now: datetime) -> bool:
    known = standing(question, actor)
    state, at = QState(question.state), question.resolved_at
    return may(state, act, resolved_at=at, now=now, **known)


def listed(rows: Sequence[Question], actor: Actor, *, now: datetime) -> list[dict[str, Any]]:
    people = {row.by_id for row in rows} | {a.by_id for row in rows for a in row.answers}
    held = org.postings_of(sorted(people), org.today(now), known_at=now)
    names = org.names_of(people - held.keys()) | {i: p[0].name for i, p in held.items()}
    return [_json(row, names, actor, now) for row in rows]


def _json(row: Question, names: dict[int, str], actor: Actor, now: datetime) -> dict[str, Any]:
    unit = org.current_tree().by_id(row.unit_id)
    acts = (QAct.ANSWER, QAct.RESOLVE, QAct.REOPEN)
    return {
        "id": row.id,
        "unit": unit.code if unit else None,
        "unit_name": unit.name if unit else "",
        "by": names.get(row.by_id, ""),
        "mine": row.by_id == actor.staff_id,
        "text": row.text,
        "state": row.state,
        "state_words": QSTATE_WORDS[QState(row.state)],
        "revision": row.revision,
        "made_at": _iso(row.made_at),
        "resolved_at": _iso(row.resolved_at),
        "told_all": row.told_all_at is not None,
        "answers": [
            {
                "id": answer.id,
                "by": names.get(answer.by_id, ""),
                "text": answer.text,
                "made_at": _iso(answer.made_at),
            }
            for answer in row.answers
        ],
        "may": [act.value for act in acts if allowed(row, act, actor, now=now)],
    }


def _iso(instant: datetime | None) -> str | None:
    return clock.to_tokyo(instant).isoformat() if instant is not None else None


def members(question_unit: int, *, but: Iterable[int], now: datetime) -> list[int]:
    """Everybody whom a question to this unit reaches, in the order of the board."""
    left_out = set(but)
    return [i for i in whereabouts.members_below(question_unit, now=now) if i not in left_out]


def by_id(question_id: int) -> Question | None:
    query = select(Question).where(Question.id == question_id)
    return db.session.scalars(query.options(selectinload(Question.answers))).one_or_none()


def count_of(unit_ids: Iterable[int], first: datetime, until: datetime) -> int:
    query = select(func.count(Question.id)).where(
        Question.unit_id.in_(list(unit_ids)), Question.made_at >= first, Question.made_at < until
    )
    return db.session.scalar(query) or 0
