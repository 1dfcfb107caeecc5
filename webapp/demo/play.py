"""Playing the script through the services, each step at its own minute."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import partial

from webapp.accounts.access import Actor
from webapp.attendance import service as attendance
from webapp.core.calendar import at_minute
from webapp.demo import duty_play, people, script, tuesday, week
from webapp.demo.people import Person
from webapp.demo.script import Morning, Planned, Said, Told
from webapp.demo.week import Yesterday
from webapp.org import queries as org
from webapp.plans import service as plans
from webapp.plans.service import Entry
from webapp.presence import service as presence
from webapp.presence.facts import Place, PunchKind, Reason, State
from webapp.standup import service as standup
from webapp.standup.rules import Half, NoteText

SOURCE = "勤務予定"


class _Cast:
    """The people of the script as they are in this database."""

    def __init__(self, now: datetime) -> None:
        ids = sorted(org.posted_staff_ids(org.today(now), known_at=now))
        self.actors = {
            postings[0].number: Actor(
                staff_id, postings[0].number, postings[0].name, postings=tuple(postings)
            )
            for staff_id, postings in org.postings_of(ids, org.today(now), known_at=now).items()
        }

    def __contains__(self, person: Person) -> bool:
        """Somebody may have imported other people since."""
        return person.number in self.actors

    def actor(self, number: str) -> Actor:
        return self.actors[number]


def morning_of(day: date) -> None:
    """Everything until 10:20 of that Tuesday, with what the last business day left. In a transaction."""
    seed = f"{people.SEED}:{day.isoformat()}"
    cast = _Cast(tuesday.opens_at(day))
    everybody = [person for person in people.people() if person in cast]
    before = tuesday.business_day_before(day, org.business_calendar())
    _plan_week(everybody, day, before, cast)
    days = [on for on in tuesday.last_week(day) if on < before and _is_open(on)]
    for note in week.earlier_notes(everybody, days, seed):
        _evening_note(cast.actor(note.person.number), note.done, note.carried, note.day)
    for yesterday in week.day_before(everybody, before, seed):
        _play_yesterday(yesterday, before, cast)
    mornings = script.morning(everybody, seed)
    for morning in mornings:
        _plan(morning.person, day, morning.plan, cast)
    steps = [step for morning in mornings for step in _steps(morning, day, cast)]
    for _, act in sorted(steps, key=lambda step: step[0]):
        act()
    duty_play.weeks_of(everybody, mornings, day, _is_open, cast.actors)


def _plan_week(everybody: Iterable[Person], day: date, before: date, cast: _Cast) -> None:
    monday = day - timedelta(days=day.weekday())
    days = {monday + timedelta(days=n) for n in range(5)} | {before}
    open_days = [on for on in sorted(days - {day}) if _is_open(on)]
    for person in everybody:
        for on in open_days:
            if (place := week.place_on(person, on)) is not None:
                _plan(person, on, [place], cast)


def _is_open(day: date) -> bool:
    return org.business_calendar().is_business_day(day)


def _plan(person: Person, day: date, planned: Iterable[Planned], cast: _Cast) -> None:
    entries = [Entry(p.start, p.end, p.kind, p.site) for p in planned]
    if entries:
        plans.put_day(cast.actor(person.number).staff_id, day, entries, source=SOURCE)


def _play_yesterday(yesterday: Yesterday, day: date, cast: _Cast) -> None:
    actor = cast.actor(yesterday.person.number)
    for told in yesterday.told:
        _report(actor, told, day)
    _evening_note(actor, yesterday.done, yesterday.carried, day)


def _evening_note(actor: Actor, done: list[str], carried: list[str], day: date) -> None:
    text = NoteText(tuple(done), tuple(carried))
    now = at_minute(day, week.EVENING)
    standup.put_note(actor.staff_id, day, Half.EVENING, text, actor=actor, now=now)


Step = tuple[datetime, Callable[[], None]]


def _steps(morning: Morning, day: date, cast: _Cast) -> Iterable[Step]:
    actor = cast.actor(morning.person.number)
    for told in morning.told:
        yield at_minute(day, told.minute), partial(_report, actor, told, day)
    if morning.said is not None:
        yield at_minute(day, morning.said.minute), partial(_say, actor, morning.said, day, cast)
    if morning.lines:
        started = morning.told[0].minute if morning.told else script.hours_of(morning.person)[0]
        yield at_minute(day, started + 4), partial(_note, actor, morning, day, started + 4)


def _report(actor: Actor, told: Told, day: date) -> None:
    attendance.report(
        actor.staff_id,
        attendance.Wanted(
            PunchKind(told.kind),
            Place(told.place) if told.place else None,
            told.site,
            return_at=at_minute(day, told.until) if told.until else None,
        ),
        actor=actor,
        now=at_minute(day, told.minute),
        source=told.source,
    )


def _say(actor: Actor, said: Said, day: date, cast: _Cast) -> None:
    presence.set_status(
        actor.staff_id,
        presence.Wanted(
            State(said.state),
            at_minute(day, said.until) if said.until else None,
            said.note,
            Reason(said.reason) if said.reason else None,
        ),
        actor=cast.actor(said.by) if said.by else actor,
        now=at_minute(day, said.minute),
    )


def _note(actor: Actor, morning: Morning, day: date, minute: int) -> None:
    text = NoteText(tuple(morning.lines))
    standup.put_note(
        actor.staff_id, day, Half.MORNING, text, actor=actor, now=at_minute(day, minute)
    )
