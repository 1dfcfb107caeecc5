"""Another week or a template laid down: what fits is taken, what does not is listed with its reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.accounts.access import Actor
from webapp.core.db import db
from webapp.core.refusals import NotFound, RuleBroken
from webapp.rota import service
from webapp.rota.candidates import WORDS
from webapp.rota.desk import Desk, desk_of
from webapp.rota.models import Rota, RotaTemplate
from webapp.rota.rules import Cell, doubles
from webapp.rota.solver import words


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part of a cell that could not be laid down. reason: gone, closed, or why the person is not there."""

    cell: Cell
    reason: str

    @property
    def words(self) -> str:
        own = {"gone": "この所属の職員ではありません", "closed": "開いていません"}
        return own.get(self.reason) or WORDS.get(self.reason) or words.reason(self.reason)


def copy_week(
    desk: Desk, first: date, *, revision: int, actor: Actor, now: datetime
) -> tuple[Rota, list[LeftOut]]:
    """The cells of the week from `first`: as fixed, where anything is fixed of it, else as drafted."""
    if first == desk.horizon.first:
        raise RuleBroken("週を直してください。", {"from": "ほかの週を選んでください"})
    source = desk_of(desk.horizon.unit_id, first, now=now, kind=desk.horizon.kind)
    cells = source.fixed or source.cells
    if not cells:
        raise RuleBroken("写すものがありません。", {"from": "この週の当番表は空です"})
    shift = desk.horizon.first - first
    moved = [replace(cell, day=cell.day + shift, pinned=False, id=0) for cell in cells]
    return lay(desk, moved, "copy", revision=revision, actor=actor, now=now)


def lay(
    desk: Desk, cells: Sequence[Cell], what: str, *, revision: int, actor: Actor, now: datetime
) -> tuple[Rota, list[LeftOut]]:
    fresh = desk.with_cells([*desk.cells, *cells])  # people who hold cells are on the grid
    taken: list[Cell] = []
    left: list[LeftOut] = []
    for cell in sorted(cells):
        for part, reason in _parts(fresh, cell):
            if reason is None and doubles([*(c for c in taken if c.staff == cell.staff), part]):
                left.append(LeftOut(part, "busy"))
            elif reason is None:
                taken.append(part)
            else:
                left.append(LeftOut(part, reason))
    laid = service.with_past_of(desk, taken)
    rota = service.save(desk, laid, revision=revision, what=what, actor=actor, now=now)
    begins = desk.horizon.begins
    return rota, [one for one in left if one.cell.end > begins(one.cell.day)]


def _parts(desk: Desk, cell: Cell) -> list[tuple[Cell, str | None]]:
    """The cell by slots, neighbours with the same answer joined; None = the person can be there."""
    horizon = desk.horizon
    if not horizon.is_open(cell.day) or cell.position not in desk.horizon.posts:
        return [(cell, "closed")]
    if not horizon.is_posted(cell):
        return [(cell, "gone")]
    found: list[tuple[Cell, str | None]] = []
    for t, (start, end) in enumerate(horizon.grid(cell.day)):
        if cell.start <= start and end <= cell.end:
            reason = _reason(desk, cell, t)
            if found and found[-1][1] == reason and found[-1][0].end == start:
                found[-1] = (replace(found[-1][0], end=end), reason)
            else:
                found.append((replace(cell, start=start, end=end), reason))
    return found or [(cell, "closed")]


def _reason(desk: Desk, cell: Cell, t: int) -> str | None:
    facts = desk.facts
    d, p = facts.day_of[cell.day.isoformat()], facts.position_of[str(cell.position)]
    if facts.need[d][p][t] is None:
        return "closed"
    i = facts.person_of[desk.horizon.people[cell.staff].number]
    return facts.reason(d, i, p, t)


# --- templates ------------------------------------------------------------------------------


def templates_of(unit_id: int) -> list[RotaTemplate]:
    query = select(RotaTemplate).filter_by(unit_id=unit_id).order_by(RotaTemplate.name)
    return list(db.session.scalars(query))


def template_or_404(unit_id: int, template_id: int) -> RotaTemplate:
    query = select(RotaTemplate).filter_by(unit_id=unit_id, id=template_id)
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("このひな形は見つかりません。")
    return found


def keep_as_template(desk: Desk, name: str, *, actor: Actor, now: datetime) -> RotaTemplate:
    """The week on the desk under a name. RuleBroken where the name is taken or the week is empty."""
    if not desk.cells:
        raise RuleBroken("ひな形にするものがありません。", {"week": "この週の当番表は空です"})
    row = RotaTemplate(
        unit_id=desk.horizon.unit_id,
        name=name,
        cells=list(_as_template(desk.cells, desk.horizon.first)),
        made_at=now,
        made_by=actor.staff_id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
    except IntegrityError:
        raise RuleBroken(
            "名前を直してください。", {"name": f"「{name}」はもうあります。別の名前にしてください"}
        ) from None
    return row


def _as_template(cells: Iterable[Cell], first: date) -> Iterable[dict[str, Any]]:
    for cell in cells:
        yield {
            "position": cell.position,
            "staff": cell.staff,
            "weekday": (cell.day - first).days,
            "start": cell.start,
            "end": cell.end,
        }


def apply_template(
    desk: Desk, template: RotaTemplate, *, revision: int, actor: Actor, now: datetime
) -> tuple[Rota, list[LeftOut]]:
    first = desk.horizon.first
    cells = [
        Cell(
            first + timedelta(days=one["weekday"]),
            one["start"],
            one["end"],
            one["position"],
            one["staff"],
        )
        for one in template.cells
    ]
    return lay(desk, cells, "template", revision=revision, actor=actor, now=now)
