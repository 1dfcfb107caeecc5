"""A unit's week: people down in 建制順, days across; larger units as counts of those below."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.accounts.rules import Form
from webapp.board.week_cells import TELEWORK, Asked, Cell, cell_of
from webapp.core import calendar
from webapp.core.db import db
from webapp.day import queries as day_facts
from webapp.day.queries import PersonDay
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import UnitNode, UnitTree
from webapp.plans import picture
from webapp.plans import queries as plans
from webapp.plans.rules import Kind
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import UNDECIDED

LARGEST = 150  # people with a row each; a larger unit is shown as its parts
LARGEST_COUNTED = 600  # beyond that only the way to the parts


@dataclass(frozen=True, slots=True)
class Day:
    """The head of a column."""

    on: date
    is_today: bool
    closed_because: str | None
    events: tuple[str, ...] = ()

    @property
    def weekday(self) -> str:
        return calendar.WEEKDAYS[self.on.weekday()]


@dataclass(frozen=True, slots=True)
class PersonWeek:
    """cells: one a day shown, None where the person is not posted here that day. may_plan: by hand."""

    number: str
    name: str
    title: str
    cells: tuple[Cell | None, ...]
    may_plan: bool


@dataclass(frozen=True, slots=True)
class Group:
    code: str
    name: str
    people: tuple[PersonWeek, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """A part of a larger unit. days: (telework, trip, leave) of each day shown; empty = not counted."""

    code: str
    name: str
    people: int
    days: tuple[tuple[int, int, int], ...] = ()


@dataclass(slots=True)
class Week:
    unit: UnitNode
    days: list[Day]
    groups: list[Group] = field(default_factory=list)
    parts: list[Counted] = field(default_factory=list)  # where the unit is too large for rows

    is_partial: bool = False  # there are parts the viewer does not see in full

    @property
    def people(self) -> int:
        return sum(len(group.people) for group in self.groups)


def readable(actor: Actor, unit: UnitNode) -> list[UnitNode]:
    """The unit and those below whose people the actor sees in full, as on the board."""
    tree = org.current_tree()
    nodes = tree.subtree(unit.id)
    forms = access.forms_of(actor, nodes, tree)
    return [node for node in nodes if forms[node.id] is Form.FULL]


def week_of(unit: UnitNode, monday: date, actor: Actor, *, now: datetime) -> Week:
    """As planned and known now, of the parts the actor sees in full."""
    days = [monday + timedelta(days=n) for n in range(7)]
    tree = org.current_tree()
    nodes = readable(actor, unit)
    posted = {on: _posted(nodes, on, now) for on in days}
    people = {p.staff_id for found in posted.values() for p in found}
    if len(people) > LARGEST:
        return _of_parts(unit, tree, posted, days, actor, now)
    told = _days_told(people, days, now)
    shown = [n for n in range(7) if n < 5 or _has_something(told[days[n]])]
    week = Week(unit, [_day(unit, days[n], tree, now) for n in shown])
    week.is_partial = len(nodes) < len(tree.subtree(unit.id))
    for node in nodes:
        rows = _rows(node, [days[n] for n in shown], posted, told, actor, tree)
        if rows:
            name = node.name if node.id != unit.id or len(nodes) == 1 else f"{node.name}（直属）"
            week.groups.append(Group(node.code, name, tuple(rows)))
    return week


def _posted(nodes: Iterable[UnitNode], on: date, now: datetime) -> list[PersonPosting]:
    return org.postings_in([node.id for node in nodes], on, known_at=now)


def _day(unit: UnitNode, on: date, tree: UnitTree, now: datetime) -> Day:
    events = tuple(picture.event_words(event) for event in plans.events_of(unit.id, on, tree))
    closed = org.business_calendar().closed_because(on)
    return Day(on, on == org.today(now), closed, events)


# --- people ---------------------------------------------------------------------------------


Told = dict[int, Cell]


def _days_told(people: Iterable[int], days: Sequence[date], now: datetime) -> dict[date, Told]:
    ids = sorted(people)
    words = picture.kind_words()
    asked = _asked(ids, days)
    found: dict[date, Told] = {}
    for on in days:
        persons = day_facts.days_on(ids, on, now=now)
        found[on] = {
            staff_id: _cell(person, asked.get((staff_id, on), ()), words)
            for staff_id, person in persons.items()
        }
    return found


def _cell(person: PersonDay, asked: Iterable[Asked], words: dict[str, str]) -> Cell:
    hours = plans.own_hours(person.hours) if person.hours else None
    return cell_of(person.facts, person.on, hours, asked, words)


def _asked(ids: Sequence[int], days: Sequence[date]) -> dict[tuple[int, date], list[Asked]]:
    query = select(TeleworkRequest).where(
        TeleworkRequest.staff_id.in_(ids),
        TeleworkRequest.day.between(days[0], days[-1]),
        TeleworkRequest.state.in_([state.value for state in UNDECIDED]),
    )
    found: dict[tuple[int, date], list[Asked]] = {}
    for row in db.session.scalars(query.order_by(TeleworkRequest.start_minute)):
        one = Asked(row.start_minute, row.end_minute, row.place, row.site)
        found.setdefault((row.staff_id, row.day), []).append(one)
    return found


def _has_something(told: Told) -> bool:
    return any(cell.lines for cell in told.values())


def _rows(
    node: UnitNode,
    days: Sequence[date],
    posted: dict[date, list[PersonPosting]],
    told: dict[date, Told],
    actor: Actor,
    tree: UnitTree,
) -> list[PersonWeek]:
    here = {on: {p.staff_id for p in posted[on] if p.unit_id == node.id} for on in days}
    postings = {p.staff_id: p for on in days for p in posted[on] if p.unit_id == node.id}
    return [
        PersonWeek(
            p.number,
            p.name,
            p.title,
            tuple(told[on].get(p.staff_id) if p.staff_id in here[on] else None for on in days),
            p.staff_id == actor.staff_id or access.may_act_for(actor, [p], tree),
        )
        for p in org.in_order(postings.values())
    ]


# --- a larger unit --------------------------------------------------------------------------


def _of_parts(
    unit: UnitNode,
    tree: UnitTree,
    posted: dict[date, list[PersonPosting]],
    days: Sequence[date],
    actor: Actor,
    now: datetime,
) -> Week:
    shown = days[:5]
    week = Week(unit, [_day(unit, on, tree, now) for on in shown])
    week.is_partial = len(readable(actor, unit)) < len(tree.subtree(unit.id))
    everybody = {p.staff_id for on in shown for p in posted[on]}
    counted = len(everybody) <= LARGEST_COUNTED
    told = _days_told(everybody, shown, now) if counted else {}
    for child in tree.children(unit.id):
        ids = tree.subtree_ids(child.id)
        here = {on: {p.staff_id for p in posted[on] if p.unit_id in ids} for on in shown}
        people = len(set().union(*here.values()))
        if people:
            sums = tuple(_sums(told[on], here[on]) for on in shown) if counted else ()
            week.parts.append(Counted(child.code, child.name, people, sums))
    return week


def _sums(told: Told, people: set[int]) -> tuple[int, int, int]:
    places: list[Any] = [told[staff_id].place for staff_id in people if staff_id in told]
    return (
        sum(1 for place in places if place in TELEWORK),
        sum(1 for place in places if place is Kind.TRIP),
        sum(1 for place in places if place is Kind.LEAVE),
    )
