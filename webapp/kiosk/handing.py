"""当番を代わる on the day: who could, and the change itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from webapp.accounts.access import Actor
from webapp.core import audit, calendar
from webapp.core.db import db
from webapp.core.refusals import Conflict, RuleBroken
from webapp.day import queries as day
from webapp.duties import service as duties
from webapp.duties.models import Duty
from webapp.kiosk import queries
from webapp.kiosk.handing_rules import Taker, may_take
from webapp.kiosk.queries import DutyLine
from webapp.kiosk.rules import handed_from
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.positions import queries as positions
from webapp.positions.rules import Post
from webapp.presence.facts import Span
from webapp.presence.rules import resolve


@dataclass(frozen=True, slots=True)
class Offer:
    """A duty, and who of the unit could take it now."""

    duty: DutyLine
    takers: tuple[PersonPosting, ...]


def offers(
    person: PersonPosting, people: Sequence[PersonPosting], *, now: datetime
) -> tuple[list[Offer], list[Offer]]:
    """(own duties left, with who could take each over; duties of the others that this person could take)."""
    lines = queries.duties_left([each.staff_id for each in people], now=now)
    mine = [line for line in lines if line.staff_id == person.staff_id]
    others = [line for line in lines if line.staff_id != person.staff_id]
    wanted = people if mine else [person]
    takers = takers_of([each.staff_id for each in wanted], now=now)
    myself = [taker for taker in takers if taker.staff_id == person.staff_id]
    posts = positions.posts_by_id({line.position_id for line in lines})
    given = [
        Offer(line, tuple(each for each in people if each.staff_id in able))
        for line in mine
        for able in [able_to(line, posts[line.position_id], takers, now=now)]
    ]
    taken = [
        Offer(line, (person,))
        for line in others
        if able_to(line, posts[line.position_id], myself, now=now)
    ]
    return given, taken


def takers_of(staff_ids: Sequence[int], *, now: datetime) -> list[Taker]:
    profiles = positions.profiles_of(staff_ids)
    return [
        Taker(
            staff_id,
            frozenset(posting.unit_id for posting in person.postings),
            person.facts,
            resolve(person.facts, now),
            profiles[staff_id],
        )
        for staff_id, person in day.days_of(staff_ids, now=now).items()
    ]


def able_to(
    duty: Duty | DutyLine, post: Post, takers: Sequence[Taker], *, now: datetime
) -> set[int]:
    """Who of these could take what is left of the duty; never who has it."""
    start = handed_from(duty.start_minute, duty.end_minute, minute_of(duty.day, now))
    if start is None or post.contractor:
        return set()
    units = positions.candidate_units(post, org.tree(duty.day, known_at=now))
    piece = Span(calendar.at_minute(duty.day, start), calendar.at_minute(duty.day, duty.end_minute))
    others = (taker for taker in takers if taker.staff_id != duty.staff_id)
    return {taker.staff_id for taker in others if may_take(taker, post, units, piece, now)}


def minute_of(on: date, now: datetime) -> int:
    return int((now - calendar.at_minute(on, 0)).total_seconds() // 60)


def hand_over_today(duty_id: int, *, from_id: int, to_id: int, actor: Actor, now: datetime) -> Duty:
    """What is left of a duty of today goes to somebody else. Inside a transaction.

    Raises Conflict when somebody was first or the duty is over, RuleBroken when the taker cannot.
    """
    duty = db.session.get(Duty, duty_id, with_for_update=True, populate_existing=True)
    if duty is None or duty.staff_id != from_id or duty.day != org.today(now):
        raise Conflict("この当番は、もうほかの人に代わっています。")
    start = handed_from(duty.start_minute, duty.end_minute, minute_of(duty.day, now))
    if start is None:
        raise Conflict("この当番は、もう終わっています。")
    post = positions.posts_by_id([duty.position_id])[duty.position_id]
    if to_id not in able_to(duty, post, takers_of([to_id], now=now), now=now):
        message = "いまは代われません。在庁で、ほかの当番・休憩・会議と重ならない人が代われます。"
        raise RuleBroken(message, {"to": message})
    end = duty.end_minute
    taken = duties.hand_over(duty, to_id, start, end, source="swap", now=now)
    detail = {"channel": "kiosk", "position": taken.position_id, "from": from_id, "to": to_id}
    other = from_id if actor.staff_id == to_id else to_id
    audit.record(actor, "duty.hand_over", staff_id=other, detail=detail, now=now)
    return taken
