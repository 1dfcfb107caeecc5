"""Reading for 窓口応援: the colleagues of a position as they are now, calls and who was asked."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.core import calendar
from webapp.core.db import db
from webapp.coverage.covering import able
from webapp.coverage.help_rules import BURDEN_DAYS, OPEN, Colleague
from webapp.coverage.models import HelpAsk, HelpCall
from webapp.coverage.standing import Standing, day_standings
from webapp.day import queries as day
from webapp.day.queries import PersonDay
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.positions import queries as positions
from webapp.positions.models import Position
from webapp.positions.queries import Profile
from webapp.positions.rules import Kind, Post
from webapp.presence.facts import Shown, Source
from webapp.presence.rules import resolve

DECLINED_FOR = timedelta(minutes=30)


def post_of(position_id: int, *, now: datetime) -> Post | None:
    """The position if it is in use today."""
    posts = positions.all_posts(org.today(now))
    return next((post for post in posts if post.id == position_id), None)


def closes_at(post: Post, *, now: datetime) -> datetime | None:
    """The end of the opening hours that `now` lies in; None = closed."""
    on = org.today(now)
    demand = positions.demand_on([post], [on], org.tree(on, known_at=now))[on]
    spans = [
        (calendar.at_minute(on, start), calendar.at_minute(on, end))
        for start, end in demand.hours[post.id]
    ]
    return next((end for start, end in spans if start <= now < end), None)


def colleagues(post: Post, *, now: datetime, without: Collection[int]) -> list[Colleague]:
    """Everybody of the units that feed the position but those in `without`."""
    on = org.today(now)
    units = positions.candidate_units(post, org.tree(on, known_at=now))
    ids = [i for i in day.staff_ids_in(sorted(units), now=now) if i not in without]
    people = day.days_on(ids, on, now=now)
    profiles = positions.profiles_of(list(people))
    burdens = burden_of(list(people), post.kind, on)
    declined = _declined_lately(post.id, now)
    return [
        _colleague(person, profiles[i], post, now, burdens.get(i, 0.0), declined=i in declined)
        for i, person in people.items()
    ]


def _colleague(
    person: PersonDay, profile: Profile, post: Post, now: datetime, burden: float, *, declined: bool
) -> Colleague:
    midnight = calendar.at_minute(person.on, 0)
    stands, _ = day_standings(person.facts, midnight, now)
    second = int((now - midnight).total_seconds())
    coming = [stand for stand in stands if stand.end > second]
    shown = resolve(person.facts, now)
    return Colleague(
        person.staff_id,
        shown.state,
        coming[0],
        profile.skills,
        profile.group,
        profile.forbidden,
        _stops(coming, post, midnight),
        _busy_until(shown, coming, post, midnight),
        shown.connected,
        declined,
        burden,
    )


def _stops(coming: Sequence[Standing], post: Post, midnight: datetime) -> datetime | None:
    """When somebody free now is due elsewhere: a duty, a break, a meeting, the end of the day."""
    kept = (stand for stand in coming if stand.duty is not None or not able(stand, post))
    first = next(kept, None)
    return midnight + timedelta(seconds=first.start) if first else None


def _busy_until(
    shown: Shown, coming: Sequence[Standing], post: Post, midnight: datetime
) -> datetime | None:
    if shown.duty is not None:
        return shown.duty.ends_at
    if shown.until is not None or shown.source in (Source.MANUAL, Source.PROXY):
        return shown.until  # an open-ended word ends when its speaker says so
    free = next((s for s in coming[1:] if s.duty is None and able(s, post)), None)
    return midnight + timedelta(seconds=free.start) if free else None


def burden_of(staff_ids: Sequence[int], kind: Kind, on: date) -> dict[int, float]:
    """{staff id: weighted minutes on duty at counters, or at telephones, in the last weeks with today}."""
    phone = Position.kind == Kind.PHONE.value
    query = (
        select(Duty.staff_id, Duty.start_minute, Duty.end_minute, Position.burden)
        .join(Position, Position.id == Duty.position_id)
        .where(Duty.staff_id.in_(staff_ids), Duty.day <= on)
        .where(Duty.day > on - timedelta(days=BURDEN_DAYS))
        .where(phone if kind is Kind.PHONE else ~phone)
    )
    found: dict[int, float] = {}
    for staff_id, start, end, weight in db.session.execute(query):
        found[staff_id] = found.get(staff_id, 0.0) + (end - start) * weight
    return found


def _declined_lately(position_id: int, now: datetime) -> set[int]:
    query = (
        select(HelpAsk.staff_id)
        .join(HelpCall, HelpCall.id == HelpAsk.call_id)
        .where(HelpCall.position_id == position_id, HelpAsk.declined_at > now - DECLINED_FOR)
    )
    return set(db.session.scalars(query))


# --- calls ----------------------------------------------------------------------------------


def open_call(position_id: int, *, now: datetime) -> HelpCall | None:
    query = select(HelpCall).where(
        HelpCall.position_id == position_id,
        HelpCall.closed_at.is_(None),
        HelpCall.asked_at > now - OPEN,
    )
    return db.session.scalars(query.order_by(HelpCall.id.desc())).first()


def calls_by_id(call_ids: Iterable[int]) -> list[HelpCall]:
    return list(db.session.scalars(select(HelpCall).where(HelpCall.id.in_(list(call_ids)))))


def asks_of(call_ids: Iterable[int]) -> dict[int, list[HelpAsk]]:
    found: dict[int, list[HelpAsk]] = {}
    query = select(HelpAsk).where(HelpAsk.call_id.in_(list(call_ids)))
    for ask in db.session.scalars(query.order_by(HelpAsk.staff_id)):
        found.setdefault(ask.call_id, []).append(ask)
    return found


def open_for(staff_id: int, *, now: datetime) -> list[HelpCall]:
    """Calls this person is asked by and has not answered."""
    query = (
        select(HelpCall)
        .join(HelpAsk, HelpAsk.call_id == HelpCall.id)
        .where(HelpAsk.staff_id == staff_id, HelpAsk.declined_at.is_(None))
        .where(HelpCall.closed_at.is_(None), HelpCall.asked_at > now - OPEN)
    )
    return list(db.session.scalars(query.order_by(HelpCall.id)))


def asked_by(staff_id: int, *, now: datetime) -> list[HelpCall]:
    """Calls this person made: open ones, and those whose helper is still on it."""
    recent = HelpCall.asked_at > now - timedelta(hours=1)
    rows = db.session.scalars(
        select(HelpCall).where(HelpCall.asked_by == staff_id, recent).order_by(HelpCall.id)
    )
    return [row for row in rows if row.closed_at is None or row.accepted_by is not None]


def minute_of(at: datetime, on: date) -> int:
    """Minutes from local midnight of that day."""
    return int((at - calendar.at_minute(on, 0)).total_seconds()) // 60


def helping(staff_id: int, *, now: datetime) -> tuple[HelpCall, Duty] | None:
    """The call this person is helping on right now."""
    on = org.today(now)
    minute = minute_of(now, on)
    query = (
        select(HelpCall, Duty)
        .join(Duty, Duty.id == HelpCall.duty_id)
        .where(HelpCall.accepted_by == staff_id, Duty.day == on, Duty.end_minute > minute)
    )
    row = db.session.execute(query.order_by(HelpCall.id.desc())).first()
    return (row[0], row[1]) if row else None


def duty_of(call: HelpCall) -> Duty | None:
    return db.session.get(Duty, call.duty_id) if call.duty_id is not None else None
