"""What the checks of positions, demand and skills files have in common."""

from collections.abc import Callable, Iterable

from webapp.core import facts
from webapp.core.csvfile import Table
from webapp.core.refusals import Conflict
from webapp.org import queries as org
from webapp.org.import_cells import nearest
from webapp.org.import_difference import Change, counted
from webapp.org.import_order import Checked, Written
from webapp.org.models import OrgImport
from webapp.positions import compare, service
from webapp.positions.import_rows import UNIT, DemandRow, PositionRow
from webapp.positions.stored import Stored


def guarded(write: Callable[[], None]) -> Callable[[OrgImport], Written]:
    """What was checked is written only if nobody has changed positions on the page meanwhile."""
    seen = facts.stamp(service.STAMP)

    def guarded(_taken: OrgImport) -> Written:
        if facts.stamp(service.STAMP) != seen:
            raise Conflict("ちょうど画面での変更がありました。もう一度確かめてください。")
        write()
        return Written()

    return guarded


def tell(checked: Checked, changes: list[Change], unchanged: int) -> None:
    checked.changes = changes
    checked.counts = counted(changes) | {"unchanged": unchanged}
    checked.changes_something = bool(changes)


def field_changes(old: Stored, new: Stored) -> tuple[tuple[str, str, str], ...]:
    return tuple(compare.differences(old, new))


def unit_ids_of(table: Table, rows: Iterable[PositionRow | DemandRow]) -> dict[str, int]:
    """{code: unit id}; unknown ones are faults."""
    tree = org.current_tree()
    found: dict[str, int] = {}
    for row in rows:
        node = tree.by_code(row.unit_code) if row.unit_code else None
        if node is not None:
            found[row.unit_code] = node.id
        elif row.unit_code:
            right = nearest(row.unit_code, [each.code for each in tree.nodes])
            table.fault(
                row.line,
                UNIT,
                f"{row.unit_code} という所属は、いまありません",
                right or "所属コードを確かめてください",
            )
    return found
