"""Positions, skills and the fixed rota of 市民課, put into the database."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select

from webapp.accounts.access import Actor
from webapp.core import calendar, facts
from webapp.core.db import db
from webapp.core.hours import minute_of
from webapp.demo import counters, tuesday, week
from webapp.demo.counters import Turn
from webapp.demo.files import leaving_early
from webapp.demo.people import Person
from webapp.demo.script import Morning, Planned, is_coordinator
from webapp.duties import service as duties
from webapp.duties.models import Duty, DutyBreak
from webapp.org.models import Staff, Unit
from webapp.plans import service as plans
from webapp.plans.service import Entry
from webapp.positions.models import DemandBand, DutyProfile, OpeningHours, Position, StaffSkill
from webapp.positions.rules import Group
from webapp.realtime import outbox
from webapp.rota import service as rota
from webapp.rota.desk import desk_of
from webapp.rota.rules import Cell

WEEKS_BEHIND = 3
SOURCE = "勤務予定"


def build(everybody: Iterable[Person], *, now: datetime) -> None:
    """Once, with the city itself. In a transaction."""
    units = dict(db.session.execute(select(Unit.code, Unit.id)).all())
    staff = dict(db.session.execute(select(Staff.number, Staff.id)).all())
    for order, seed in enumerate(counters.posts()):
        position = Position(
            unit_id=units[seed.unit],
            name=seed.name,
            kind=seed.kind,
            staffed=seed.staffed,
            skills=list(seed.skills),
            burden=seed.burden,
            sort_order=order,
        )
        position.bands = [_band(band) for band in seed.bands]
        db.session.add(position)
        outbox.touch("coverage", units[seed.unit])
    for applies_to, start, end in (("counter", "9:00", "16:30"), ("phone", "8:30", "17:15")):
        db.session.add(
            OpeningHours(
                unit_id=units["D00000"],
                applies_to=applies_to,
                weekdays=counters.WEEKDAYS,
                start_minute=minute_of(start),
                end_minute=minute_of(end),
            )
        )
    for person in everybody:
        _skills(person, staff[person.number], now)
    facts.restamp("positions")


def _band(band: counters.BandSeed) -> DemandBand:
    return DemandBand(
        weekdays=counters.WEEKDAYS,
        start_minute=minute_of(band.start),
        end_minute=minute_of(band.end),
        need=band.need,
        ideal=max(band.need, band.ideal),
        burden=band.burden,
    )


def _skills(person: Person, staff_id: int, now: datetime) -> None:
    for skill in counters.skills_of(person):
        db.session.add(StaffSkill(staff_id=staff_id, skill=skill))
    if counters.is_exempt(person) and person.unit.code.startswith(counters.CITIZENS[:5]):
        db.session.add(
            DutyProfile(staff_id=staff_id, group=Group.EXEMPT.value, forbidden=[], changed_at=now)
        )


# --- the rota -------------------------------------------------------------------------------


def weeks_of(
    everybody: Sequence[Person],
    mornings: Sequence[Morning],
    day: date,
    is_open: Callable[[date], bool],
    actors: Mapping[str, Actor],
) -> None:
    """Duties of 市民課 from three weeks back to this Friday, with one gap ahead on the Tuesday; a draft of next week.
    In a transaction."""
    staff = {number: actor.staff_id for number, actor in actors.items()}
    crew = [
        person
        for person in everybody
        if person.unit.code.startswith(counters.CITIZENS[:5])
        and not counters.is_exempt(person)
        and person.number in staff
    ]
    home = db.session.scalars(select(Unit.id).filter_by(code=counters.CITIZENS)).one_or_none()
    posts = {
        name: position_id
        for position_id, name in db.session.execute(
            select(Position.id, Position.name).where(Position.unit_id == home)
        )
    }
    if home is None or not {post.name for post in counters.CITIZENS_POSTS} <= posts.keys():
        return  # somebody has made it their own
    monday = day - timedelta(days=day.weekday())
    loads: Counter[str] = Counter()
    early = {person.number for person in leaving_early(everybody)}
    free = _free_on_the_tuesday(mornings)
    for on in calendar.days(monday - timedelta(weeks=WEEKS_BEHIND), monday + timedelta(days=4)):
        if not is_open(on):
            continue
        turns = counters.day_of_duty(crew, loads, free if on == day else _at_office(on), early)
        _write(turns, posts, staff, on)
        duties.fix(home, on, now=calendar.at_minute(monday, -6 * 60))
        if on == day:
            _afternoon_off(counters.gap_of(turns), staff, day)
    duties.changed(staff[person.number] for person in crew)
    maker = next((p for p in crew if is_coordinator(p)), None)
    if maker is not None:
        turns_by_day = {
            on: counters.day_of_duty(crew, loads, _at_office(on), early)
            for on in calendar.days(monday + timedelta(days=7), monday + timedelta(days=11))
            if is_open(on)
        }
        _draft(home, turns_by_day, posts, staff, actors[maker.number], tuesday.opens_at(day))


def _draft(
    home: int,
    turns_by_day: dict[date, list[Turn]],
    posts: dict[str, int],
    staff: dict[str, int],
    maker: Actor,
    now: datetime,
) -> None:
    """Next week as 案: two cells open, three pinned. Not where somebody has begun one."""
    if not turns_by_day:
        return
    first = min(turns_by_day)
    desk = desk_of(home, first - timedelta(days=first.weekday()), now=now)
    if desk.rota is not None:
        return
    cells = [
        Cell(
            day=on,
            start=turn.start,
            position=posts[turn.post],
            staff=staff[turn.person],
            end=turn.end,
            pinned=counters.is_pinned(turn, on.weekday()),
        )
        for on, turns in turns_by_day.items()
        for turn in turns
        if not counters.is_left_open(turn, on.weekday())
    ]
    rota.save(desk, cells, revision=0, what="edit", actor=maker, now=now)


def _at_office(on: date) -> Callable[[Person], bool]:
    return lambda person: week.place_on(person, on) is None


def _free_on_the_tuesday(mornings: Sequence[Morning]) -> Callable[[Person], bool]:
    """Who came in and has said nothing that keeps them from a counter."""
    quiet = {
        found.person.number
        for found in mornings
        if found.where in {"card", "plan"}
        and (found.said is None or found.said.state == "available")
    }
    return lambda person: person.number in quiet


def _write(turns: Iterable[Turn], posts: dict[str, int], staff: dict[str, int], on: date) -> None:
    turns = list(turns)
    made_at = calendar.at_minute(on - timedelta(days=on.weekday() + 3), 15 * 60)
    db.session.execute(delete(Duty).where(Duty.day == on, Duty.position_id.in_(posts.values())))
    for turn in turns:
        db.session.add(
            Duty(
                position_id=posts[turn.post],
                staff_id=staff[turn.person],
                day=on,
                start_minute=turn.start,
                end_minute=turn.end,
                source="rota",
                made_at=made_at,
            )
        )
    for number in sorted({turn.person for turn in turns}):
        moved = counters.moved_break(turns, number)
        if moved is not None:
            db.session.merge(
                DutyBreak(
                    staff_id=staff[number], day=on, start_minute=moved[0], end_minute=moved[1]
                )
            )


def _afternoon_off(gap: Turn, staff: dict[str, int], day: date) -> None:
    off = Planned(gap.start, minute_of("17:15"), "leave")
    plans.put_day(staff[gap.person], day, [Entry(off.start, off.end, off.kind)], source=SOURCE)
