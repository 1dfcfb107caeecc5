"""The weeks to come: weekly patterns, leave, trips and meetings of 庶務事務, a training day. In a transaction."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import select

from webapp.core import calendar
from webapp.core.db import db
from webapp.core.hours import minute_of
from webapp.demo import counters, nursery, people, tuesday, week
from webapp.demo.people import Person
from webapp.demo.script import hours_of
from webapp.org import queries as org
from webapp.org.models import Staff, Unit
from webapp.plans import by_hand
from webapp.plans import service as plans
from webapp.plans.models import DayEvent, WeeklyPlan
from webapp.plans.rules import Kind, Origin
from webapp.plans.service import Entry

SOURCE = "庶務事務"
NURSERY = "D05020"
AFTERNOON = minute_of("13:00")
MIDDAY = minute_of("12:15")
TRAINING = "人権研修"


def coming(day: date) -> None:
    """What is known on that Tuesday of this week and the two after it."""
    staff = dict(db.session.execute(select(Staff.number, Staff.id)).all())
    crew = [person for person in people.people() if person.number in staff and _is_shown(person)]
    now = tuesday.opens_at(day)
    monday = day + timedelta(days=7 - day.weekday())
    for person in crew:
        _pattern(person, staff[person.number], monday, now)
    days = [
        on
        for on in calendar.days(day + timedelta(days=1), monday + timedelta(days=11))
        if _open(on)
    ]
    here = [p for p in crew if p.unit.code.startswith(NURSERY[:5])]
    for on in days:
        _away(here, staff, on)
    _by_hand(here, staff, monday + timedelta(days=3))
    _training(monday + timedelta(days=2), now)


def _is_shown(person: Person) -> bool:
    return person.unit.code.startswith((NURSERY[:5], counters.CITIZENS[:5]))


def _open(on: date) -> bool:
    return org.business_calendar().is_business_day(on)


def _pattern(person: Person, staff_id: int, monday: date, now: datetime) -> None:
    """The days of `week.place_on`, from next Monday on; some every other week. Not where somebody has made one."""
    if db.session.scalar(select(WeeklyPlan.id).filter_by(staff_id=staff_id).limit(1)) is not None:
        return
    for n in range(5):
        place = week.place_on(person, monday + timedelta(days=n))
        if place is not None:
            db.session.add(
                WeeklyPlan(
                    staff_id=staff_id,
                    weekday=n,
                    start_minute=0,
                    end_minute=24 * 60,
                    kind=place.kind,
                    site=place.site,
                    every=2 if Random(f"{person.number}:turn").random() < 0.25 else 1,
                    starts_on=monday,
                    made_at=now,
                    made_by=staff_id,
                )
            )


def _away(crew: Iterable[Person], staff: dict[str, int], on: date) -> None:
    for person in crew:
        entries = _entries(person, on)
        plans.put_day(staff[person.number], on, entries, source=SOURCE)


def _entries(person: Person, on: date) -> list[Entry]:
    if person.name == nursery.MEMBER:
        return []
    random = Random(f"{person.number}:{on.isoformat()}:away")
    start, end = hours_of(person)
    drawn = random.random()
    if drawn < 0.03:
        return [Entry(start, end, Kind.LEAVE.value)]
    if drawn < 0.05:
        return [Entry(start, MIDDAY, Kind.LEAVE.value)]
    if drawn < 0.07:
        return [Entry(AFTERNOON, end, Kind.LEAVE.value)]
    if drawn < 0.10:
        site = random.choice(("県庁", "ひまわり保育園", "消防本部"))
        return [Entry(AFTERNOON, min(end, AFTERNOON + 150), Kind.TRIP.value, site)]
    if drawn < 0.15:
        hour = random.choice((600, 630, 840, 870))
        return [Entry(hour, hour + 60, Kind.MEETING.value)]
    return []


def _by_hand(crew: Iterable[Person], staff: dict[str, int], on: date) -> None:
    """One who goes to two places in a day."""
    leader = next((person for person in crew if person.name == nursery.LEADER), None)
    if leader is None or not _open(on):
        return
    start, end = hours_of(leader)
    entries = [
        Entry(start, minute_of("12:00"), Kind.SATELLITE.value, "北部センター"),
        Entry(AFTERNOON, end, Kind.TRIP.value, "ひまわり保育園"),
    ]
    plans.put_day(staff[leader.number], on, entries, source=by_hand.SOURCE, origin=Origin.MANUAL)


def _training(on: date, now: datetime) -> None:
    unit_id = db.session.scalar(select(Unit.id).filter_by(code=NURSERY))
    there = select(DayEvent.id).filter_by(unit_id=unit_id, day=on, name=TRAINING)
    if unit_id is None or not _open(on) or db.session.scalar(there) is not None:
        return
    db.session.add(
        DayEvent(
            unit_id=unit_id,
            day=on,
            start_minute=minute_of("13:30"),
            end_minute=minute_of("15:00"),
            name=TRAINING,
            made_at=now,
            made_by=None,
        )
    )
