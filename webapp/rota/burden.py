"""The ledger of weighted duty: what everybody carried over a window, with credit for days they were not there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.core import calendar, settings
from webapp.core.db import db
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import UnitNode, UnitTree
from webapp.positions import queries as positions
from webapp.positions.queries import Profile
from webapp.positions.rules import Post
from webapp.rota.burden_rules import Hours, Member, credits_of
from webapp.rota.presence_days import presence_of
from webapp.rota.settings import BURDEN_DAYS
from webapp.rota.weighing import weighted

FULL_WEEK = 2325  # minutes, where neither contract nor hours are known


@dataclass(frozen=True, slots=True)
class Carried:
    """One person over the window: weighted hours done, those credited, and plain minutes of duty."""

    member: Member
    done: Hours
    credit: Hours
    minutes: int

    @property
    def load(self) -> Hours:
        return self.done + self.credit


def carry_in(
    staff_ids: Sequence[int], first: date, *, now: datetime
) -> dict[int, dict[str, float]]:
    """{staff id: weighted hours "counter" and "phone"} of the window that ends the day before `first`.

    Credit included. The window's length is a setting of the unit most of these people are posted in.
    """
    if not staff_ids:
        return {}
    on = first - timedelta(days=1)
    postings = org.postings_of(staff_ids, first, known_at=now)
    tree = org.tree(first, known_at=now)
    units = {posting.unit_id for held in postings.values() for posting in held}
    days = settings.value(BURDEN_DAYS, _common_path(units, tree))
    posts = _posts_fed_by(units, first, tree)
    members = members_of(staff_ids, posts, postings, on=first)
    start = first - timedelta(days=days)
    found = carried_by(members, units, start, on, now=now)
    return {
        staff_id: {"counter": one.load.counter, "phone": one.load.phone}
        for staff_id, one in found.items()
    }


def _common_path(units: Iterable[int], tree: UnitTree) -> list[str]:
    """Codes of the units above all of these, from the top down."""
    paths = [[node.code for node in tree.path(unit_id)] for unit_id in units]
    common: list[str] = []
    for step in zip(*paths, strict=False):
        if len(set(step)) > 1:
            break
        common.append(step[0])
    return common


def _posts_fed_by(units: Iterable[int], on: date, tree: UnitTree) -> list[Post]:
    above = {node.id for unit_id in units for node in tree.path(unit_id)}
    return [post for post in positions.all_posts(on) if above.intersection(post.units)]


# --- who is counted -------------------------------------------------------------------------


def posts_in_rota(unit: UnitNode, on: date) -> list[Post]:
    return [post for post in positions.posts_of([unit.id], on) if not post.contractor]


def people_of(posts: Iterable[Post], on: date, *, now: datetime) -> list[PersonPosting]:
    """Everybody who can be put at these positions, once each, in the order of the board."""
    tree = org.tree(on, known_at=now)
    units = {unit_id for post in posts for unit_id in positions.candidate_units(post, tree)}
    seen: dict[int, PersonPosting] = {}
    for posting in org.postings_in(units, on, known_at=now):
        seen.setdefault(posting.staff_id, posting)
    return list(seen.values())


def members_of(
    staff_ids: Sequence[int],
    posts: Sequence[Post],
    postings: Mapping[int, Sequence[PersonPosting]],
    *,
    on: date,
) -> list[Member]:
    profiles = positions.profiles_of(staff_ids)
    contracts = contract_minutes({i: list(p) for i, p in postings.items()}, on)
    return [
        Member(
            staff_id,
            profiles[staff_id].group.value,
            contracts.get(staff_id, FULL_WEEK),
            _fit(profiles[staff_id], posts),
        )
        for staff_id in staff_ids
    ]


def _fit(profile: Profile, posts: Iterable[Post]) -> frozenset[str]:
    return frozenset(
        "counter" if post.on_site else "phone"
        for post in posts
        if post.skills <= profile.skills and post.id not in profile.forbidden
    )


def contract_minutes(postings: Mapping[int, list[PersonPosting]], on: date) -> dict[int, int]:
    """{staff id: contracted minutes a week}: as the posting says, else by the hours of that week."""
    found = {
        staff_id: weekly
        for staff_id, held in postings.items()
        if held and (weekly := held[0].weekly_minutes)
    }
    unsaid = {staff_id: held for staff_id, held in postings.items() if staff_id not in found}
    monday = on - timedelta(days=on.weekday())
    for day in calendar.days(monday, monday + timedelta(days=6)) if unsaid else ():
        for staff_id, hours in org.hours_on(day, unsaid).items():
            rest = sum(end - start for start, end in hours.breaks)
            found[staff_id] = found.get(staff_id, 0) + hours.end - hours.start - rest
    return found


# --- what they carried ----------------------------------------------------------------------


def carried_by(
    members: Sequence[Member], units: Iterable[int], first: date, last: date, *, now: datetime
) -> dict[int, Carried]:
    """{staff id: what they carried from first to last} at positions of whatever unit."""
    ids = [member.staff_id for member in members]
    rows = _duties(ids, first, last)
    hours = weighted(rows, now=now)
    per_day: dict[tuple[int, date], Hours] = {}
    minutes = dict.fromkeys(ids, 0)
    for row in rows:
        key = row.staff_id, row.day
        per_day[key] = per_day.get(key, Hours()) + hours[row.id]
        minutes[row.staff_id] += row.end_minute - row.start_minute
    days = sorted({row.day for row in rows})  # a day without duty credits nothing
    presence = presence_of(ids, units, days, now=now)
    credited = credits_of(members, days, per_day, presence)
    return {
        member.staff_id: Carried(
            member,
            _sum(per_day.get((member.staff_id, day), Hours()) for day in days),
            credited[member.staff_id],
            minutes[member.staff_id],
        )
        for member in members
    }


def _sum(hours: Iterable[Hours]) -> Hours:
    return sum(hours, Hours())


def _duties(staff_ids: Sequence[int], first: date, last: date) -> list[Duty]:
    query = select(Duty).where(Duty.staff_id.in_(staff_ids), Duty.day >= first, Duty.day <= last)
    return list(db.session.scalars(query.order_by(Duty.day, Duty.start_minute, Duty.id)))
