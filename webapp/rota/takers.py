"""Who could take over a stretch of a duty: the rules of the solver, asked of one day as it is fixed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.core.db import db, read_cache
from webapp.org import queries as org
from webapp.positions.rules import Post
from webapp.rota import drafts
from webapp.rota.breaks import break_of, ordinary_break
from webapp.rota.desk import Desk
from webapp.rota.effect import Move
from webapp.rota.horizon import kind_of, look
from webapp.rota.models import Swap
from webapp.rota.rules import Span
from webapp.rota.solver import words
from webapp.rota.solver.facts import NOBODY
from webapp.rota.solver.line import Line, mask_of
from webapp.rota.solver.obstacles import why_not
from webapp.rota.swap_rules import State, Stretch


@dataclass(frozen=True, slots=True)
class Taker:
    """Somebody who could. taken: swaps they took already in that week."""

    staff_id: int
    number: str
    name: str
    load: float
    target: float
    taken: int
    why: str


@dataclass(frozen=True, slots=True)
class Held:
    """A stretch of somebody's duty that changes hands."""

    post: Post
    stretch: Stretch
    holder_id: int


class DayOfRota:
    """One day of a unit's rota as the solver sees it: whoever could stand at its positions, with their duties."""

    def __init__(self, post: Post, day: date, *, now: datetime) -> None:
        path = [node.code for node in org.tree(day, known_at=now).path(post.unit_id)]
        found = look(post.unit_id, day, day, now=now, kind=kind_of(post, path))
        ids = [each.id for each in found.rostered]
        cells = [
            replace(drafts.as_cell(row), pinned=False) for row in drafts.fixed_rows(ids, day, day)
        ]
        self.day = day
        self.desk = Desk(found, None, cells, cells)
        self.facts, self.board = self.desk.facts, self.desk.board
        self.lines: list[list[int]] = self.desk.lines[0] if self.facts.days else []
        self.numbers = {
            staff_id: person.number
            for staff_id, person in found.people.items()
            if person.number in self.facts.person_of
        }

    def slots(self, start: int, end: int) -> range:
        """The slots that the stretch touches."""
        touched = [
            t for t, (first, last) in enumerate(self.facts.slots[0]) if first < end and start < last
        ]
        return range(touched[0], touched[-1] + 1) if touched else range(0)

    def able(self, held: Held, *, gone: Iterable[Held] = ()) -> list[int]:
        """Ids of those who can take it; gone: what changes hands at the same time (a trade)."""
        if not self.facts.days or str(held.post.id) not in self.facts.position_of:
            return []
        lines = self._freed([held, *gone])
        span, p = (
            self.slots(held.stretch.start, held.stretch.end),
            self.facts.position_of[str(held.post.id)],
        )
        return [
            staff_id
            for staff_id, number in self.numbers.items()
            if staff_id != held.holder_id
            and span
            and self.facts.people[self.facts.person_of[number]].group != "exempt"
            and why_not(self.board, lines, 0, self.facts.person_of[number], p, span) is None
        ]

    def _freed(self, gone: Iterable[Held]) -> list[Line]:
        lines = [list(line) for line in self.lines]
        for each in gone:
            number = self.numbers.get(each.holder_id)
            if each.stretch.day == self.day and number is not None:
                for t in self.slots(each.stretch.start, each.stretch.end):
                    lines[self.facts.person_of[number]][t] = NOBODY
        return [tuple(line) for line in lines]

    def breaks_after(self, moves: Iterable[Move]) -> dict[int, Span | None]:
        """{staff id of giver or taker: their break where it is not the ordinary one}."""
        moved = list(moves)
        lines = [list(line) for line in self.lines]
        for move in moved:
            self._lay(lines, move.from_id, NOBODY, move)
            self._lay(lines, move.to_id, self.facts.position_of.get(str(move.post.id)), move)
        ids = {i for move in moved for i in (move.from_id, move.to_id) if i in self.numbers}
        return {i: self._break(self.facts.person_of[self.numbers[i]], lines) for i in ids if i}

    def _lay(self, lines: list[list[int]], staff_id: int | None, p: int | None, move: Move) -> None:
        number = self.numbers.get(staff_id) if staff_id is not None else None
        if number is None or p is None:
            return
        for t in self.slots(move.start, move.end):
            lines[self.facts.person_of[number]][t] = p

    def _break(self, i: int, lines: list[list[int]]) -> Span | None:
        line = tuple(lines[i])
        span = break_of(self.desk, 0, i, line) if mask_of(line) else None
        return None if span == ordinary_break(self.desk, 0, i) else span


def day_of_rota(post: Post, day: date, *, now: datetime) -> DayOfRota:
    """Made once a request: checking, the effect and the breaks ask for the same day before anything is written.

    Every change of duties empties the cache it lies in.
    """
    kept = read_cache()
    path = [node.code for node in org.tree(day, known_at=now).path(post.unit_id)]
    key = f"rota.day:{post.unit_id}:{kind_of(post, path)}:{day}"
    if key not in kept:
        kept[key] = DayOfRota(post, day, now=now)
    found: DayOfRota = kept[key]
    return found


def takers_of(held: Held, *, now: datetime, gone: Sequence[Held] = ()) -> list[Taker]:
    """Who can take the stretch, ranked: who took none this week first, then by load against target."""
    day = day_of_rota(held.post, held.stretch.day, now=now)
    ids = day.able(held, gone=gone)
    names, loads = org.names_of(ids), {load.staff: load for load in day.desk.loads}
    taken = taken_in_week(ids, held.stretch.day)
    phone = not held.post.on_site
    found = []
    for staff_id in ids:
        number = day.numbers[staff_id]
        load = loads[number]
        have = load.phone if phone else load.counter
        goal = load.target_phone if phone else load.target_counter
        person = day.facts.people[day.facts.person_of[number]]
        why = words.ranked(person, have, goal, phone=phone)
        if taken.get(staff_id):
            why += f"・今週すでに {taken[staff_id]} 回引き受けています"
        found.append(
            Taker(
                staff_id, number, names.get(staff_id, ""), have, goal, taken.get(staff_id, 0), why
            )
        )
    return sorted(found, key=lambda each: (each.taken, each.load - each.target, each.number))


def taken_in_week(staff_ids: Iterable[int], day: date) -> dict[int, int]:
    """{staff id: swaps and orders that put a duty on them in the week of the day}."""
    monday = day - timedelta(days=day.weekday())
    query = select(Swap.to_id).where(
        Swap.state == State.DONE.value,
        Swap.to_id.in_(list(staff_ids)),
        Swap.day >= monday,
        Swap.day < monday + timedelta(days=7),
    )
    found: dict[int, int] = {}
    for staff_id in db.session.scalars(query):
        if staff_id is not None:
            found[staff_id] = found.get(staff_id, 0) + 1
    return found
