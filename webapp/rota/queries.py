"""What others ask of a rota: the problem of some days, and who could take a duty."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from webapp.rota.candidates import Candidate, Excluded, candidates_at
from webapp.rota.desk import desk_for
from webapp.rota.drafts import fixed_cells, rota_of
from webapp.rota.horizon import look
from webapp.rota.problem_of_unit import Given, problem
from webapp.rota.rules import Cell, RotaKind


def problem_of(
    unit_id: int,
    first: date,
    last: date,
    *,
    now: datetime,
    draft: Sequence[Cell] | None = None,
    kind: RotaKind = RotaKind.WEEK,
) -> dict[str, Any]:
    """The problem of these days as JSON: fixed duties are `published`, pinned cells of the draft `pins`."""
    horizon = look(unit_id, first, last, now=now, kind=kind)
    rota = rota_of(unit_id, first - timedelta(days=first.weekday()), kind)
    fixed = fixed_cells(horizon, rota)
    pins = [cell for cell in draft or () if cell.pinned]
    return problem(horizon, Given(pins, fixed, draft or ()))


def candidates_for(
    position_id: int,
    day: date,
    start_minute: int,
    end_minute: int,
    *,
    now: datetime,
    draft: Sequence[Cell] | None = None,
    leaving: int | None = None,
) -> tuple[list[Candidate], list[Excluded]]:
    """(who could take the duty, best first; who could not and why).

    By what is fixed, or by the cells of a draft. leaving: staff id of who gives the duty away. Raises NotFound,
    RuleBroken where the position is closed then.
    """
    desk = desk_for(position_id, day, now=now, cells=draft)
    return candidates_at(desk, position_id, day, (start_minute, end_minute), leaving=leaving)
