"""Booking seats and giving them up. Inside a transaction.

Who books locks the seat before looking for an overlap, then the person: of two at once the second waits, sees the
booking of the first, and is offered the nearest free seats. Who books several in one transaction calls `hold` first.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import audit, calendar, clock, settings
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotAllowed, NotFound, RuleBroken
from webapp.duties import service as duties
from webapp.org import queries as org
from webapp.realtime import outbox
from webapp.seats import access, queries
from webapp.seats.models import LoanItem, Seat, SeatBooking, Site, UsualSeat
from webapp.seats.rules import SEAT_HELD, SeatState, Span, fault_of, outside, overlap
from webapp.seats.settings import AHEAD

UNDO = timedelta(seconds=60)  # the toast is there for 10 s; slow lines and slow people get more
NO_SEAT = "この席は見つかりません。"
NO_BOOKING = "この予約は見つかりません。"


class SeatTaken(Conflict):
    """Somebody else holds the seat. nearest: what is free instead, the nearest first."""

    def __init__(self, seat: Seat, nearest: list[Seat]) -> None:
        words = (
            "近くの空いている席を選べます。" if nearest else "この時間に空いている席はありません。"
        )
        super().__init__(f"{seat.site.name} {seat.name} はほかの人が先に予約しました。{words}")
        self.seat, self.nearest = seat, nearest


def hold(seat_ids: Iterable[int] = (), item_ids: Iterable[int] = ()) -> None:
    """Lock all that one transaction is going to book, in one order for everybody: nobody waits in a circle."""
    for table, ids in ((Seat, seat_ids), (LoanItem, item_ids)):
        query = select(table.id).where(table.id.in_(sorted(set(ids)))).order_by(table.id)
        db.session.execute(query.with_for_update(key_share=True))


def book_seat(
    seat_id: int,
    staff_id: int,
    day: date,
    start: int,
    end: int,
    *,
    request_id: int | None = None,
    beside: Collection[int] = (),
    actor: Actor,
    now: datetime,
) -> SeatBooking:
    """Minutes from local midnight. The second tap of a double tap gets the booking of the first.

    beside: requests whose bookings do not stand in the way, since only one of them and this one will hold.

    Raises SeatTaken (409) with the nearest free seats, RuleBroken (422), NotFound, NotAllowed.
    """
    access.book_for(actor, staff_id, now=now)
    seat = _locked(seat_id, day)
    span = Span(start, end)
    check_time(day, span, now=now)
    if words := outside(span, queries.hours_of([seat.site], day)[seat.site_id]):
        raise RuleBroken(f"{seat.site.name}: {words}。", {"start": words})
    duties.hold([staff_id])
    own = [
        row
        for row in queries.own_bookings(staff_id, day, day)
        if overlap(queries.span_of(row), span)
    ]
    again = next(
        (row for row in own if row.seat_id == seat_id and queries.span_of(row) == span), None
    )
    if again is not None:
        again.request_id = again.request_id or request_id
        return again
    if not queries.is_free(_of_others(seat_id, staff_id, day), span):
        raise SeatTaken(seat, queries.nearest_free(seat, day, span))
    if any(row.request_id not in beside for row in own):
        words = "この時間には別の席を予約しています。取り消すか、時間を変えてください"
        raise RuleBroken(f"{words}。", {"start": words})
    row = SeatBooking(
        seat_id=seat_id,
        staff_id=staff_id,
        day=day,
        start_minute=start,
        end_minute=end,
        state=SeatState.BOOKED.value,
        request_id=request_id,
        made_at=now,
        made_by=actor.staff_id,
    )
    db.session.add(row)
    db.session.flush()
    told(seat)
    if actor.staff_id != staff_id:
        audit.record(actor, "seat.book", staff_id=staff_id, now=now)
    return row


def _locked(seat_id: int, day: date) -> Seat:
    hold([seat_id])
    seat = queries.seats_by_id([seat_id]).get(seat_id)
    if seat is None or _is_closed(seat, day) or _is_closed(seat.site, day):
        raise NotFound(NO_SEAT)
    return seat


def _is_closed(what: Seat | Site, day: date) -> bool:
    return what.closed_on is not None and what.closed_on <= day


def _of_others(seat_id: int, staff_id: int, day: date) -> list[SeatBooking]:
    held = queries.held_on(day, [seat_id]).get(seat_id, [])
    return [row for row in held if row.staff_id != staff_id]


def check_time(day: date, span: Span, *, now: datetime) -> None:
    """Raises RuleBroken with the field that is wrong."""
    local = clock.to_tokyo(now)
    field, words = fault_of(
        day,
        span,
        today=local.date(),
        minute=local.hour * 60 + local.minute,
        ahead=settings.value(AHEAD),
    )
    if field:
        raise RuleBroken(f"{words}。", {field: words})


def told(seat: Seat) -> None:
    outbox.touch(queries.TOPIC, seat.site_id)


# --- giving up ------------------------------------------------------------------------------


def cancel_seat(booking_id: int, *, actor: Actor, now: datetime) -> SeatBooking:
    """A booking to come is cancelled; a seat in use is free from now on. Raises Conflict where it is over already."""
    row, seat = _booking(booking_id, actor, now)
    state = SeatState(row.state)
    if state not in SEAT_HELD or _ends_at(row) <= now:
        raise Conflict("この予約はもう終わっているか、取り消されています。")
    minute = _minute(row.day, now)
    if state is SeatState.USED and minute > row.start_minute:
        row.end_minute = minute
    else:
        row.state = SeatState.CANCELLED.value
    row.ended_at = now
    told(seat)
    if actor.staff_id != row.staff_id:
        audit.record(actor, "seat.cancel", staff_id=row.staff_id, now=now)
    return row


def restore_seat(booking_id: int, *, actor: Actor, now: datetime) -> SeatBooking:
    """元に戻す: the booking stands again if nobody took the seat meanwhile. Raises SeatTaken, Conflict."""
    row, seat = _booking(booking_id, actor, now)
    if row.state != SeatState.CANCELLED.value or row.ended_at is None or now - row.ended_at > UNDO:
        raise Conflict("もう元に戻せません。もう一度予約してください。")
    span = queries.span_of(row)
    duties.hold([row.staff_id])
    if not queries.is_free(_of_others(row.seat_id, row.staff_id, row.day), span):
        raise SeatTaken(seat, queries.nearest_free(seat, row.day, span))
    mine = queries.own_bookings(row.staff_id, row.day, row.day)
    if any(overlap(queries.span_of(other), span) for other in mine):
        raise Conflict("この時間には別の席を予約しています。")
    row.state, row.ended_at = SeatState.BOOKED.value, None
    told(seat)
    return row


def _booking(booking_id: int, actor: Actor, now: datetime) -> tuple[SeatBooking, Seat]:
    """With its seat locked. NotFound also for what is not this person's business."""
    row = db.session.get(SeatBooking, booking_id)
    if row is None:
        raise NotFound(NO_BOOKING)
    try:
        access.book_for(actor, row.staff_id, now=now)
    except NotAllowed as refused:
        raise NotFound(NO_BOOKING) from refused
    hold([row.seat_id])
    db.session.refresh(row)
    return row, queries.seats_by_id([row.seat_id])[row.seat_id]


