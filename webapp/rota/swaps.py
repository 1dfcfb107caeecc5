"""Asking for 交代, answering, approving, ordering; what is done moves the duties themselves. Inside transactions.

Every step reads the swap and the duty under a lock and checks again: who comes second gets Conflict with words.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.core import audit, calendar, settings
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotAllowed, NotFound, RuleBroken
from webapp.duties import service as duties
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.positions import queries as positions
from webapp.positions.rules import Post
from webapp.rota import breaks_follow, draft_follow, swap_notices, takers
from webapp.rota.effect import Effect, Move, effect_of
from webapp.rota.models import Swap, SwapOffer
from webapp.rota.settings import SWAP_APPROVAL
from webapp.rota.swap_rules import (
    OPEN,
    Act,
    Kind,
    Standing,
    State,
    Stretch,
    begins,
    clear_of,
    is_automatic,
    may,
    may_ask,
    next_state,
    part_fault,
)
from webapp.rota.takers import Held

GONE = "この当番は、もうほかの人に代わっています。"
OVER = "この交代は、もう終わっています。"
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. start, end None = the whole duty. to: nobody named = all who can."""

    duty_id: int
    start: int | None = None
    end: int | None = None
    to: tuple[int, ...] = ()
    return_duty_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A duty under lock, and the part of it in question."""

    duty: Duty
    post: Post
    start: int
    end: int

    @property
    def stretch(self) -> Stretch:
        return Stretch(self.duty.day, self.start, self.end)

    @property
    def held(self) -> Held:
        return Held(self.post, self.stretch, self.duty.staff_id)

    def moved(self, to_id: int) -> Move:
        return Move(self.post, self.duty.day, self.start, self.end, self.duty.staff_id, to_id)


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


def minute_of(day: date, now: datetime) -> int:
    """The minute of the day that has begun; below 0 before it, above 1440 after."""
    return int((now - calendar.at_minute(day, 0)).total_seconds() // 60)


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
    if not _can(back, given.duty.staff_id, gone=[given], now=now):
        fault = "その当番には入れません（勤務・休憩・技能・ほかの当番のどれかに合いません）"
        raise RuleBroken(f"{fault}。", {"return_duty": fault})
    return back


def _can(piece: Piece, staff_id: int, *, gone: Sequence[Piece] = (), now: datetime) -> bool:
    day = takers.day_of_rota(piece.post, piece.duty.day, now=now)
    return staff_id in day.able(piece.held, gone=[each.held for each in gone])


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
    swap, _ = _open_swap(swap_id, Act.ACCEPT, actor=actor, now=now)
    given, back = _pieces(swap, now=now)
    _check_still_able(given, back, actor.staff_id, now=now)
    effect = _effect(given, back, actor.staff_id, now=now)
    state = next_state(State(swap.state), Act.ACCEPT, automatic=_needs_no_yes(swap, effect))
    if state is None:
        raise Conflict(_late_words(swap))
    _answer(swap, actor.staff_id, "accepted", now=now)
    swap.to_id, swap.accepted_at, swap.state = actor.staff_id, now, state.value
    if state is State.DONE:
        swap.automatic = True
        _carry_out(swap, given, back, actor=actor, now=now)
    else:
        swap_notices.accepted(swap, given.post, now=now)
    return swap


def decline(swap_id: int, *, actor: Actor, now: datetime) -> Swap:
    swap, _ = _open_swap(swap_id, Act.DECLINE, actor=actor, now=now)
    _answer(swap, actor.staff_id, "declined", now=now)
    answers = {offer.answer for offer in offers_of([swap.id]).get(swap.id, ())}
    state = next_state(State(swap.state), Act.DECLINE, all_declined=answers == {"declined"})
    if state is None:
        raise Conflict(_late_words(swap))
    swap.state = state.value
    if state is State.REFUSED:
        swap.decided_at = now
        swap_notices.nobody(swap, _post(swap), now=now)
        _go_on(swap, actor=actor, now=now)
    return swap


def withdraw(swap_id: int, *, actor: Actor, now: datetime) -> Swap:
    swap, _ = _open_swap(swap_id, Act.WITHDRAW, actor=actor, now=now)
    swap.state = _next(swap, Act.WITHDRAW).value
    swap.decided_at, swap.decided_by = now, actor.staff_id
    swap_notices.withdrawn(swap, _post(swap), now=now)
    _go_on(swap, actor=actor, now=now)
    return swap


def approve(swap_id: int, *, actor: Actor, now: datetime) -> Swap:
    swap, _ = _open_swap(swap_id, Act.APPROVE, actor=actor, now=now)
    state = _next(swap, Act.APPROVE)
    given, back = _pieces(swap, now=now)
    assert swap.to_id is not None  # noqa: S101 accepted
    _check_still_able(given, back, swap.to_id, now=now)
    swap.state, swap.decided_at, swap.decided_by = state.value, now, actor.staff_id
    _carry_out(swap, given, back, actor=actor, now=now)
    return swap


def refuse(swap_id: int, reason: str, *, actor: Actor, now: datetime) -> Swap:
    swap, _ = _open_swap(swap_id, Act.REFUSE, actor=actor, now=now)
    swap.state = _next(swap, Act.REFUSE).value
    swap.decided_at, swap.decided_by = now, actor.staff_id
    swap_notices.refused(swap, _post(swap), reason[:LONGEST_REASON], now=now)
    _go_on(swap, actor=actor, now=now)
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
    if not _can(given, to_id, now=now):
        fault = "この人は、この時間に入れません"
        raise RuleBroken(f"{fault}。", {"to": fault})
    _expire_overlapping(given, now=now)
    swap = _swap(given, Kind.ORDER, wish.reason.strip(), actor=actor, now=now)
    swap.state, swap.to_id = State.DONE.value, to_id
    swap.decided_at, swap.decided_by = now, actor.staff_id
    db.session.add(swap)
    db.session.flush()
    _carry_out(swap, given, None, actor=actor, now=now)
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
        _go_on(row, actor=None, now=now)


# --- who goes on from there ----------------------------------------------------------------

Continuation = Callable[..., None]
_continuations: list[Continuation] = []


def on_over(continuation: Continuation) -> None:
    """Lent from above (requests): called as `continuation(swap, actor=, now=)` inside the transaction in which a swap
    is carried out, refused, withdrawn or ends without anybody; its `state` tells which."""
    _continuations.append(continuation)


def _go_on(swap: Swap, *, actor: Actor | None, now: datetime) -> None:
    for continuation in _continuations:
        continuation(swap, actor=actor, now=now)


# --- what all of them share -----------------------------------------------------------------


def _open_swap(swap_id: int, act: Act, *, actor: Actor, now: datetime) -> tuple[Swap, Standing]:
    """The swap under lock, open, and the actor's standing. NotFound for whom it does not concern."""
    swap = db.session.get(Swap, swap_id, with_for_update=True, populate_existing=True)
    if swap is None:
        raise NotFound("この交代は見つかりません。")
    who = standing(swap, actor)
    if not may(act, who):
        if concerns(who):
            raise NotAllowed(_not_yours(act))
        raise NotFound("この交代は見つかりません。")
    if State(swap.state) not in OPEN:
        raise Conflict(_late_words(swap))
    if has_begun(swap, now):
        raise Conflict("当番の時間が始まったので、この交代は終わりました。")
    return swap, who


