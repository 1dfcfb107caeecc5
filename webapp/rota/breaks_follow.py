"""Breaks follow a duty that changes hands: who takes the lunch counter has lunch at another hour."""

from collections.abc import Sequence
from datetime import date, datetime

from webapp.core.db import db
from webapp.duties import service as duties
from webapp.duties.models import DutyBreak
from webapp.rota.effect import Breaks, Move
from webapp.rota.rules import Span
from webapp.rota.takers import day_of_rota


def breaks_after(moves: Sequence[Move], *, now: datetime) -> Breaks:
    """To be asked before anything is written. Moves at one day's positions of one unit are looked at together."""
    found: dict[tuple[int, date], Span | None] = {}
    for day, unit_id in sorted({(move.day, move.post.unit_id) for move in moves}):
        here = [move for move in moves if (move.day, move.post.unit_id) == (day, unit_id)]
        table = day_of_rota(here[0].post, day, now=now)
        found |= {(staff_id, day): span for staff_id, span in table.breaks_after(here).items()}
    return found


def put(breaks: Breaks) -> None:
    """Inside a transaction."""
    for (staff_id, day), span in breaks.items():
        row = db.session.get(DutyBreak, (staff_id, day))
        if span is not None:
            db.session.merge(
                DutyBreak(staff_id=staff_id, day=day, start_minute=span[0], end_minute=span[1])
            )
        elif row is not None:
            db.session.delete(row)
    db.session.flush()
    duties.changed({staff_id for staff_id, _ in breaks})
