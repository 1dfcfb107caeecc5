"""Postings that are known but not in force yet: who comes to a unit, who leaves it, and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from webapp.core.db import db
from webapp.org import queries
from webapp.org.models import Posting, Staff, Unit, UnitTerm
from webapp.org.rules import POSTING_WORDS, PostingKind

RUNS_OUT_SOON = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Coming:
    """on: the first day here, or of somebody who leaves, the first day no longer here."""

    on: date
    number: str
    name: str
    kana: str
    title: str
    kind: PostingKind
    unit_id: int
    other_units: tuple[int, ...]  # where from, or where to
    published: bool

    @property
    def kind_word(self) -> str:
        return POSTING_WORDS[self.kind]


def coming_postings(
    unit_ids: Iterable[int] | None, *, now: datetime, unpublished: bool = False
) -> list[Coming]:
    """Who begins in these units (None = anywhere) after today and is not there already."""
    day = queries.today(now)
    query = _rows(unit_ids).where(Posting.starts_on > day)
    if not unpublished:
        query = query.where(or_(Posting.known_from.is_(None), Posting.known_from <= now))
    found = db.session.execute(query.order_by(Posting.starts_on, Posting.kana)).all()
    before = _units_of({row.staff_id for row in found}, now=now, day=day)
    return [
        _coming(row, row.starts_on, before.get(row.staff_id, ()), row.known_from, now)
        for row in found
        if row.unit_id not in before.get(row.staff_id, ())
    ]


def leaving_postings(
    unit_ids: Iterable[int] | None, *, now: datetime, unpublished: bool = False
) -> list[Coming]:
    """Who is in these units today and is known to be gone some day; of terms that run out, the next."""
    day = queries.today(now)
    query = _rows(unit_ids).where(queries.in_force(Posting, day, None if unpublished else now))
    soon = day + RUNS_OUT_SOON
    query = query.where(or_(Posting.closed_on.is_not(None), Posting.ends_on <= soon))
    found = db.session.execute(query).all()
    after = _later_units({row.staff_id for row in found}, now=now, day=day, unpublished=unpublished)
    leaving = []
    for row in found:
        known = row.closed_known_from
        # An ending that is not published may not even shorten a term whose own end is known.
        closed_on = row.closed_on if unpublished or known is None or known <= now else None
        last = min((end for end in (row.ends_on, closed_on) if end), default=None)
        units = after.get(row.staff_id, ())
        if last is None or row.unit_id in units or (closed_on is None and last > soon):
            continue
        published_at = known if last == closed_on else None
        leaving.append(_coming(row, last + timedelta(days=1), units, published_at, now))
    return sorted(leaving, key=lambda one: (one.on, one.kana))


def _rows(unit_ids: Iterable[int] | None) -> Any:
    query = select(
        Posting.staff_id,
        Posting.unit_id,
        Posting.name,
        Posting.kana,
        Posting.title,
        Posting.kind,
        Posting.starts_on,
        Posting.ends_on,
        Posting.closed_on,
        Posting.known_from,
        Posting.closed_known_from,
        Staff.number,
    ).join(Staff, Staff.id == Posting.staff_id)
    return query if unit_ids is None else query.where(Posting.unit_id.in_(list(unit_ids)))


def _coming(
    row: Any, on: date, units: tuple[int, ...], known: datetime | None, now: datetime
) -> Coming:
    return Coming(
        on,
        row.number,
        row.name,
        row.kana,
        row.title,
        PostingKind(row.kind),
        row.unit_id,
        units,
        known is None or known <= now,
    )


def _units_of(staff_ids: set[int], *, now: datetime, day: date) -> dict[int, tuple[int, ...]]:
    held = queries.postings_of(sorted(staff_ids), day, known_at=now)
    return {staff_id: tuple(p.unit_id for p in postings) for staff_id, postings in held.items()}


def _later_units(
    staff_ids: set[int], *, now: datetime, day: date, unpublished: bool
) -> dict[int, tuple[int, ...]]:
    query = select(Posting.staff_id, Posting.unit_id).where(
        Posting.staff_id.in_(sorted(staff_ids)), Posting.starts_on > day
    )
    if not unpublished:
        query = query.where(or_(Posting.known_from.is_(None), Posting.known_from <= now))
    found: dict[int, tuple[int, ...]] = {}
    for staff_id, unit_id in db.session.execute(query):
        found[staff_id] = (*found.get(staff_id, ()), unit_id)
    return found


def unit_names_ever() -> dict[int, str]:
    """{unit id: its latest name}, for pages of those who may know what is not published."""
    query = select(Unit.id, UnitTerm.name).join(UnitTerm, UnitTerm.unit_id == Unit.id)
    rows = db.session.execute(query.order_by(UnitTerm.starts_on))
    return dict(rows.all())


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A unit that begins, changes or ends after today."""

    on: date
    code: str
    name: str
    what: str
    publish_at: datetime | None


def coming_units(*, now: datetime, unpublished: bool) -> list[UnitChange]:
    day = queries.today(now)
    query = select(Unit.code, UnitTerm).join(Unit, Unit.id == UnitTerm.unit_id)
    begins = query.where(UnitTerm.starts_on > day)
    ends = query.where(UnitTerm.starts_on <= day, UnitTerm.closed_on >= day)
    if not unpublished:
        begins = begins.where(or_(UnitTerm.known_from.is_(None), UnitTerm.known_from <= now))
        ends = ends.where(
            or_(UnitTerm.closed_known_from.is_(None), UnitTerm.closed_known_from <= now)
        )
    ending = dict(db.session.execute(ends).all())
    found: list[UnitChange] = []
    for code, term in db.session.execute(begins):
        old = ending.pop(code, None)
        what = "新しい所属"
        if old is not None:
            what = f"「{old.name}」から名前が変わる" if old.name != term.name else "内容が変わる"
        found.append(UnitChange(term.starts_on, code, term.name, what, term.known_from))
    names = unit_names_ever()
    for code, term in ending.items():
        heir = names.get(term.successor_id, "") if term.successor_id else ""
        what = f"なくなる（引継先 {heir}）" if heir else "なくなる"
        on = (term.closed_on or day) + timedelta(days=1)
        found.append(UnitChange(on, code, term.name, what, term.closed_known_from))
    return sorted(found, key=lambda change: (change.on, change.code))
