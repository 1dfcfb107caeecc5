"""The one short write of an import: everything was checked before. Inside a transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Table, delete, insert, select, update

from webapp.core.db import Base, db
from webapp.org import import_facts as facts_of
from webapp.org.import_plan import Addition, Held, Steps
from webapp.org.import_rules import StaffRow, UnitRow
from webapp.org.models import OrgImport, Posting, Staff, Unit, UnitTerm

CHUNK = 500
T = TypeVar("T")
DatedTable = type[Posting] | type[UnitTerm]


def chunks(ids: Sequence[T]) -> Iterable[Sequence[T]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def insert_all(table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """One statement for all. The ORM's bulk insert makes one for each set of columns that are not NULL."""
    statement = insert(cast(Table, table.__table__))
    db.session.connection().execute(statement, [dict(row) for row in rows])


def start(kind: str, *, effective: date, publish_at: datetime | None, **rest: Any) -> OrgImport:
    taken = OrgImport(kind=kind, effective_on=effective, publish_at=publish_at, **rest)
    db.session.add(taken)
    db.session.flush()
    return taken


def close_and_remove(
    table: DatedTable, steps: Steps[Any], taken: OrgImport
) -> list[dict[str, Any]]:
    """Returns what was removed, so that a withdrawal can bring it back."""
    by_day: dict[date, list[int]] = {}
    for held, last in steps.close:
        by_day.setdefault(last, []).append(held.id)
    for last, ids in by_day.items():
        for part in chunks(ids):
            db.session.execute(
                update(table)
                .where(table.id.in_(part))
                .values(
                    closed_on=last, closed_known_from=taken.publish_at, closed_import_id=taken.id
                )
            )
    removed: list[dict[str, Any]] = []
    whole: Any = table.__table__
    for part in chunks([held.id for held in steps.remove]):
        rows = db.session.execute(select(whole).where(table.id.in_(part))).mappings()
        removed += [{name: _plain(value) for name, value in row.items()} for row in rows]
        db.session.execute(delete(table).where(table.id.in_(part)))
    return removed


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _dated(addition: Addition[Any], taken: OrgImport) -> dict[str, Any]:
    closing = addition.closing
    return {
        "starts_on": addition.starts_on,
        "ends_on": addition.row.ends_on,
        "known_from": taken.publish_at,
        "closed_on": closing.on if closing else None,
        "closed_known_from": closing.known_from if closing else None,
        "closed_import_id": closing.import_id if closing else None,
        "import_id": taken.id,
    }


def add_postings(additions: Sequence[Addition[StaffRow]], taken: OrgImport) -> dict[str, int]:
    """Returns {number: staff id} of everybody."""
    known = facts_of.staff_ids()
    new = sorted({addition.row.number for addition in additions} - set(known))
    if new:
        insert_all(Staff, [{"number": number} for number in new])
        known = facts_of.staff_ids()
    units = facts_of.unit_ids()
    rows = [
        _dated(addition, taken) | _posting(addition.row, known, units) for addition in additions
    ]
    if rows:
        insert_all(Posting, rows)
    return known


def _posting(row: StaffRow, staff: Mapping[str, int], units: Mapping[str, int]) -> dict[str, Any]:
    return {
        "staff_id": staff[row.number],
        "unit_id": units[row.unit_code],
        "name": row.name,
        "kana": row.kana,
        "title": row.title,
        "roles": row.roles,
        "employment": row.employment,
        "pattern_name": row.pattern_name,
        "weekly_minutes": row.weekly_minutes,
        "email": row.email,
        "extension": row.extension,
        "mobile": row.mobile,
        "reach": row.reach,
        "kind": row.kind,
        "telework": row.telework,
    }


def add_terms(additions: Sequence[Addition[UnitRow]], codes: set[str], taken: OrgImport) -> None:
    """codes: all that the rows name, so that parents and successors have ids in any order."""
    known = facts_of.unit_ids()
    new = sorted(codes - set(known) - {""})
    if new:
        insert_all(Unit, [{"code": code} for code in new])
        known = facts_of.unit_ids()
    rows = [_dated(addition, taken) | _term(addition, known) for addition in additions]
    if rows:
        insert_all(UnitTerm, rows)


def _term(addition: Addition[UnitRow], ids: Mapping[str, int]) -> dict[str, Any]:
    row = addition.row
    return {
        "unit_id": ids[row.code],
        "name": row.name,
        "kana": row.kana,
        "kind": row.kind,
        "parent_id": ids.get(row.parent_code),
        "sort_order": row.sort_order,
        "successor_id": ids.get(row.successor_code) or _handed_on(addition),
    }


def _handed_on(addition: Addition[UnitRow]) -> int | None:
    """With an ending that another import announced goes the successor it named."""
    if addition.replaces is None or addition.closing is None:
        return None
    term = db.session.get(UnitTerm, addition.replaces.id)
    return term.successor_id if term else None


def set_successors(
    closed: Iterable[Held[UnitRow]], successors: Mapping[str, str]
) -> dict[str, int | None]:
    """A term that ends names who takes over. Returns {term id: the successor before}."""
    ids = facts_of.unit_ids()
    before: dict[str, int | None] = {}
    for held in closed:
        code = successors.get(held.row.code)
        term = db.session.get(UnitTerm, held.id) if code else None
        if code and term is not None and term.successor_id != ids[code]:
            before[str(held.id)] = term.successor_id
            term.successor_id = ids[code]
    return before
