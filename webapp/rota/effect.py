"""What a change of duties does to coverage: the same function as the board, before and after, nothing written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from webapp.core import calendar
from webapp.coverage import queries as coverage
from webapp.coverage.covering import Head, Needed
from webapp.coverage.queries import City, Group
from webapp.coverage.rules import DayCover, cover
from webapp.coverage.standing import day_standings
from webapp.day import queries as day_facts
from webapp.day.queries import PersonDay
from webapp.duties import queries as duties
from webapp.org import queries as org
from webapp.positions import queries as positions
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
    town = coverage.city(on, now=now)
    found = Effect(0, 0)
    seen: set[int] = set()
    for move in moves:
        group = town.by_unit.get(move.post.unit_id)
        if group is not None and id(group) not in seen:
            seen.add(id(group))
            found += _of_group(group, town, moves, breaks, on, now)
    return found


def _of_group(
    group: Group, town: City, moves: Sequence[Move], breaks: Breaks, on: date, now: datetime
) -> Effect:
    today = on == org.today(now)
    ids = sorted(_people(group, moves, on, now))
    days = day_facts.days_on(ids, on, now=now)
    needed = _needed(group, town, on, now)
    midnight = calendar.at_minute(on, 0)
    second = int((now - midnight).total_seconds()) if today else None
    covers = []
    for amended in ((), moves):
        facts = {i: _amended(i, person, amended, breaks) for i, person in days.items()}
        units = {i: frozenset(p.unit_id for p in person.postings) for i, person in days.items()}
        heads = _heads(facts, units, midnight, now if today else None)
        covers.append(cover(needed, heads, now=second))
    return Effect(short_minutes(covers[0], second), short_minutes(covers[1], second))


def _people(group: Group, moves: Iterable[Move], on: date, now: datetime) -> set[int]:
    posted = {p.staff_id for p in org.postings_in(group.units, on, known_at=now)}
    held = {row.staff_id for row in duties.duties_at([p.id for p in group.posts], on, on)}
    moved = {i for move in moves for i in (move.from_id, move.to_id) if i is not None}
    return posted | held | moved


def _needed(group: Group, town: City, on: date, now: datetime) -> list[Needed]:
    tree = org.tree(on, known_at=now)
    demand = positions.demand_on(group.posts, [on], tree)[on]
    return [
        Needed(
            post,
            tuple(demand.needs[post.id]),
            post.id in town.on_duty,
            frozenset(positions.candidate_units(post, tree)),
        )
        for post in group.posts
    ]


def _amended(staff_id: int, person: PersonDay, moves: Sequence[Move], breaks: Breaks) -> Facts:
    facts = person.facts
    if not any(staff_id in (move.from_id, move.to_id) for move in moves):
        return facts
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


def _heads(
    facts: dict[int, Facts],
    units: dict[int, frozenset[int]],
    midnight: datetime,
    now: datetime | None,
) -> list[Head]:
    profiles = positions.profiles_of(list(facts))
    heads = []
    for staff_id, each in facts.items():
        profile = profiles[staff_id]
        stands, plans = day_standings(each, midnight, now)
        heads.append(
            Head(
                staff_id,
                profile.skills,
                profile.forbidden,
                profile.experienced,
                units[staff_id],
                stands,
                plans,
            )
        )
    return heads


def short_minutes(found: DayCover, second: int | None) -> int:
    """Minutes times missing people, from `second` on."""
    total = 0
    for position in found.positions:
        for part in position.parts:
            start = part.start if second is None else max(part.start, second)
            total += part.missing * max(0, part.end - start)
    return total // MINUTE
