"""A week on the desk: the draft and what is fixed, laid on the solver's grid, so that page and solver count alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import select

from webapp.core.db import db
from webapp.core.refusals import NotFound
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.positions import handover
from webapp.positions import queries as positions
from webapp.rota import drafts
from webapp.rota.horizon import Horizon, kind_of, look
from webapp.rota.models import Rota
from webapp.rota.problem_of_unit import Given, problem
from webapp.rota.rules import Cell, RotaKind, missing_from
from webapp.rota.solver.conflicts import Conflict, check_conflicts
from webapp.rota.solver.facts import NOBODY, Facts
from webapp.rota.solver.measure import (
    Lines,
    Load,
    Shortage,
    changed_cells,
    lines_of,
    loads_of,
    raw_loads,
    shortages,
)
from webapp.rota.solver.plan import Board
from webapp.rota.solver.problem import Duty, read_problem

_NOT_THERE = frozenset({"leave", "off_site", "reach", "hours", "busy"})


@dataclass(frozen=True)
class Desk:
    horizon: Horizon
    rota: Rota | None
    cells: Sequence[Cell]
    fixed: Sequence[Cell]

    @cached_property
    def problem(self) -> dict[str, Any]:
        pins = [cell for cell in self.cells if cell.pinned]
        return problem(self.horizon, Given(pins, self.fixed, self.cells))

    @cached_property
    def facts(self) -> Facts:
        return Facts(read_problem(self.problem))

    @cached_property
    def board(self) -> Board:
        return Board(self.facts)

    @cached_property
    def ids(self) -> dict[str, int]:
        """{staff number: id}."""
        return {held.number: staff_id for staff_id, held in self.horizon.people.items()}

    @cached_property
    def strangers(self) -> dict[int, tuple[str, str]]:
        """{staff id: (number, name)} of who stands in a cell and could not be put there any more."""
        held = {cell.staff for cell in (*self.cells, *self.fixed)}
        return names_and_numbers(held - set(self.horizon.people))

    def with_cells(self, cells: Sequence[Cell]) -> "Desk":
        return Desk(self.horizon, self.rota, cells, self.fixed)

    def as_fixed(self) -> "Desk":
        return Desk(self.horizon, self.rota, self.fixed, self.fixed)

    @property
    def unit_code(self) -> str:
        return self.horizon.path[-1] if self.horizon.path else ""

    @cached_property
    def unit_name(self) -> str:
        tree = org.tree(self.horizon.first, known_at=self.horizon.now)
        node = tree.by_id(self.horizon.unit_id)
        return node.name if node else ""

    # --- the draft on the grid --------------------------------------------------------------

    @cached_property
    def duties(self) -> list[Duty]:
        """What of the draft counts: cells of people who are no longer posted there leave a gap."""
        return self.on_grid(self.cells)

    def on_grid(self, cells: Iterable[Cell]) -> list[Duty]:
        return [self._duty(cell) for cell in cells if self.horizon.fits(cell)]

    def _duty(self, cell: Cell) -> Duty:
        number = self.horizon.people[cell.staff].number
        return Duty(cell.day.isoformat(), cell.start, str(cell.position), number, cell.end)

    @cached_property
    def lines(self) -> Lines:
        return lines_of(self.facts, self.duties)

    @cached_property
    def attended(self) -> Lines:
        """The same without those who will not be there: on leave since it was made, or at home. A name alone covers
        no counter; the coverage of the board says so too."""
        reason = self.facts.reason
        return [
            [
                [
                    NOBODY if p != NOBODY and reason(d, i, p, t) in _NOT_THERE else p
                    for t, p in enumerate(line)
                ]
                for i, line in enumerate(day)
            ]
            for d, day in enumerate(self.lines)
        ]

    @cached_property
    def shortages(self) -> list[Shortage]:
        """Of what is still to come."""
        past = self.facts.past
        found = shortages(self.facts, self.attended)
        return [short for short in found if not past[short.d] >> short.t & 1]

    @cached_property
    def loads(self) -> list[Load]:
        return loads_of(self.facts, raw_loads(self.facts, self.lines))

    @cached_property
    def conflicts(self) -> list[Conflict]:
        return [
            each
            for each in check_conflicts(self.board, self.duties)
            if each.end > self.horizon.begins(date.fromisoformat(each.date))
        ]

    @property
    def gone(self) -> list[Cell]:
        """Held by somebody who is not posted there on that day."""
        return [
            cell
            for cell in self.cells
            if self.horizon.is_open(cell.day)
            and cell.position in self.horizon.posts
            and not self.horizon.is_posted(cell)
        ]

    @property
    def shut(self) -> list[Cell]:
        """On a day without opening, or at a position that is no more."""
        horizon = self.horizon
        return [
            cell
            for cell in self.cells
            if not horizon.is_open(cell.day) or cell.position not in horizon.posts
        ]

    # --- against what is fixed --------------------------------------------------------------

    @cached_property
    def come(self) -> list[Cell]:
        return missing_from(self.cells, self.fixed)

    @cached_property
    def go(self) -> list[Cell]:
        return missing_from(self.fixed, self.cells)

    @property
    def changes(self) -> int:
        return changed_cells(self.facts, self.duties)


def names_and_numbers(staff_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    ids = list(staff_ids)
    names = org.names_of(ids) if ids else {}
    query = select(Staff.id, Staff.number).where(Staff.id.in_(ids))
    rows = db.session.execute(query) if ids else ()
    return {staff_id: (number, names.get(staff_id, "")) for staff_id, number in rows}


def desk_of(
    unit_id: int,
    first: date,
    *,
    now: datetime,
    kind: RotaKind = RotaKind.WEEK,
    cells: Sequence[Cell] | None = None,
) -> Desk:
    """first: a Monday. cells: instead of the stored draft. Without a draft what is fixed lies on the desk."""
    horizon = look(unit_id, first, first + timedelta(days=6), now=now, kind=kind)
    rota = drafts.rota_of(unit_id, first, kind)
    fixed = drafts.fixed_cells(horizon, rota)
    if cells is None:
        cells = drafts.cells_of(rota) if rota is not None else fixed
    return Desk(horizon, rota, cells, fixed)


def desk_for(
    position_id: int, day: date, *, now: datetime, cells: Sequence[Cell] | None = None
) -> Desk:
    """The week a position's day lies in, with what is fixed on the desk. NotFound."""
    post = positions.posts_by_id([position_id]).get(position_id)
    if post is None:
        raise NotFound("この持ち場は見つかりません。")
    unit_id = handover.home_of(post.unit_id, day)
    path = [node.code for node in org.tree(day, known_at=now).path(unit_id)]
    monday = day - timedelta(days=day.weekday())
    kind = kind_of(post, path)
    desk = desk_of(unit_id, monday, now=now, kind=kind, cells=cells)
    return desk if cells is not None else Desk(desk.horizon, desk.rota, desk.fixed, desk.fixed)
