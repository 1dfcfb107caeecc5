"""The draft (案) of a rota: saved step by step, each step can be taken back. Inside transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from webapp.accounts.access import Actor
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.realtime import outbox
from webapp.rota import drafts
from webapp.rota.desk import Desk
from webapp.rota.models import Rota, RotaCell, RotaStep
from webapp.rota.rules import Cell, from_minute, joined, until_minute

TOPIC = "rota"
MOST_STEPS = 50


class Stale(Conflict):
    """Somebody else changed the draft first. mine: the cells as the loser wanted them."""

    def __init__(self, base: int, mine: Sequence[Cell]) -> None:
        super().__init__("ほかの人が先にこの当番表を変えました。両方を見て決めてください。")
        self.base, self.mine = base, mine


@dataclass(frozen=True, slots=True)
class Step:
    """what: edit, solve, copy, template, undo, redo, restore, fix, swap, absence.

    back, ahead: the revisions that undo and redo lead to.
    """

    what: str
    back: int | None = None
    ahead: int | None = None
    detail: dict[str, Any] | None = None


def save(
    desk: Desk,
    cells: Sequence[Cell],
    *,
    revision: int,
    what: str,
    actor: Actor,
    now: datetime,
    detail: dict[str, Any] | None = None,
) -> Rota:
    """The draft becomes these cells. Raises Stale where it is no longer at `revision`."""
    return store(desk, cells, Step(what, revision, None, detail), revision, actor=actor, now=now)


def store(
    desk: Desk,
    cells: Sequence[Cell],
    step: Step,
    revision: int,
    *,
    actor: Actor,
    now: datetime,
) -> Rota:
    rota = desk.rota
    if revision != (rota.revision if rota else 0):
        raise Stale(revision, cells)
    rota = _begun(desk, cells, actor=actor, now=now) if rota is None else rota
    _advance(rota, revision, cells, actor=actor, now=now)
    _write_cells(rota, cells)
    db.session.add(_step(rota, step, cells, actor=actor, now=now))
    db.session.flush()
    _forget_old_steps(rota)
    outbox.touch(TOPIC, rota.id)
    return rota


def begin(desk: Desk, *, actor: Actor, now: datetime) -> Rota:
    """The draft of a week nobody has touched yet: what lies on the desk, at revision 0."""
    rota = _begun(desk, desk.cells, actor=actor, now=now)
    _write_cells(rota, desk.cells)
    return rota


def _begun(desk: Desk, cells: Sequence[Cell], *, actor: Actor, now: datetime) -> Rota:
    """The first change of a week makes its draft; the state before it is step 0."""
    horizon = desk.horizon
    rota = Rota(
        unit_id=horizon.unit_id,
        first_on=horizon.first,
        kind=horizon.kind.value,
        revision=0,
        changed_at=now,
        changed_by=actor.staff_id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(rota)
            db.session.flush()
    except IntegrityError:
        raise Stale(0, cells) from None
    db.session.add(_step(rota, Step("start"), desk.cells, actor=actor, now=now))
    return rota


def _advance(
    rota: Rota, revision: int, cells: Sequence[Cell], *, actor: Actor, now: datetime
) -> None:
    """Compare and set: of two who save at once the second finds no row."""
    moved = db.session.execute(
        update(Rota)
        .where(Rota.id == rota.id, Rota.revision == revision)
        .values(revision=revision + 1, changed_at=now, changed_by=actor.staff_id)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise Stale(revision, cells)
    db.session.refresh(rota)


def _write_cells(rota: Rota, cells: Sequence[Cell]) -> None:
    """Rows that stay keep their ids: the page holds on to them."""
    wanted: dict[Cell, int] = {}
    for cell in cells:
        wanted[_bare(cell)] = wanted.get(_bare(cell), 0) + 1
    for row in drafts.rows_of(rota):
        key = Cell(row.day, row.start_minute, row.end_minute, row.position_id, row.staff_id)
        pinned = Cell(*key_of(key), True)
        if wanted.get(pinned):
            wanted[pinned] -= 1
            row.pinned = True
        elif wanted.get(key):
            wanted[key] -= 1
            row.pinned = False
        else:
            db.session.delete(row)
    db.session.add_all(
        _row(rota, cell) for cell, count in wanted.items() for _ in range(min(count, 1))
    )
    db.session.flush()


def key_of(cell: Cell) -> tuple[Any, int, int, int, int]:
    return cell.day, cell.start, cell.end, cell.position, cell.staff


def _bare(cell: Cell) -> Cell:
    return Cell(*key_of(cell), cell.pinned)


def _row(rota: Rota, cell: Cell) -> RotaCell:
    return RotaCell(
        rota_id=rota.id,
        position_id=cell.position,
        staff_id=cell.staff,
        day=cell.day,
        start_minute=cell.start,
        end_minute=cell.end,
        pinned=cell.pinned,
    )


def _step(
    rota: Rota, step: Step, cells: Sequence[Cell], *, actor: Actor, now: datetime
) -> RotaStep:
    return RotaStep(
        rota_id=rota.id,
        revision=rota.revision,
        what=step.what,
        detail={"back": step.back, "ahead": step.ahead} | (step.detail or {}),
        cells=[drafts.as_stored(cell) for cell in sorted(cells)],
        made_at=now,
        made_by=actor.staff_id,
    )


def _forget_old_steps(rota: Rota) -> None:
    """The latest stay, and the one that is fixed."""
    db.session.execute(
        delete(RotaStep).where(
            RotaStep.rota_id == rota.id,
            RotaStep.revision <= rota.revision - MOST_STEPS,
            RotaStep.revision != rota.fixed_revision,
        )
    )


# --- back and forth -------------------------------------------------------------------------


def undo(desk: Desk, *, revision: int, actor: Actor, now: datetime) -> Rota:
    return _turn(desk, "undo", revision, actor=actor, now=now)


def redo(desk: Desk, *, revision: int, actor: Actor, now: datetime) -> Rota:
    return _turn(desk, "redo", revision, actor=actor, now=now)


def _turn(desk: Desk, what: str, revision: int, *, actor: Actor, now: datetime) -> Rota:
    rota = desk.rota
    if rota is None or rota.revision != revision:
        raise Stale(revision, desk.cells)
    target = drafts.turn_target(rota, "back" if what == "undo" else "ahead")
    if target is None:
        words = "元に戻せる変更はありません。" if what == "undo" else "やり直せる変更はありません。"
        raise RuleBroken(words)
    ahead = revision if what == "undo" else target.detail.get("ahead")
    step = Step(what, target.detail.get("back"), ahead, {"of": target.revision})
    return store(desk, _as_then(desk, target), step, revision, actor=actor, now=now)


def restore(desk: Desk, wanted: int, *, revision: int, actor: Actor, now: datetime) -> Rota:
    """Back to the draft as it was after a step. NotFound where it is no longer kept."""
    step = drafts.step_of(desk.rota, wanted) if desk.rota is not None else None
    if step is None:
        raise NotFound("この履歴はもう残っていません。")
    return save(
        desk,
        _as_then(desk, step),
        revision=revision,
        what="restore",
        actor=actor,
        now=now,
        detail={"of": wanted},
    )


def _as_then(desk: Desk, step: RotaStep) -> list[Cell]:
    return with_past_of(desk, [drafts.stored_cell(one) for one in step.cells])


def with_past_of(desk: Desk, cells: Sequence[Cell]) -> list[Cell]:
    """What is over stays as it is on the desk, whatever the cells say of it."""
    begins = desk.horizon.begins
    if all(begins(day) == 0 for day in _days(desk, cells)):
        return sorted(cells)
    return merged([*until_minute(desk.cells, begins), *from_minute(cells, begins)])


def _days(desk: Desk, cells: Sequence[Cell]) -> set[Any]:
    return {cell.day for cell in (*desk.cells, *cells)}


def merged(cells: Sequence[Cell]) -> list[Cell]:
    """Touching cells of one person at one position as one."""
    spans: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
    for cell in cells:
        spans.setdefault((*cell.where, cell.pinned), []).append((cell.start, cell.end))
    return sorted(
        Cell(day, start, end, position, staff, pinned)
        for (day, position, staff, pinned), found in spans.items()
        for start, end in joined(found)
    )


def locked(rota_id: int) -> Rota | None:
    """The row held against others until the transaction ends (where the database can)."""
    return db.session.scalars(select(Rota).filter_by(id=rota_id).with_for_update()).one_or_none()


def rotas_of(unit_id: int, day: date) -> list[int]:
    """Ids of the drafts of the week a day lies in."""
    monday = day - timedelta(days=day.weekday())
    query = select(Rota.id).where(Rota.unit_id == unit_id, Rota.first_on == monday)
    return list(db.session.scalars(query))
