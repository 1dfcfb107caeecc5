"""A plan's JSON made from bare cells: for plans that no solver made (by hand, round robin, brute force)."""

from collections.abc import Iterable
from typing import Any

from tests.rota import fairness
from tests.rota.made import Made
from tests.rota.reading import Cell, Lunch, Office, Slot, clock, lunch_due
from tests.rota.rules import blocks_of


def rows_of(cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """Assignment rows, one a block."""
    made: dict[tuple[str, str], list[Cell]] = {}
    for cell in sorted(cells):
        made.setdefault((cell.staff, cell.slot.date), []).append(cell)
    return [
        {
            "position": block[0].position,
            "date": date,
            "from": clock(block[0].slot.start),
            "to": clock(block[-1].slot.end),
            "staff": staff,
        }
        for (staff, date), day in made.items()
        for block in blocks_of(day)
    ]


def break_in(due: Lunch, duties: list[tuple[int, int]]) -> int | None:
    """The first minute at which the whole break fits."""
    starts = sorted({due.start, *(end for _, end in duties if end > due.start)})
    for start in starts:
        end = start + due.minutes
        if end <= due.end and not any(first < end and start < last for first, last in duties):
            return start
    return None


def plan_of(office: Office, cells: set[Cell], bound: int = 0) -> dict[str, Any]:
    """The plan these cells are; the reasons of its open rows are not looked into, all say `busy`."""
    made = Made(office, {}, cells)
    return {
        "status": "feasible",
        "seconds": 0.0,
        "repeatable": True,
        "assignments": rows_of(cells),
        "breaks": list(_breaks(made)),
        "open": [
            {"position": position, **_span(slot), "missing": missing, "reasons": ["busy"]}
            for (position, slot), missing in sorted(made.uncovered.items())
        ],
        "loads": _loads(office, cells),
        "objective": {
            "uncovered_minutes": made.uncovered_minutes,
            "changes": fairness.changed_cells(office, cells, office.slots)
            if office.published
            else 0,
            "unfairness": fairness.unfairness(office, cells),
        },
        "bound": {"uncovered_minutes": bound},
    }


def _breaks(made: Made) -> Iterable[dict[str, Any]]:
    for staff, date in made.days:
        due = lunch_due(made.office, staff, date)
        start = break_in(due, made.spans(staff, date)) if due else None
        if due and start is not None:
            yield {"staff": staff, **_span(Slot(date, start, start + due.minutes))}


def _span(slot: Slot) -> dict[str, str]:
    return {"date": slot.date, "from": clock(slot.start), "to": clock(slot.end)}


def _loads(office: Office, cells: set[Cell]) -> list[dict[str, Any]]:
    mine = fairness.loads(office, cells)
    wanted = fairness.targets(office, mine)
    return [
        {"staff": staff, **load}
        | {f"target_{kind}": wanted.get(staff, load)[kind] for kind in fairness.KINDS}
        for staff, load in mine.items()
    ]
