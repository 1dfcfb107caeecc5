"""Reading the organisation as of a day, and as far as it may be known at an instant."""

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, bindparam, case, func, or_, select

from webapp.core import calendar, clock, facts, settings
from webapp.core.db import UtcDateTime, db, read_cache
from webapp.core.kept import Kept
from webapp.core.models import Closure
from webapp.core.reading import among, read
from webapp.org.models import (
    Dated,
    Posting,
    Staff,
    StaffHours,
    Unit,
    UnitTerm,
    WorkPattern,
    WorkPatternDay,
)
from webapp.org.rules import (
    DEFAULT_RANK,
    PostingKind,
    Role,
    UnitNode,
    UnitTree,
    rank_of,
    roles_from,
)
from webapp.org.settings import DAY_STARTS, RANK


def in_force(table: type[Dated], on: date, known_at: datetime | None) -> ColumnElement[bool]:
    """In force on a day as known at an instant; known_at None = everything, also what is not published yet."""
    open_ended = or_(table.closed_on.is_(None), table.closed_on >= on)
    if known_at is not None:
        open_ended = or_(open_ended, table.closed_known_from > known_at)
    terms = [
        table.starts_on <= on,
        or_(table.ends_on.is_(None), table.ends_on >= on),
        open_ended,
    ]
    if known_at is not None:
        terms.append(or_(table.known_from.is_(None), table.known_from <= known_at))
    return and_(*terms)


_calendars: Kept[calendar.BusinessCalendar] = Kept(1)


def business_calendar() -> calendar.BusinessCalendar:
    """The calendar with the closures entered for every site and the municipality's 日替わり時刻.

    Kept until the stamp of the organisation (closures belong to it) or of the settings changes.
    """
    key = (facts.epoch(), facts.stamp("org"), facts.stamp("settings"))
    return _calendars.of(key, _read_calendar)


def _read_calendar() -> calendar.BusinessCalendar:
    query = select(Closure.day, Closure.reason).where(
        Closure.site == "", Closure.start_minute.is_(None)
    )
    closures = {day: reason or "閉庁" for day, reason in db.session.execute(query)}
    starts = datetime.strptime(settings.value(DAY_STARTS), "%H:%M").time()  # noqa: DTZ007
    return calendar.BusinessCalendar(closures, starts)


def today(now: datetime | None = None) -> date:
    """The business day of an instant."""
    return business_calendar().business_date(now or clock.now())


@dataclass(frozen=True, slots=True)
class _KeptTree:
    """Good for instants from `known_at` until the next publication."""

    tree: UnitTree
    known_at: datetime | None
    until: datetime | None

    def serves(self, known_at: datetime | None) -> bool:
        if known_at is None or self.known_at is None:
            return known_at is self.known_at
        return self.known_at <= known_at and (self.until is None or known_at < self.until)


_trees: Kept[_KeptTree] = Kept(64)  # four weeks are looked at together


def tree(on: date, *, known_at: datetime | None) -> UnitTree:
    """The units of a day in 建制順. known_at None: with what is not published yet (人事担当, 管理者 only).

    Kept in memory until the organisation changes or the next publication passes.
    """
    key = (facts.epoch(), facts.stamp("org"), on, known_at is None)
    kept = _trees.get(key)
    if kept is not None and kept.serves(known_at):
        return kept.tree
    rows = db.session.execute(
        select(
            Unit.id,
            Unit.code,
            UnitTerm.name,
            UnitTerm.kana,
            UnitTerm.kind,
            UnitTerm.parent_id,
            UnitTerm.sort_order,
            _known_successor(known_at),
        )
        .join(UnitTerm, UnitTerm.unit_id == Unit.id)
        .where(in_force(UnitTerm, on, known_at))
    )
    fresh = UnitTree([UnitNode(*row) for row in rows])
    _trees.keep(key, _KeptTree(fresh, known_at, _next_publication(known_at)))
    return fresh


def _known_successor(known_at: datetime | None) -> ColumnElement[int | None]:
    """Who takes over belongs to the ending of a term, and is known with it."""
    if known_at is None:
        return UnitTerm.successor_id.expression
    return case((UnitTerm.closed_known_from > known_at, None), else_=UnitTerm.successor_id)


def _next_publication(known_at: datetime | None) -> datetime | None:
    if known_at is None:
        return None
    first = [
        db.session.scalar(select(func.min(column)).where(column > known_at))
        for column in (UnitTerm.known_from, UnitTerm.closed_known_from)
    ]
    return min((when for when in first if when), default=None)


# Kept until the stamp of the organisation changes: the instants at which something is published.
_publications: Kept[list[datetime]] = Kept(1)


def publications_passed(now: datetime) -> int:
    """How many 公表日時 of units and postings have passed: part of the key of whatever is kept of days to come."""
    return bisect_right(_all_publications(), now)


def next_publication(now: datetime) -> datetime | None:
    """The first 公表日時 of units and postings that is still to come."""
    instants = _all_publications()
    return next(iter(instants[bisect_right(instants, now) :]), None)


