"""The days a rota covers: when what is open, who could be put where, and where everybody is meant to be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from webapp.core import calendar, clock, settings
from webapp.day import queries as day_facts
from webapp.day.queries import PersonDay
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import Reach
from webapp.positions import queries as positions
from webapp.positions.queries import DayDemand, Profile
from webapp.positions.rules import Group, Need, Post, Staffed
from webapp.presence.day_rules import timeline
from webapp.presence.facts import Place, Stretch
from webapp.rota.planning_settings import DAY_POSITIONS, TEAM_POSITIONS, slot_minutes
from webapp.rota.rules import Cell, RotaKind
from webapp.rota.solver.problem import Day, slots_of

MAIN = "main"
WHOLE_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one person's day as the solver reads it."""

    start: int
    end: int
    place: str
    site: str
    reach: str


@dataclass(frozen=True, slots=True)
class Horizon:
    """people: everybody who could be put at one of the positions on one of the days, in the order of the board."""

    unit_id: int
    path: tuple[str, ...]
    kind: RotaKind
    first: date
    last: date
    now: datetime
    slot: int
    days: tuple[Day, ...]
    posts: dict[int, Post]
    needs: dict[date, dict[int, list[Need]]]
    people: dict[int, PersonPosting]
    allowed: dict[tuple[date, int], frozenset[int]]  # (day, position) → who is posted for it
    facts: dict[date, dict[int, PersonDay]]
    profiles: dict[int, Profile]

    @property
    def rostered(self) -> list[Post]:
        return [post for post in self.posts.values() if not post.contractor]

    def is_open(self, day: date) -> bool:
        return any(each.date == day.isoformat() for each in self.days)

    def grid(self, day: date) -> list[tuple[int, int]]:
        return next((slots_of(d, self.slot) for d in self.days if d.date == day.isoformat()), [])

    def begins(self, day: date) -> int:
        """The minute before which that day is past: a slot that has begun is (rule 1)."""
        local = clock.to_tokyo(self.now)
        if day != local.date():
            return 0 if day > local.date() else WHOLE_DAY
        minute = local.hour * 60 + local.minute + (1 if local.second or local.microsecond else 0)
        starts = [start for start, _ in self.grid(day) if start >= minute]
        return min(starts, default=WHOLE_DAY if self.is_open(day) else minute)

    def is_posted(self, cell: Cell) -> bool:
        return cell.staff in self.allowed.get((cell.day, cell.position), frozenset())

    def fits(self, cell: Cell) -> bool:
        """A day, position and person that the solver knows."""
        return (
            self.is_open(cell.day)
            and cell.position in self.posts
            and not self.posts[cell.position].contractor
            and self.is_posted(cell)
        )

    def rotating(self, holders: Iterable[int]) -> list[int]:
        """Whose who is 対象外 is left out, unless somebody put them in by hand."""
        wanted = set(holders)
        return [
            staff_id
            for staff_id in self.people
            if staff_id in wanted or self.profiles[staff_id].group is not Group.EXEMPT
        ]

    def segments(self, staff_id: int, day: date) -> list[Segment]:
        person = self.facts.get(day, {}).get(staff_id)
        if person is None or not any(staff_id in self.allowed[day, post] for post in self.posts):
            return []
        found = [_segment(each, day, person) for each in timeline(person.facts)]
        found += _elsewhere(person, day, self.posts)
        found = [each for each in found if each.start < each.end]
        if self.kind is RotaKind.WEEK:
            return found
        whole = next((d.open, d.close) for d in self.days if d.date == day.isoformat())
        return _whole_day(found, whole, self.kind)


def look(
    unit_id: int, first: date, last: date, *, now: datetime, kind: RotaKind = RotaKind.WEEK
) -> Horizon:
    """What is known at `now`: of postings to come only what is published."""
    days = list(calendar.days(first, last))
    path = tuple(node.code for node in org.tree(first, known_at=now).path(unit_id))
    posts_on = {day: _posts(unit_id, day, path, kind) for day in days}
    posts = {post.id: post for day in days for post in posts_on[day]}
    demand = {day: _demand(posts_on[day], day, now) for day in days}
    hours = [_hours(day, demand[day], posts_on[day]) for day in days]
    open_days = [day for day in hours if day is not None]
    needed = {date.fromisoformat(day.date) for day in open_days}
    people, allowed = _people([day for day in days if day in needed], posts_on, now)
    ids = list(people)
    return Horizon(
        unit_id=unit_id,
        path=path,
        kind=kind,
        first=first,
        last=last,
        now=now,
        slot=_slot(open_days, path, kind),
        days=tuple(open_days),
        posts=posts,
        needs={day: demand[day].needs for day in needed},
        people=people,
        allowed=allowed,
        facts={day: day_facts.days_on(ids, day, now=now) for day in sorted(needed)},
        profiles=positions.profiles_of(ids),
    )


