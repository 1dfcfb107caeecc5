"""Check and write of a staff file."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from webapp.core.csvfile import Table
from webapp.extensions import off_loop
from webapp.org import import_facts as facts_of
from webapp.org import import_write as write
from webapp.org.import_difference import (
    What,
    counted,
    people_before,
    staff_changes,
)
from webapp.org.import_order import Checked, Written, closed, opened, refuse_if_too_many_leave
from webapp.org.import_plan import Comparison, Held, Steps
from webapp.org.import_rules import (
    STAFF_COLUMNS,
    STAFF_FIELDS,
    StaffRow,
    check_staff,
    check_unit_codes,
    given_fields,
    read_staff,
)
from webapp.org.models import OrgImport, Posting


def check(checked: Checked, *, today: date) -> None:
    table = opened(checked, STAFF_COLUMNS)
    rows = off_loop(_read, table, facts_of.unit_periods(), checked.effective)
    if closed(checked, table):
        return
    held = facts_of.held_postings(checked.effective)
    if checked.order.part:
        named = {row.number for row in rows}
        held = [old for old in held if old.row.number in named]
    comparison = Comparison(
        checked.effective,
        tuple(STAFF_FIELDS),
        given_fields(table, STAFF_FIELDS),
        past_open=checked.effective <= today,
    )
    steps = off_loop(comparison.steps, held, rows, facts_of.numbers_with_postings())
    _tell(checked, held, rows, steps)
    checked.write = lambda taken: _write(steps, taken, affects_today=checked.effective <= today)


def _read(
    table: Table, units: Mapping[str, Sequence[tuple[date, date | None]]], effective: date
) -> list[StaffRow]:
    rows = read_staff(table)
    check_staff(table, rows)
    check_unit_codes(table, rows, units, effective=effective)
    return rows


def _tell(
    checked: Checked,
    held: Sequence[Held[StaffRow]],
    rows: Sequence[StaffRow],
    steps: Steps[StaffRow],
) -> None:
    checked.changes_something = bool(steps)
    if steps:
        names = facts_of.unit_names()
        checked.changes = off_loop(staff_changes, held, steps, checked.effective, names)
    checked.counts = counted(checked.changes)
    lasting = {
        row.number for row in rows if row.ends_on is None or row.ends_on >= checked.effective
    }
    checked.counts["unchanged"] = len(
        lasting - {change.code for change in checked.changes if change.what is not What.LEFT}
    )
    if not checked.order.part:
        before = len(people_before(held, checked.effective))
        refuse_if_too_many_leave(checked, _leaving(checked, steps), before, "職員")
    _tell_hours(checked, rows)
    without_main = {row.number for row in rows} - {row.number for row in rows if row.is_main}
    if without_main:
        some = "、".join(sorted(without_main)[:10])
        checked.notes.append(f"本務のない人が {len(without_main)} 人います: {some}")


def _leaving(checked: Checked, steps: Steps[StaffRow]) -> int:
    """People who leave because of this file; a term that ran out by itself is nobody's mistake."""
    ended = {held.row.number for held, _ in steps.close} | {
        held.row.number for held in steps.remove
    }
    return sum(change.what is What.LEFT and change.code in ended for change in checked.changes)


def _tell_hours(checked: Checked, rows: Sequence[StaffRow]) -> None:
    known, own = facts_of.pattern_names(), facts_of.numbers_with_own_hours()
    unset = Counter(
        row.pattern_name or "（空）"
        for row in rows
        if row.is_main and row.pattern_name not in known and row.number not in own
    )
    if unset:
        which = "、".join(f"{name} {count}人" for name, count in unset.most_common())
        checked.notes.append(f"勤務時間が未設定: {which}。勤務時間の区分を取り込むと決まります。")


def _write(steps: Steps[StaffRow], taken: OrgImport, *, affects_today: bool) -> Written:
    known = write.add_postings(steps.add, taken)
    removed = write.close_and_remove(Posting, steps, taken)
    numbers = {addition.row.number for addition in steps.add}
    numbers |= {held.row.number for held, _ in steps.close}
    numbers |= {held.row.number for held in steps.remove}
    touched = {known[number] for number in numbers} if affects_today else set()
    return Written(touched, {"removed": removed})
