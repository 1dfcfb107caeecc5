"""Rows of a segments file (plans, leave, meetings of 庶務事務 and groupware), typed. Pure.

The kind of a leave (年休, 病休 …) is read as 休暇等 and goes no further.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from webapp.core.csvfile import Column, Row, Table
from webapp.org.import_cells import Cells
from webapp.plans.rules import Kind, Planned, overlaps

NUMBER, DAY, START, END, KIND, SITE, SOURCE = (
    "職員番号", "日付", "開始", "終了", "区分", "拠点", "取込元",
)  # fmt: skip
COLUMNS = (
    Column(NUMBER, required=True),
    Column(DAY, required=True),
    Column(START),
    Column(END),
    Column(KIND, required=True),
    Column(SITE),
    Column(SOURCE),
)
NO_SOURCE = "取込"  # a file that does not say where it comes from
LONGEST_SITE, LONGEST_SOURCE = 60, 40
# What people say here themselves is nothing a file may replace.
RESERVED = ("manual", "request:", "loan:", "swap:", "emergency", "iCal", "calendar", "rota")

KINDS: dict[str, Kind | None] = {
    "在庁": Kind.OFFICE,
    "出勤": Kind.OFFICE,
    "在宅": Kind.HOME,
    "サテライト": Kind.SATELLITE,
    "モバイルワーク": Kind.MOBILE,
    "モバイル": Kind.MOBILE,
    "外出・出張": Kind.TRIP,
    "外出": Kind.TRIP,
    "出張": Kind.TRIP,
    "休暇等": Kind.LEAVE,
    "会議": Kind.MEETING,
    "災害配備": Kind.DISASTER,
}
LEAVES = (
    "休暇", "年休", "年次休暇", "有休", "時間休", "半休", "特休", "特別休暇", "夏休", "夏季休暇",
    "病休", "病気休暇", "介護休暇", "看護休暇", "育休", "産休", "代休", "振休", "振替休日",
    "職免", "職務免除", "休職", "欠勤",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """start and end None: the whole of the person's day."""

    line: int
    number: str
    day: date
    start: int | None
    end: int | None
    kind: Kind
    site: str | None
    source: str


def words(local: Mapping[str, str]) -> dict[str, Kind | None]:
    """Every word of 区分. local: {code of a place: the municipality's own word}."""
    own = {word: Kind(code) for code, word in local.items() if code in set(Kind)}
    return KINDS | dict.fromkeys(LEAVES, Kind.LEAVE) | own


def read(table: Table, row: Row, kinds: Mapping[str, Kind | None]) -> SegmentRow | None:
    """The row, or None with its faults noted in the table."""
    before = len(table.faults)
    cells = Cells(table, row)
    number = cells.code(NUMBER, required=True)
    day = cells.day(DAY, required=True)
    start, end = cells.span(START, END)
    kind = _kind(cells, kinds)
    site = cells.text(SITE, LONGEST_SITE) or None
    source = cells.text(SOURCE, LONGEST_SOURCE) or NO_SOURCE
    if source.startswith(RESERVED):
        cells.fault(
            SOURCE, f"「{source}」は使えません", "庶務事務 のように、システムの名前にしてください"
        )
    if len(table.faults) > before or day is None or kind is None:
        return None
    return SegmentRow(row.line, number, day, start, end, kind, site, source)


def _kind(cells: Cells, kinds: Mapping[str, Kind | None]) -> Kind | None:
    text = cells.row[KIND].replace(" ", "").replace("　", "")
    if text and text in kinds:
        return kinds[text]
    right = f"{'・'.join(KINDS)} のどれかにしてください"
    cells.fault(KIND, f"「{text[:20]}」という区分はありません" if text else "空です", right)
    return None


@dataclass(frozen=True, slots=True)
class Placed:
    """A row whose minutes are known."""

    row: SegmentRow
    entry: Planned


def contradictions(placed: Iterable[Placed]) -> list[tuple[Placed, Placed]]:
    """(earlier line, later line) of one source's stretches of one person's day that cannot both be true."""
    found = []
    by_entry: dict[int, Placed] = {}
    entries = []
    for one in placed:
        by_entry[id(one.entry)] = one
        entries.append(one.entry)
    for first, second in overlaps(entries):
        one, other = by_entry[id(first)], by_entry[id(second)]
        found.append((one, other) if one.row.line < other.row.line else (other, one))
    return found