def _all_publications() -> list[datetime]:
    return _publications.of((facts.epoch(), facts.stamp("org")), _read_publications)


def _read_publications() -> list[datetime]:
    columns = [
        column
        for table in (UnitTerm, Posting)
        for column in (table.known_from, table.closed_known_from)
    ]
    found = {at for column in columns for at in db.session.scalars(select(column).distinct())}
    return sorted(at for at in found if at is not None)


def current_tree() -> UnitTree:
    kept = read_cache()
    if "tree" not in kept:
        now = clock.now()
        kept["tree"] = tree(today(now), known_at=now)
    found: UnitTree = kept["tree"]
    return found


@dataclass(frozen=True, slots=True)
class PersonPosting:
    """One posting in force, with what is true of the person there."""

    posting_id: int
    staff_id: int
    number: str
    unit_id: int
    name: str
    kana: str
    title: str
    roles: frozenset[Role]
    employment: str
    pattern_name: str
    weekly_minutes: int | None
    email: str
    extension: str
    mobile: str
    reach: str
    kind: PostingKind
    telework: bool | None

    @property
    def is_main(self) -> bool:
        return self.kind is PostingKind.MAIN


def _posting_rows() -> Select[*tuple[Any, ...]]:
    return select(
        Posting.id,
        Posting.staff_id,
        Staff.number,
        Posting.unit_id,
        Posting.name,
        Posting.kana,
        Posting.title,
        Posting.roles,
        Posting.employment,
        Posting.pattern_name,
        Posting.weekly_minutes,
        Posting.email,
        Posting.extension,
        Posting.mobile,
        Posting.reach,
        Posting.kind,
        Posting.telework,
    ).join(Staff, Staff.id == Posting.staff_id)


def _person_postings(query: Select[*tuple[Any, ...]]) -> list[PersonPosting]:
    return [_person_posting(row) for row in db.session.execute(query)]


def _person_posting(row: Any) -> PersonPosting:
    return PersonPosting(*row[:7], roles_from(row[7]), *row[8:15], PostingKind(row[15]), row[16])  # type: ignore[call-arg]


def _held(staff_ids: Sequence[int], on: date, known_at: datetime | None) -> Iterator[PersonPosting]:
    known = {} if known_at is None else {"known_at": known_at}
    for row in read(_HELD[known_at is not None], ids=staff_ids, day=on, **known):
        yield _person_posting(row)


def _holding(is_known: bool) -> Select[*tuple[Any, ...]]:
    """As in_force, made once: every row of every board asks it."""
    day: Any = bindparam("day", type_=Date)
    known: Any = bindparam("known_at", type_=UtcDateTime) if is_known else None
    query = _posting_rows().where(among(Posting.staff_id), in_force(Posting, day, known))
    return query.order_by(Posting.id)


_HELD = {is_known: _holding(is_known) for is_known in (False, True)}


def postings_of(
    staff_ids: Sequence[int], on: date, *, known_at: datetime | None
) -> dict[int, list[PersonPosting]]:
    """{staff id: postings in force, 本務 first}; who has none is not in it."""
    found: dict[int, list[PersonPosting]] = {}
    for start in range(0, len(staff_ids), 5000):
        part = staff_ids[start : start + 5000]
        for posting in _held(part, on, known_at):
            found.setdefault(posting.staff_id, []).append(posting)
    for postings in found.values():
        postings.sort(key=lambda p: not p.is_main)
    return found


_todays: Kept[tuple[PersonPosting, ...]] = Kept(20_000)


def postings_today(staff_id: int, *, now: datetime) -> tuple[PersonPosting, ...]:
    """One person's postings in force, 本務 first; asked at every request, so kept until the organisation changes.

    A publication within the day changes nothing of the day itself: none lies after 0:00 of its effective day.
    """
    on = today(now)
    state = (facts.epoch(), facts.stamp("org"), on)
    found = _todays.get((*state, staff_id))
    return _meet(staff_id, state, on, now) if found is None else found


def _meet(staff_id: int, state: tuple[Hashable, ...], on: date, now: datetime) -> Any:
    """With everybody of the same units, who come at the same hour: one query for fifty people instead of fifty."""
    ids = {staff_id}
    if not db.session.info.get("writing"):
        units = select(Posting.unit_id).where(
            Posting.staff_id == staff_id, in_force(Posting, on, now)
        )
        colleagues = select(Posting.staff_id).where(
            Posting.unit_id.in_(units), in_force(Posting, on, now)
        )
        ids.update(db.session.scalars(colleagues))
    held = postings_of(sorted(ids), on, known_at=now)
    for one in ids:
        _todays.keep((*state, one), tuple(held.get(one, ())))
    return tuple(held.get(staff_id, ()))


