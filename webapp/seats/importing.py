"""An items file: what may be lent. Rows are added or changed by 物品番号; what is not in the file stays."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from webapp.core import clock
from webapp.core.csvfile import Column, Table
from webapp.core.db import db
from webapp.core.refusals import Conflict
from webapp.org import importing
from webapp.org import queries as org
from webapp.org.import_cells import Cells, nearest
from webapp.org.import_difference import Change, What, counted
from webapp.org.import_order import Checked, Written, closed, opened
from webapp.org.rules import REACH_WORDS
from webapp.seats import administering
from webapp.seats.administering import ItemWanted
from webapp.seats.models import LoanItem

KIND = "items"
NUMBER, SORT, NAME, TELEPHONE = "物品番号", "種別", "名称", "電話番号"
REACH, UNIT, QUANTITY = "着信区分", "所管所属コード", "数量"
NEEDED, NOTE = "在宅に必要", "備考"
COLUMNS = (
    Column(NUMBER, required=True),
    Column(SORT, required=True),
    *(Column(name) for name in (NAME, TELEPHONE, REACH, UNIT, QUANTITY, NEEDED, NOTE)),
)
REACHES = {word: reach.value for reach, word in REACH_WORDS.items()} | {"折り返しのみ": "callback"}
YES_NO = {
    "要": True,
    "必要": True,
    "はい": True,
    "1": True,
    "不要": False,
    "いいえ": False,
    "0": False,
}
MOST = 100_000


@dataclass(frozen=True, slots=True)
class ItemRow:
    """wanted: a column the file does not have stays as it is now."""

    wanted: ItemWanted
    line: int


def wanted_of(item: LoanItem) -> ItemWanted:
    return ItemWanted(
        item.number,
        item.kind,
        item.name,
        item.telephone,
        item.reach,
        item.unit_id,
        item.quantity,
        item.needed_at_home,
        item.note,
        item.closed_on,
    )


def check_items(checked: Checked, *, today: date) -> None:  # noqa: ARG001 every check is told
    table = opened(checked, COLUMNS)
    held = {item.number: item for item in db.session.scalars(select(LoanItem))}
    before = {number: wanted_of(item) for number, item in held.items()}
    rows = _read(table, before)
    if closed(checked, table):
        return
    changes = [_change(row, before.get(row.wanted.number)) for row in rows]
    real = [(row, change) for row, change in zip(rows, changes, strict=True) if change is not None]
    checked.changes = [change for _, change in real]
    checked.counts = counted(checked.changes) | {"unchanged": len(rows) - len(real)}
    checked.changes_something = bool(real)
    left = len(held.keys() - {row.wanted.number for row in rows})
    if left:
        checked.notes.append(f"ファイルにない {left} 件は今のままにします。")
    checked.write = lambda _taken: _write([row.wanted for row, _ in real], before)


def _read(table: Table, before: Mapping[str, ItemWanted]) -> list[ItemRow]:
    units = {node.code: node.id for node in org.current_tree().nodes}
    rows: list[ItemRow] = []
    lines: dict[str, int] = {}
    for row in table.rows:
        cells = Cells(table, row)
        number = cells.code(NUMBER, required=True)
        if number in lines:
            right = f"{lines[number]}行目と同じです。1つにしてください"
            cells.fault(NUMBER, f"{number} が2回あります", right)
        lines.setdefault(number, row.line)
        old = before.get(number, ItemWanted(number, "", number))
        rows.append(ItemRow(_wanted(cells, table.columns, old, units), row.line))
    return rows


def _wanted(
    cells: Cells, columns: tuple[str, ...], old: ItemWanted, units: Mapping[str, int]
) -> ItemWanted:
    wanted = replace(old, kind=cells.text(SORT, 40, required=True))
    if NAME in columns:
        wanted = replace(wanted, name=cells.text(NAME, 80) or old.name)
    if TELEPHONE in columns:
        wanted = replace(wanted, telephone=cells.phone(TELEPHONE)[:20])
    if REACH in columns:
        wanted = replace(wanted, reach=cells.choice(REACH, REACHES, empty=""))
    if UNIT in columns:
        wanted = replace(wanted, unit_id=_unit(cells, units))
    if QUANTITY in columns:
        wanted = replace(wanted, quantity=_quantity(cells, old.quantity))
    if NEEDED in columns:
        needed = cells.choice(NEEDED, YES_NO, empty=old.needed_at_home)
        wanted = replace(wanted, needed_at_home=needed)
    if NOTE in columns:
        wanted = replace(wanted, note=cells.text(NOTE, 200))
    if bool(wanted.telephone) != bool(wanted.reach):
        missing = REACH if wanted.telephone else TELEPHONE
        cells.fault(missing, "空です", "電話番号と着信区分は、両方を入れるか両方を空にしてください")
    return wanted


def _unit(cells: Cells, units: Mapping[str, int]) -> int | None:
    """Empty: of the whole town hall."""
    code = cells.code(UNIT)
    if code and code not in units:
        right = nearest(code, units) or "所属コードを確かめてください"
        cells.fault(UNIT, f"{code} という所属は、いまありません", right)
    return units.get(code)


def _quantity(cells: Cells, before: int) -> int:
    number = cells.number(QUANTITY)
    if number is None:
        return before
    if not 0 <= number <= MOST:
        cells.fault(QUANTITY, f"{number} は数量ではありません", f"0〜{MOST} の整数にしてください")
    return number


def _change(row: ItemRow, old: ItemWanted | None) -> Change | None:
    wanted = row.wanted
    if old is None:
        words = f"{wanted.kind} {wanted.name} {wanted.quantity}"
        return Change(What.JOINED, wanted.number, wanted.name, after=words, line=row.line)
    was, will = _words(old), _words(wanted)
    fields = tuple((name, was[name], will[name]) for name in was if was[name] != will[name])
    if not fields:
        return None
    return Change(What.CHANGED, wanted.number, wanted.name, fields=fields, line=row.line)


def _words(one: ItemWanted) -> dict[str, str]:
    reaches = {value: word for word, value in reversed(REACHES.items())}
    node = org.current_tree().by_id(one.unit_id) if one.unit_id else None
    return {
        SORT: one.kind,
        NAME: one.name,
        TELEPHONE: one.telephone,
        REACH: reaches.get(one.reach, ""),
        UNIT: node.code if node else "",
        QUANTITY: str(one.quantity),
        NEEDED: "要" if one.needed_at_home else "",
        NOTE: one.note,
    }


def _write(rows: list[ItemWanted], before: Mapping[str, ItemWanted]) -> Written:
    """Only over what was checked: of two who change an item at once the second looks again."""
    now = clock.now()
    query = select(LoanItem).where(LoanItem.number.in_([row.number for row in rows]))
    held = {item.number: item for item in db.session.scalars(query.with_for_update())}
    for row in rows:
        item = held.get(row.number)
        if (wanted_of(item) if item else None) != before.get(row.number):
            raise Conflict("ちょうど画面での変更がありました。もう一度確かめてください。")
    for row in rows:
        administering.put_item(held.get(row.number), row, actor=None, now=now)
    return Written(of_org=False)


importing.register(KIND, "貸出物品・回線", check_items)
