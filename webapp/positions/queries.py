"""Reading positions, what they need, and who can do what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, or_, select

from webapp.core.db import db
from webapp.core.models import Closure
from webapp.org import queries as org
from webapp.org.rules import UnitTree
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
    Closed,
    Group,
    Interval,
    Kind,
    Need,
    Opening,
    Post,
    Staffed,
    needs_on,
    opening_on,
)


def posts_of(unit_ids: Iterable[int], on: date) -> list[Post]:
    """The positions at home in these units on a day, in their order."""
    query = select(Position).where(
        Position.unit_id.in_(list(unit_ids)),
        or_(Position.ended_on.is_(None), Position.ended_on > on),
    )
    return _posts(query.order_by(Position.unit_id, Position.sort_order, Position.id))


def all_posts(on: date) -> list[Post]:
    query = select(Position).where(or_(Position.ended_on.is_(None), Position.ended_on > on))
    return _posts(query.order_by(Position.unit_id, Position.sort_order, Position.id))


def posts_by_id(position_ids: Iterable[int]) -> dict[int, Post]:
    """Also those no longer in use: duties of the past keep their names."""
    found = _posts(select(Position).where(Position.id.in_(list(position_ids))))
    return {post.id: post for post in found}


def _posts(query: Select[Position]) -> list[Post]:
    rows = list(db.session.scalars(query))
    feeds: dict[int, list[int]] = {}
    wanted = select(PositionFeed).where(PositionFeed.position_id.in_([row.id for row in rows]))
    for feed in db.session.scalars(wanted):
        feeds.setdefault(feed.position_id, []).append(feed.unit_id)
    return [
        Post(
            row.id,
            row.unit_id,
            row.name,
            Kind(row.kind),
            Staffed(row.staffed),
            row.site,
            frozenset(row.skills),
            row.burden,
            row.contractor,
            (row.unit_id, *sorted(feeds.get(row.id, ()))),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class DayDemand:
    """hours: when each position is open; needs: what it needs, by position id."""

    hours: dict[int, list[Interval]]
    needs: dict[int, list[Need]]


def demand_on(posts: Sequence[Post], days: Sequence[date], tree: UnitTree) -> dict[date, DayDemand]:
    """What these positions need on each of these days."""
    bands = _bands([post.id for post in posts])
    openings = _openings(posts, tree)
    closed = _closed(days)
    business = org.business_calendar()
    found: dict[date, DayDemand] = {}
    for day in days:
        hours = {
            post.id: opening_on(
                post,
                day,
                openings.get(post.unit_id, ()),
                is_business_day=business.is_business_day(day),
                closed=closed.get(day, ()),
            )
            for post in posts
        }
        needs = {post.id: needs_on(post, day, bands, hours[post.id]) for post in posts}
        found[day] = DayDemand(hours, needs)
    return found


def _bands(position_ids: Sequence[int]) -> list[Band]:
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


def _openings(posts: Sequence[Post], tree: UnitTree) -> dict[int, list[Opening]]:
    """{unit id: its rows, or those of the nearest unit above that has some}."""
    paths = {post.unit_id: [node.id for node in tree.path(post.unit_id)] for post in posts}
    ids = {unit_id for path in paths.values() for unit_id in path}
    rows: dict[int, list[Opening]] = {}
    for row in db.session.scalars(select(OpeningHours).where(OpeningHours.unit_id.in_(ids))):
        rows.setdefault(row.unit_id, []).append(
            Opening(
                row.applies_to, row.start_minute, row.end_minute, row.site, row.weekdays, row.day
            )
        )
    nearest: dict[int, list[Opening]] = {}
    for unit_id, path in paths.items():
        for applies_to in ("counter", "phone"):
            for above in reversed(path):
                if found := [o for o in rows.get(above, ()) if o.applies_to == applies_to]:
                    nearest.setdefault(unit_id, []).extend(found)
                    break
    return nearest


def _closed(days: Sequence[date]) -> dict[date, list[Closed]]:
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
