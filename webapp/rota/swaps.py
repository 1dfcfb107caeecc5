"""Asking for 交代, answering, approving, ordering; what is done moves the duties themselves. Inside transactions.

Every step reads the swap and the duty under a lock and checks again: who comes second gets Conflict with words.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotAllowed, NotFound, RuleBroken
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.positions import queries as positions
from webapp.rota import swap_notices, takers
from webapp.rota.models import Swap, SwapOffer
from webapp.rota.swap_rules import (
    OPEN,
    Act,
    Kind,
    Standing,
    State,
    Stretch,
    clear_of,
    may_ask,
    next_state,
    part_fault,
)
from webapp.rota.swap_work import (
    LONGEST_REASON,
    Piece,
    carry_out,
    check_still_able,
    effect_on_cover,
    go_on,
    is_able,
    late_words,
    minute_of,
    needs_no_yes,
    note_answer,
    offers_of,
    open_swap,
    pieces,
    post_of,
    state_after,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. start, end None = the whole duty. to: nobody named = all who can."""

    duty_id: int
    start: int | None = None
    end: int | None = None
    to: tuple[int, ...] = ()
    return_duty_id: int | None = None
    reason: str = ""


# --- asking ---------------------------------------------------------------------------------


def ask(wish: Wish, *, actor: Actor, now: datetime) -> Swap:
    """Offer one's duty, or part of it, to those who can take it. Raises NotFound, RuleBroken, Conflict."""
    given = _piece(wish.duty_id, wish.start, wish.end, now=now)
    if not may_ask(_standing_to_duty(given, actor)):
        raise NotFound("この当番は見つかりません。")
    _refuse_twice(given)
    back = _back(wish, given, now=now) if wish.return_duty_id is not None else None
    offered = _offered(wish, given, back, now=now)
    swap = _swap(given, Kind.TRADE if back else Kind.GIVE, wish.reason, actor=actor, now=now)
    swap.return_duty_id = back.duty.id if back else None
    db.session.add(swap)
    db.session.flush()
    for staff_id in offered:
        db.session.add(SwapOffer(swap_id=swap.id, staff_id=staff_id))
    db.session.flush()
    swap_notices.offered(swap, given.post, offered, back.duty if back else None, now=now)
    return swap


def _swap(given: Piece, kind: Kind, reason: str, *, actor: Actor, now: datetime) -> Swap:
    return Swap(
        unit_id=given.post.unit_id,
        kind=kind.value,
        state=State.OFFERED.value,
        duty_id=given.duty.id,
        position_id=given.post.id,
        day=given.duty.day,
        start_minute=given.start,
        end_minute=given.end,
        from_id=given.duty.staff_id,
        reason=reason[:LONGEST_REASON],
        asked_at=now,
        asked_by=actor.staff_id,
    )


def _piece(duty_id: int, start: int | None, end: int | None, *, now: datetime) -> Piece:
    duty = db.session.get(Duty, duty_id, with_for_update=True, populate_existing=True)
    if duty is None:
        raise NotFound("この当番は見つかりません。")
    whole = Stretch(duty.day, duty.start_minute, duty.end_minute)
    start = duty.start_minute if start is None else start
    end = duty.end_minute if end is None else end
    fault = part_fault(whole, start, end, today=org.today(now), minute=minute_of(duty.day, now))
    if fault:
        raise RuleBroken(f"{fault}。", {"from": fault})
    post = positions.posts_by_id([duty.position_id])[duty.position_id]
    return Piece(duty, post, start, end)


def _standing_to_duty(given: Piece, actor: Actor) -> Standing:
    return Standing(
        holds=given.duty.staff_id == actor.staff_id,
        leads=access.leads_duties(actor, given.post.unit_id, org.current_tree()),
    )


def _refuse_twice(given: Piece) -> None:
    query = select(Swap).where(
        Swap.from_id == given.duty.staff_id,
        Swap.day == given.duty.day,
        Swap.state.in_([state.value for state in OPEN]),
    )
    asked = [Stretch(s.day, s.start_minute, s.end_minute) for s in db.session.scalars(query)]
    if not clear_of(given.stretch, asked):
        raise Conflict("この時間の交代は、もう頼んでいます。取り下げてから、頼み直してください。")


def _back(wish: Wish, given: Piece, *, now: datetime) -> Piece:
    assert wish.return_duty_id is not None  # noqa: S101 asked by the caller
    back = _piece(wish.return_duty_id, None, None, now=now)
    if back.duty.staff_id == given.duty.staff_id or (wish.to and wish.to != (back.duty.staff_id,)):
        fault = "交換する相手の当番を選んでください"
        raise RuleBroken(f"{fault}。", {"return_duty": fault})
    if not is_able(back, given.duty.staff_id, gone=[given], now=now):
        fault = "その当番には入れません（勤務・休憩・技能・ほかの当番のどれかに合いません）"
        raise RuleBroken(f"{fault}。", {"return_duty": fault})
    return back


