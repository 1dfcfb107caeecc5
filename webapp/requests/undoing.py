"""元に戻す: one's own last step, for ten seconds. Inside transactions."""

from dataclasses import dataclass
from datetime import datetime

from webapp.accounts.access import Actor
from webapp.core.refusals import Conflict, NotFound
from webapp.requests import access, asking, carrying, cases, deciding, steps, telling
from webapp.requests.models import RequestStep, TeleworkRequest
from webapp.requests.rules import STATE_WORDS, State, may_undo

UNDOABLE = frozenset(
    {"approved", "refused", "returned", "withdrawn", "proposed", "declined", "asked", "reviewed"}
)
"""Not an order: two people have been told to change, and may have arranged themselves. Nor what 一括指示 has ended or
taken back of a request: that comes back with the order only (orders.take_back)."""

TOO_LATE = "もう元に戻せません（10秒まで）。"


@dataclass(frozen=True, slots=True)
class Undone:
    """booked False: a seat or telephone that came with it has gone to somebody else meanwhile."""

    row: TeleworkRequest
    booked: bool = True


def last_step(row: TeleworkRequest) -> RequestStep | None:
    return row.steps[-1] if row.steps else None


def can_undo(row: TeleworkRequest, actor: Actor, *, now: datetime) -> bool:
    step = last_step(row)
    if step is None or step.what not in UNDOABLE:
        return False
    return may_undo(step.at, by_me=step.by_id == actor.staff_id, is_last=True, now=now)


def undo(request_id: int, *, revision: int | None, actor: Actor, now: datetime) -> Undone:
    row = cases.in_turn(request_id)
    if row is None or not access.may_read(row, actor, now=now):
        raise NotFound(cases.NOT_THERE)
    if revision is not None and revision != row.revision:
        raise cases.Stale(row, cases.late_words(row))
    step = last_step(row)
    if step is None or not can_undo(row, actor, now=now):
        raise Conflict(TOO_LATE)
    was, done_at = State(row.state), step.at
    if was is State.ASKED:
        asking.let_go(row, actor=actor, now=now)
    if was is State.APPROVED and step.what == "approved":
        carrying.take_back(row)
        _former_again(row, done_at, actor=actor, now=now)
    steps.restore(row, step.before)
    booked = True
    if was in (State.REFUSED, State.RETURNED, State.WITHDRAWN):
        booked = carrying.book_again(row, done_at, actor=actor, now=now)
        if State(row.state) is State.APPROVED:
            carrying.carry_out(row)
    steps.took(row, "undone", by=actor.staff_id, now=now, before={})
    _tell(row, step, actor, now)
    return Undone(row, booked)


def _former_again(row: TeleworkRequest, done_at: datetime, *, actor: Actor, now: datetime) -> None:
    """What the approved change had replaced holds again; not what another change had replaced before."""
    former = cases.locked(row.changes_id) if row.changes_id is not None else None
    step = last_step(former) if former else None
    if former is None or step is None or step.what != "replaced" or step.at != done_at:
        return
    steps.restore(former, step.before)
    carrying.hand_back_bookings(row, former)
    carrying.book_again(former, done_at, actor=actor, now=now)
    carrying.carry_out(former)
    steps.took(former, "undone", by=actor.staff_id, now=now, before={})


def _tell(row: TeleworkRequest, step: RequestStep, actor: Actor, now: datetime) -> None:
    words = f"は「{STATE_WORDS[State(row.state)]}」に戻りました。"
    if step.what == "reviewed":
        return
    telling.decided(row, words, by=actor.staff_id, now=now)
    if step.what in ("withdrawn", "declined"):
        telling.to_deciders(row, words, now=now, but=actor.staff_id)
    deciding.record(row, "undo", actor, now)
