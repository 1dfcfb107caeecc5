"""Rows of units and staff files, typed; and the checks that need more than one row. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from webapp.core.csvfile import Column, Row, Table
from webapp.org.import_cells import Cells, minutes_of, nearest
from webapp.org.rules import (
    POSTING_WORDS,
    REACH_WORDS,
    ROLE_WORDS,
    PostingKind,
    Reach,
    Role,
    roles_to,
)

UNIT_COLUMNS = (
    Column("所属コード", required=True),
    Column("所属名", required=True),
    Column("ふりがな"),
    Column("種別"),
    Column("上位所属コード"),
    Column("並び順"),
    Column("引継先所属コード"),
    Column("有効開始日", aliases=("発令日",)),
    Column("有効終了日"),
)
STAFF_COLUMNS = (
    Column("職員番号", required=True),
    Column("氏名", required=True),
    Column("ふりがな"),
    Column("所属コード", required=True),
    Column("職名"),
    Column("役割"),
    Column("任用区分", aliases=("雇用区分",)),
    Column("勤務時間の区分", aliases=("勤務時間割",)),
    Column("週所定勤務時間", aliases=("週所定時間",)),
    Column("メール"),
    Column("内線"),
    Column("公用携帯"),
    Column("着信区分"),
    Column("本務兼務", aliases=("主務兼務",)),
    Column("テレワーク対象"),
    Column("有効開始日", aliases=("発令日",)),
    Column("有効終了日"),
)
# What makes a row another one when it differs: field → column.
UNIT_FIELDS = {
    "name": "所属名",
    "kana": "ふりがな",
    "kind": "種別",
    "parent_code": "上位所属コード",
    "sort_order": "並び順",
    "successor_code": "引継先所属コード",
}
STAFF_FIELDS = {
    "name": "氏名",
    "kana": "ふりがな",
    "unit_code": "所属コード",
    "title": "職名",
    "roles": "役割",
    "employment": "任用区分",
    "pattern_name": "勤務時間の区分",
    "weekly_minutes": "週所定勤務時間",
    "email": "メール",
    "extension": "内線",
    "mobile": "公用携帯",
    "reach": "着信区分",
    "telework": "テレワーク対象",
}
_MAIN = PostingKind.MAIN.value  # compared as plain text: an enum's == took most of a comparison
LONGEST_WEEK = 60 * 60  # minutes
_ROLES = {word: role for role, word in ROLE_WORDS.items()}
_KINDS = {word: kind for kind, word in POSTING_WORDS.items()} | {"主務": PostingKind.MAIN}
_REACHES = {word: reach for reach, word in REACH_WORDS.items()} | {"折り返しのみ": Reach.CALLBACK}
_TELEWORK: dict[str, bool | None] = {"対象": True, "対象外": False}


@dataclass(frozen=True, slots=True)
class UnitRow:
    code: str
    name: str
    kana: str = ""
    kind: str = ""
    parent_code: str = ""
    sort_order: int = 0
    successor_code: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    line: int = field(default=0, compare=False)

    @property
    def key(self) -> tuple[str, ...]:
        return (self.code,)


@dataclass(frozen=True, slots=True)
class StaffRow:
    number: str
    name: str
    unit_code: str
    kana: str = ""
    title: str = ""
    roles: str = "member"
    employment: str = ""
    pattern_name: str = ""
    weekly_minutes: int | None = None
    email: str = ""
    extension: str = ""
    mobile: str = ""
    reach: str = Reach.NONE.value
    telework: bool | None = None
    kind: str = PostingKind.MAIN.value
    starts_on: date | None = None
    ends_on: date | None = None
    line: int = field(default=0, compare=False)

    @property
    def is_main(self) -> bool:
        return self.kind == _MAIN

    @property
    def key(self) -> tuple[str, ...]:
        """Which row follows on which: the 本務 of a person moves, a 兼務 stays in its unit."""
        return (self.number, self.kind, "" if self.is_main else self.unit_code)


def given_fields(table: Table, fields: Mapping[str, str]) -> frozenset[str]:
    """Fields whose column the file has; what it does not have stays as it is."""
    return frozenset(name for name, column in fields.items() if column in table.columns)


def read_units(table: Table) -> list[UnitRow]:
    return [_unit_row(Cells(table, row), place) for place, row in enumerate(table.rows)]


def _unit_row(cells: Cells, place: int) -> UnitRow:
    starts_on, ends_on = cells.period()
    order = cells.number("並び順")
    return UnitRow(
        code=cells.code("所属コード", required=True),
        name=cells.text("所属名", 100, required=True),
        kana=cells.text("ふりがな", 200),
        kind=cells.text("種別", 20),
        parent_code=cells.code("上位所属コード"),
        sort_order=place if order is None else order,
        successor_code=cells.code("引継先所属コード"),
        starts_on=starts_on,
        ends_on=ends_on,
        line=cells.line,
    )


def read_staff(table: Table) -> list[StaffRow]:
    return [_staff_row(Cells(table, row), row) for row in table.rows]


def _staff_row(cells: Cells, row: Row) -> StaffRow:
    starts_on, ends_on = cells.period()
    return StaffRow(
        number=cells.code("職員番号", required=True),
        name=cells.text("氏名", 80, required=True),
        kana=cells.text("ふりがな", 120),
        unit_code=cells.code("所属コード", required=True),
        title=cells.text("職名", 60),
        roles=_roles(cells, row["役割"]),
        employment=cells.text("任用区分", 60),
        pattern_name=cells.text("勤務時間の区分", 60),
        weekly_minutes=_weekly_minutes(cells, row["週所定勤務時間"]),
        email=cells.email("メール"),
        extension=cells.phone("内線"),
        mobile=cells.phone("公用携帯"),
        reach=cells.choice("着信区分", _REACHES, empty=Reach.NONE).value,
        telework=cells.choice("テレワーク対象", _TELEWORK, empty=None),
        kind=cells.choice("本務兼務", _KINDS, empty=PostingKind.MAIN).value,
        starts_on=starts_on,
        ends_on=ends_on,
        line=cells.line,
    )


def _roles(cells: Cells, text: str) -> str:
    words = [word for word in re.split(r"[\s・、,;／/]+", text) if word]
    for word in words:
        if word not in _ROLES:
            right = f"{'・'.join(_ROLES)} から選び、いくつかあれば空白で区切ってください"
            cells.fault("役割", f"「{word}」という役割はありません", right)
    return roles_to({_ROLES[word] for word in words if word in _ROLES} or {Role.MEMBER})


def _weekly_minutes(cells: Cells, text: str) -> int | None:
    if not text:
        return None
    minutes = minutes_of(text)
    if minutes is None or minutes > LONGEST_WEEK:
        cells.fault(
            "週所定勤務時間",
            f"「{text}」は週の勤務時間ではありません",
            "38:45 のように 60:00 以内にしてください",
        )
        return None
    return minutes


# ---- checks across rows


def overlap(first: UnitRow | StaffRow, second: UnitRow | StaffRow) -> bool:
    return not (
        (first.ends_on and second.starts_on and first.ends_on < second.starts_on)
        or (second.ends_on and first.starts_on and second.ends_on < first.starts_on)
    )


def check_staff(table: Table, rows: Sequence[StaffRow]) -> None:
    """One name and one 本務 at a time for each number."""
    seen: dict[str, list[StaffRow]] = {}
    for row in rows:
        earlier = seen.setdefault(row.number, [])
        _check_person(table, row, earlier)
        if row.number:
            earlier.append(row)


def _check_person(table: Table, row: StaffRow, earlier: list[StaffRow]) -> None:
    for other in earlier:
        if row.name and other.name and row.name != other.name:
            what = f"{row.number} は{other.line}行目では{other.name}、この行では{row.name}です"
            table.fault(row.line, "職員番号", what, "1人に1つの番号にしてください")
        elif row.key == other.key and overlap(row, other):
            what = (
                f"{other.line}行目と{'本務' if row.is_main else '同じ所属の兼務'}が重なっています"
            )
            right = "片方を兼務にするか、有効開始日・有効終了日を分けるか、行を消してください"
            table.fault(row.line, "本務兼務", what, right)
        else:
            continue
        return


def check_unit_codes(
    table: Table,
    rows: Sequence[StaffRow],
    known: Mapping[str, Sequence[tuple[date, date | None]]],
    *,
    effective: date,
) -> None:
    """Every row's unit is in force when the row begins. known: {code: [(from, to)]}."""
    if not known and rows:
        table.fault(
            1,
            "所属コード",
            "所属がまだ1つも取り込まれていません",
            "先に所属（units）を取り込んでください",
        )
        return
    for row in rows:
        if not row.unit_code or (row.ends_on and row.ends_on < effective):
            continue
        begins = max(row.starts_on or effective, effective)
        periods = known.get(row.unit_code)
        if periods is None:
            right = nearest(row.unit_code, known) or "所属のファイルにあるコードにしてください"
            table.fault(row.line, "所属コード", f"{row.unit_code} という所属はありません", right)
        elif not any(
            first <= begins and (last is None or begins <= last) for first, last in periods
        ):
            what = f"{row.unit_code} は {begins} には有効ではありません"
            table.fault(
                row.line,
                "所属コード",
                what,
                "その日に有効な所属にしてください（引継先がないか確かめてください）",
            )


