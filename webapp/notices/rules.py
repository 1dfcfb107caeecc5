"""What kinds of news there are, how they stand together in a list, and when nothing may pop up. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from webapp.presence.day_rules import is_running, planned_at, reported, works_at
from webapp.presence.facts import Facts, Place, State


class Group(StrEnum):
    """What one line on 自分の今日 and one switch of the choice stand for; in the order they are shown."""

    EMERGENCY = "emergency"
    MEMO = "memo"
    REQUEST = "request"
    ROTA = "rota"
    SEAT = "seat"
    QUESTION = "question"
    OTHER = "other"


WORDS = {
    Group.EMERGENCY: "緊急時",
    Group.MEMO: "取次",
    Group.REQUEST: "申請",
    Group.ROTA: "当番",
    Group.SEAT: "席と貸出",
    Group.QUESTION: "質問",
    Group.OTHER: "お知らせ",
}
_OF_KIND = {
    "fixed": Group.ROTA,
    "changed": Group.ROTA,
    "swap": Group.ROTA,
    "order": Group.ROTA,
    "rota": Group.ROTA,
    "memo": Group.MEMO,
    "request": Group.REQUEST,
    "decide": Group.REQUEST,
    "seat": Group.SEAT,
    "loan": Group.SEAT,
    "question": Group.QUESTION,
    "emergency": Group.EMERGENCY,
}
SHOWN_ELSEWHERE = frozenset({"decide"})  # 承認待ち has its own line and number until it is decided
MUTABLE = tuple(group for group in Group if group is not Group.EMERGENCY)


def group_of(kind: str) -> Group:
    return _OF_KIND.get(kind, Group.OTHER)


# --- lines ----------------------------------------------------------------------------------


class Told(Protocol):
    """A notice, as far as its place in the list goes."""

    @property
    def id(self) -> int: ...
    @property
    def unit_id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def made_at(self) -> datetime: ...


T = TypeVar("T", bound=Told)


@dataclass(frozen=True, slots=True)
class Line(Generic[T]):
    """One line of the list: the notices of one group, the newest first."""

    group: Group
    notices: Sequence[T]

    @property
    def unit_id(self) -> int | None:
        """The unit all of them are about."""
        units = {notice.unit_id for notice in self.notices}
        return units.pop() if len(units) == 1 else None

    @property
    def newest(self) -> T:
        return self.notices[0]


def lines(notices: Iterable[T]) -> list[Line[T]]:
    """An emergency first, then by the newest of each line."""
    newest_first = sorted(notices, key=lambda n: (n.made_at, n.id), reverse=True)
    gathered: dict[Group, list[T]] = {}
    for notice in newest_first:
        gathered.setdefault(group_of(notice.kind), []).append(notice)
    found = [Line(group, told) for group, told in gathered.items()]
    return sorted(found, key=lambda line: line.group is not Group.EMERGENCY)


# --- quiet ----------------------------------------------------------------------------------


class Quiet(StrEnum):
    """Why nothing pops up; on the page and in the title everything stands all the same."""

    UNWANTED = "unwanted"  # the person's choice
    DND = "dnd"  # 応答不可
    OFF = "off"  # outside the own hours, or a day off
    LEAVE = "leave"
    BREAK = "break"
    OUT = "out"  # 中抜け
    LEFT = "left"  # 終業 is reported


@dataclass(frozen=True, slots=True)
class Choice:
    """How one person wants to be told; the defaults are those of who never chose."""

    pop_up: bool = True
    outside_hours: bool = False
    muted: frozenset[Group] = field(default_factory=frozenset)


def why_quiet(facts: Facts | None, choice: Choice, now: datetime) -> Quiet | None:
    """None = it may pop up. facts None = who has no posting today.

    Reports win over the plan: who has reported 始業 works, also on a day off; who has reported 終業 does not.
    """
    if not choice.pop_up:
        return Quiet.UNWANTED
    if facts is not None and _asked_for_rest(facts, now):
        return Quiet.DND
    if choice.outside_hours:
        return None
    return _resting(facts, now) if facts is not None else Quiet.OFF


def _asked_for_rest(facts: Facts, now: datetime) -> bool:
    return any(
        claim.state is State.DND and (claim.until is None or now < claim.until)
        for claim in facts.claims
    )


def _resting(facts: Facts, now: datetime) -> Quiet | None:
    if any(duty.holds(now) for duty in facts.duties):
        return None
    so_far = reported(facts.reports, now)
    if so_far.out is not None:
        return Quiet.OUT
    if so_far.ended_at is not None and so_far.ended_at >= facts.day.starts_at:
        return Quiet.LEFT
    if any(rest.holds(now) for rest in facts.breaks):
        return Quiet.BREAK
    stretch = planned_at(facts, now)
    if is_running(facts, so_far, now) or works_at(stretch):
        return None
    return Quiet.LEAVE if stretch is not None and stretch.place is Place.LEAVE else Quiet.OFF


def may_pop_up(group: Group, quiet: Quiet | None, choice: Choice) -> bool:
    """What concerns safety comes through rest and mute, not through a device that is told to be silent."""
    if group is Group.EMERGENCY:
        return quiet is not Quiet.UNWANTED
    return quiet is None and group not in choice.muted
