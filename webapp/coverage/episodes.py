"""Shortages as they come, last and go: what the day shows now against what was noted before. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.coverage.rules import Level

RANK = {"": 0, Level.AHEAD.value: 1, Level.NOW.value: 2, Level.LONG.value: 3}


@dataclass(frozen=True, slots=True)
class Seen:
    """A shortage the day shows."""

    position_id: int
    starts_at: datetime
    ends_at: datetime
    missing: int
    level: Level


@dataclass(frozen=True, slots=True)
class Noted:
    """A shortage noted before and not over."""

    id: int
    position_id: int
    starts_at: datetime
    ends_at: datetime
    missing: int
    level: str
    seen_at: datetime
    alerted_level: str = ""
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What is new: pairs of (noted, seen) that go on, seen for the first time, ids that are over."""

    on: list[tuple[Noted, Seen]]
    new: list[Seen]
    over: list[int]


def turn(noted: Sequence[Noted], seen: Iterable[Seen]) -> Turn:
    """One shortage stays the same one while it overlaps in time what it was, at whatever length."""
    left = sorted(noted, key=lambda n: n.starts_at)
    going: list[tuple[Noted, Seen]] = []
    new: list[Seen] = []
    for one in sorted(seen, key=lambda s: s.starts_at):
        same = next((n for n in left if _same(n, one)), None)
        if same is None:
            new.append(one)
        else:
            left.remove(same)
            going.append((same, one))
    return Turn(going, new, [n.id for n in left])


def _same(noted: Noted, seen: Seen) -> bool:
    return (
        noted.position_id == seen.position_id
        and noted.starts_at <= seen.ends_at
        and seen.starts_at <= noted.ends_at
    )


def alert_due_at(noted: Noted, wait: timedelta) -> datetime | None:
    """When those who lead are told; None = there is nothing (more) to tell.

    Told once a level; who has said 対応する is told again only when more are missing (which clears the level).
    """
    if RANK[noted.level] <= RANK[noted.alerted_level]:
        return None
    if noted.taken and noted.alerted_level:
        return None
    return noted.seen_at + wait