def _ends_at(row: SeatBooking) -> datetime:
    return calendar.at_minute(row.day, row.end_minute)


def _minute(day: date, now: datetime) -> int:
    return int((now - calendar.at_minute(day, 0)).total_seconds()) // 60


def release_seats_of_request(request_id: int, *, now: datetime) -> int:
    """A request was refused or withdrawn: what is still to come is free again; returns how many."""
    rows = [
        row
        for row in queries.bookings_of_request(request_id)
        if row.state == SeatState.BOOKED.value and _ends_at(row) > now
    ]
    seats = queries.seats_by_id({row.seat_id for row in rows})
    hold(seats)
    for row in rows:
        row.state, row.ended_at = SeatState.RELEASED.value, now
        told(seats[row.seat_id])
    return len(rows)


# --- いつもの席 -----------------------------------------------------------------------------


def set_usual(staff_id: int, seat_id: int | None, *, now: datetime) -> None:
    """None: no usual seat any more."""
    usual = db.session.get(UsualSeat, staff_id)
    if seat_id is None:
        if usual is not None:
            db.session.delete(usual)
        return
    _locked(seat_id, org.today(now))
    if usual is None:
        db.session.add(UsualSeat(staff_id=staff_id, seat_id=seat_id))
    else:
        usual.seat_id = seat_id
