"""Reading the stored draft of a week, and what is fixed of it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import select

from webapp.core.db import db
from webapp.duties import queries as duties
from webapp.duties.models import Duty
from webapp.rota.horizon import Horizon
from webapp.rota.models import Rota, RotaCell, RotaStep
from webapp.rota.rules import Cell, RotaKind


def rota_of(unit_id: int, first: date, kind: RotaKind) -> Rota | None:
    query = select(Rota).filter_by(unit_id=unit_id, first_on=first, kind=kind.value)
    return db.session.scalars(query).one_or_none()


def rows_of(rota: Rota) -> list[RotaCell]:
    return list(db.session.scalars(select(RotaCell).where(RotaCell.rota_id == rota.id)))


def cells_of(rota: Rota) -> list[Cell]:
    return sorted(
        Cell(
            row.day,
            row.start_minute,
            row.end_minute,
            row.position_id,
            row.staff_id,
            row.pinned,
            row.id,
        )
        for row in rows_of(rota)
    )


def fixed_rows(position_ids: Iterable[int], first: date, last: date) -> list[Duty]:
    return duties.duties_at(position_ids, first, last)


def as_cell(duty: Duty) -> Cell:
    """id: minus that of the duty, so that nobody takes it for a cell of a draft."""
    return Cell(
        duty.day,
        duty.start_minute,
        duty.end_minute,
        duty.position_id,
        duty.staff_id,
        duty.pinned,
        -duty.id,
    )


def fixed_cells(horizon: Horizon, rota: Rota | None) -> list[Cell]:
    """What is fixed of the week. An attendance plan leaves plans of places, not duties: its last 確定 stands."""
    if horizon.kind is RotaKind.TEAM:
        return fixed_step_cells(rota) if rota is not None else []
    ids = [post.id for post in horizon.rostered]
    return sorted(map(as_cell, fixed_rows(ids, horizon.first, horizon.last)))


def fixed_step_cells(rota: Rota) -> list[Cell]:
    step = step_of(rota, rota.fixed_revision)
    return [stored_cell(one) for one in step.cells] if step is not None else []


def step_of(rota: Rota, revision: int) -> RotaStep | None:
    query = select(RotaStep).filter_by(rota_id=rota.id, revision=revision)
    return db.session.scalars(query).one_or_none()


def steps_of(rota: Rota) -> list[RotaStep]:
    """The newest first."""
    query = select(RotaStep).where(RotaStep.rota_id == rota.id)
    return list(db.session.scalars(query.order_by(RotaStep.revision.desc())))


def turn_target(rota: Rota, way: str) -> RotaStep | None:
    """The step that 元に戻す ("back") or やり直す ("ahead") leads to; None where there is none, or it is not kept."""
    step = step_of(rota, rota.revision)
    wanted = step.detail.get(way) if step is not None else None
    return step_of(rota, wanted) if wanted is not None else None


def stored_cell(one: dict[str, Any]) -> Cell:
    return Cell(
        date.fromisoformat(one["day"]),
        one["start"],
        one["end"],
        one["position"],
        one["staff"],
        one["pinned"],
    )


def as_stored(cell: Cell) -> dict[str, Any]:
    return {
        "day": cell.day.isoformat(),
        "start": cell.start,
        "end": cell.end,
        "position": cell.position,
        "staff": cell.staff,
        "pinned": cell.pinned,
    }
