"""What every step of a 交代 shares: the swap and its duties under lock, who stands how to it, and the carrying out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.core import audit, calendar, settings
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotAllowed, NotFound
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
    is_automatic,
    may,
    next_state,
)
from webapp.rota.takers import Held

GONE = "この当番は、もうほかの人に代わっています。"
OVER = "この交代は、もう終わっています。"
LONGEST_REASON = 200


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


def minute_of(day: date, now: datetime) -> int:
    """The minute of the day that has begun; below 0 before it, above 1440 after."""
    return int((now - calendar.at_minute(day, 0)).total_seconds() // 60)


# --- who goes on from there ----------------------------------------------------------------

Continuation = Callable[..., None]
_continuations: list[Continuation] = []


def on_over(continuation: Continuation) -> None:
    """Lent from above (requests): called as `continuation(swap, actor=, now=)` inside the transaction in which a swap
    is carried out, refused, withdrawn or ends without anybody; its `state` tells which."""
    if continuation not in _continuations:  # lent again by every application made
        _continuations.append(continuation)


def go_on(swap: Swap, *, actor: Actor | None, now: datetime) -> None:
    for continuation in _continuations:
        continuation(swap, actor=actor, now=now)


# --- what all of them share -----------------------------------------------------------------


def open_swap(swap_id: int, act: Act, *, actor: Actor, now: datetime) -> tuple[Swap, Standing]:
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
        raise Conflict(late_words(swap))
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


def late_words(swap: Swap) -> str:
    if swap.state == State.WITHDRAWN.value:
        return "この交代は取り下げられました。"
    if swap.to_id is not None:
        return "この交代は、もうほかの人が引き受けています。"
    return OVER


def state_after(swap: Swap, act: Act) -> State:
    state = next_state(State(swap.state), act)
    if state is None:
        raise Conflict(late_words(swap))
    return state


def has_begun(swap: Swap, now: datetime) -> bool:
    stretch = Stretch(swap.day, swap.start_minute, swap.end_minute)
    return begins(stretch, today=org.today(now), minute=minute_of(swap.day, now))


def pieces(swap: Swap, *, now: datetime) -> tuple[Piece, Piece | None]:
    """The duties as they are now; an earlier part may have split the row. Raises Conflict."""
    post = post_of(swap)
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


def check_still_able(given: Piece, back: Piece | None, to_id: int, *, now: datetime) -> None:
    duties.hold([to_id, given.duty.staff_id])
    others = [back] if back else []
    if not is_able(given, to_id, gone=others, now=now):
        raise Conflict("予定が変わったので、この当番には入れません。")
    if back and not is_able(back, given.duty.staff_id, gone=[given], now=now):
        raise Conflict("予定が変わったので、交換する当番には入れません。")


def effect_on_cover(given: Piece, back: Piece | None, to_id: int, *, now: datetime) -> Effect:
    moves = [given.moved(to_id)]
    if back:
        moves.append(back.moved(given.duty.staff_id))
    return effect_of(moves, breaks_follow.breaks_after(moves, now=now), now=now)


def needs_no_yes(swap: Swap, effect: Effect) -> bool:
    path = [node.code for node in org.current_tree().path(swap.unit_id)]
    return is_automatic(
        approval=settings.value(SWAP_APPROVAL, path),
        short_before=effect.before,
        short_after=effect.after,
    )


def note_answer(swap: Swap, staff_id: int, answer: str, *, now: datetime) -> None:
    offer = db.session.get(SwapOffer, (swap.id, staff_id))
    if offer is not None:
        offer.answer, offer.answered_at = answer, now
        db.session.flush()


def carry_out(swap: Swap, given: Piece, back: Piece | None, *, actor: Actor, now: datetime) -> None:
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
    go_on(swap, actor=actor, now=now)


def post_of(swap: Swap) -> Post:
    return positions.posts_by_id([swap.position_id])[swap.position_id]


def offers_of(swap_ids: Iterable[int]) -> dict[int, list[SwapOffer]]:
    query = select(SwapOffer).where(SwapOffer.swap_id.in_(list(swap_ids)))
    found: dict[int, list[SwapOffer]] = {}
    for offer in db.session.scalars(query.order_by(SwapOffer.staff_id)):
        found.setdefault(offer.swap_id, []).append(offer)
    return found


def expire(*, now: datetime) -> int:
    """Open swaps whose duty has begun end; who asked is told. Inside a transaction; returns how many."""
    over = overdue(now=now, lock=True)
    for row in over:
        row.state, row.decided_at = State.EXPIRED.value, now
        swap_notices.expired(row, post_of(row), now=now)
        go_on(row, actor=None, now=now)
    return len(over)


def overdue(*, now: datetime, lock: bool = False) -> list[Swap]:
    """lock: to end them; what somebody takes on at this moment is not among them then."""
    query = select(Swap).where(
        Swap.state.in_([state.value for state in OPEN]), Swap.day <= org.today(now)
    )
    if lock:
        query = query.order_by(Swap.id).with_for_update()
        query = query.execution_options(populate_existing=True)
    return [row for row in db.session.scalars(query) if has_begun(row, now)]


def is_able(piece: Piece, staff_id: int, *, gone: Sequence[Piece] = (), now: datetime) -> bool:
    day = takers.day_of_rota(piece.post, piece.duty.day, now=now)
    return staff_id in day.able(piece.held, gone=[each.held for each in gone])
