"""A positions file: the whole of the units named in it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from webapp.core import clock
from webapp.core.csvfile import Table
from webapp.core.db import db
from webapp.org import queries as org
from webapp.org.import_cells import nearest
from webapp.org.import_difference import Change, What
from webapp.org.import_order import Checked, closed, opened
from webapp.org.sites import site_names
from webapp.positions import service, stored
from webapp.positions.import_common import field_changes, guarded, tell, unit_ids_of
from webapp.positions.import_rows import FEEDS, POSITION_COLUMNS, PositionRow, read_positions
from webapp.positions.models import Position
from webapp.positions.rules import KIND_WORDS, STAFFED_WORDS
from webapp.positions.wanted import PositionWanted


def check_positions(checked: Checked, *, today: date) -> None:
    table = opened(checked, POSITION_COLUMNS)
    rows = read_positions(table)
    units = unit_ids_of(table, rows)
    feeds = {row.line: _feeds(table, row) for row in rows}
    if closed(checked, table):
        return
    _note_sites(checked, rows)
    plans = [
        _unit_plan(unit_id, [row for row in rows if units[row.unit_code] == unit_id], feeds, today)
        for unit_id in dict.fromkeys(units[row.unit_code] for row in rows)
    ]
    checked.concerned += [frozenset({unit_id}) for unit_id in set(units.values())]
    changes = [change for plan in plans for change in plan.changes]
    tell(checked, changes, sum(plan.same for plan in plans))
    writes = [write for plan in plans for write in plan.writes]
    checked.write = guarded(lambda: _write_positions(writes, set(units.values())))


@dataclass(slots=True)
class _UnitPlan:
    changes: list[Change] = field(default_factory=list)
    writes: list[Callable[[], None]] = field(default_factory=list)
    same: int = 0


def _unit_plan(
    unit_id: int, rows: Sequence[PositionRow], feeds: Mapping[int, tuple[int, ...]], today: date
) -> _UnitPlan:
    """The rows of one unit are all its positions, in their order; what is not among them ends today."""
    plan = _UnitPlan()
    held = {row.name: row for row in stored.rows_of(unit_id, today)}
    for place, row in enumerate(rows):
        old = held.pop(row.name, None)
        before = stored.position_wanted(old) if old else PositionWanted(row.name)
        wanted = _position(row, before, feeds[row.line])
        change = _position_change(row, old, before, wanted, place)
        if change is None:
            plan.same += 1
        else:
            plan.changes.append(change)
        plan.writes.append(_position_write(unit_id, old, wanted, place, today))
    for gone in held.values():
        words = "ファイルにないので、きょうで終わり"
        plan.changes.append(Change(What.LEFT, rows[0].unit_code, gone.name, words))
        plan.writes.append(_ending(gone, today))
    return plan


def _position_change(
    row: PositionRow,
    old: Position | None,
    before: PositionWanted,
    wanted: PositionWanted,
    place: int,
) -> Change | None:
    if old is None:
        words = "・".join([KIND_WORDS[wanted.kind], STAFFED_WORDS[wanted.staffed], *wanted.skills])
        return Change(What.JOINED, row.unit_code, row.name, after=words, line=row.line)
    fields = field_changes(before, wanted)
    if not fields and old.sort_order != place:
        fields = (("並び順", str(old.sort_order + 1), str(place + 1)),)
    if not fields:
        return None
    return Change(What.CHANGED, row.unit_code, row.name, fields=fields, line=row.line)


def _feeds(table: Table, row: PositionRow) -> tuple[int, ...]:
    tree = org.current_tree()
    found = []
    for code in row.feeds or ():
        if (node := tree.by_code(code)) is not None:
            found.append(node.id)
        else:
            right = nearest(code, [each.code for each in tree.nodes])
            table.fault(
                row.line,
                FEEDS,
                f"{code} という所属は、いまありません",
                right or "所属コードを確かめてください",
            )
    return tuple(sorted(found))


def _note_sites(checked: Checked, rows: Iterable[PositionRow]) -> None:
    unknown = {row.site for row in rows if row.site} - set(site_names())
    if unknown:
        checked.notes.append(
            f"知らない拠点です（設定の「サテライトの名前」か席のある拠点にする）: {'、'.join(sorted(unknown))}"
        )


def _position(row: PositionRow, old: PositionWanted, feeds: tuple[int, ...]) -> PositionWanted:
    """Columns that are not in the file, and empty ones of a fixed choice, stay as they are."""
    return PositionWanted(
        row.name,
        row.kind or old.kind,
        row.staffed or old.staffed,
        old.site if row.site is None else row.site,
        old.skills if row.skills is None else row.skills,
        old.burden if row.burden is None else row.burden,
        old.contractor if row.contractor is None else row.contractor,
        old.feeds if row.feeds is None else feeds,
    )


def _position_write(
    unit_id: int, old: Position | None, wanted: PositionWanted, place: int, today: date
) -> Callable[[], None]:
    old_id = old.id if old else None

    def write() -> None:
        row = (
            db.session.get(Position, old_id) if old_id else _ended_twin(unit_id, wanted.name, today)
        )
        if row is None:
            row = Position(unit_id=unit_id)
            db.session.add(row)
        row.ended_on = None if row.ended_on and row.ended_on <= today else row.ended_on
        row.sort_order = place
        service.fill_position(row, wanted)

    return write


def _ended_twin(unit_id: int, name: str, today: date) -> Position | None:
    """One that ended and comes back keeps its past."""
    ended = (row for row in stored.ended_rows(unit_id, today) if row.name == name)
    return next(ended, None)


def _ending(row: Position, today: date) -> Callable[[], None]:
    row_id = row.id

    def write() -> None:
        found = db.session.get(Position, row_id)
        if found is not None:
            found.ended_on = today

    return write


def _write_positions(writes: Iterable[Callable[[], None]], unit_ids: set[int]) -> None:
    for write in writes:
        write()
    db.session.flush()
    service.changed(unit_ids, now=clock.now())
