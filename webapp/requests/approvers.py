"""Who approves a request at this moment, by the postings of the moment: what is pending moves with 人事異動."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select

from webapp.core import calendar, facts, settings
from webapp.core.db import db
from webapp.day import queries as day_facts
from webapp.day.queries import PersonDay
from webapp.org import queries as org
from webapp.org.models import Posting, Staff
from webapp.org.queries import Hours, PersonPosting
from webapp.org.rules import Role, UnitTree, roles_from
from webapp.presence.day_rules import planned_at
from webapp.presence.facts import Place, Reason
from webapp.requests.approval_settings import DEPUTY_AFTER, FINAL_APPROVERS
from webapp.requests.approver_rules import Approvers, Chain, Level, at_the_moment, chain_of

AWAY = frozenset({Place.LEAVE, Place.TRIP})
HALF_HOUR = 30
LONGEST_WAIT = timedelta(days=21)  # whatever the hours: nobody waits longer for a 所属長
ORDINARY = Hours(510, 1035, ((720, 780),))


@dataclass(frozen=True, slots=True)
class Leaders:
    """{unit id: staff ids} of today."""

    chiefs: dict[int, tuple[int, ...]]
    deputies: dict[int, tuple[int, ...]]
    final: tuple[int, ...]


_leaders: dict[tuple[object, ...], Leaders] = {}


def leaders(*, now: datetime) -> Leaders:
    """Kept until the organisation or the settings change, or something is published."""
    on = org.today(now)
    stamps = (facts.stamp("org"), facts.stamp("settings"), org.publications_passed(now))
    key = (facts.epoch(), *stamps, on)
    if key in _leaders and not db.session.info.get("writing"):
        return _leaders[key]
    found = _read_leaders(on, now)
    if not db.session.info.get("writing"):
        _leaders.clear()
        _leaders[key] = found
    return found


def _read_leaders(on: date, now: datetime) -> Leaders:
    query = select(Posting.unit_id, Posting.staff_id, Posting.roles).where(
        or_(Posting.roles.like(f"%{Role.CHIEF}%"), Posting.roles.like(f"%{Role.DEPUTY}%")),
        org.in_force(Posting, on, now),
    )
    chiefs: dict[int, tuple[int, ...]] = {}
    deputies: dict[int, tuple[int, ...]] = {}
    for unit_id, staff_id, text in db.session.execute(query.order_by(Posting.staff_id)):
        for role, found in ((Role.CHIEF, chiefs), (Role.DEPUTY, deputies)):
            if role in roles_from(text):
                found[unit_id] = (*found.get(unit_id, ()), staff_id)
    return Leaders(chiefs, deputies, _final(on, now))


def _final(on: date, now: datetime) -> tuple[int, ...]:
    numbers = settings.value(FINAL_APPROVERS)
    if not numbers:
        return ()
    rows = db.session.execute(select(Staff.number, Staff.id).where(Staff.number.in_(numbers)))
    ids = {number: staff_id for number, staff_id in rows}  # noqa: C416 dict() takes no rows
    here = org.postings_of(list(ids.values()), on, known_at=now)
    return tuple(ids[number] for number in numbers if ids.get(number) in here)


class Book:
    """The approvers of many people's requests, read together once."""

    def __init__(self, staff_ids: Iterable[int], *, now: datetime) -> None:
        self.now, self.on = now, org.today(now)
        self.tree = org.tree(self.on, known_at=now)
        self.leaders = leaders(now=now)
        self.postings = _postings(sorted(set(staff_ids)), self.on, now)
        self._chains: dict[int, Chain] = {}
        self._absent: dict[int, bool] = {}
        self._hours: dict[tuple[date, int], Hours | None] = {}

    def chain(self, staff_id: int) -> Chain:
        if staff_id not in self._chains:
            held = self.postings.get(staff_id)
            levels = _levels(held[0].unit_id, self.tree, self.leaders) if held else []
            self._chains[staff_id] = chain_of(staff_id, levels, self.leaders.final)
        return self._chains[staff_id]

    def of(self, staff_id: int, filed_at: datetime) -> Approvers:
        """filed_at: since when the request waits."""
        chain = self.chain(staff_id)
        if not chain.deputies or not chain.regular:
            return at_the_moment(chain, absent=(), waited=False)
        absent = {i for i in chain.regular if self._is_absent(i)}
        return at_the_moment(chain, absent=absent, waited=self._waited(chain, filed_at))

    def may_decide(self, actor_id: int, staff_id: int, filed_at: datetime) -> bool:
        """As `of`, but whether somebody else is away is asked only where it matters: this is asked on every page."""
        chain = self.chain(staff_id)
        if actor_id in chain.regular:
            return True
        return actor_id in chain.deputies and actor_id in self.of(staff_id, filed_at).ids

    def _is_absent(self, staff_id: int) -> bool:
        if staff_id not in self._absent:
            person = day_facts.days_of([staff_id], now=self.now).get(staff_id)
            self._absent[staff_id] = person is None or away_all_day(person)
        return self._absent[staff_id]

    def _waited(self, chain: Chain, filed_at: datetime) -> bool:
        path = [node.code for node in self.tree.path(chain.unit_id)] if chain.unit_id else []
        wanted = settings.value(DEPUTY_AFTER, path) * 60
        if not wanted:
            return False
        if self.now - filed_at > LONGEST_WAIT:
            return True
        return self._worked(chain.regular[0], filed_at, wanted) >= wanted

    def _worked(self, staff_id: int, since: datetime, enough: int) -> int:
        """Minutes of this person's working time since then; stops counting at `enough`."""
        business = org.business_calendar()
        total = 0
        for day in business.business_days(business.business_date(since), self.on):
            hours = self._hours_on(day, staff_id) or ORDINARY
            total += minutes_between(day, hours, since, self.now)
            if total >= enough:
                break
        return total

    def _hours_on(self, day: date, staff_id: int) -> Hours | None:
        key = (day, staff_id)
        if key not in self._hours:
            held = org.postings_of([staff_id], day, known_at=self.now)
            self._hours[key] = org.hours_on(day, held).get(staff_id)
        return self._hours[key]