def _offered(wish: Wish, given: Piece, back: Piece | None, *, now: datetime) -> list[int]:
    wanted = (back.duty.staff_id,) if back else wish.to
    gone = [back.held] if back else []
    day = takers.day_of_rota(given.post, given.duty.day, now=now)
    able = day.able(given.held, gone=gone)
    if not wanted:
        if not able:
            raise RuleBroken(
                "この時間に代われる人がいません。時間を分けるか、所属長に相談してください。",
                {"to": "代われる人がいません"},
            )
        return sorted(able)
    if missing := [staff_id for staff_id in wanted if staff_id not in able]:
        names = "・".join(org.names_of(missing).values()) or "選んだ人"
        fault = f"{names} さんは、この時間に入れません"
        raise RuleBroken(f"{fault}。", {"to": fault})
    return list(dict.fromkeys(wanted))


# --- answering ------------------------------------------------------------------------------


def accept(swap_id: int, *, actor: Actor, now: datetime) -> Swap:
    """The first to say yes has it. Done at once where nothing falls short, else it waits for a leader."""
    swap, _ = open_swap(swap_id, Act.ACCEPT, actor=actor, now=now)
    given, back = pieces(swap, now=now)
    check_still_able(given, back, actor.staff_id, now=now)
    effect = effect_on_cover(given, back, actor.staff_id, now=now)
    state = next_state(State(swap.state), Act.ACCEPT, automatic=needs_no_yes(swap, effect))
    if state is None:
        raise Conflict(late_words(swap))
    note_answer(swap, actor.staff_id, "accepted", now=now)
    swap.to_id, swap.accepted_at, swap.state = actor.staff_id, now, state.value
    if state is State.DONE:
        swap.automatic = True
        carry_out(swap, given, back, actor=actor, now=now)
    else:
        swap_notices.accepted(swap, given.post, now=now)
    return swap


def decline(swap_id: int, *, actor: Actor, now: datetime) -> Swap:
    swap, _ = open_swap(swap_id, Act.DECLINE, actor=actor, now=now)
    note_answer(swap, actor.staff_id, "declined", now=now)
    answers = {offer.answer for offer in offers_of([swap.id]).get(swap.id, ())}
    state = next_state(State(swap.state), Act.DECLINE, all_declined=answers == {"declined"})
    if state is None:
        raise Conflict(late_words(swap))
    swap.state = state.value
    if state is State.REFUSED:
        swap.decided_at = now
        swap_notices.nobody(swap, post_of(swap), now=now)
        go_on(swap, actor=actor, now=now)
    return swap


def withdraw(swap_id: int, *, actor: Actor, now: datetime) -> Swap:
    swap, _ = open_swap(swap_id, Act.WITHDRAW, actor=actor, now=now)
    swap.state = state_after(swap, Act.WITHDRAW).value
    swap.decided_at, swap.decided_by = now, actor.staff_id
    swap_notices.withdrawn(swap, post_of(swap), now=now)
    go_on(swap, actor=actor, now=now)
    return swap


def approve(swap_id: int, *, actor: Actor, now: datetime) -> Swap:
    swap, _ = open_swap(swap_id, Act.APPROVE, actor=actor, now=now)
    state = state_after(swap, Act.APPROVE)
    given, back = pieces(swap, now=now)
    assert swap.to_id is not None  # noqa: S101 accepted
    check_still_able(given, back, swap.to_id, now=now)
    swap.state, swap.decided_at, swap.decided_by = state.value, now, actor.staff_id
    carry_out(swap, given, back, actor=actor, now=now)
    return swap


def refuse(swap_id: int, reason: str, *, actor: Actor, now: datetime) -> Swap:
    swap, _ = open_swap(swap_id, Act.REFUSE, actor=actor, now=now)
    swap.state = state_after(swap, Act.REFUSE).value
    swap.decided_at, swap.decided_by = now, actor.staff_id
    swap_notices.refused(swap, post_of(swap), reason[:LONGEST_REASON], now=now)
    go_on(swap, actor=actor, now=now)
    return swap


def order(wish: Wish, to_id: int, *, actor: Actor, now: datetime) -> Swap:
    """所属長 などの指示: the duty changes hands at once, with a reason and a notice to both."""
    if not wish.reason.strip():
        fault = "理由を入力してください"
        raise RuleBroken("指示には理由が要ります。", {"reason": fault})
    given = _piece(wish.duty_id, wish.start, wish.end, now=now)
    if not _standing_to_duty(given, actor).leads:
        raise NotAllowed("変更の指示は、所属長・係長・代決者・当番調整担当ができます。")
    if to_id == given.duty.staff_id:
        raise RuleBroken("ほかの人を選んでください。", {"to": "いま当番の人です"})
    if not is_able(given, to_id, now=now):
        fault = "この人は、この時間に入れません"
        raise RuleBroken(f"{fault}。", {"to": fault})
    _expire_overlapping(given, now=now)
    swap = _swap(given, Kind.ORDER, wish.reason.strip(), actor=actor, now=now)
    swap.state, swap.to_id = State.DONE.value, to_id
    swap.decided_at, swap.decided_by = now, actor.staff_id
    db.session.add(swap)
    db.session.flush()
    carry_out(swap, given, None, actor=actor, now=now)
    return swap


def _expire_overlapping(given: Piece, *, now: datetime) -> None:
    """What was asked for the same stretch ends with the order."""
    query = select(Swap).where(
        Swap.from_id == given.duty.staff_id,
        Swap.day == given.duty.day,
        Swap.start_minute < given.end,
        Swap.end_minute > given.start,
        Swap.state.in_([state.value for state in OPEN]),
    )
    for row in db.session.scalars(query):
        row.state, row.decided_at = State.EXPIRED.value, now
        go_on(row, actor=None, now=now)
