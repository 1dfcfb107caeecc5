"""交代 of a duty as truth tables: who may ask, accept, approve, withdraw; when it needs no yes; what follows. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

SHORTEST_PART = 15  # minutes; shorter pieces are nobody's duty
CHIP_MINUTES = 30


class Kind(StrEnum):
    GIVE = "give"
    TRADE = "trade"
    ORDER = "order"


class State(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Act(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


KIND_WORDS = {Kind.GIVE: "交代", Kind.TRADE: "交換", Kind.ORDER: "変更の指示"}
STATE_WORDS = {
    State.OFFERED: "引き受ける人を待っています",
    State.ACCEPTED: "承認待ち",
    State.DONE: "成立",
    State.REFUSED: "不成立",
    State.WITHDRAWN: "取り下げ",
    State.EXPIRED: "時間切れ",
}
OPEN = frozenset({State.OFFERED, State.ACCEPTED})


def next_state(
    state: State, act: Act, *, automatic: bool = False, all_declined: bool = False
) -> State | None:
    """What a swap becomes; None = this cannot be done (any more)."""
    if state is State.OFFERED:
        return {
            Act.ACCEPT: State.DONE if automatic else State.ACCEPTED,
            Act.DECLINE: State.REFUSED if all_declined else State.OFFERED,
            Act.WITHDRAW: State.WITHDRAWN,
            Act.EXPIRE: State.EXPIRED,
        }.get(act)
    if state is State.ACCEPTED:
        return {
            Act.APPROVE: State.DONE,
            Act.REFUSE: State.REFUSED,
            Act.WITHDRAW: State.WITHDRAWN,
            Act.EXPIRE: State.EXPIRED,
        }.get(act)
    return None


@dataclass(frozen=True, slots=True)
class Standing:
    """One person towards one swap. leads: 所属長, 係長, 代決者, 当番調整担当 of the position's unit or above."""

    holds: bool = False
    offered: bool = False
    takes: bool = False
    leads: bool = False
    asked: bool = False


def may_ask(who: Standing) -> bool:
    """One's own duty; who leads may ask on somebody's behalf (打診)."""
    return who.holds or who.leads


def may(act: Act, who: Standing) -> bool:
    """Nobody approves what concerns themselves."""
    if act in (Act.ACCEPT, Act.DECLINE):
        return who.offered and not who.holds
    if act in (Act.APPROVE, Act.REFUSE):
        return who.leads and not who.holds and not who.takes
    if act is Act.WITHDRAW:
        return who.holds or who.asked
    return False


def is_automatic(*, approval: str, short_before: int, short_after: int) -> bool:
    """Nobody need say yes where the setting says so and no position falls shorter than before. minutes."""
    return approval == "automatic" and short_after <= short_before


# --- the stretch ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stretch:
    """Minutes from local midnight of a day."""

    day: date
    start: int
    end: int


def part_fault(duty: Stretch, start: int, end: int, *, today: date, minute: int) -> str | None:
    """What is wrong with giving [start, end) of a duty away; None = nothing. minute: of now, today."""
    if duty.day < today or (duty.day == today and duty.end <= minute):
        return "この当番は、もう終わっています"
    if start < duty.start or end > duty.end or start >= end:
        return f"{words_of(duty.start, duty.end)} の中で選んでください"
    if duty.day == today and start < minute:
        return "始まった時間は代われません。これからの時間を選んでください"
    pieces = (start - duty.start, end - start, duty.end - end)
    if any(0 < piece < SHORTEST_PART for piece in pieces):
        return f"{SHORTEST_PART}分より短く分けられません"
    return None


def begins(duty: Stretch, *, today: date, minute: int) -> bool:
    """The stretch has begun: nobody can take it over by this any more."""
    return duty.day < today or (duty.day == today and duty.start <= minute)


def words_of(start: int, end: int) -> str:
    """8:30〜10:30."""
    return f"{start // 60}:{start % 60:02d}〜{end // 60}:{end % 60:02d}"


def chips(start: int, end: int) -> list[int]:
    """The minutes at which a duty can be cut: its ends and the half hours between."""
    first = start + (-start % CHIP_MINUTES or CHIP_MINUTES)
    inside = [
        minute
        for minute in range(first, end, CHIP_MINUTES)
        if min(minute - start, end - minute) >= SHORTEST_PART
    ]
    return [start, *inside, end]


def clear_of(stretch: Stretch, others: Iterable[Stretch]) -> bool:
    return not any(
        other.day == stretch.day and other.start < stretch.end and stretch.start < other.end
        for other in others
    )


def without(held: Sequence[Stretch], gone: Stretch) -> list[Stretch]:
    """What is left of a person's duties when a stretch is taken out."""
    left: list[Stretch] = []
    for each in held:
        if clear_of(gone, [each]):
            left.append(each)
            continue
        pieces = ((each.start, min(each.end, gone.start)), (max(each.start, gone.end), each.end))
        left += [Stretch(each.day, start, end) for start, end in pieces if start < end]
    return left