def approvers_of(staff_id: int, filed_at: datetime, *, now: datetime) -> Approvers:
    return Book([staff_id], now=now).of(staff_id, filed_at)


def _postings(staff_ids: Sequence[int], on: date, now: datetime) -> dict[int, list[PersonPosting]]:
    return org.postings_of(staff_ids, on, known_at=now)


def _levels(unit_id: int, tree: UnitTree, known: Leaders) -> list[Level]:
    return [
        Level(node.id, known.chiefs.get(node.id, ()), known.deputies.get(node.id, ()))
        for node in reversed(tree.path(unit_id))
    ]


def minutes_between(day: date, hours: Hours, since: datetime, until: datetime) -> int:
    """Working minutes of one day that lie between two instants, breaks left out."""
    total = _overlap(day, hours.start, hours.end, since, until)
    return total - sum(_overlap(day, first, last, since, until) for first, last in hours.breaks)


def _overlap(day: date, start: int, end: int, since: datetime, until: datetime) -> int:
    first = max(calendar.at_minute(day, start), since)
    last = min(calendar.at_minute(day, end), until)
    return max(0, int((last - first).total_seconds() // 60))


def away_all_day(person: PersonDay) -> bool:
    """On leave, on a trip or in meetings or council at every half hour of the own working time (or a day off)."""
    hours = person.hours
    if hours is None:
        return True
    times = [
        minute
        for minute in range(hours.start, hours.end, HALF_HOUR)
        if not any(first <= minute < last for first, last in hours.breaks)
    ]
    return all(_away_at(person, calendar.at_minute(person.on, minute)) for minute in times)


def _away_at(person: PersonDay, at: datetime) -> bool:
    planned = planned_at(person.facts, at)
    if planned is None or planned.place in AWAY:
        return True
    if any(s.reason is Reason.MEETING and s.holds(at) for s in person.facts.plan):
        return True
    return any(
        claim.reason is Reason.ASSEMBLY
        and claim.since <= at
        and (claim.until is None or at < claim.until)
        for claim in person.facts.claims
    )