def standing(swap: Swap, actor: Actor) -> Standing:
    offered = db.session.get(SwapOffer, (swap.id, actor.staff_id)) is not None
    return Standing(
        holds=swap.from_id == actor.staff_id,
        offered=offered,
        takes=swap.to_id == actor.staff_id,
        leads=access.leads_duties(actor, swap.unit_id, org.current_tree()),
        asked=swap.asked_by == actor.staff_id,
    )


def concerns(who: Standing) -> bool:
    return who.holds or who.offered or who.takes or who.leads or who.asked


def _not_yours(act: Act) -> str:
    if act in (Act.APPROVE, Act.REFUSE):
        return "承認は、当事者でない所属長・係長・代決者・当番調整担当ができます。"
    if act is Act.WITHDRAW:
        return "取り下げは、頼んだ人ができます。"
    return "引き受けは、頼まれた人ができます。"


def _late_words(swap: Swap) -> str:
    if swap.state == State.WITHDRAWN.value:
        return "この交代は取り下げられました。"
    if swap.to_id is not None:
        return "この交代は、もうほかの人が引き受けています。"
    return OVER


def _next(swap: Swap, act: Act) -> State:
    state = next_state(State(swap.state), act)
    if state is None:
        raise Conflict(_late_words(swap))
    return state


def has_begun(swap: Swap, now: datetime) -> bool:
    stretch = Stretch(swap.day, swap.start_minute, swap.end_minute)
    return begins(stretch, today=org.today(now), minute=minute_of(swap.day, now))


def _pieces(swap: Swap, *, now: datetime) -> tuple[Piece, Piece | None]:
    """The duties as they are now; an earlier part may have split the row. Raises Conflict."""
    post = _post(swap)
    query = select(Duty).where(
        Duty.position_id == swap.position_id,
        Duty.staff_id == swap.from_id,
        Duty.day == swap.day,
        Duty.start_minute <= swap.start_minute,
        Duty.end_minute >= swap.end_minute,
    )
    duty = db.session.scalars(query.with_for_update()).first()
    if duty is None:
        raise Conflict(GONE)
    given = Piece(duty, post, swap.start_minute, swap.end_minute)
    if swap.kind != Kind.TRADE.value:
        return given, None
    return given, _returned(swap, now=now)


