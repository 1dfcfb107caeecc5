"""Coverage of a unit's positions: demand, duties and people's day gathered, and kept while nothing moves."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from webapp.core import calendar, facts, settings
from webapp.core.db import db, read_cache, snapshot
from webapp.core.kept import Kept
from webapp.coverage.covering import Head, Needed
from webapp.coverage.rules import Alarm, DayCover, capped, cover
from webapp.coverage.settings import LONG_AFTER, SHORTEST_AHEAD
from webapp.coverage.standing import HALF_HOUR, day_standings
from webapp.coverage.stretches import MINUTE
from webapp.day import queries as day
from webapp.day.queries import PersonDay
from webapp.duties import queries as duties
from webapp.org import queries as org
from webapp.org.rules import UnitTree
from webapp.positions import queries as positions
from webapp.positions.rules import Post, Staffed
from webapp.presence.facts import Facts
from webapp.realtime import versions
from webapp.seats import lines

TOPIC = "coverage"
STAFF = "staff"


@dataclass(frozen=True, slots=True)
class UnitCover:
    """The day of all positions at home in one unit; as_of = the instant it is true for."""

    unit_id: int
    on: date
    as_of: datetime
    cover: DayCover
    until: datetime  # looked at again then, at the latest

    @property
    def midnight(self) -> datetime:
        return calendar.at_minute(self.on, 0)

    def instant(self, second: int) -> datetime:
        return self.midnight + timedelta(seconds=second)


# --- which positions share people -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """Positions that are matched together because somebody could stand at either."""

    posts: tuple[Post, ...]
    units: frozenset[int]  # whose people count


@dataclass(frozen=True, slots=True)
class City:
    """All positions of a day. on_duty: ids of those staffed by a fixed rota."""

    groups: tuple[Group, ...]
    on_duty: frozenset[int]
    by_unit: dict[int, Group]  # by the unit a position is at home in
    by_candidate: dict[int, tuple[int, ...]]  # unit of people → units at home in its groups


_cities: dict[tuple[object, ...], City] = {}


def _stamps(now: datetime) -> tuple[object, ...]:
    """A publication (公表日時) passes without any stamp, also for days ahead that are kept already."""
    names = ("org", "settings", "positions", "duties")
    stamps = (facts.stamp(name) for name in names)
    return (facts.epoch(), *stamps, org.publications_passed(now))


def city(on: date, *, now: datetime) -> City:
    """Kept until organisation, positions or duties change."""
    key = (*_stamps(now), on)
    if db.session.info.get("writing"):
        return _city(on, now)
    if key not in _cities:
        if len(_cities) > 60:  # four weeks ahead, and what was before the last change
            _cities.clear()
        _cities[key] = _city(on, now)
    return _cities[key]


def _city(on: date, now: datetime) -> City:
    tree = org.tree(on, known_at=now)
    posts = positions.all_posts(on)
    fixed = duties.fixed_days({post.unit_id for post in posts}, [on])
    on_duty = frozenset(
        post.id for post in posts if post.staffed is Staffed.DUTY and (post.unit_id, on) in fixed
    )
    groups = _grouped(posts, tree)
    by_unit: dict[int, Group] = {}
    by_candidate: dict[int, set[int]] = {}
    for group in groups:
        homes = {post.unit_id for post in group.posts}
        by_unit |= dict.fromkeys(homes, group)
        for unit_id in group.units | homes:
            by_candidate.setdefault(unit_id, set()).update(homes)
    return City(
        tuple(groups),
        on_duty,
        by_unit,
        {unit_id: tuple(sorted(homes)) for unit_id, homes in by_candidate.items()},
    )


def _grouped(posts: Sequence[Post], tree: UnitTree) -> list[Group]:
    """Positions whose candidates overlap belong together, and so do all of one unit."""
    groups: list[tuple[list[Post], set[int]]] = []
    for post in posts:
        posts_, units = [post], {post.unit_id} | positions.candidate_units(post, tree)
        rest = []
        for other_posts, other_units in groups:
            if units & other_units:
                posts_, units = other_posts + posts_, units | other_units
            else:
                rest.append((other_posts, other_units))
        groups = [*rest, (posts_, units)]
    return [Group(tuple(posts_), frozenset(units)) for posts_, units in groups]


# --- the day of a unit ----------------------------------------------------------------------


_kept: dict[int, tuple[object, UnitCover]] = {}
_MOST_KEPT = 2000


def covers(unit_ids: Iterable[int], *, now: datetime) -> dict[int, UnitCover]:
    """{unit id: today's coverage of the positions at home there}; units without positions are not in it."""
    on = org.today(now)
    town = city(on, now=now)
    found: dict[int, UnitCover] = {}
    for unit_id in unit_ids:
        if unit_id in town.by_unit and unit_id not in found:
            found[unit_id] = _with_lines(_cover_now(unit_id, town, on, now), town)
    return found


def _with_lines(found: UnitCover, town: City) -> UnitCover:
    """Lines and devices are counted last: what is kept of the matching serves on while they are booked."""
    free = free_lines(town.by_unit[found.unit_id], found.on)
    if not free:
        return found
    seconds = [(start * MINUTE, end * MINUTE, count) for start, end, count in free]
    return replace(found, cover=replace(found.cover, room=capped(found.cover.room, seconds)))


def free_lines(group: Group, on: date) -> lines.Profile:
    """(start, end, how many more could be given a line or device), in minutes; () = nothing caps them."""
    units = group.units | {post.unit_id for post in group.posts}
    return lines.free_through_day(on, units, org.current_tree())


def _cover_now(unit_id: int, town: City, on: date, now: datetime) -> UnitCover:
    group = town.by_unit[unit_id]
    made = versions.read(db.session, STAFF, _people(group, on, now))
    signature = (_stamps(now), on, len(made), sum(version for version, _ in made.values()))
    kept = _kept.get(unit_id)
    if kept and kept[0] == signature and kept[1].as_of <= now < kept[1].until:
        return kept[1]
    shared = _calculated(group, town, _heads_now(made, on, now), on, now)
    parts = {home: _of_unit(home, shared, on, now) for home in {p.unit_id for p in group.posts}}
    if not db.session.info.get("writing"):
        if len(_kept) > _MOST_KEPT:
            _kept.clear()
        _kept.update({home: (signature, one) for home, one in parts.items()})
    return parts[unit_id]


# {staff id: (what it was made from, head)}. Within a half hour the clock changes a head only together with the
# person's version; so one tap costs one person's day, not that of the whole section.
_heads: dict[int, tuple[object, Head]] = {}
_MOST_HEADS = 20_000


def _heads_now(made: Mapping[int, tuple[int, datetime]], on: date, now: datetime) -> list[Head]:
    common = (_stamps(now), on, int(now.timestamp()) // HALF_HOUR)
    wanted = {staff_id: (common, version) for staff_id, (version, _) in made.items()}
    stale = [
        staff_id
        for staff_id, key in wanted.items()
        if staff_id not in _heads or _heads[staff_id][0] != key
    ]
    fresh = {head.staff_id: head for head in heads_on(stale, on, now=now)}
    if not db.session.info.get("writing"):
        if len(_heads) > _MOST_HEADS:
            _heads.clear()
        _heads.update({staff_id: (wanted[staff_id], head) for staff_id, head in fresh.items()})
    known = {staff_id: _heads[staff_id][1] for staff_id in wanted if staff_id in _heads}
    return [head for _, head in sorted((known | fresh).items())]


_crowds: Kept[list[int]] = Kept(2000)


def _people(group: Group, on: date, now: datetime) -> list[int]:
    """Staff ids of everybody posted in the group's units, and of who has a duty there from elsewhere."""

    def read() -> list[int]:
        on_duty = {duty.staff_id for duty in duties.duties_at([p.id for p in group.posts], on, on)}
        return sorted({*_posted(group, on, now), *on_duty})

    if db.session.info.get("writing"):
        return read()
    return _crowds.of((*_stamps(now), on, group.posts[0].id), read)


def people_counting(unit_ids: Iterable[int], *, now: datetime) -> set[int]:
    """Staff ids whose versions today's coverage of the positions at home in these units is made from."""
    on = org.today(now)
    town = city(on, now=now)
    groups = {id(group): group for i in unit_ids if (group := town.by_unit.get(i)) is not None}
    return {staff_id for group in groups.values() for staff_id in _people(group, on, now)}


def _posted(group: Group, on: date, now: datetime) -> set[int]:
    return {p.staff_id for p in org.postings_in(group.units, on, known_at=now)}


def _calculated(
    group: Group, town: City, heads: Sequence[Head], on: date, now: datetime, *, today: bool = True
) -> DayCover:
    tree = org.tree(on, known_at=now)
    demand = positions.demand_on(group.posts, [on], tree)[on]
    needed = [
        Needed(
            post,
            tuple(demand.needs[post.id]),
            post.id in town.on_duty,
            frozenset(positions.candidate_units(post, tree)),
        )
        for post in group.posts
    ]
    midnight = calendar.at_minute(on, 0)
    second = int((now - midnight).total_seconds()) if today else None
    return cover(needed, heads, now=second, alarm=_alarm(group, tree))


def _alarm(group: Group, tree: UnitTree) -> Alarm:
    path = [node.code for node in tree.path(group.posts[0].unit_id)]
    return Alarm(settings.value(LONG_AFTER, path) * 60, settings.value(SHORTEST_AHEAD, path) * 60)


def heads_on(
    staff_ids: Sequence[int], on: date, *, now: datetime, today: bool = True
) -> list[Head]:
    """These people's day as coverage sees it; today False: by plan alone."""
    days = day.days_on(staff_ids, on, now=now)
    return heads_from(days, {i: person.facts for i, person in days.items()}, now if today else None)


def heads_from(
    days: Mapping[int, PersonDay], facts_of: Mapping[int, Facts], now: datetime | None
) -> list[Head]:
    """As `heads_on`, with these facts of the people instead of their own. now None: by plan alone."""
    profiles = positions.profiles_of(list(days))
    heads: list[Head] = []
    for staff_id, person in days.items():
        profile = profiles[staff_id]
        midnight = calendar.at_minute(person.on, 0)
        stands, plans = day_standings(facts_of[staff_id], midnight, now)
        heads.append(
            Head(
                staff_id,
                profile.skills,
                profile.forbidden,
                profile.experienced,
                frozenset(posting.unit_id for posting in person.postings),
                stands,
                plans,
            )
        )
    return heads


def _of_unit(unit_id: int, shared: DayCover, on: date, now: datetime) -> UnitCover:
    mine = tuple(day for day in shared.positions if day.post.unit_id == unit_id)
    midnight = calendar.at_minute(on, 0)
    _, ends_at = org.business_calendar().day_bounds(on)
    next_at = midnight + timedelta(seconds=shared.next_at) if shared.next_at else ends_at
    return UnitCover(unit_id, on, now, replace(shared, positions=mine), min(next_at, ends_at))


# --- days to come ---------------------------------------------------------------------------


# {(unit, day): (what it was made from, coverage)}. The clock changes nothing of a day to come: two weeks of a section
# are 0.2 s from nothing, and every page of テレワーク可能 asks for them.
_ahead: dict[tuple[int, date], tuple[object, UnitCover]] = {}


def look_ahead(unit_ids: Sequence[int], days: Iterable[date], *, now: datetime) -> None:
    """Outside of snapshots, before days are read: works them out one at a time, so that the loop turns in between."""
    for on in days:
        with snapshot():
            homes = [unit_id for unit_id in unit_ids if unit_id in city(on, now=now).by_unit]
        for unit_id in homes:
            time.sleep(0)
            with snapshot():
                cover_of_day(unit_id, on, now=now)


def cover_of_day(unit_id: int, on: date, *, now: datetime) -> UnitCover | None:
    """Coverage of another day by plans and duties alone (today: as it is). None: no positions there that day."""
    if on == org.today(now):
        return covers([unit_id], now=now).get(unit_id)
    town = city(on, now=now)
    group = town.by_unit.get(unit_id)
    if group is None:
        return None
    return _with_lines(_cover_ahead(unit_id, group, town, on, now), town)


def _cover_ahead(unit_id: int, group: Group, town: City, on: date, now: datetime) -> UnitCover:
    signature, people = signature_ahead(group, on, now)
    kept = _ahead.get((unit_id, on))
    if kept and kept[0] == signature:
        return kept[1]
    shared = _group_day_ahead(group, town, people, signature, on, now).cover
    parts = {home: _of_unit(home, shared, on, now) for home in {p.unit_id for p in group.posts}}
    if not db.session.info.get("writing"):
        if len(_ahead) > _MOST_KEPT:
            _ahead.clear()
        _ahead.update({(home, on): (signature, one) for home, one in parts.items()})
    return parts[unit_id]


def signature_ahead(group: Group, on: date, now: datetime) -> tuple[object, list[int]]:
    """(what a day to come is made from: equal = nothing moved, the staff ids that count)."""
    people = _people(group, on, now)
    made = versions.read(db.session, STAFF, people)
    return (_stamps(now), len(made), sum(version for version, _ in made.values())), people


# --- everybody of a day, for asking what a change would do -----------------------------------


@dataclass(frozen=True, slots=True)
class GroupDay:
    """People and coverage of one set of positions on one day."""

    heads: tuple[Head, ...]
    cover: DayCover


# The days somebody decides about are asked for again and again, each with its sixty people: the last ones are kept.
_group_days: dict[tuple[int, date], tuple[object, GroupDay]] = {}
_MOST_DAYS = 120


def group_day(group: Group, town: City, on: date, *, now: datetime) -> GroupDay:
    if on == org.today(now):
        made = versions.read(db.session, STAFF, _people(group, on, now))
        heads = _heads_now(made, on, now)
        return GroupDay(tuple(heads), _calculated(group, town, heads, on, now))
    signature, people = signature_ahead(group, on, now)
    return _group_day_ahead(group, town, people, signature, on, now)


def _group_day_ahead(
    group: Group, town: City, people: Sequence[int], signature: object, on: date, now: datetime
) -> GroupDay:
    key = (group.posts[0].id, on)
    kept = _group_days.get(key)
    if kept and kept[0] == signature:
        return kept[1]
    heads = heads_on(people, on, now=now, today=False)
    made = GroupDay(tuple(heads), _calculated(group, town, heads, on, now, today=False))
    if not db.session.info.get("writing"):
        _group_days.pop(key, None)
        while len(_group_days) >= _MOST_DAYS:
            _group_days.pop(next(iter(_group_days)))
        _group_days[key] = (signature, made)
    return made


def covered_with(
    group: Group, town: City, heads: Sequence[Head], on: date, *, now: datetime
) -> DayCover:
    """The day of these positions if these were the people."""
    return _calculated(group, town, heads, on, now, today=on == org.today(now))


# --- who is concerned -----------------------------------------------------------------------


def units_touched_by(staff_ids: Sequence[int], *, now: datetime) -> set[int]:
    """The units whose coverage these people may change."""
    on = org.today(now)
    town = city(on, now=now)
    if not town.groups:
        return set()
    found: set[int] = set()
    for held in org.postings_of(staff_ids, on, known_at=now).values():
        for posting in held:
            found.update(town.by_candidate.get(posting.unit_id, ()))
    elsewhere = duties.duties_of(staff_ids, on)
    posts = {post.id: post for group in town.groups for post in group.posts}
    for held_duties in elsewhere.values():
        found.update(posts[d.position_id].unit_id for d in held_duties if d.position_id in posts)
    return found


def home_units(*, now: datetime) -> dict[int, Group]:
    """{unit id: its group} of every unit with positions today; read once a request."""
    kept = read_cache()
    if "coverage.homes" not in kept:
        kept["coverage.homes"] = city(org.today(now), now=now).by_unit
    homes: dict[int, Group] = kept["coverage.homes"]
    return homes