def check_units(
    table: Table, rows: Sequence[UnitRow], *, effective: date, others: Iterable[str] = ()
) -> None:
    """Codes once at a time, parents and successors that exist, no circle.

    others: codes in force that a part of the organisation does not name.
    """
    _check_codes(table, rows)
    in_force = {row.code: row for row in rows if not (row.ends_on and row.ends_on < effective)}
    named = {row.code for row in rows}
    known = set(in_force) | set(others)
    for row in rows:
        if row.code not in in_force:
            _check_successor(table, row, known)
            continue
        if row.parent_code and row.parent_code not in known:
            _unknown_parent(table, row, named, known)
        _check_successor(table, row, known | named)
    _check_circles(table, in_force)


def _check_codes(table: Table, rows: Sequence[UnitRow]) -> None:
    seen: dict[str, list[UnitRow]] = {}
    for row in rows:
        for other in seen.get(row.code, ()):
            if row.code and overlap(row, other):
                what = f"{row.code} は {other.line}行目にもあります"
                table.fault(row.line, "所属コード", what, "コードは1つの所属に1つにしてください")
                break
        seen.setdefault(row.code, []).append(row)


def _unknown_parent(table: Table, row: UnitRow, named: set[str], known: set[str]) -> None:
    if row.parent_code in named:
        what = f"上位の {row.parent_code} はこの日より前に終わります"
        table.fault(row.line, "上位所属コード", what, "続いて有効な所属にしてください")
        return
    right = (
        nearest(row.parent_code, known)
        or "このファイルにある所属コードか、最上位なら空にしてください"
    )
    table.fault(row.line, "上位所属コード", f"{row.parent_code} という所属はありません", right)


def _check_successor(table: Table, row: UnitRow, known: set[str]) -> None:
    code = row.successor_code
    if not code:
        return
    if code == row.code:
        table.fault(
            row.line,
            "引継先所属コード",
            "自分自身になっています",
            "引き継ぐ先の所属コードにしてください",
        )
    elif code not in known:
        right = nearest(code, known) or "続いて有効な所属のコードにしてください"
        table.fault(row.line, "引継先所属コード", f"{code} という所属はありません", right)


def _check_circles(table: Table, units: Mapping[str, UnitRow]) -> None:
    """A fault for one unit of each circle of 上位所属."""
    cleared: set[str] = set()
    for code in units:
        path: list[str] = []
        at = code
        while at and at in units and at not in cleared and at not in path:
            path.append(at)
            at = units[at].parent_code
        if at and at in path:
            circle = [*path[path.index(at) :], at]
            right = "どれか1つの上位所属コードを直してください"
            table.fault(
                units[at].line,
                "上位所属コード",
                f"上位が輪になっています（{' → '.join(circle)}）",
                right,
            )
        cleared.update(path)
