"""Cells of a rota: a person at a position from start to end of one day. Pure. Minutes from local midnight."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

Span = tuple[int, int]
Where = tuple[date, int, int]  # day, position, staff


class RotaKind(StrEnum):
    WEEK = "week"  # コマ
    DAY = "day"  # 日直
    TEAM = "team"  # 出勤班


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """id: of the row it was read from; 0 = not stored yet."""

    day: date
    start: int
    end: int
    position: int
    staff: int
    pinned: bool = False
    id: int = field(default=0, compare=False)

    @property
    def where(self) -> Where:
        return self.day, self.position, self.staff

    def meets(self, other: "Cell") -> bool:
        return self.day == other.day and self.start < other.end and other.start < self.end


def joined(spans: Iterable[Span]) -> list[Span]:
    """Overlapping and touching spans as one each, in order."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def less(spans: Iterable[Span], gaps: Sequence[Span]) -> list[Span]:
    """What is left of the spans outside the gaps."""
    left = joined(spans)
    for first, last in gaps:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, first)), (max(start, last), end))
            if part[0] < part[1]
        ]
    return left


def by_where(cells: Iterable[Cell]) -> dict[Where, list[Span]]:
    found: dict[Where, list[Span]] = {}
    for cell in cells:
        found.setdefault(cell.where, []).append((cell.start, cell.end))
    return {where: joined(spans) for where, spans in found.items()}


def missing_from(these: Iterable[Cell], others: Iterable[Cell]) -> list[Cell]:
    """What of these is not covered by others: the same person, position and time. In order."""
    kept = by_where(others)
    return sorted(
        Cell(day, start, end, position, staff)
        for (day, position, staff), spans in by_where(these).items()
        for start, end in less(spans, kept.get((day, position, staff), []))
    )


def from_minute(cells: Iterable[Cell], begins: Callable[[date], int]) -> list[Cell]:
    """Cut to what lies at or after the minute of each day before which everything is past."""
    cut = (replace(cell, start=max(cell.start, begins(cell.day))) for cell in cells)
    return [cell for cell in cut if cell.start < cell.end]


def until_minute(cells: Iterable[Cell], ends: Callable[[date], int]) -> list[Cell]:
    cut = (replace(cell, end=min(cell.end, ends(cell.day))) for cell in cells)
    return [cell for cell in cut if cell.start < cell.end]


def doubles(cells: Iterable[Cell]) -> list[tuple[Cell, Cell]]:
    """Pairs in which one person is at two places at once, or twice at one; the earlier one first."""
    found: list[tuple[Cell, Cell]] = []
    last: dict[tuple[int, date], Cell] = {}
    for cell in sorted(cells):
        before = last.get((cell.staff, cell.day))
        if before is not None and cell.meets(before):
            found.append((before, cell))
        if before is None or cell.end > before.end:
            last[cell.staff, cell.day] = cell
    return found


def without_doubles(cells: Iterable[Cell]) -> list[Cell]:
    """The solver takes nobody twice at once: the first stays."""
    rows = sorted(cells)
    dropped = {id(second) for _, second in doubles(rows)}
    return [cell for cell in rows if id(cell) not in dropped]
