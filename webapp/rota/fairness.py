"""Loads against targets over a window, with the solver's own measures; and what a draft would add to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.core.db import db
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import UnitNode
from webapp.positions import queries as positions
from webapp.positions.rules import GROUP_WORDS, Group, Post
from webapp.rota import burden
from webapp.rota.burden import Carried
from webapp.rota.burden_rules import Hours
from webapp.rota.desk import Desk
from webapp.rota.models import Rota
from webapp.rota.solver import measure
from webapp.rota.solver.facts import Facts
from webapp.rota.solver.measure import Load
from webapp.rota.solver.problem import Band, Day, Person, Position, Problem, Segment, read_problem
from webapp.rota.weighing import NO_RULES

WORKING_WEEK = 5
ORDINARY = (510, 1035)  # 8:30–17:15, where nobody's hours are known


@dataclass(frozen=True, slots=True)
class Balance:
    """Loads by staff id, and the two numbers of the unit."""

    loads: Mapping[int, Load]
    unfairness: float
    spread: float


@dataclass(frozen=True, slots=True)
class Ledger:
    """The window of a unit; people in the order of the board."""

    first: date
    last: date
    people: tuple[PersonPosting, ...]
    carried: Mapping[int, Carried]
    balance: Balance

    def group(self, code: str) -> list[PersonPosting]:
        return [p for p in self.people if self.carried[p.staff_id].member.group == code]

    @property
    def groups(self) -> list[tuple[str, str, list[PersonPosting]]]:
        return [
            (group.value, GROUP_WORDS[group], people)
            for group in Group
            if (people := self.group(group.value))
        ]


def ledger(unit: UnitNode, last: date, days: int, *, now: datetime) -> Ledger:
    """The fixed duties of `days` days up to and including `last`."""
    first = last - timedelta(days=days - 1)
    posts = burden.posts_in_rota(unit, last)
    people = burden.people_of(posts, last, now=now)
    ids = [person.staff_id for person in people]
    postings = org.postings_of(ids, last, known_at=now)
    members = burden.members_of(ids, posts, postings, on=last)
    units = {person.unit_id for person in people} | {unit.id}
    carried = burden.carried_by(members, units, first, last, now=now)
    facts = _week_facts(list(carried.values()), posts, postings, last)
    return Ledger(first, last, tuple(people), carried, _balance(facts, list(carried.values())))


def _balance(facts: Facts, carried: Sequence[Carried]) -> Balance:
    loads = measure.loads_of(facts, [[one.load.counter, one.load.phone] for one in carried])
    by_id = {one.member.staff_id: load for one, load in zip(carried, loads, strict=True)}
    return Balance(by_id, measure.unfairness(loads), measure.spread(facts, loads))


def _week_facts(
    carried: Sequence[Carried],
    posts: Sequence[Post],
    postings: Mapping[int, list[PersonPosting]],
    on: date,
) -> Facts:
    """Shares and likeness of these people by an ordinary week: absence is credited, so it lessens nobody's share."""
    monday = on - timedelta(days=on.weekday())
    days = [monday + timedelta(days=n) for n in range(WORKING_WEEK)]
    hours = {day: org.hours_on(day, dict(postings)) for day in days}
    profiles = positions.profiles_of([one.member.staff_id for one in carried])
    staff = tuple(
        Person(
            id=str(one.member.staff_id),
            skills=profiles[one.member.staff_id].skills,
            experienced=True,
            contract_minutes=one.member.contract,
            carry_counter=0.0,
            carry_phone=0.0,
            group=one.member.group,
            max_day=None,
            max_consecutive=0.0,
            segments=tuple(
                Segment(day.isoformat(), own.start, own.end, "office", "main", "transfer")
                for day in days
                if (own := hours[day].get(one.member.staff_id)) is not None
            ),
            wishes={},
            forbidden=frozenset(map(str, profiles[one.member.staff_id].forbidden)),
        )
        for one in carried
    )
    return Facts(_week(days, posts, staff))


def _week(days: Sequence[date], posts: Sequence[Post], staff: tuple[Person, ...]) -> Problem:
    spans = [(each.start, each.end) for person in staff for each in person.segments] or [ORDINARY]
    whole = Band(None, 0, 24 * 60, 1, 1, 1.0)
    return Problem(
        slot_minutes=30,
        time_limit=0.0,
        seed=0,
        days=tuple(
            Day(day.isoformat(), min(start for start, _ in spans), max(end for _, end in spans))
            for day in days
        ),
        positions=tuple(
            Position(
                str(post.id),
                post.name,
                post.kind.value,
                "main",
                tuple(post.skills),
                post.burden,
                0,
                (whole,),
            )
            for post in posts
        ),
        staff=staff,
        forbidden_pairs=frozenset(),
        pins=(),
        published=(),
        rules=NO_RULES,
        now=None,
    )


# --- a draft before it is fixed -------------------------------------------------------------


def draft_of(unit_id: int, first: date) -> Rota | None:
    query = select(Rota).where(Rota.unit_id == unit_id, Rota.first_on == first)
    return db.session.scalars(query.where(Rota.kind == "week")).one_or_none()


def coming_draft(unit_id: int, today: date) -> Rota | None:
    """The first draft of a week that ends after today and differs from what is fixed."""
    query = select(Rota).where(
        Rota.unit_id == unit_id,
        Rota.kind == "week",
        Rota.first_on > today - timedelta(days=7),
        Rota.fixed_revision < Rota.revision,
    )
    return db.session.scalars(query.order_by(Rota.first_on).limit(1)).one_or_none()


def with_draft(desk: Desk, before: Ledger) -> Balance:
    """The solver's loads if the draft on the desk were fixed, carrying in what the ledger says."""
    facts = Facts(read_problem(_carrying(desk.problem, before)))
    loads = measure.loads_of(facts, measure.raw_loads(facts, measure.lines_of(facts, desk.duties)))
    ids = {person.number: person.staff_id for person in before.people}
    by_id = {ids[load.staff]: load for load in loads if load.staff in ids}
    return Balance(by_id, measure.unfairness(loads), measure.spread(facts, loads))


def _carrying(problem: Mapping[str, Any], before: Ledger) -> dict[str, Any]:
    loads = {person.number: before.carried[person.staff_id].load for person in before.people}
    return {**problem, "staff": [_with_carry(person, loads) for person in problem["staff"]]}


def _with_carry(person: dict[str, Any], loads: Mapping[str, Hours]) -> dict[str, Any]:
    if (load := loads.get(person["id"])) is None:
        return person
    return person | {"carry_in": {"counter": load.counter, "phone": load.phone}}
