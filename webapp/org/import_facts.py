"""What an import is compared with: every row of the organisation, published or not."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from webapp.core.db import db
from webapp.core.models import DatabaseFact
from webapp.extensions import off_loop
from webapp.org.import_plan import Closing, Held
from webapp.org.import_rules import StaffRow, UnitRow
from webapp.org.models import (
    Dated,
    OrgImport,
    Posting,
    Staff,
    StaffHours,
    Unit,
    UnitTerm,
    WorkPattern,
)
from webapp.org.rules import roles_from, roles_to


def org_stamp() -> str:
    """Read afresh, not from the request's memory: by it a check knows that it is out of date."""
    query = select(DatabaseFact.value).where(DatabaseFact.name == "stamp:org")
    return db.session.scalar(query) or "0"


def _lasting(table: type[Dated], effective: date) -> ColumnElement[bool]:
    """In force on the day before, or later."""
    eve = effective - timedelta(days=1)
    return and_(
        or_(table.ends_on.is_(None), table.ends_on >= eve),
        or_(table.closed_on.is_(None), table.closed_on >= eve),
    )


def _held(row: Any, content: Any) -> Held[Any]:
    closing = None
    if row.closed_on is not None:
        closing = Closing(row.closed_on, row.closed_known_from, row.closed_import_id)
    return Held(
        row.id, content, row.starts_on, closing, row.import_id, row.known_from, row.effective_on
    )


def _all_held(rows: Sequence[Any], read: Callable[[Any], Any]) -> list[Held[Any]]:
    return [_held(row, read(row)) for row in rows]


_DATED = ("id", "starts_on", "ends_on", "closed_on", "closed_known_from", "closed_import_id")


def held_postings(effective: date) -> list[Held[StaffRow]]:
    own = [getattr(Posting, name) for name in (*_DATED, "import_id", "known_from", *_STAFF_COLUMNS)]
    query = (
        select(*own, Staff.number, Unit.code.label("unit_code"), OrgImport.effective_on)
        .join(Staff, Staff.id == Posting.staff_id)
        .join(Unit, Unit.id == Posting.unit_id)
        .outerjoin(OrgImport, OrgImport.id == Posting.import_id)
        .where(_lasting(Posting, effective))
    )
    return off_loop(_all_held, db.session.execute(query).all(), _staff_row)


_STAFF_COLUMNS = (
    "name",
    "kana",
    "title",
    "roles",
    "employment",
    "pattern_name",
    "weekly_minutes",
    "email",
    "extension",
    "mobile",
    "reach",
    "telework",
    "kind",
)


def _staff_row(row: Any) -> StaffRow:
    content = {name: getattr(row, name) for name in _STAFF_COLUMNS}
    content["roles"] = roles_to(roles_from(row.roles))  # in the one order that a file is read in
    return StaffRow(
        number=row.number,
        unit_code=row.unit_code,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        **content,
    )


def held_terms(effective: date) -> list[Held[UnitRow]]:
    parent, successor = aliased(Unit), aliased(Unit)
    own = [
        getattr(UnitTerm, name)
        for name in (*_DATED, "import_id", "known_from", "name", "kana", "kind", "sort_order")
    ]
    query = (
        select(
            *own,
            Unit.code,
            parent.code.label("parent_code"),
            successor.code.label("successor_code"),
            OrgImport.effective_on,
        )
        .join(Unit, Unit.id == UnitTerm.unit_id)
        .outerjoin(parent, parent.id == UnitTerm.parent_id)
        .outerjoin(successor, successor.id == UnitTerm.successor_id)
        .outerjoin(OrgImport, OrgImport.id == UnitTerm.import_id)
        .where(_lasting(UnitTerm, effective))
    )
    return off_loop(_all_held, db.session.execute(query).all(), _unit_row)


def _unit_row(row: Any) -> UnitRow:
    # The successor of a term that ends belongs to its ending, not to what the term says of itself.
    successor = row.successor_code or "" if row.closed_on is None else ""
    return UnitRow(
        code=row.code,
        name=row.name,
        kana=row.kana,
        kind=row.kind,
        parent_code=row.parent_code or "",
        sort_order=row.sort_order,
        successor_code=successor,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
    )


def unit_periods() -> dict[str, list[tuple[date, date | None]]]:
    """{code: [(first day, last day)]} of every unit, published or not."""
    query = select(Unit.code, UnitTerm.starts_on, UnitTerm.ends_on, UnitTerm.closed_on).join(
        UnitTerm, UnitTerm.unit_id == Unit.id
    )
    found: dict[str, list[tuple[date, date | None]]] = {}
    for code, first, ends_on, closed_on in db.session.execute(query):
        last = min((day for day in (ends_on, closed_on) if day), default=None)
        found.setdefault(code, []).append((first, last))
    return found


def unit_names() -> dict[str, str]:
    """{code: the latest name}, published or not."""
    query = select(Unit.code, UnitTerm.name).join(UnitTerm, UnitTerm.unit_id == Unit.id)
    rows = db.session.execute(query.order_by(UnitTerm.starts_on))
    return dict(rows.all())


def unit_ids() -> dict[str, int]:
    return dict(db.session.execute(select(Unit.code, Unit.id)).all())


def staff_ids() -> dict[str, int]:
    return dict(db.session.execute(select(Staff.number, Staff.id)).all())


def numbers_with_postings() -> set[str]:
    query = select(Staff.number).where(Staff.id.in_(select(Posting.staff_id)))
    return set(db.session.scalars(query))


def codes_with_terms() -> set[str]:
    return set(db.session.scalars(select(Unit.code).where(Unit.id.in_(select(UnitTerm.unit_id)))))


def pattern_names() -> set[str]:
    return set(db.session.scalars(select(WorkPattern.name)))


def numbers_with_own_hours() -> set[str]:
    query = select(Staff.number).where(Staff.id.in_(select(StaffHours.staff_id)))
    return set(db.session.scalars(query))


def waiting_imports(kind: str, after: date) -> Sequence[OrgImport]:
    """Imports of a later effective day that are not withdrawn."""
    query = select(OrgImport).where(
        OrgImport.kind == kind, OrgImport.effective_on > after, OrgImport.withdrawn_at.is_(None)
    )
    return db.session.scalars(query.order_by(OrgImport.effective_on)).all()
