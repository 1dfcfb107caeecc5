"""Sites, seats and loans to play on."""

from datetime import date
from typing import Any

from tests.stage import Stage
from webapp.accounts.access import Actor
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.org import queries as org
from webapp.seats import loans, service
from webapp.seats.models import LoanBooking, LoanItem, Seat, SeatBooking, Site

TUESDAY = date(2026, 11, 24)
WEDNESDAY = date(2026, 11, 25)
DAY = (510, 1035)


def actor_of(stage: Stage, number: str) -> Actor:
    now = clock.now()
    postings = org.postings_today(stage.ids[number], now=now)
    return Actor(stage.ids[number], number, postings[0].name, postings=postings)


def site(name: str, *seats: str, **more: Any) -> tuple[int, list[int]]:
    """A site with seats of these names; (its id, the seats' ids)."""
    with transaction():
        row = Site(name=name, **more)
        row.seats = [
            Seat(name=seat, sort_order=place, computer=place == 0)
            for place, seat in enumerate(seats)
        ]
        db.session.add(row)
        db.session.flush()
        return row.id, [seat.id for seat in row.seats]


def item(number: str, **more: Any) -> int:
    with transaction():
        row = LoanItem(**{"number": number, "kind": "公用携帯", "name": number} | more)
        db.session.add(row)
        db.session.flush()
        loans.told(row)
        return row.id


def book(
    stage: Stage,
    number: str,
    seat_id: int,
    day: date = WEDNESDAY,
    span: tuple[int, int] = DAY,
    **more: Any,
) -> SeatBooking:
    actor = actor_of(stage, number)
    with transaction():
        return service.book_seat(
            seat_id, actor.staff_id, day, *span, actor=actor, now=clock.now(), **more
        )


def borrow(
    stage: Stage,
    number: str,
    item_id: int,
    day: date = WEDNESDAY,
    span: tuple[int, int] = DAY,
    **more: Any,
) -> LoanBooking:
    actor = actor_of(stage, number)
    with transaction():
        return loans.book_item(
            item_id, actor.staff_id, day, *span, actor=actor, now=clock.now(), **more
        )
