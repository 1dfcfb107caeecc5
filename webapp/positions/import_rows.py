"""Rows of positions, demand and skills files, typed. Pure. A column the file does not have is None: as it is now."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from webapp.core.calendar import WEEKDAYS
from webapp.core.csvfile import Column, Table
from webapp.core.hours import clock_of
from webapp.org.import_cells import Cells, date_of, narrow
from webapp.positions.forms import words_of
from webapp.positions.rules import GROUP_WORDS, KIND_WORDS, Group, Kind, Staffed, weekday_mask
from webapp.positions.wanted import EVERY_DAY, HIGHEST_BURDEN, WORKING_DAYS

UNIT, POSITION, KIND, STAFFED = "所属コード", "持ち場", "種類", "配置"
SITE, SKILLS, BURDEN = "拠点", "必要技能", "負担"
CONTRACTOR, FEEDS = "委託", "応援元所属コード"
WHEN, START, END = "曜日または日付", "開始", "終了"
NEED, IDEAL, EXPERIENCED, WEIGHT = "必要", "望ましい", "経験者", "負担の重み"
NUMBER, CAN, LEVEL, GROUP = "職員番号", "技能", "経験区分", "公平の群"
CONSECUTIVE, DAILY = "連続上限分", "日上限分"

POSITION_COLUMNS = (
    Column(UNIT, required=True),
    Column(POSITION, required=True),
    *(Column(name) for name in (KIND, STAFFED, SITE, SKILLS, BURDEN, CONTRACTOR, FEEDS)),
)
DEMAND_COLUMNS = (
    Column(UNIT),
    Column(POSITION, required=True),
    Column(WHEN, required=True, aliases=("曜日", "日付")),
    Column(START, required=True),
    Column(END, required=True),
    Column(NEED, required=True),
    Column(IDEAL),
    Column(EXPERIENCED),
    Column(WEIGHT),
)
SKILL_COLUMNS = (
    Column(NUMBER, required=True),
    *(Column(name) for name in (CAN, LEVEL, CONSECUTIVE, DAILY, GROUP)),
)
KINDS = {word: kind for kind, word in KIND_WORDS.items()}
STAFFINGS = {
    "当番制": Staffed.DUTY,
    "在席者": Staffed.ANYONE,
    "在席者で受ける": Staffed.ANYONE,
}
GROUPS = {word: group for group, word in GROUP_WORDS.items()}
LEVELS: dict[str, bool] = {"経験者": True, "見習い": False}
YES_NO = {"委託": True, "はい": True, "1": True, "いいえ": False, "0": False, "直営": False}
_RANGE = re.compile(rf"^([{WEEKDAYS}])[〜~～–-]([{WEEKDAYS}])$")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PositionRow:
    unit_code: str
    name: str
    kind: Kind | None
    staffed: Staffed | None
    site: str | None
    skills: tuple[str, ...] | None
    burden: float | None
    contractor: bool | None
    feeds: tuple[str, ...] | None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class DemandRow:
    unit_code: str
    name: str
    weekdays: int
    day: date | None
    start: int
    end: int
    need: int
    ideal: int | None
    experienced: int | None
    burden: float | None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class SkillRow:
    """level, minutes, group: (said,) where the column is there, also for an empty cell; None where it is not."""

    number: str
    skills: tuple[str, ...] | None
    level: tuple[bool | None] | None
    consecutive: tuple[int | None] | None
    daily: tuple[int | None] | None
    group: tuple[Group] | None
    line: int = field(default=0, compare=False)


def days_of(text: str) -> tuple[int, date | None] | None:
    """月, 月火, 月・水, 月〜金, 平日, 土日, 毎日, or a date → (weekdays, day); None if it is neither."""
    if (day := date_of(text)) is not None:
        return 0, day
    mask = 0
    for part in words_of(narrow(text)):
        if (found := _weekdays(part.replace("曜日", "").replace("曜", ""))) is None:
            return None
        mask |= found
    return (mask, None) if mask else None


def _weekdays(part: str) -> int | None:
    if part == "平日":
        return WORKING_DAYS
    if part in ("毎日", "全日"):
        return EVERY_DAY
    if found := _RANGE.match(part):
        first, last = WEEKDAYS.index(found[1]), WEEKDAYS.index(found[2])
        return weekday_mask(range(first, last + 1)) if first <= last else None
    if not part or set(part) - set(WEEKDAYS):
        return None
    return weekday_mask(WEEKDAYS.index(each) for each in part)


class _Row(Cells):
    def has(self, column: str) -> bool:
        return column in self.table.columns

    def said(self, column: str, words: Mapping[str, T]) -> T | None:
        """None where the column or the cell is empty."""
        if not self.has(column) or not self.row[column]:
            return None
        return self.choice(column, words, empty=next(iter(words.values())))

    def several(self, column: str) -> tuple[str, ...] | None:
        if not self.has(column):
            return None
        words = words_of(self.row[column])
        if any(len(word) > 40 for word in words):
            self.fault(column, "長すぎる言葉があります", "1つを40文字以内にしてください")
        return tuple(sorted(set(words)))

    def weight(self, column: str) -> float | None:
        text = narrow(self.row[column])
        if not text:
            return None
        if not re.fullmatch(r"\d{1,2}(\.\d+)?", text) or float(text) > HIGHEST_BURDEN:
            self.fault(
                column, f"「{text}」は使えません", "0 から 5 の数にしてください（ふつうは 1）"
            )
            return None
        return float(text)

    def count(self, column: str, *, required: bool = False) -> int | None:
        if required and not self.row[column]:
            self.fault(column, "空です", "人数を入れてください（例 1）")
        found = self.number(column)
        if found is not None and not 0 <= found <= 99:
            self.fault(column, f"「{found}」は使えません", "0 から 99 の人数にしてください")
            return None
        return found

    def minutes(self, column: str) -> tuple[int | None] | None:
        if not self.has(column):
            return None
        found = self.number(column)
        if found is not None and not 15 <= found <= 1440:
            self.fault(column, f"「{found}」は使えません", "15 から 1440 の分か、空にしてください")
            return (None,)
        return (found,)


def read_positions(table: Table) -> list[PositionRow]:
    rows: list[PositionRow] = []
    seen: dict[tuple[str, str], int] = {}
    for row in table.rows:
        cells = _Row(table, row)
        code, name = cells.code(UNIT, required=True), cells.text(POSITION, 40, required=True)
        site = cells.text(SITE, 60) if cells.has(SITE) else None
        new = PositionRow(
            code,
            name,
            cells.said(KIND, KINDS),
            cells.said(STAFFED, STAFFINGS),
            site,
            cells.several(SKILLS),
            cells.weight(BURDEN),
            cells.said(CONTRACTOR, YES_NO),
            cells.several(FEEDS),
            row.line,
        )
        if name and (twin := seen.setdefault((code, name), row.line)) != row.line:
            right = "名前を変えるか、どちらかの行を消してください"
            cells.fault(POSITION, f"{twin}行目と同じ所属・同じ持ち場です", right)
        rows.append(new)
    return rows


def read_demand(table: Table) -> list[DemandRow]:
    rows: list[DemandRow] = []
    for row in table.rows:
        cells = _Row(table, row)
        code, name = cells.code(UNIT), cells.text(POSITION, 40, required=True)
        when = _when(cells)
        start, end = cells.clock(START, required=True), cells.clock(END, required=True)
        if end is not None and end > 24 * 60:
            cells.fault(END, f"「{row[END]}」は日をまたぎます", "24:00 までにしてください")
        elif start is not None and end is not None and end <= start:
            right = f"{clock_of(start)} より後の時刻にしてください"
            cells.fault(END, "終了が開始より前か同じです", right)
        need = cells.count(NEED, required=True)
        ideal, experienced = cells.count(IDEAL), cells.count(EXPERIENCED)
        if need is not None and ideal is not None and ideal < need:
            cells.fault(
                IDEAL,
                f"望ましい（{ideal}）が必要（{need}）より少ないです",
                f"{need} 以上にしてください",
            )
        if need is not None and experienced is not None and experienced > need:
            right = f"{need} 以下にしてください"
            cells.fault(EXPERIENCED, f"経験者（{experienced}）が必要（{need}）より多いです", right)
        burden = cells.weight(WEIGHT)
        if when and start is not None and end is not None and need is not None:
            rows.append(
                DemandRow(code, name, *when, start, end, need, ideal, experienced, burden, row.line)
            )
    return rows


def _when(cells: _Row) -> tuple[int, date | None] | None:
    text = cells.row[WHEN]
    found = days_of(text) if text else None
    if found is None:
        what = f"「{text}」は曜日でも日付でもありません" if text else "空です"
        cells.fault(WHEN, what, "月・月〜金・平日・毎日 か、2026-12-10 のようにしてください")
    return found


def read_skills(table: Table) -> list[SkillRow]:
    rows: list[SkillRow] = []
    seen: dict[str, int] = {}
    for row in table.rows:
        cells = _Row(table, row)
        number = cells.code(NUMBER, required=True)
        if number and (twin := seen.setdefault(number, row.line)) != row.line:
            cells.fault(NUMBER, f"{twin}行目と同じ職員です", "1人を1行にまとめてください")
        consecutive, daily = cells.minutes(CONSECUTIVE), cells.minutes(DAILY)
        if consecutive and daily and consecutive[0] and daily[0] and consecutive[0] > daily[0]:
            right = f"{daily[0]} 以下にしてください"
            cells.fault(CONSECUTIVE, f"連続上限が日上限（{daily[0]}）より長いです", right)
        rows.append(
            SkillRow(
                number,
                cells.several(CAN),
                (cells.said(LEVEL, LEVELS),) if cells.has(LEVEL) else None,
                consecutive,
                daily,
                (cells.said(GROUP, GROUPS) or Group.ROTATE,) if cells.has(GROUP) else None,
                row.line,
            )
        )
    return rows