def _posts(unit_id: int, day: date, path: Sequence[str], kind: RotaKind) -> list[Post]:
    return [
        post
        for post in positions.posts_of([unit_id], day)
        if kind_of(post, path) is kind and (post.staffed is Staffed.DUTY or post.contractor)
    ]


def kind_of(post: Post, path: Sequence[str]) -> RotaKind:
    """By the unit's settings, which name the positions of 日直 and 出勤班; all others are of the week."""
    if post.name in settings.value(DAY_POSITIONS, path):
        return RotaKind.DAY
    return RotaKind.TEAM if post.name in settings.value(TEAM_POSITIONS, path) else RotaKind.WEEK


def _demand(posts: Sequence[Post], day: date, now: datetime) -> DayDemand:
    return positions.demand_on(posts, [day], org.tree(day, known_at=now))[day]


def _hours(day: date, demand: DayDemand, posts: Sequence[Post]) -> Day | None:
    """From the first need of the day to its last; None = nothing to staff."""
    needs = [need for post in posts if not post.contractor for need in demand.needs[post.id]]
    if not needs:
        return None
    return Day(day.isoformat(), min(n.start for n in needs), max(n.end for n in needs))


def _slot(days: Sequence[Day], path: Sequence[str], kind: RotaKind) -> int:
    if kind is RotaKind.WEEK:
        return slot_minutes(path)
    return max((day.close - day.open for day in days), default=WHOLE_DAY)


def _people(
    days: Sequence[date], posts_on: Mapping[date, Sequence[Post]], now: datetime
) -> tuple[dict[int, PersonPosting], dict[tuple[date, int], frozenset[int]]]:
    people: dict[int, PersonPosting] = {}
    allowed: dict[tuple[date, int], frozenset[int]] = {}
    for day in days:
        tree = org.tree(day, known_at=now)
        units = {post.id: positions.candidate_units(post, tree) for post in posts_on[day]}
        posted = org.postings_in(set().union(*units.values()), day, known_at=now)
        for posting in posted:
            people[posting.staff_id] = posting
        for post_id, homes in units.items():
            allowed[day, post_id] = frozenset(p.staff_id for p in posted if p.unit_id in homes)
    ordered = {p.staff_id: p for p in org.in_order(people.values())}
    return ordered, allowed


# --- where somebody is ----------------------------------------------------------------------


def _segment(stretch: Stretch, day: date, person: PersonDay) -> Segment:
    start, end = _minutes(stretch.starts_at, day), _minutes(stretch.ends_at, day)
    if stretch.place is None:
        return Segment(start, end, "meeting", MAIN, Reach.NONE.value)
    # At a desk every call can be put through; elsewhere as the person's 着信区分 says.
    reach = Reach.TRANSFER if stretch.place is Place.OFFICE else person.facts.reach
    own = MAIN if stretch.place is Place.OFFICE else stretch.place.value
    return Segment(start, end, stretch.place.value, stretch.site or own, reach.value)


def _minutes(instant: datetime, day: date) -> int:
    minutes = int((instant - calendar.at_minute(day, 0)).total_seconds()) // 60
    return max(0, min(WHOLE_DAY, minutes))


def _elsewhere(person: PersonDay, day: date, posts: Mapping[int, Post]) -> list[Segment]:
    """On fixed duty at a position of another rota: not to be had here."""
    return [
        Segment(_minutes(d.starts_at, day), _minutes(d.ends_at, day), "meeting", MAIN, "none")
        for d in person.facts.duties
        if d.position_id not in posts
    ]


AWAY = frozenset({"leave", "trip", "meeting", "training"})


def _whole_day(found: Sequence[Segment], hours: tuple[int, int], kind: RotaKind) -> list[Segment]:
    """日直 lies outside the ordinary hours: everybody could come who is not away. 出勤班: whoever works that day, at
    the place where most of the day is planned."""
    away = [each for each in found if each.place in AWAY]
    if kind is RotaKind.DAY:
        return [Segment(*hours, Place.OFFICE.value, MAIN, Reach.TRANSFER.value), *away]
    if not found:
        return []
    longest = max(found, key=lambda each: each.end - each.start)
    return [Segment(*hours, longest.place, longest.site, longest.reach)]
