"""テレワーク可能 as a table: days across, half hours down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from webapp.core import clock
from webapp.core.calendar import national_holiday
from webapp.core.hours import clock_of
from webapp.coverage import queries
from webapp.coverage.half_hours import room_slots
from webapp.coverage.standing import HALF_HOUR
from webapp.org import queries as org
from webapp.org.rules import UnitNode

DAYS = 14
SCARCE = 2  # so few are marked: one more absence and nobody can go


@dataclass(frozen=True, slots=True)
class Cell:
    count: int | None  # None = nothing is open then
    past: bool = False

    @property
    def look(self) -> str:
        if self.count is None:
            return "shut"
        return "none" if self.count == 0 else "few" if self.count <= SCARCE else "some"


@dataclass(frozen=True, slots=True)
class Column:
    """One day. closed: why nothing is open (祝日 …), else "". least: the least of its half hours to come."""

    day: date
    is_today: bool
    closed: str
    cells: tuple[Cell, ...]

    @property
    def least(self) -> int | None:
        counts = [c.count for c in self.cells if c.count is not None and not c.past]
        return min(counts, default=None)


@dataclass(frozen=True, slots=True)
class Table:
    """units: those whose positions are matched together and so have one common room."""

    units: tuple[str, ...]
    hours: tuple[str, ...]
    columns: tuple[Column, ...]


def days_shown(*, now: datetime) -> list[date]:
    today = org.today(now)
    return [today + timedelta(days=n) for n in range(DAYS)]


def tables(unit: UnitNode, *, now: datetime) -> list[Table]:
    """One for each set of positions of the unit and below that share people; none = no positions there."""
    days = days_shown(now=now)
    found: dict[tuple[object, ...], tuple[list[str], list[dict[int, int]]]] = {}
    for node in org.current_tree().subtree(unit.id):
        counts = [_counts(node.id, day, now) for day in days]
        if any(counts):
            key = tuple(tuple(sorted(day.items())) for day in counts)
            found.setdefault(key, ([], counts))[0].append(node.name)
    return [_table(names, counts, days, now) for names, counts in found.values()]


def _counts(unit_id: int, day: date, now: datetime) -> dict[int, int]:
    """{second of the half hour: how many}."""
    cover = queries.cover_of_day(unit_id, day, now=now)
    if cover is None:
        return {}
    return {r.start: r.count for r in room_slots(cover.cover.room) if r.count is not None}


def _table(
    names: Sequence[str], counts: Sequence[dict[int, int]], days: Sequence[date], now: datetime
) -> Table:
    first = min(second for day in counts for second in day)
    last = max(second for day in counts for second in day)
    rows = range(first, last + 1, HALF_HOUR)
    columns = (
        Column(day, n == 0, _closed(day, counts[n]), _cells(rows, counts[n], n == 0, now))
        for n, day in enumerate(days)
    )
    return Table(tuple(names), tuple(clock_of(row // 60) for row in rows), tuple(columns))


def _closed(day: date, counts: dict[int, int]) -> str:
    if counts:
        return ""
    because = org.business_calendar().closed_because(day)
    return (national_holiday(day) or because) if because else "受付なし"


def _cells(rows: range, counts: dict[int, int], is_today: bool, now: datetime) -> tuple[Cell, ...]:
    second = _second_of_day(now)
    return tuple(Cell(counts.get(row), past=is_today and row + HALF_HOUR <= second) for row in rows)


def _second_of_day(now: datetime) -> int:
    local = clock.to_tokyo(now)
    return local.hour * 3600 + local.minute * 60
