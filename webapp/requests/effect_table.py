"""The table of an approval's effect: heads per half hour, before and after, of every position concerned. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.core.hours import clock_of
from webapp.coverage.effect import GroupEffect
from webapp.coverage.half_hours import Slot, slots
from webapp.coverage.rules import PositionDay
from webapp.coverage.standing import HALF_HOUR


@dataclass(frozen=True, slots=True)
class Cell:
    """before, after: people there. short: missing after; worse: more missing than before."""

    before: int
    after: int
    short: int
    worse: bool
    past: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One position; a cell None = closed in that half hour."""

    position_id: int
    name: str
    need: str
    changes: bool
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """starts: minutes of the half hours, first to last."""

    starts: tuple[int, ...]
    rows: tuple[Row, ...]

    @property
    def hours(self) -> list[tuple[str, bool]]:
        """(8:30, on the hour)."""
        return [(clock_of(start), start % 60 == 0) for start in self.starts]


def table_of(groups: Sequence[GroupEffect]) -> Table:
    pairs = [
        (one, other, group.second)
        for group in groups
        for one, other in zip(group.before.positions, group.after.positions, strict=True)
        if one.parts or other.parts
    ]
    seconds = [slot.start for one, other, _ in pairs for slot in (*slots(one), *slots(other))]
    if not seconds:
        return Table((), ())
    starts = range(min(seconds), max(seconds) + 1, HALF_HOUR)
    rows = (_row(one, other, starts, second) for one, other, second in pairs)
    return Table(tuple(start // 60 for start in starts), tuple(rows))


def _row(one: PositionDay, other: PositionDay, starts: range, second: int | None) -> Row:
    before = {slot.start: slot for slot in slots(one)}
    after = {slot.start: slot for slot in slots(other)}
    cells = tuple(_cell(before.get(s), after.get(s), s, second) for s in starts)
    changes = any(cell and (cell.before, cell.worse) != (cell.after, False) for cell in cells)
    return Row(one.post.id, one.post.name, need_words(before.values()), changes, cells)


def _cell(one: Slot | None, other: Slot | None, start: int, second: int | None) -> Cell | None:
    if one is None or other is None:
        return None
    past = second is not None and start + HALF_HOUR <= second
    return Cell(one.present, other.present, other.open, other.open > one.open and not past, past)


def need_words(found: Iterable[Slot]) -> str:
    """必要 3 · 必要 3・昼 2 · 必要 1〜3."""
    known = list(found)
    needs = {slot.need for slot in known}
    if len(needs) <= 1:
        return f"必要 {next(iter(needs), 0)}"
    lunch = {slot.need for slot in known if 12 * 3600 <= slot.start < 13 * 3600}
    rest = {slot.need for slot in known if not 12 * 3600 <= slot.start < 13 * 3600}
    if len(lunch) == len(rest) == 1:
        return f"必要 {next(iter(rest))}・昼 {next(iter(lunch))}"
    return f"必要 {min(needs)}〜{max(needs)}"


def table_json(found: Table) -> list[dict[str, Any]]:
    return [
        {
            "position": str(row.position_id),
            "name": row.name,
            "need": row.need,
            "changes": row.changes,
            "slots": [
                {
                    "from": clock_of(start, padded=True),
                    "before": cell.before,
                    "after": cell.after,
                    "open": cell.short,
                    "worse": cell.worse,
                }
                for start, cell in zip(found.starts, row.cells, strict=True)
                if cell is not None
            ],
        }
        for row in found.rows
    ]
