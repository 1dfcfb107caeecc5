"""Swaps as people see them: one's own, those offered to oneself, those to approve, those done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from webapp.accounts.access import Actor
from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.coverage.entries import iso
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.positions import queries as positions
from webapp.positions.rules import Post
from webapp.rota import swap_work
from webapp.rota.models import Swap, SwapOffer
from webapp.rota.swap_notices import when_words
from webapp.rota.swap_rules import OPEN, STATE_WORDS, Act, Standing, State, Stretch, may

SHOWN_DAYS = 28  # what is done stays on the list this long
MOST = 200
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lists:
    offered: list[Json]
    mine: list[Json]
    to_approve: list[Json]
    done: list[Json]

    def json(self) -> Json:
        return {
            "offered": self.offered,
            "mine": self.mine,
            "to_approve": self.to_approve,
            "done": self.done,
        }


def own_lists(actor: Actor, *, now: datetime) -> Lists:
    return _sorted_out(_concerning(actor.staff_id, now), actor, now=now)


def unit_lists(unit_ids: Sequence[int], actor: Actor, *, now: datetime) -> Lists:
    """Of these units: everything for who leads them, else what concerns oneself."""
    query = select(Swap).where(Swap.unit_id.in_(unit_ids), _recent(now))
    rows = list(db.session.scalars(query.order_by(Swap.day, Swap.start_minute, Swap.id)))
    return _sorted_out(rows[-MOST:], actor, now=now)


def _recent(now: datetime) -> Any:
    return or_(
        Swap.state.in_([state.value for state in OPEN]),
        Swap.asked_at >= now - timedelta(days=SHOWN_DAYS),
    )


def _concerning(staff_id: int, now: datetime) -> list[Swap]:
    offered = select(SwapOffer.swap_id).where(SwapOffer.staff_id == staff_id)
    query = select(Swap).where(
        _recent(now),
        or_(
            Swap.from_id == staff_id,
            Swap.to_id == staff_id,
            Swap.asked_by == staff_id,
            Swap.id.in_(offered),
        ),
    )
    return list(db.session.scalars(query.order_by(Swap.day, Swap.start_minute, Swap.id)))[-MOST:]


def _sorted_out(rows: Sequence[Swap], actor: Actor, *, now: datetime) -> Lists:
    book = Book(rows, actor, now=now)
    lists = Lists([], [], [], [])
    for row in rows:
        who = book.standing(row)
        if not swap_work.concerns(who):
            continue
        shown = book.json(row, who)
        if shown["state"] in OPEN:
            if "accept" in shown["may"] and book.answer(row) != "declined":
                lists.offered.append(shown)
            elif "approve" in shown["may"] and row.state == State.ACCEPTED.value:
                lists.to_approve.append(shown)
            elif who.holds or who.asked or who.takes or who.leads:
                lists.mine.append(shown)
        elif who.holds or who.asked or who.takes or who.leads:
            lists.done.append(shown)
    lists.done.reverse()
    return lists


class Book:
    """What the rows of a list share, read once."""

    def __init__(self, rows: Sequence[Swap], actor: Actor, *, now: datetime) -> None:
        self.actor, self.now = actor, now
        self.offers = swap_work.offers_of([row.id for row in rows])
        returned = [row.return_duty_id for row in rows if row.return_duty_id is not None]
        query = select(Duty).where(Duty.id.in_(returned))
        self.duties = {duty.id: duty for duty in db.session.scalars(query)}
        ids = {row.position_id for row in rows} | {d.position_id for d in self.duties.values()}
        self.posts: dict[int, Post] = positions.posts_by_id(ids)
        people = {i for row in rows for i in (row.from_id, row.to_id, row.decided_by) if i}
        people |= {offer.staff_id for offers in self.offers.values() for offer in offers}
        self.names = org.names_of(people)
        self.numbers = _numbers(people)

    def standing(self, row: Swap) -> Standing:
        return swap_work.standing(row, self.actor)

    def answer(self, row: Swap) -> str:
        mine = (o for o in self.offers.get(row.id, ()) if o.staff_id == self.actor.staff_id)
        return next((offer.answer for offer in mine), "")

    def json(self, row: Swap, who: Standing) -> Json:
        post = self.posts[row.position_id]
        stretch = Stretch(row.day, row.start_minute, row.end_minute)
        over = row.state in OPEN and swap_work.has_begun(row, self.now)
        state = State.EXPIRED if over else State(row.state)
        party = who.holds or who.takes or who.leads or who.asked
        return {
            "id": row.id,
            "kind": row.kind,
            "state": state.value,
            "state_words": STATE_WORDS[state],
            "words": when_words(stretch, post.name),
            "position": str(row.position_id),
            "position_name": post.name,
            "date": row.day.isoformat(),
            "from": clock_of(row.start_minute, padded=True),
            "to": clock_of(row.end_minute, padded=True),
            "giver": self._person(row.from_id),
            "taker": self._person(row.to_id),
            "return": self._returned(row),
            "reason": row.reason if party else "",
            "automatic": row.automatic,
            "asked_at": iso(row.asked_at),
            "decided_at": iso(row.decided_at) if row.decided_at else None,
            "decided_by": self._person(row.decided_by),
            "offers": self._offers(row) if who.holds or who.asked or who.leads else [],
            "may": self._may(row, who) if state in OPEN else [],
        }

    def _may(self, row: Swap, who: Standing) -> list[str]:
        wanted = (
            (Act.ACCEPT, Act.DECLINE, Act.WITHDRAW)
            if row.state == State.OFFERED.value
            else (Act.APPROVE, Act.REFUSE, Act.WITHDRAW)
        )
        return [act.value for act in wanted if may(act, who)]

    def _person(self, staff_id: int | None) -> Json | None:
        if staff_id is None:
            return None
        return {"staff": self.numbers.get(staff_id, ""), "name": self.names.get(staff_id, "")}

    def _returned(self, row: Swap) -> Json | None:
        duty = self.duties.get(row.return_duty_id or 0)
        if duty is None:
            return None
        post = self.posts[duty.position_id]
        stretch = Stretch(duty.day, duty.start_minute, duty.end_minute)
        return {
            "duty": duty.id,
            "words": when_words(stretch, post.name),
            "position_name": post.name,
            "date": duty.day.isoformat(),
            "from": clock_of(duty.start_minute, padded=True),
            "to": clock_of(duty.end_minute, padded=True),
        }

    def _offers(self, row: Swap) -> list[Json]:
        return [
            {"answer": offer.answer, **(self._person(offer.staff_id) or {})}
            for offer in self.offers.get(row.id, ())
        ]


def _numbers(staff_ids: Iterable[int]) -> dict[int, str]:
    query = select(Staff.id, Staff.number).where(Staff.id.in_(list(staff_ids)))
    return dict(db.session.execute(query).all())


# --- one's duties ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnDuty:
    """A fixed duty that may still change hands."""

    id: int
    words: str
    day: date
    start: int
    end: int
    post: Post


def coming_duties(staff_id: int, *, now: datetime, days: int = 60) -> list[OwnDuty]:
    today = org.today(now)
    query = select(Duty).where(
        Duty.staff_id == staff_id, Duty.day >= today, Duty.day <= today + timedelta(days=days)
    )
    rows = [
        row
        for row in db.session.scalars(query.order_by(Duty.day, Duty.start_minute, Duty.id))
        if row.end_minute > swap_work.minute_of(row.day, now)
    ]
    posts = positions.posts_by_id({row.position_id for row in rows})
    return [own_duty(row, posts[row.position_id]) for row in rows]


def own_duty(row: Duty, post: Post) -> OwnDuty:
    stretch = Stretch(row.day, row.start_minute, row.end_minute)
    return OwnDuty(
        row.id,
        when_words(stretch, post.name),
        row.day,
        row.start_minute,
        row.end_minute,
        post,
    )