def _returned(swap: Swap, *, now: datetime) -> Piece:
    back = None
    if swap.return_duty_id is not None:
        back = db.session.get(
            Duty, swap.return_duty_id, with_for_update=True, populate_existing=True
        )
    partner = next(iter(offers_of([swap.id]).get(swap.id, ())), None)
    if back is None or partner is None or back.staff_id != partner.staff_id:
        raise Conflict("交換する当番が、もう変わっています。")
    whole = Stretch(back.day, back.start_minute, back.end_minute)
    if begins(whole, today=org.today(now), minute=minute_of(back.day, now)):
        raise Conflict("交換する当番の時間が、もう始まっています。")
    post = positions.posts_by_id([back.position_id])[back.position_id]
    return Piece(back, post, back.start_minute, back.end_minute)


def _check_still_able(given: Piece, back: Piece | None, to_id: int, *, now: datetime) -> None:
    duties.hold([to_id, given.duty.staff_id])
    others = [back] if back else []
    if not _can(given, to_id, gone=others, now=now):
        raise Conflict("予定が変わったので、この当番には入れません。")
    if back and not _can(back, given.duty.staff_id, gone=[given], now=now):
        raise Conflict("予定が変わったので、交換する当番には入れません。")


def _effect(given: Piece, back: Piece | None, to_id: int, *, now: datetime) -> Effect:
    moves = [given.moved(to_id)]
    if back:
        moves.append(back.moved(given.duty.staff_id))
    return effect_of(moves, breaks_follow.breaks_after(moves, now=now), now=now)


def _needs_no_yes(swap: Swap, effect: Effect) -> bool:
    path = [node.code for node in org.current_tree().path(swap.unit_id)]
    return is_automatic(
        approval=settings.value(SWAP_APPROVAL, path),
        short_before=effect.before,
        short_after=effect.after,
    )


def _answer(swap: Swap, staff_id: int, answer: str, *, now: datetime) -> None:
    offer = db.session.get(SwapOffer, (swap.id, staff_id))
    if offer is not None:
        offer.answer, offer.answered_at = answer, now
        db.session.flush()


def _carry_out(
    swap: Swap, given: Piece, back: Piece | None, *, actor: Actor, now: datetime
) -> None:
    """Both duties change hands, the draft of the week follows, both people are told, the trail is kept."""
    assert swap.to_id is not None  # noqa: S101 somebody takes it
    giver = given.duty.staff_id
    source = "order" if swap.kind == Kind.ORDER.value else "swap"
    moves = [given.moved(swap.to_id)]
    if back:
        moves.append(back.moved(giver))
    breaks = breaks_follow.breaks_after(moves, now=now)
    taken = duties.hand_over(given.duty, swap.to_id, given.start, given.end, source=source, now=now)
    if back:
        duties.hand_over(back.duty, giver, back.start, back.end, source=source, now=now)
    breaks_follow.put(breaks)
    swap.duty_id = taken.id
    for move in moves:
        draft_follow.follow(move, actor=actor, now=now)
    back_words = (back.post.name, back.stretch) if back else None
    swap_notices.done(swap, given.post, back_words, now=now)
    node = org.current_tree().by_id(swap.unit_id)
    audit.record(
        actor,
        "duty.order" if source == "order" else "duty.swap",
        staff_id=swap.to_id if swap.to_id != actor.staff_id else giver,
        unit_code=node.code if node else None,
        detail={"swap": swap.id, "from": giver, "to": swap.to_id},
        now=now,
    )
    db.session.flush()
    _go_on(swap, actor=actor, now=now)


def _post(swap: Swap) -> Post:
    return positions.posts_by_id([swap.position_id])[swap.position_id]


def offers_of(swap_ids: Iterable[int]) -> dict[int, list[SwapOffer]]:
    query = select(SwapOffer).where(SwapOffer.swap_id.in_(list(swap_ids)))
    found: dict[int, list[SwapOffer]] = {}
    for offer in db.session.scalars(query.order_by(SwapOffer.staff_id)):
        found.setdefault(offer.swap_id, []).append(offer)
    return found


def expire(*, now: datetime) -> int:
    """Open swaps whose duty has begun end; who asked is told. Inside a transaction; returns how many."""
    over = overdue(now=now)
    for row in over:
        row.state, row.decided_at = State.EXPIRED.value, now
        swap_notices.expired(row, _post(row), now=now)
        _go_on(row, actor=None, now=now)
    return len(over)


def overdue(*, now: datetime) -> list[Swap]:
    query = select(Swap).where(
        Swap.state.in_([state.value for state in OPEN]), Swap.day <= org.today(now)
    )
    return [row for row in db.session.scalars(query) if has_begun(row, now)]
