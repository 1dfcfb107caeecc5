"""Reading 取次メモ: lists of a person and of a 係, counts, search."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from webapp.accounts.access import Actor
from webapp.core.db import db
from webapp.messages import whereabouts
from webapp.messages.models import PhoneMemo
from webapp.messages.rules import WAITING, State

MOST = 200  # of a list; finished ones are erased after a while anyway
_WAITING = [state.value for state in WAITING]


def by_id(memo_id: int) -> PhoneMemo | None:
    query = select(PhoneMemo).where(PhoneMemo.id == memo_id, PhoneMemo.state != State.VOID.value)
    return db.session.scalars(query).one_or_none()


def mine(staff_id: int) -> list[PhoneMemo]:
    """What waits for this person: 未対応 first, then 連絡済, each the oldest first."""
    return list(db.session.scalars(_in_order(_waiting().where(PhoneMemo.to_id == staff_id))))


def open_count(staff_id: int) -> int:
    """未対応 to this person."""
    query = select(func.count(PhoneMemo.id)).where(
        PhoneMemo.to_id == staff_id, PhoneMemo.state == State.OPEN.value
    )
    return db.session.scalar(query) or 0


def of_own_units(actor: Actor, *, now: datetime) -> list[PhoneMemo]:
    """What waits in one's own 係, for colleagues; one's own memos are elsewhere."""
    people = _colleagues(actor, now)
    query = _waiting().where(_here(actor, people), PhoneMemo.to_id != actor.staff_id)
    return list(db.session.scalars(_in_order(query)))


def written_by(staff_id: int) -> list[PhoneMemo]:
    """What one wrote, as long as it is not finished, and what was finished of it lately."""
    query = select(PhoneMemo).where(
        PhoneMemo.by_id == staff_id, PhoneMemo.state != State.VOID.value
    )
    return list(db.session.scalars(_in_order(query)))


def finished(actor: Actor, *, now: datetime) -> list[PhoneMemo]:
    """完了 to oneself or in one's own 係, the latest first, until they are erased."""
    query = select(PhoneMemo).where(
        PhoneMemo.state == State.DONE.value,
        PhoneMemo.erased_at.is_(None),
        or_(PhoneMemo.to_id == actor.staff_id, _here(actor, _colleagues(actor, now))),
    )
    return list(db.session.scalars(query.order_by(PhoneMemo.done_at.desc()).limit(MOST)))


def search(actor: Actor, q: str, *, texts: bool, now: datetime) -> list[PhoneMemo]:
    """By number or 用件, with texts also by caller and text, in one's own 係 alone; every word has to be found."""
    query = select(PhoneMemo).where(
        PhoneMemo.state != State.VOID.value,
        PhoneMemo.erased_at.is_(None),
        or_(PhoneMemo.to_id == actor.staff_id, _here(actor, _colleagues(actor, now))),
    )
    for word in q.split()[:5]:
        query = query.where(_has(word, texts=texts))
    return list(db.session.scalars(query.order_by(PhoneMemo.made_at.desc()).limit(MOST)))


def _has(word: str, *, texts: bool) -> ColumnElement[bool]:
    """Who may not read caller and text may not guess them by searching either."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    number = "".join(c for c in word if c.isdigit())
    digits = func.replace(PhoneMemo.telephone, "-", "")
    columns = [PhoneMemo.chip, PhoneMemo.telephone]
    columns += [PhoneMemo.caller, PhoneMemo.text] if texts else []
    found = [column.ilike(f"%{escaped}%", escape="\\") for column in columns]
    return or_(*found, digits.like(f"%{number}%")) if len(number) > 2 else or_(*found)


def _colleagues(actor: Actor, now: datetime) -> list[int]:
    return whereabouts.members_of({p.unit_id for p in actor.postings}, now=now)


def _here(actor: Actor, people: Iterable[int]) -> ColumnElement[bool]:
    """Candidates only: who may read each is decided memo by memo (a 兼務 answers for one 係 and not for the other)."""
    units = {posting.unit_id for posting in actor.postings}
    return or_(PhoneMemo.unit_id.in_(units), PhoneMemo.to_id.in_(list(people)))


def _waiting() -> Select[PhoneMemo]:
    return select(PhoneMemo).where(PhoneMemo.state.in_(_WAITING))


def _in_order(query: Select[PhoneMemo]) -> Select[PhoneMemo]:
    """In the order of the work: 未対応, 連絡済, 完了; who wished for an hour stands there with it."""
    rank = case({State.OPEN.value: 0, State.CALLED.value: 1}, value=PhoneMemo.state, else_=2)
    since = func.coalesce(PhoneMemo.wished_at, PhoneMemo.made_at)
    return query.order_by(rank, since, PhoneMemo.id).limit(MOST)


def waiting_for(staff_ids: Sequence[int]) -> list[PhoneMemo]:
    """未対応 to any of these people."""
    query = select(PhoneMemo).where(
        PhoneMemo.to_id.in_(list(staff_ids)), PhoneMemo.state == State.OPEN.value
    )
    return list(db.session.scalars(query.order_by(PhoneMemo.id)))


def recipients_waited_for() -> list[int]:
    query = select(PhoneMemo.to_id).where(PhoneMemo.state == State.OPEN.value).distinct()
    return list(db.session.scalars(query))


def made_between(
    unit_ids: Iterable[int], first: datetime, until: datetime, *, written: bool
) -> list[PhoneMemo]:
    """Memos of a stretch of time, by the unit that took the call (written) or the one it was for."""
    column = PhoneMemo.by_unit_id if written else PhoneMemo.unit_id
    query = select(PhoneMemo).where(
        column.in_(list(unit_ids)),
        PhoneMemo.made_at >= first,
        PhoneMemo.made_at < until,
        PhoneMemo.state != State.VOID.value,
    )
    return list(db.session.scalars(query))


def overdue_for_erasing(done_before: datetime, *, made_before: datetime) -> list[PhoneMemo]:
    query = select(PhoneMemo).where(
        PhoneMemo.erased_at.is_(None),
        or_(PhoneMemo.done_at < done_before, PhoneMemo.made_at < made_before),
    )
    return list(db.session.scalars(query))
