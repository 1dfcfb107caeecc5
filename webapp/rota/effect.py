"""What a change of duties does to coverage: the same function as the board, before and after, nothing written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from webapp.core import calendar
from webapp.coverage.effect import effects
from webapp.coverage.rules import DayCover
from webapp.day.queries import PersonDay
from webapp.positions.rules import Post
from webapp.presence.facts import Duty, Facts, Span

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Move:
    """[start, end) at a position goes from one person to another; None = nobody. Minutes from local midnight."""

    post: Post
    day: date
    start: int
    end: int
    from_id: int | None
    to_id: int | None


@dataclass(frozen=True, slots=True)
class Effect:
    """Uncovered minutes × people, from now on, at the positions concerned and those that share their people."""

    before: int
    after: int

    def __add__(self, other: "Effect") -> "Effect":
        return Effect(self.before + other.before, self.after + other.after)


Breaks = Mapping[tuple[int, date], tuple[int, int] | None]
"""(staff id, day) → the break moved for it; None = the ordinary one."""


def effect_of(moves: Sequence[Move], breaks: Breaks, *, now: datetime) -> Effect:
    """breaks: of givers and takers, as they lie after the change."""
    found = Effect(0, 0)
    for on in sorted({move.day for move in moves}):
        found += _of_day([move for move in moves if move.day == on], breaks, on, now)
    return found


def _of_day(moves: Sequence[Move], breaks: Breaks, on: date, now: datetime) -> Effect:
    people = {i for move in moves for i in (move.from_id, move.to_id) if i is not None}
    amend = {i: partial(_amended, i, moves=moves, breaks=breaks) for i in people}
    found = Effect(0, 0)
    homes = {move.post.unit_id for move in moves}
    for each in effects(amend, on, now=now, homes=homes):
        if homes & {post.unit_id for post in each.group.posts}:
            before = short_minutes(each.before, each.second)
            found += Effect(before, short_minutes(each.after, each.second))
    return found


def _amended(staff_id: int, person: PersonDay, *, moves: Sequence[Move], breaks: Breaks) -> Facts:
    facts = person.facts
    held = list(facts.duties)
    for move in moves:
        starts_at = calendar.at_minute(move.day, move.start)
        ends_at = calendar.at_minute(move.day, move.end)
        if move.from_id == staff_id:
            held = [piece for duty in held for piece in _cut(duty, starts_at, ends_at, move.post)]
        if move.to_id == staff_id:
            held.append(Duty(starts_at, ends_at, move.post.name, move.post.id))
    rest = breaks.get((staff_id, person.on)) or _ordinary(person)
    return replace(
        facts,
        duties=tuple(sorted(held, key=lambda duty: duty.starts_at)),
        breaks=_spans(person.on, [rest] if rest else []),
    )


def _ordinary(person: PersonDay) -> tuple[int, int] | None:
    return person.hours.breaks[0] if person.hours and person.hours.breaks else None


def _spans(on: date, minutes: Iterable[tuple[int, int]]) -> tuple[Span, ...]:
    return tuple(
        Span(calendar.at_minute(on, start), calendar.at_minute(on, end)) for start, end in minutes
    )


def _cut(duty: Duty, starts_at: datetime, ends_at: datetime, post: Post) -> list[Duty]:
    if duty.position_id != post.id:
        return [duty]
    pieces = [
        replace(duty, ends_at=min(duty.ends_at, starts_at)),
        replace(duty, starts_at=max(duty.starts_at, ends_at)),
    ]
    return [piece for piece in pieces if piece.starts_at < piece.ends_at]


def short_minutes(found: DayCover, second: int | None) -> int:
    """Minutes times missing people, from `second` on."""
    total = 0
    for position in found.positions:
        for part in position.parts:
            start = part.start if second is None else max(part.start, second)
            total += part.missing * max(0, part.end - start)
    return total // MINUTE
