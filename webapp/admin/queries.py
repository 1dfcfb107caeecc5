"""What the pages of the administration show."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, or_, select

from webapp.accounts.models import Account
from webapp.core import calendar
from webapp.core.db import db
from webapp.core.models import AuditEntry, Closure, StoredSetting
from webapp.org import queries as org
from webapp.org import withdrawal
from webapp.org.models import (
    OrgImport,
    Posting,
    Staff,
    StaffHours,
    Unit,
    UnitTerm,
    WorkPattern,
)

AUDIT_PAGE = 200


# Overview


@dataclass(frozen=True, slots=True)
class Installation:
    """How far the set-up is."""

    units: int
    patterns: int
    staff: int
    own_hours: int
    signed_up: int  # have chosen a password
    with_code: int  # have a first code that waits for them
    settings: int


def installation(on: date) -> Installation:
    def count(query: object) -> int:
        return int(db.session.scalar(query) or 0)  # type: ignore[call-overload]

    staff = len(org.posted_staff_ids(on, known_at=None))
    passwords = select(func.count()).select_from(Account).where(Account.password_hash.is_not(None))
    codes = select(func.count()).select_from(Account).where(Account.code_hash.is_not(None))
    return Installation(
        units=len(org.tree(on, known_at=None).nodes),
        patterns=count(select(func.count()).select_from(WorkPattern)),
        staff=staff,
        own_hours=count(select(func.count(StaffHours.staff_id.distinct()))),
        signed_up=count(passwords),
        with_code=count(codes),
        settings=count(select(func.count()).select_from(StoredSetting)),
    )


# Imports


@dataclass(frozen=True, slots=True)
class PastImport:
    taken: OrgImport
    by: str
    published: bool
    why_not: str  # why it cannot be withdrawn; empty = it can

    @property
    def counts(self) -> dict[str, int]:
        return dict((self.taken.summary or {}).get("counts", {}))


def import_history(*, now: datetime, limit: int = 30) -> list[PastImport]:
    found = db.session.scalars(select(OrgImport).order_by(OrgImport.id.desc()).limit(limit)).all()
    names = org.names_of({taken.made_by for taken in found if taken.made_by})
    return [
        PastImport(
            taken,
            names.get(taken.made_by or 0, "コマンド" if taken.made_by is None else "管理者"),
            taken.publish_at is None or taken.publish_at <= now,
            withdrawal.why_not(taken, now=now),
        )
        for taken in found
    ]


# Staff


@dataclass(frozen=True, slots=True)
class Found:
    number: str
    name: str
    kana: str
    title: str
    unit: str
    until: date | None
    from_day: date | None  # set for who is not here yet


def find_staff(text: str, *, on: date, limit: int = 100) -> tuple[list[Found], bool]:
    """(people whose number, name, kana, extension or mail has the text, whether there are more)."""
    query = (
        select(Posting, Staff.number)
        .join(Staff, Staff.id == Posting.staff_id)
        .where(or_(Posting.ends_on.is_(None), Posting.ends_on >= on))
        .where(or_(Posting.closed_on.is_(None), Posting.closed_on >= on))
        .order_by(Posting.kana, Staff.number, Posting.starts_on)
    )
    for word in text.replace("　", " ").split():
        pattern = f"%{word.replace('%', '').replace('_', '')}%"
        columns = (Posting.name, Posting.kana, Posting.extension, Posting.email, Staff.number)
        query = query.where(or_(*(column.like(pattern) for column in columns)))
    names = unit_names(on)
    found: dict[str, Found] = {}
    for posting, number in db.session.execute(query.limit(limit * 3 + 1)):
        if number in found and posting.kind != "main":
            continue
        found[number] = (
            Found(
                number,
                posting.name,
                posting.kana,
                posting.title,
                names.get(posting.unit_id, ""),
                posting.closed_on or posting.ends_on,
                posting.starts_on if posting.starts_on > on else None,
            )
            if number not in found or found[number].from_day
            else found[number]
        )
    people = list(found.values())
    return people[:limit], len(people) > limit


def people_by_unit(on: date) -> dict[int, set[int]]:
    """{unit id: ids of staff posted in the unit itself}; who has two postings counts once above both."""
    query = select(Posting.unit_id, Posting.staff_id).where(org.in_force(Posting, on, None))
    found: dict[int, set[int]] = {}
    for unit_id, staff_id in db.session.execute(query):
        found.setdefault(unit_id, set()).add(staff_id)
    return found


def unit_names(on: date) -> dict[int, str]:
    """{unit id: name}: of the day, else the latest there is."""
    query = select(UnitTerm.unit_id, UnitTerm.name).order_by(UnitTerm.starts_on)
    names = dict(db.session.execute(query).all())
    return names | {node.id: node.name for node in org.tree(on, known_at=None).nodes}


def postings_of_person(staff_id: int) -> list[Posting]:
    query = select(Posting).filter_by(staff_id=staff_id)
    return list(db.session.scalars(query.order_by(Posting.starts_on.desc(), Posting.kind.desc())))


def own_hours_of(staff_id: int) -> list[StaffHours]:
    query = select(StaffHours).filter_by(staff_id=staff_id)
    return list(db.session.scalars(query.order_by(StaffHours.starts_on, StaffHours.weekday)))


# Closures


def closures_from(first: date) -> list[Closure]:
    query = select(Closure).where(Closure.day >= first)
    return list(db.session.scalars(query.order_by(Closure.day, Closure.site)))


# Audit


@dataclass(frozen=True, slots=True)
class AuditFilter:
    first: date
    last: date
    person: str = ""
    action: str = ""


def audit_entries(
    wanted: AuditFilter, *, now: datetime, unpublished: bool, limit: int | None = AUDIT_PAGE
) -> list[AuditEntry]:
    begins = calendar.at(wanted.first, time(0, 0)).astimezone(UTC)
    ends = calendar.at(wanted.last + timedelta(days=1), time(0, 0)).astimezone(UTC)
    query = select(AuditEntry).where(AuditEntry.at >= begins, AuditEntry.at < ends)
    if not unpublished:
        query = query.where(or_(AuditEntry.visible_at.is_(None), AuditEntry.visible_at <= now))
    if wanted.action:
        query = query.where(AuditEntry.action == wanted.action)
    if wanted.person:
        pattern = f"%{wanted.person.replace('%', '').replace('_', '')}%"
        people = (
            select(Posting.staff_id)
            .join(Staff, Staff.id == Posting.staff_id)
            .where(or_(Posting.name.like(pattern), Staff.number == wanted.person))
        )
        query = query.where(
            or_(
                AuditEntry.actor_name.like(pattern),
                AuditEntry.actor_id.in_(people),
                AuditEntry.staff_id.in_(people),
            )
        )
    query = query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    return list(db.session.scalars(query.limit(limit) if limit else query))


def numbers_of(staff_ids: Iterable[int]) -> dict[int, str]:
    query = select(Staff.id, Staff.number).where(Staff.id.in_(list(staff_ids)))
    return dict(db.session.execute(query).all())


def actions_recorded() -> list[str]:
    return sorted(db.session.scalars(select(AuditEntry.action).distinct()))


def unit_names_by_code() -> dict[str, str]:
    query = select(Unit.code, UnitTerm.name).join(UnitTerm, UnitTerm.unit_id == Unit.id)
    return dict(db.session.execute(query.order_by(UnitTerm.starts_on)).all())