def held_on_the_day(
    staff_ids: Iterable[int], *, now: datetime
) -> dict[int, tuple[PersonPosting, ...]]:
    """{staff id: postings in force on the day of `now`, 本務 first}, as kept; who has none is not in it."""
    found = {staff_id: postings_today(staff_id, now=now) for staff_id in staff_ids}
    return {staff_id: held for staff_id, held in found.items() if held}


def postings_in(
    unit_ids: Iterable[int], on: date, *, known_at: datetime | None
) -> list[PersonPosting]:
    """Everybody posted in these units, in the fixed order of a board: 席次, then ふりがな, then number."""
    query = _posting_rows().where(
        Posting.unit_id.in_(list(unit_ids)), in_force(Posting, on, known_at)
    )
    return in_order(_person_postings(query))


def in_order(postings: Iterable[PersonPosting]) -> list[PersonPosting]:
    order = settings.value(RANK) or list(DEFAULT_RANK)
    return sorted(postings, key=lambda p: (rank_of(p.title, order), p.kana, p.number))


def posted_staff_ids(on: date, *, known_at: datetime | None) -> set[int]:
    query = select(Posting.staff_id).where(in_force(Posting, on, known_at))
    return set(db.session.scalars(query))


def headcounts(on: date, *, known_at: datetime | None) -> dict[int, int]:
    """{unit id: people posted in the unit itself}."""
    query = select(Posting.unit_id, func.count(Posting.staff_id.distinct()))
    rows = db.session.execute(
        query.where(in_force(Posting, on, known_at)).group_by(Posting.unit_id)
    )
    return dict(rows.all())


def staff_by_number(number: str) -> Staff | None:
    return db.session.scalars(select(Staff).filter_by(number=number)).one_or_none()


def names_of(staff_ids: Iterable[int]) -> dict[int, str]:
    """Names as of the latest posting that may be known now; for lists of the past and audit."""
    now = clock.now()
    query = (
        select(Posting.staff_id, Posting.name)
        .where(Posting.staff_id.in_(list(staff_ids)))
        .where(or_(Posting.known_from.is_(None), Posting.known_from <= now))
        .order_by(Posting.starts_on, Posting.id)
    )
    return dict(db.session.execute(query).all())


@dataclass(frozen=True, slots=True)
class Hours:
    """One day's hours in minutes after local midnight."""

    start: int
    end: int
    breaks: tuple[tuple[int, int], ...] = ()
    core: tuple[int, int] | None = None


def hours_on(on: date, postings: Mapping[int, Sequence[PersonPosting]]) -> dict[int, Hours]:
    """{staff id: hours of that weekday}; own hours win over the pattern; who has neither is not in it.

    Closures and holidays are the caller's: these are the hours if the day is a working day.
    """
    if not postings:
        return {}
    weekday = on.weekday()
    pattern = _pattern_hours(weekday)
    own = _own_hours(on, list(postings))
    found: dict[int, Hours] = {}
    for staff_id, held in postings.items():
        if staff_id in own:
            if (hours := own[staff_id].get(weekday)) is not None:
                found[staff_id] = hours
        elif (by_pattern := pattern.get(held[0].pattern_name)) is not None:
            found[staff_id] = by_pattern
    return found


# Every page that shows a day asks for them; kept until the stamp of the organisation changes.
_patterns: dict[tuple[str, str], dict[int, dict[str, Hours]]] = {}


def _pattern_hours(weekday: int) -> dict[str, Hours]:
    if db.session.info.get("writing"):
        return _read_patterns().get(weekday, {})
    key = (facts.epoch(), facts.stamp("org"))
    if key not in _patterns:
        fresh = _read_patterns()
        _patterns.clear()
        _patterns[key] = fresh
    return _patterns[key].get(weekday, {})


def _read_patterns() -> dict[int, dict[str, Hours]]:
    """{weekday: {name: hours}}."""
    query = select(WorkPattern.name, WorkPatternDay).join(WorkPattern.days)
    found: dict[int, dict[str, Hours]] = {}
    for name, day in db.session.execute(query):
        found.setdefault(day.weekday, {})[name] = _hours(day)
    return found


def _own_hours(on: date, staff_ids: list[int]) -> dict[int, dict[int, Hours]]:
    query = select(StaffHours).where(
        StaffHours.starts_on <= on,
        or_(StaffHours.ends_on.is_(None), StaffHours.ends_on >= on),
    )
    if len(staff_ids) <= 500:
        query = query.where(StaffHours.staff_id.in_(staff_ids))
    found: dict[int, dict[int, Hours]] = {}
    for row in db.session.scalars(query):
        found.setdefault(row.staff_id, {})[row.weekday] = _hours(row)
    return found


def _hours(row: WorkPatternDay | StaffHours) -> Hours:
    breaks: tuple[tuple[int, int], ...] = ()
    if row.break_start is not None and row.break_end is not None:
        breaks = ((row.break_start, row.break_end),)
    core = None
    if isinstance(row, WorkPatternDay) and row.core_start is not None and row.core_end is not None:
        core = (row.core_start, row.core_end)
    return Hours(row.start_minute, row.end_minute, breaks, core)
