"""A request under lock, with what the actor may do to it: permission, revision and state are checked here alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotAllowed, NotFound
from webapp.org import queries as org
from webapp.requests import access, steps
from webapp.requests.approver_rules import Approvers, As
from webapp.requests.approvers import approvers_of
from webapp.requests.models import RequestSwap, TeleworkRequest
from webapp.requests.rules import (
    BY_APPROVER,
    BY_FILER,
    STATE_WORDS,
    Act,
    Standing,
    State,
    may,
    next_state,
)
from webapp.rota.models import Swap

NOT_THERE = "この申請は見つかりません。"
LARGEST_ID = 2**31 - 1


class Stale(Conflict):
    """Decided on an older one: the loser gets the fresh record with this request id."""

    def __init__(self, row: TeleworkRequest, message: str) -> None:
        super().__init__(message)
        self.request_id = row.id


@dataclass(frozen=True, slots=True)
class Case:
    row: TeleworkRequest
    approvers: Approvers
    who: Standing
    actor: Actor
    before: dict[str, Any]
    after: State

    @property
    def as_(self) -> As:
        """In which capacity the actor decides."""
        return self.approvers.as_of(self.actor.staff_id) or As.CHIEF


def read(request_id: int, actor: Actor, *, now: datetime) -> TeleworkRequest:
    """For looking at; NotFound for whom it does not concern."""
    row = db.session.get(TeleworkRequest, request_id) if request_id <= LARGEST_ID else None
    if row is None or not access.may_read(row, actor, now=now):
        raise NotFound(NOT_THERE)
    return row


def read_to_decide(request_id: int, actor: Actor, *, now: datetime) -> TeleworkRequest:
    """For looking at what deciding would do: NotFound, NotAllowed for who reads it and does not decide it."""
    row = read(request_id, actor, now=now)
    found = approvers_of(row.staff_id, row.filed_at, now=now)
    who = access.standing_of(row, actor, found, now=now)
    if not who.approves:
        raise NotAllowed(not_yours(Act.APPROVE, who))
    return row


def locked(request_id: int) -> TeleworkRequest | None:
    if request_id > LARGEST_ID:
        return None
    db.session.flush()
    return db.session.get(TeleworkRequest, request_id, with_for_update=True, populate_existing=True)


def in_turn(request_id: int) -> TeleworkRequest | None:
    """Under lock, its exchanges before it: who takes a duty holds the exchange and then wants the request, and
    whoever decides at that moment must not wait the other way round (PostgreSQL)."""
    if request_id <= LARGEST_ID:
        asked = select(RequestSwap.swap_id).where(RequestSwap.request_id == request_id)
        held = select(Swap.id).where(Swap.id.in_(asked)).order_by(Swap.id)
        db.session.execute(held.with_for_update())
    return locked(request_id)


def opened(request_id: int, act: Act, *, revision: int | None, actor: Actor, now: datetime) -> Case:
    """NotFound, NotAllowed, Stale. revision None: whatever it is (programs that did not look before)."""
    row = in_turn(request_id)
    if row is None:
        raise NotFound(NOT_THERE)
    found = approvers_of(row.staff_id, row.filed_at, now=now)
    who = access.standing_of(row, actor, found, now=now)
    if not may(act, who):
        if access.may_read(row, actor, now=now):
            raise NotAllowed(not_yours(act, who))
        raise NotFound(NOT_THERE)
    after = next_state(State(row.state), act)
    if (revision is not None and revision != row.revision) or after is None:
        raise Stale(row, late_words(row))
    return Case(row, found, who, actor, steps.snapshot(row), after)


def not_yours(act: Act, who: Standing) -> str:
    if act in BY_APPROVER:
        if who.is_person:
            return "自分の申請は、自分では承認できません。"
        return "この申請を承認できるのは、いまの所属長（不在のときなどは代決者）です。"
    if act is Act.REVIEW:
        return "後閲は、その所属の所属長がします。"
    if act in BY_FILER:
        return "これは、申請した本人か、代わりに入力した人ができます。"
    return "これは、申請した本人ができます。"


def late_words(row: TeleworkRequest) -> str:
    """What happened meanwhile, and by whom."""
    words = STATE_WORDS[State(row.state)]
    last = row.steps[-1] if row.steps else None
    by = org.names_of([last.by_id]).get(last.by_id, "") if last and last.by_id else ""
    who = f"{by}さんの操作で" if by else ""
    return f"この申請は、{who}先に変わりました（いまは「{words}」）。内容を確かめてください。"
