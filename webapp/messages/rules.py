"""取次メモ: its states, who may do what with it, how long somebody has been waiting. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.presence.facts import Place, Span

TAKEN_BACK_WITHIN = timedelta(minutes=10)
BACK_WITHIN = timedelta(days=3)  # a 完了 tapped on Friday can be put right on Monday
UNDER_WAY_AT_MOST = 10  # business days looked at for the age of a memo


class State(StrEnum):
    OPEN = "open"
    CALLED = "called"
    DONE = "done"
    VOID = "void"  # taken back by its writer before anybody read it


STATE_WORDS = {
    State.OPEN: "未対応",
    State.CALLED: "連絡済",
    State.DONE: "完了",
    State.VOID: "取り消し",
}
WAITING = (State.OPEN, State.CALLED)  # not finished


class Standing(StrEnum):
    """What somebody is to a memo; the first that fits."""

    RECIPIENT = "recipient"
    COLLEAGUE = "colleague"  # of the recipient's own 係
    WRITER = "writer"
    STRANGER = "stranger"


class Act(StrEnum):
    READ = "read"
    SEEN = "seen"
    OPEN = "open"
    CALLED = "called"
    DONE = "done"
    MOVE = "move"
    VOID = "void"


HANDLING = frozenset({Act.READ, Act.OPEN, Act.CALLED, Act.DONE, Act.MOVE})
MAY: dict[Standing, frozenset[Act]] = {
    Standing.RECIPIENT: HANDLING | {Act.SEEN},
    Standing.COLLEAGUE: HANDLING,
    Standing.WRITER: frozenset({Act.READ}),
    Standing.STRANGER: frozenset(),
}
NEXT: dict[State, frozenset[State]] = {
    State.OPEN: frozenset({State.CALLED, State.DONE}),
    State.CALLED: frozenset({State.OPEN, State.DONE}),
    State.DONE: frozenset({State.OPEN, State.CALLED}),
    State.VOID: frozenset(),
}


@dataclass(frozen=True, slots=True)
class MemoFacts:
    state: State
    made_at: datetime
    seen: bool = False
    done_at: datetime | None = None
    erased: bool = False


def standing_of(
    staff_id: int, *, to_id: int, by_id: int, own_units: Iterable[int], unit_id: int
) -> Standing:
    """unit_id: the 係 that answers for the memo now; own_units: those of one's postings."""
    if staff_id == to_id:
        return Standing.RECIPIENT
    if unit_id in set(own_units):
        return Standing.COLLEAGUE
    return Standing.WRITER if staff_id == by_id else Standing.STRANGER


def may(memo: MemoFacts, standing: Standing, act: Act, *, is_writer: bool, now: datetime) -> bool:
    """Default: no. Its writer may take a memo back while nobody has read it."""
    if memo.state is State.VOID:
        return False
    if act is Act.VOID:
        fresh = now - memo.made_at <= TAKEN_BACK_WITHIN
        return is_writer and fresh and memo.state is State.OPEN and not memo.seen
    if act not in MAY[standing]:
        return False
    if act in (Act.READ, Act.SEEN):
        return True
    if act is Act.MOVE:
        return memo.state in WAITING and not memo.erased
    return State(act.value) in NEXT[memo.state] and not _too_late(memo, now)


def _too_late(memo: MemoFacts, now: datetime) -> bool:
    """What is finished can be opened again for a few days, and not once its text is gone."""
    if memo.erased:
        return True
    return memo.done_at is not None and now - memo.done_at > BACK_WITHIN


def acts(memo: MemoFacts, standing: Standing, *, is_writer: bool, now: datetime) -> tuple[Act, ...]:
    offered = (Act.CALLED, Act.DONE, Act.OPEN, Act.MOVE, Act.VOID)
    return tuple(act for act in offered if may(memo, standing, act, is_writer=is_writer, now=now))


# --- how long somebody has been waiting -----------------------------------------------------


class Age(StrEnum):
    FRESH = "fresh"
    WAITING = "waiting"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Limits:
    """Working minutes after which a memo counts as waiting, and as late."""

    waiting: int = 60
    late: int = 240


def working_minutes(spans: Iterable[Span], start: datetime, end: datetime) -> int:
    """Whole minutes between two instants that fall into working time (spans do not overlap)."""
    inside = (min(s.ends_at, end) - max(s.starts_at, start) for s in spans)
    return int(sum((max(part, timedelta()) for part in inside), timedelta()).total_seconds()) // 60


def age_of(
    spans: Iterable[Span],
    made_at: datetime,
    wished_at: datetime | None,
    limits: Limits,
    *,
    now: datetime,
) -> tuple[int, Age]:
    """(working minutes waited, level). Who wished to be called at three waits from three on, and is late soon after."""
    since = max(made_at, wished_at) if wished_at else made_at
    minutes = working_minutes(spans, since, now)
    if wished_at is not None and now > wished_at:
        return minutes, Age.LATE if minutes >= limits.waiting else Age.WAITING
    if minutes >= limits.late:
        return minutes, Age.LATE
    return minutes, Age.WAITING if minutes >= limits.waiting else Age.FRESH


# --- outside the office ---------------------------------------------------------------------


class Reading(StrEnum):
    """Where one has to be to read who called and about what; elsewhere there are number and 用件 alone."""

    OFFICE = "office"
    SITES = "sites"
    ANYWHERE = "anywhere"


def reads_all(rule: Reading, place: Place | None) -> bool:
    """Off duty nobody has a place: that too is outside the office."""
    if rule is Reading.ANYWHERE:
        return True
    return place is Place.OFFICE or (rule is Reading.SITES and place is Place.SATELLITE)
