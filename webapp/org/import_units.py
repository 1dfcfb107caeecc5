"""Check and write of a units file."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import select

from webapp.core.db import db
from webapp.org import import_facts as facts_of
from webapp.org import import_write as write
from webapp.org.import_difference import What, counted, unit_changes
from webapp.org.import_order import Checked, Written, closed, opened, refuse_if_too_many_leave
from webapp.org.import_plan import Comparison, Held, Steps
from webapp.org.import_rules import (
    UNIT_COLUMNS,
    UNIT_FIELDS,
    UnitRow,
    check_units,
    given_fields,
    read_units,
)
from webapp.org.models import OrgImport, Posting, Unit, UnitTerm


def check(checked: Checked, *, today: date) -> None:
    table = opened(checked, UNIT_COLUMNS)
    rows = read_units(table)
    held = facts_of.held_terms(checked.effective)
    named = {row.code for row in rows}
    others: set[str] = set()
    if checked.order.part:
        others = {old.row.code for old in held if old.in_force(checked.effective)} - named
    check_units(table, rows, effective=checked.effective, others=others)
    if closed(checked, table):
        return
    everybody = held
    if checked.order.part:
        held = [old for old in held if old.row.code in named]
    comparison = Comparison(
        checked.effective,
        tuple(UNIT_FIELDS),
        given_fields(table, UNIT_FIELDS) | {"sort_order"},
        past_open=checked.effective <= today,
    )
    steps = comparison.steps(held, rows, facts_of.codes_with_terms())
    successors = {row.code: row.successor_code for row in rows if row.successor_code}
    _tell(checked, held, rows, steps, successors)
    affected = _affected(everybody, steps) if checked.effective <= today else set()
    checked.write = lambda taken: _write(steps, successors, affected, taken)


def _tell(
    checked: Checked,
    held: Sequence[Held[UnitRow]],
    rows: Sequence[UnitRow],
    steps: Steps[UnitRow],
    successors: Mapping[str, str],
) -> None:
    names = facts_of.unit_names() | {row.code: row.name for row in rows}
    checked.changes_something = bool(steps)
    if steps:
        checked.changes = unit_changes(held, steps, checked.effective, successors, names)
    checked.counts = counted(checked.changes)
    in_force = [old for old in held if old.in_force(checked.effective)]
    lasting = [row for row in rows if row.ends_on is None or row.ends_on >= checked.effective]
    checked.counts["unchanged"] = len(
        {row.code for row in lasting}
        - {change.code for change in checked.changes if change.what is not What.LEFT}
    )
    if not checked.order.part:
        leaving = checked.counts.get(What.LEFT, 0)
        refuse_if_too_many_leave(checked, leaving, len(in_force), "所属")
    _tell_left_behind(checked)


def _tell_left_behind(checked: Checked) -> None:
    """People whose unit ends: the staff file of the same day has to move them."""
    ending = {change.code: change.name for change in checked.changes if change.what is What.LEFT}
    if not ending:
        return
    posted: dict[str, set[str]] = {}
    for old in facts_of.held_postings(checked.effective):
        if old.row.unit_code in ending and old.in_force(checked.effective):
            posted.setdefault(old.row.unit_code, set()).add(old.row.number)
    if posted:
        which = "、".join(f"{ending[code]} {len(people)}人" for code, people in posted.items())
        checked.notes.append(
            f"なくなる所属に職員が残ります: {which}。同じ日の職員のファイルで移してください。"
        )


def _affected(held: Iterable[Held[UnitRow]], steps: Steps[UnitRow]) -> set[str]:
    """Codes of changed units and of all below them, before or after."""
    changed = {addition.row.code for addition in steps.add}
    changed |= {old.row.code for old, _ in steps.close} | {old.row.code for old in steps.remove}
    below: dict[str, set[str]] = {}
    for row in (*(old.row for old in held), *(addition.row for addition in steps.add)):
        below.setdefault(row.parent_code, set()).add(row.code)
    found: set[str] = set()
    waiting = list(changed)
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.add(code)
            waiting += below.get(code, ())
    return found


def _write(
    steps: Steps[UnitRow], successors: Mapping[str, str], affected: set[str], taken: OrgImport
) -> Written:
    rows = [addition.row for addition in steps.add]
    named = {code for row in rows for code in (row.code, row.parent_code, row.successor_code)}
    write.add_terms(steps.add, named | set(successors.values()), taken)
    removed = write.close_and_remove(UnitTerm, steps, taken)
    before = write.set_successors((held for held, _ in steps.close), successors)
    return Written(_posted_in(affected), {"removed": removed, "successors": before})


def _posted_in(codes: set[str]) -> set[int]:
    found: set[int] = set()
    for part in write.chunks(sorted(codes)):
        units = select(Unit.id).where(Unit.code.in_(part))
        found |= set(db.session.scalars(select(Posting.staff_id).where(Posting.unit_id.in_(units))))
    return found
