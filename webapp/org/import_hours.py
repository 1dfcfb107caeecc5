"""Rows of patterns, staff-hours and closures files, typed. Pure."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from webapp.core.csvfile import Column, Table
from webapp.org.import_cells import Cells

PATTERN_COLUMNS = (
    Column("区分名", required=True, aliases=("勤務時間の区分", "勤務時間割")),
    Column("曜日", required=True),
    Column("始業", required=True),
    Column("終業", required=True),
    Column("休憩開始"),
    Column("休憩終了"),
    Column("コアタイム開始"),
    Column("コアタイム終了"),
)
STAFF_HOURS_COLUMNS = (
    Column("職員番号", required=True),
    Column("曜日", required=True),
    Column("始業", required=True),
    Column("終業", required=True),
    Column("休憩開始"),
    Column("休憩終了"),
    Column("有効開始日", aliases=("発令日",)),
    Column("有効終了日"),
)
CLOSURE_COLUMNS = (
    Column("拠点"),
    Column("日付", required=True),
    Column("開始"),
    Column("終了"),
    Column("理由"),
)
_WEEKDAYS = {
    word: number
    for number, day in enumerate("月火水木金土日")
    for word in (day, f"{day}曜", f"{day}曜日")
}


@dataclass(frozen=True, slots=True)
class DayHours:
    """Hours of one weekday in minutes after midnight; 0 = Monday."""

    weekday: int
    start: int
    end: int
    break_start: int | None = None
    break_end: int | None = None
    core_start: int | None = None
    core_end: int | None = None


@dataclass(frozen=True, slots=True)
class PatternRow:
    name: str
    hours: DayHours
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class StaffHoursRow:
    number: str
    hours: DayHours
    starts_on: date | None = None
    ends_on: date | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ClosureRow:
    site: str
    day: date
    start: int | None
    end: int | None
    reason: str
    line: int = field(default=0, compare=False)


def _hours(cells: Cells, *, core: bool) -> DayHours | None:
    weekday = cells.choice("曜日", _WEEKDAYS, empty=-1)
    if not cells.row["曜日"]:
        cells.fault("曜日", "空です", "月・火・水・木・金・土・日 のどれかにしてください")
    start, end = cells.span("始業", "終業", required=True)
    pause = cells.span("休憩開始", "休憩終了")
    middle = cells.span("コアタイム開始", "コアタイム終了") if core else (None, None)
    if start is None or end is None or weekday < 0:
        return None
    inside = (("休憩開始", "休憩", pause), ("コアタイム開始", "コアタイム", middle))
    for column, word, (first, last) in inside:
        if first is not None and last is not None and not start <= first < last <= end:
            cells.fault(
                column, f"{word}が始業から終業の間にありません", "勤務時間の中の時刻にしてください"
            )
    return DayHours(weekday, start, end, *pause, *middle)


def read_patterns(table: Table) -> list[PatternRow]:
    rows: list[PatternRow] = []
    seen: dict[tuple[str, int], int] = {}
    for row in table.rows:
        cells = Cells(table, row)
        name = cells.text("区分名", 60, required=True)
        hours = _hours(cells, core=True)
        if not name or hours is None:
            continue
        if (twin := seen.setdefault((name, hours.weekday), row.line)) != row.line:
            cells.fault(
                "曜日", f"{twin}行目と同じ区分・同じ曜日です", "どちらかの行を消してください"
            )
        rows.append(PatternRow(name, hours, row.line))
    return rows


def read_staff_hours(table: Table, numbers: Container[str]) -> list[StaffHoursRow]:
    """numbers: those of everybody taken in."""
    rows: list[StaffHoursRow] = []
    of_day: dict[tuple[str, int], list[StaffHoursRow]] = {}
    for row in table.rows:
        cells = Cells(table, row)
        number = cells.code("職員番号", required=True)
        if number and number not in numbers:
            cells.fault(
                "職員番号",
                f"{number} という職員はいません",
                "先に職員を取り込むか、番号を確かめてください",
            )
        hours = _hours(cells, core=False)
        first, last = cells.period()
        if hours is None:
            continue
        new = StaffHoursRow(number, hours, first, last, row.line)
        earlier = of_day.setdefault((number, hours.weekday), [])
        twin = next((old for old in earlier if _overlap(old, new)), None)
        if twin is not None:
            cells.fault(
                "曜日",
                f"{twin.line}行目と同じ曜日で期間が重なっています",
                "曜日か期間を分けてください",
            )
        earlier.append(new)
        rows.append(new)
    return rows


def _overlap(one: StaffHoursRow, other: StaffHoursRow) -> bool:
    return not (
        (one.ends_on and other.starts_on and one.ends_on < other.starts_on)
        or (other.ends_on and one.starts_on and other.ends_on < one.starts_on)
    )


def read_closures(table: Table) -> list[ClosureRow]:
    rows: list[ClosureRow] = []
    seen: dict[tuple[str, date, int | None], int] = {}
    for row in table.rows:
        cells = Cells(table, row)
        site, reason = cells.text("拠点", 60), cells.text("理由", 100)
        day = cells.day("日付", required=True)
        start, end = cells.span("開始", "終了")
        if day is None:
            continue
        if (twin := seen.setdefault((site, day, start), row.line)) != row.line:
            cells.fault("日付", f"{twin}行目と同じ日です", "どちらかの行を消してください")
        rows.append(ClosureRow(site, day, start, end, reason, row.line))
    return rows


def merged_hours(
    held: Sequence[StaffHoursRow], wanted: Sequence[StaffHoursRow], *, today: date
) -> list[StaffHoursRow]:
    """One person's own hours after the file: its own from its first day on, what was before."""
    rows = [
        StaffHoursRow(row.number, row.hours, row.starts_on or today, row.ends_on, row.line)
        for row in wanted
    ]
    first = min(row.starts_on for row in rows if row.starts_on)
    eve = first - timedelta(days=1)
    kept = [
        StaffHoursRow(
            old.number,
            old.hours,
            old.starts_on,
            eve if old.ends_on is None or old.ends_on > eve else old.ends_on,
        )
        for old in held
        if old.starts_on and old.starts_on < first
    ]
    return kept + rows
