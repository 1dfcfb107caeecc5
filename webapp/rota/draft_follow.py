"""The draft of the week follows a fixed duty that changed hands, where it held just that duty."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core.db import db
from webapp.realtime import outbox
from webapp.rota import drafts, service
from webapp.rota.effect import Move
from webapp.rota.models import Rota, RotaCell, RotaStep

SWAP = "swap"


def follow(move: Move, *, actor: Actor, now: datetime) -> None:
    """Inside a transaction. A draft that had given the stretch to somebody else stays as it is.

    A draft equal to what is fixed stays equal; who had it open is told by its new revision.
    """
    monday = move.day - timedelta(days=move.day.weekday())
    query = select(Rota).where(Rota.unit_id == move.post.unit_id, Rota.first_on == monday)
    held = query.with_for_update().execution_options(populate_existing=True)
    for rota in db.session.scalars(held):
        cell = _cell(rota.id, move)
        if cell is not None and move.to_id is not None:
            _hand_over(cell, move, move.to_id)
            _step(rota, actor=actor, now=now)
            outbox.touch(service.TOPIC, rota.id)


def _cell(rota_id: int, move: Move) -> RotaCell | None:
    query = select(RotaCell).where(
        RotaCell.rota_id == rota_id,
        RotaCell.position_id == move.post.id,
        RotaCell.staff_id == move.from_id,
        RotaCell.day == move.day,
        RotaCell.start_minute <= move.start,
        RotaCell.end_minute >= move.end,
    )
    return db.session.scalars(query).first()


def _hand_over(cell: RotaCell, move: Move, to_id: int) -> None:
    pieces = (
        (cell.start_minute, move.start, cell.staff_id),
        (move.start, move.end, to_id),
        (move.end, cell.end_minute, cell.staff_id),
    )
    for start, end, staff_id in pieces:
        if start < end:
            db.session.add(_piece(cell, start, end, staff_id))
    db.session.delete(cell)
    db.session.flush()


def _piece(cell: RotaCell, start: int, end: int, staff_id: int) -> RotaCell:
    return RotaCell(
        rota_id=cell.rota_id,
        position_id=cell.position_id,
        staff_id=staff_id,
        day=cell.day,
        start_minute=start,
        end_minute=end,
        pinned=cell.pinned,
    )


def _step(rota: Rota, *, actor: Actor, now: datetime) -> None:
    was_fixed = rota.fixed_revision == rota.revision
    rota.revision += 1
    rota.changed_at, rota.changed_by = now, actor.staff_id
    if was_fixed:
        rota.fixed_revision = rota.revision
    cells: list[dict[str, Any]] = [drafts.as_stored(cell) for cell in drafts.cells_of(rota)]
    db.session.add(
        RotaStep(
            rota_id=rota.id,
            revision=rota.revision,
            what=SWAP,
            detail={},
            cells=cells,
            made_at=now,
            made_by=actor.staff_id,
        )
    )
    db.session.flush()
