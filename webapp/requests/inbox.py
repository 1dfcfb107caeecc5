"""What waits for somebody's decision, what they have decided, what they are to read afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.sql import ColumnElement

from webapp.accounts.access import Actor
from webapp.core.db import db
from webapp.org import queries as org
from webapp.org.models import Posting
from webapp.requests.access import FOR_OTHERS
from webapp.requests.approvers import Book, leaders
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import UNDECIDED, State

DONE_DAYS = 92
MOST_DONE = 300
UNDECIDED_VALUES = [state.value for state in UNDECIDED]


@dataclass(frozen=True, slots=True)
class Inbox:
    """Oldest first. answers: those that wait for the person or for whoever is asked to take a duty."""

    waiting: list[TeleworkRequest]
    answers: list[TeleworkRequest]


def approves(actor: Actor, *, now: datetime) -> bool:
    """Whether anything could ever come to this person for a decision."""
    known = leaders(now=now)
    return actor.staff_id in known.final or bool(_led(actor, now))


def _led(actor: Actor, now: datetime) -> set[int]:
    known = leaders(now=now)
    held = [*known.chiefs.items(), *known.deputies.items()]
    return {unit_id for unit_id, ids in held if actor.staff_id in ids}


def inbox_of(actor: Actor, *, now: datetime) -> Inbox:
    if not approves(actor, now=now):
        return Inbox([], [])
    query = select(TeleworkRequest).where(
        TeleworkRequest.state.in_(UNDECIDED_VALUES), _reachable(actor, now)
    )
    rows = list(db.session.scalars(query.order_by(TeleworkRequest.filed_at, TeleworkRequest.id)))
    mine = _decided_by(rows, actor, now)
    return Inbox(
        [row for row in mine if row.state == State.WAITING.value],
        [row for row in mine if row.state != State.WAITING.value],
    )


def waiting_for(actor: Actor, *, now: datetime) -> list[TeleworkRequest]:
    """What this person may decide now, oldest first."""
    return inbox_of(actor, now=now).waiting


def count_waiting(actor: Actor, *, now: datetime) -> int:
    """For the badge of the menu: asked on every page, so nothing but two columns is read."""
    if not approves(actor, now=now):
        return 0
    query = select(TeleworkRequest.staff_id, TeleworkRequest.filed_at).where(
        TeleworkRequest.state == State.WAITING.value, _reachable(actor, now)
    )
    found = [(staff_id, filed_at) for staff_id, filed_at in db.session.execute(query)]
    book = Book({staff_id for staff_id, _ in found}, now=now)
    return sum(book.may_decide(actor.staff_id, *each) for each in found)


def _decided_by(
    rows: Sequence[TeleworkRequest], actor: Actor, now: datetime
) -> list[TeleworkRequest]:
    book = Book({row.staff_id for row in rows}, now=now)
    return [row for row in rows if book.may_decide(actor.staff_id, row.staff_id, row.filed_at)]


def _reachable(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """A first narrowing down in the database: people posted today in or below the units one leads; not oneself."""
    others = TeleworkRequest.staff_id != actor.staff_id
    if actor.staff_id in leaders(now=now).final:
        return others
    on = org.today(now)
    tree = org.tree(on, known_at=now)
    below = {i for unit_id in _led(actor, now) for i in tree.subtree_ids(unit_id)}
    posted = select(Posting.staff_id).where(
        Posting.unit_id.in_(below), org.in_force(Posting, on, now)
    )
    return others & TeleworkRequest.staff_id.in_(posted)


# --- done -----------------------------------------------------------------------------------


def done_by(actor: Actor, *, now: datetime) -> list[TeleworkRequest]:
    """Decided of late, newest first: by this person, or of people they decide about."""
    reach = TeleworkRequest.decided_by == actor.staff_id
    if approves(actor, now=now):
        reach = or_(reach, _reachable(actor, now))
    query = select(TeleworkRequest).where(
        TeleworkRequest.decided_at >= now - timedelta(days=DONE_DAYS),
        TeleworkRequest.state.not_in(UNDECIDED_VALUES),
        reach,
    )
    newest = (TeleworkRequest.decided_at.desc(), TeleworkRequest.id.desc())
    rows = list(db.session.scalars(query.order_by(*newest).limit(MOST_DONE)))
    book = Book({row.staff_id for row in rows}, now=now)
    return [
        row
        for row in rows
        if row.decided_by == actor.staff_id or actor.staff_id in book.chain(row.staff_id).regular
    ]


def to_review(actor: Actor, *, now: datetime) -> list[TeleworkRequest]:
    """後閲: decided in one's place and not read yet, oldest first."""
    if not approves(actor, now=now):
        return []
    query = select(TeleworkRequest).where(
        TeleworkRequest.decided_as.in_(FOR_OTHERS),
        TeleworkRequest.reviewed_at.is_(None),
        TeleworkRequest.state.in_([State.APPROVED.value, State.REFUSED.value]),
        _reachable(actor, now),
    )
    rows = db.session.scalars(query.order_by(TeleworkRequest.decided_at, TeleworkRequest.id))
    found = list(rows)
    book = Book({row.staff_id for row in found}, now=now)
    return [row for row in found if actor.staff_id in book.chain(row.staff_id).regular]
