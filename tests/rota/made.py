"""A plan beside its problem, as cells: what every rule asks of."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from tests.rota.reading import Cell, Office, Slot, minutes


@dataclass
class Made:
    """A plan beside its problem: what the rules ask of."""

    office: Office
    plan: dict[str, Any]
    cells: set[Cell]

    @classmethod
    def of(cls, problem: dict[str, Any], plan: dict[str, Any]) -> Self:
        """Rows that are not sound hold no cells; `checker.rows` tells of them."""
        office = Office(problem)
        sound = [row for row in plan["assignments"] if fault_of_row(office, row) is None]
        return cls(office, plan, {cell for row in sound for cell in office.cells(row)})

    @cached_property
    def days(self) -> dict[tuple[str, str], list[Cell]]:
        """(staff, date): that person's cells in the order of the day."""
        found: dict[tuple[str, str], list[Cell]] = defaultdict(list)
        for cell in sorted(self.cells, key=lambda cell: (cell.slot, cell.position)):
            found[cell.staff, cell.slot.date].append(cell)
        return found

    @cached_property
    def people(self) -> dict[tuple[str, Slot], list[Cell]]:
        found: dict[tuple[str, Slot], list[Cell]] = defaultdict(list)
        for cell in sorted(self.cells):
            found[cell.position, cell.slot].append(cell)
        return found

    def spans(self, staff: str, date: str) -> list[tuple[int, int]]:
        return [(cell.slot.start, cell.slot.end) for cell in self.days.get((staff, date), ())]

    def is_free(self, *cells: Cell) -> bool:
        """Is at least one of them the solver's own choice?"""
        return any(cell not in self.office.fixed for cell in cells)

    @cached_property
    def uncovered(self) -> dict[tuple[str, Slot], int]:
        there = Counter((cell.position, cell.slot) for cell in self.cells)
        short = {key: band.min - there[key] for key, band in self.office.bands.items()}
        return {key: missing for key, missing in short.items() if missing > 0}

    @property
    def uncovered_minutes(self) -> int:
        return sum(slot.length * missing for (_, slot), missing in self.uncovered.items())

    def fixed_spans(self, staff: str, date: str) -> list[tuple[int, int]]:
        return self._fixed_days.get((staff, date), [])

    @cached_property
    def _fixed_days(self) -> dict[tuple[str, str], list[tuple[int, int]]]:
        found: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for cell in self.office.fixed:
            found[cell.staff, cell.slot.date].append((cell.slot.start, cell.slot.end))
        return found


def fault_of_row(office: Office, row: dict[str, Any]) -> str | None:
    if row["staff"] not in office.staff:
        return "unknown staff"
    if row["position"] not in office.positions:
        return "unknown position"
    if row["date"] not in office.slots:
        return "unknown date"
    covered = sum(cell.slot.length for cell in office.cells(row))
    whole = minutes(row["to"]) - minutes(row["from"])
    return None if whole > 0 and covered == whole else "not whole slots"
