"""Reading positions, what they need, and who can do what."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select

from webapp.core.calendar import WEEKDAYS, BusinessCalendar
from webapp.core.db import db
from webapp.core.models import Closure
from webapp.org import queries as org
from webapp.org.rules import UnitTree
from webapp.positions import handover
from webapp.positions.models import (
    DayLock,
    DemandBand,
    DutyProfile,
    ForbiddenPair,
    OpeningHours,
    Position,
    PositionFeed,
    StaffSkill,
)
from webapp.positions.rules import (
    Band,
    Cap,
    Closed,
    Group,
    Interval,
    Kind,
    Need,
    Opening,
    Post,
    Staffed,
    needs_on,
    needs_under,
    open_under,
    opening_on,
)


def posts_of(unit_ids: Iterable[int], on: date) -> list[Post]:
    """The positions at home in these units on a day, in their order.

    From the first day of a reorganisation on, those of a unit that is no more are at home with its 引継先.
    """
    wanted = set(unit_ids)
    homes = handover.family(wanted, on)
    query = select(Position).where(Position.unit_id.in_(homes), _in_use(on))
    return [post for post in _posts(query, handover.heirs(on)) if post.unit_id in wanted]


def all_posts(on: date) -> list[Post]:
    return _posts(select(Position).where(_in_use(on)), handover.heirs(on))


def posts_by_id(position_ids: Iterable[int]) -> dict[int, Post]:
    """Also those no longer in use: duties of the past keep their names. Units are those of today."""
    query = select(Position).where(Position.id.in_(list(position_ids)))
    return {post.id: post for post in _posts(query, handover.heirs(org.today()))}


def _in_use(on: date) -> ColumnElement[bool]:
    return or_(Position.ended_on.is_(None), Position.ended_on > on)


def _posts(query: Select[Position], heirs: Mapping[int, int]) -> list[Post]:
    rows = list(db.session.scalars(query.order_by(Position.sort_order, Position.id)))
    rows.sort(key=lambda row: heirs.get(row.unit_id, row.unit_id))
    feeds: dict[int, list[int]] = {}
    wanted = select(PositionFeed).where(PositionFeed.position_id.in_([row.id for row in rows]))
    for feed in db.session.scalars(wanted):
        feeds.setdefault(feed.position_id, []).append(feed.unit_id)
    return [
        Post(
            row.id,
            heirs.get(row.unit_id, row.unit_id),
            row.name,
            Kind(row.kind),
            Staffed(row.staffed),
            row.site,
            frozenset(row.skills),
            row.burden,
            row.contractor,
            tuple(
                heirs.get(unit_id, unit_id)
                for unit_id in (row.unit_id, *sorted(feeds.get(row.id, ())))
            ),
        )
        for row in rows
    ]


# {position ids, days} → what holds the need down there for a while. Lent by the emergencies, which stand above.
Caps = Callable[[Sequence[int], Sequence[date]], Sequence[Cap]]
_caps: list[Caps] = []


def lend_caps(caps: Caps) -> None:
    _caps[:] = [caps]


@dataclass(frozen=True, slots=True)
class DayDemand:
    """hours: when each position is open; needs: what it needs, by position id."""

    hours: dict[int, list[Interval]]
    needs: dict[int, list[Need]]


def demand_on(posts: Sequence[Post], days: Sequence[date], tree: UnitTree) -> dict[date, DayDemand]:
    """What these positions need on each of these days."""
    bands = bands_of([post.id for post in posts])
    openings = openings_for({post.unit_id for post in posts}, tree, days[0]) if days else {}
    closed = closed_on(days)
    business = org.business_calendar()
    caps = [cap for read in _caps for cap in read([post.id for post in posts], days)]
    found: dict[date, DayDemand] = {}
    for day in days:
        hours = {
            post.id: opening_on(
                post,
                day,
                openings.get(post.unit_id, ()),
                is_business_day=business.is_business_day(day),
                is_weekend=is_only_weekend(day, business),
                closed=closed.get(day, ()),
            )
            for post in posts
        }
        needs = {post.id: needs_on(post, day, bands, hours[post.id]) for post in posts}
        for cap in (cap for cap in caps if cap.day == day):
            hours[cap.position_id] = open_under(cap, hours[cap.position_id])
            needs[cap.position_id] = needs_under(cap, needs[cap.position_id])
        found[day] = DayDemand(hours, needs)
    return found


def is_only_weekend(day: date, business: BusinessCalendar) -> bool:
    """Saturday or Sunday, and closed for no other reason."""
    return day.weekday() >= 5 and business.closed_because(day) == f"{WEEKDAYS[day.weekday()]}曜日"


def bands_of(position_ids: Sequence[int]) -> list[Band]:
    query = (
        select(DemandBand, DayLock.starts_on, DayLock.ends_on)
        .outerjoin(DayLock, DayLock.id == DemandBand.lock_id)
        .where(DemandBand.position_id.in_(position_ids))
    )
    return [
        Band(
            row.position_id,
            row.start_minute,
            row.end_minute,
            row.need,
            row.ideal,
            row.experienced,
            row.burden,
            row.weekdays,
            row.day,
            (first, last) if row.lock_id is not None else None,
        )
        for row, first, last in db.session.execute(query)
    ]


def openings_for(unit_ids: Iterable[int], tree: UnitTree, on: date) -> dict[int, list[Opening]]:
    """{unit id: its rows, or those of the nearest unit above that has some}, each of counter and phone."""
    paths = {unit_id: [node.id for node in tree.path(unit_id)] for unit_id in unit_ids}
    rows = opening_rows({above for path in paths.values() for above in path}, on)
    nearest: dict[int, list[Opening]] = {}
    for unit_id, path in paths.items():
        for applies_to in ("counter", "phone"):
            for above in reversed(path):
                if found := rows.get((above, applies_to)):
                    nearest.setdefault(unit_id, []).extend(map(_opening, found))
                    break
    return nearest


def opening_rows(unit_ids: Iterable[int], on: date) -> dict[tuple[int, str], list[OpeningHours]]:
    """{(unit id, counter or phone): its own rows, else those it took over from one unit that is no more}."""
    wanted = set(unit_ids)
    heirs = handover.heirs(on)
    found: dict[tuple[int, str], list[OpeningHours]] = {}
    query = select(OpeningHours).where(OpeningHours.unit_id.in_(handover.family(wanted, on)))
    for row in db.session.scalars(query.order_by(OpeningHours.unit_id, OpeningHours.id)):
        found.setdefault((row.unit_id, row.applies_to), []).append(row)
    for (unit_id, applies_to), rows in list(found.items()):
        if (heir := heirs.get(unit_id)) is not None:
            found.setdefault((heir, applies_to), rows)
    return {key: rows for key, rows in found.items() if key[0] in wanted}


def _opening(row: OpeningHours) -> Opening:
    return Opening(
        row.applies_to, row.start_minute, row.end_minute, row.site, row.weekdays, row.day
    )


def closed_on(days: Sequence[date]) -> dict[date, list[Closed]]:
    """Closures of part of a day, and whole days of one site (those of all sites are the calendar's)."""
    found: dict[date, list[Closed]] = {}
    if not days:
        return found
    query = select(Closure).where(Closure.day >= min(days), Closure.day <= max(days))
    for row in db.session.scalars(query):
        if row.start_minute is None and row.site == "":
            continue
        start, end = row.start_minute or 0, row.end_minute or 24 * 60
        found.setdefault(row.day, []).append(Closed(start, end, row.site))
    return found


@dataclass(frozen=True, slots=True)
class Profile:
    """What somebody can do at positions. experienced: also where nothing is said."""

    skills: frozenset[str] = frozenset()
    experienced: bool = True
    max_consecutive_minutes: int | None = None
    max_daily_minutes: int | None = None
    group: Group = Group.ROTATE
    forbidden: frozenset[int] = frozenset()
    preferences: tuple[tuple[int, int], ...] = ()


def profiles_of(staff_ids: Sequence[int]) -> dict[int, Profile]:
    """{staff id: profile} of all asked for."""
    skills: dict[int, set[str]] = {}
    for row in db.session.scalars(select(StaffSkill).where(StaffSkill.staff_id.in_(staff_ids))):
        skills.setdefault(row.staff_id, set()).add(row.skill)
    rows = {
        row.staff_id: row
        for row in db.session.scalars(
            select(DutyProfile).where(DutyProfile.staff_id.in_(staff_ids))
        )
    }
    return {
        staff_id: _profile(rows.get(staff_id), frozenset(skills.get(staff_id, ())))
        for staff_id in staff_ids
    }


def _profile(row: DutyProfile | None, skills: frozenset[str]) -> Profile:
    if row is None:
        return Profile(skills)
    return Profile(
        skills,
        row.experienced is not False,
        row.max_consecutive_minutes,
        row.max_daily_minutes,
        Group(row.group),
        frozenset(row.forbidden),
        tuple(sorted((int(key), int(weight)) for key, weight in row.preferences.items())),
    )


def forbidden_pairs(staff_ids: Iterable[int]) -> list[tuple[int, int]]:
    ids = list(staff_ids)
    query = select(ForbiddenPair.first_id, ForbiddenPair.second_id).where(
        ForbiddenPair.first_id.in_(ids), ForbiddenPair.second_id.in_(ids)
    )
    return [(first, second) for first, second in db.session.execute(query)]


def candidate_units(post: Post, tree: UnitTree) -> set[int]:
    """The units whose people can be put at the position: its own and the feeding ones, with all below."""
    return {unit_id for top in post.units for unit_id in tree.subtree_ids(top)}
