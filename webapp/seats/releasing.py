"""What is given free without anybody having cancelled it, and forgetting. Inside a transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from webapp.core import calendar, settings
from webapp.core.db import db
from webapp.day import queries as day_queries
from webapp.org import queries as org
from webapp.presence.day_rules import report_due_at
from webapp.seats import loans, queries, service, telling
from webapp.seats.models import LoanBooking, SeatBooking
from webapp.seats.rules import Fate, LoanState, SeatState, fate
from webapp.seats.settings import KEPT, NO_SHOW


def release_of_request(request_id: int, *, now: datetime) -> int:
    """A request was refused, sent back or withdrawn: its seats and loans still to come are free again.

    What is handed over already stays out until it is brought back. Returns how many bookings were released.
    """
    seats = service.release_seats_of_request(request_id, now=now)
    return seats + loans.release_loans_of_request(request_id, now=now)


# --- who came and who did not ---------------------------------------------------------------


def begun(*, now: datetime) -> list[SeatBooking]:
    """Bookings of today whose time has begun and of which nothing more is known; mostly there are none."""
    today = org.today(now)
    minute = int((now - calendar.at_minute(today, 0)).total_seconds()) // 60
    query = select(SeatBooking).where(
        SeatBooking.day == today,
        SeatBooking.state == SeatState.BOOKED.value,
        SeatBooking.start_minute <= minute,
        SeatBooking.end_minute > minute,
    )
    return list(db.session.scalars(query.order_by(SeatBooking.id)))


def fates(rows: Sequence[SeatBooking], *, now: datetime) -> dict[int, Fate]:
    """{booking id: what becomes of it}. Counted from the start, or from the booking where that was made later."""
    wait = timedelta(minutes=settings.value(NO_SHOW))
    seats = queries.seats_by_id({row.seat_id for row in rows})
    days = day_queries.days_of([row.staff_id for row in rows], now=now)
    found: dict[int, Fate] = {}
    for row in rows:
        person = days.get(row.staff_id)
        starts_at = calendar.at_minute(row.day, row.start_minute)
        late = max(row.made_at - starts_at, timedelta())
        found[row.id] = fate(
            person.facts.reports if person else (),
            seats[row.seat_id].site.name,
            starts_at,
            due=person is not None and report_due_at(person.facts) is not None,
            wait=wait + late if wait else wait,
            now=now,
        )
    return found


def settle(*, now: datetime) -> int:
    """Who reported from the site has the seat; who did not in time is told that it is free. Returns how many moved."""
    rows = {row.id: row for row in begun(now=now)}
    service.hold([row.seat_id for row in rows.values()])
    for row in rows.values():
        db.session.refresh(row)
    still = [row for row in rows.values() if row.state == SeatState.BOOKED.value]
    moved = {key: each for key, each in fates(still, now=now).items() if each is not Fate.WAIT}
    seats = queries.seats_by_id({rows[key].seat_id for key in moved})
    for key, each in moved.items():
        row = rows[key]
        row.state = SeatState.USED.value if each is Fate.USED else SeatState.RELEASED.value
        row.ended_at = now if each is Fate.RELEASED else None
        service.told(seats[row.seat_id])
    telling.seats_released(
        [rows[key] for key, each in moved.items() if each is Fate.RELEASED], now=now
    )
    return len(moved)


def forget(*, now: datetime) -> None:
    """Bookings whose day is long over; what was never brought back stays until it is."""
    before = org.today(now) - timedelta(days=settings.value(KEPT))
    db.session.execute(delete(SeatBooking).where(SeatBooking.day < before))
    db.session.execute(
        delete(LoanBooking).where(
            LoanBooking.last_day < before, LoanBooking.state != LoanState.OUT.value
        )
    )
