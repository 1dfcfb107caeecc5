"""Seats and 貸出物品・回線: what is free, booking, giving up, handing over and back."""

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify

from webapp.accounts import access
from webapp.accounts.access import Actor, require_scope
from webapp.accounts.rules import Scope
from webapp.api.blueprint import bp, self_actor
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.hours import clock_of
from webapp.core.parse import valid_or_422
from webapp.core.refusals import NotFound
from webapp.org import queries as org
from webapp.seats import loan_page, loans, page, queries, service
from webapp.seats.asked import Asked, asked, last_day
from webapp.seats.forms import LoanBody, SeatBody
from webapp.seats.loan_queries import items_by_id, own_loans
from webapp.seats.models import LoanBooking, Seat, SeatBooking
from webapp.seats.service import NO_BOOKING, SeatTaken

LARGEST_ID = 2**31 - 1


def _on(wanted: Asked) -> dict[str, str]:
    return {key: wanted.args[key] for key in ("day", "start", "end")}


@bp.get("/seats")
def seats() -> Response:
    """?day=&start=&end=: sites and seats; state for that time: free, mine, taken, shut. No names here."""
    actor, now = self_actor(), clock.now()
    with snapshot():
        wanted = asked(actor, now=now)
        days = page.site_days(wanted, actor, now=now)
        usual = queries.usual_seat(actor.staff_id)
        return jsonify(
            **_on(wanted), sites=[_site(day) for day in days], usual=usual.id if usual else None
        )


def _site(day: page.SiteDay) -> dict[str, Any]:
    site = day.site
    return {
        "id": site.id,
        "name": site.name,
        "telephone": site.telephone,
        "personal_data": site.personal_data,
        "closed": day.why,
        "free": day.free,
        "seats": [_seat(row.seat) | {"state": row.state} for row in day.rows],
    }


def _seat(seat: Seat) -> dict[str, Any]:
    return {
        "id": seat.id,
        "site": seat.site.name,
        "name": seat.name,
        "computer": seat.computer,
        "monitor": seat.monitor,
        "telephone": seat.telephone,
    }


@bp.get("/loans")
def loans_free() -> Response:
    """?day=&last_day=&start=&end=: what one may borrow and how many are free all that time."""
    actor, now = self_actor(), clock.now()
    with snapshot():
        wanted = asked(actor, now=now)
        last = last_day(wanted)
        kinds = loan_page.kinds(wanted, last, now=now)
        items = [
            {
                "id": row.item.id,
                "number": row.item.number,
                "kind": kind,
                "name": row.item.name,
                "telephone": row.item.telephone,
                "quantity": row.item.quantity,
                "free": row.free,
            }
            for kind, rows in kinds
            for row in rows
        ]
        return jsonify(**_on(wanted), last_day=last.isoformat(), items=items)


@bp.get("/me/bookings")
def my_bookings() -> Response:
    actor, now = self_actor(), clock.now()
    with snapshot():
        today = clock.to_tokyo(now).date()
        return jsonify(
            seats=[_booking(row) for row in queries.own_bookings(actor.staff_id, today)],
            loans=[_loan(row) for row in own_loans(actor.staff_id, now=now)],
        )


def _booking(row: SeatBooking) -> dict[str, Any]:
    seat = queries.seats_by_id([row.seat_id])[row.seat_id]
    return {
        "id": row.id,
        "seat": _seat(seat),
        "day": row.day.isoformat(),
        "start": clock_of(row.start_minute, padded=True),
        "end": clock_of(row.end_minute, padded=True),
        "state": row.state,
        "request": row.request_id,
    }


def _loan(row: LoanBooking) -> dict[str, Any]:
    item = items_by_id([row.item_id])[row.item_id]
    return {
        "id": row.id,
        "item": {"id": item.id, "number": item.number, "kind": item.kind, "name": item.name},
        "day": row.day.isoformat(),
        "last_day": row.last_day.isoformat(),
        "start": clock_of(row.start_minute, padded=True),
        "end": clock_of(row.end_minute, padded=True),
        "state": row.state,
        "request": row.request_id,
    }


# --- changes --------------------------------------------------------------------------------


@bp.post("/seats/bookings")
def book_a_seat() -> tuple[Response, int]:
    """409 with `nearest`: what is free instead, the nearest first."""
    actor, now = self_actor(), clock.now()
    body = valid_or_422(SeatBody)
    staff_id = _for_whom(body.staff, actor)
    span = body.span
    return _answered(
        lambda: service.book_seat(
            body.seat, staff_id, body.day, span.start, span.end, actor=actor, now=now
        ),
        201,
    )


def _answered(act: Callable[[], SeatBooking], status: int) -> tuple[Response, int]:
    try:
        with transaction():
            return jsonify(_booking(act())), status
    except SeatTaken as taken:
        error = {"code": taken.code, "message": taken.message, "fields": {}}
        nearest = [_seat(seat) for seat in taken.nearest]
        return jsonify(error=error, nearest=nearest), taken.status


def _for_whom(number: str, actor: Actor) -> int:
    """Somebody else of one's 係: a token needs unit:write for it."""
    if not number or number == actor.number:
        return actor.staff_id
    require_scope(actor, Scope.UNIT_WRITE)
    now = clock.now()
    return access.colleague(actor, number, on=org.today(now), now=now)[0].id


@bp.post("/seats/bookings/<int:booking_id>/cancel")
def cancel_a_seat(booking_id: int) -> tuple[Response, int]:
    actor, key = self_actor(), _known(booking_id)
    return _answered(lambda: service.cancel_seat(key, actor=actor, now=clock.now()), 200)


@bp.post("/seats/bookings/<int:booking_id>/restore")
def restore_a_seat(booking_id: int) -> tuple[Response, int]:
    actor, key = self_actor(), _known(booking_id)
    return _answered(lambda: service.restore_seat(key, actor=actor, now=clock.now()), 200)


def _known(booking_id: int) -> int:
    if booking_id > LARGEST_ID:
        raise NotFound(NO_BOOKING)
    return booking_id


@bp.post("/loans/bookings")
def book_an_item() -> tuple[Response, int]:
    actor, now = self_actor(), clock.now()
    body = valid_or_422(LoanBody)
    staff_id = _for_whom(body.staff, actor)
    with transaction():
        row = loans.book_item(
            body.item,
            staff_id,
            body.day,
            body.span.start,
            body.span.end,
            last_day=body.last_day,
            actor=actor,
            now=now,
        )
        return jsonify(_loan(row)), 201


@bp.post("/loans/bookings/<int:booking_id>/cancel")
def cancel_an_item(booking_id: int) -> Response:
    return _loan_act(loans.cancel_item, booking_id, self_actor())


@bp.post("/loans/bookings/<int:booking_id>/restore")
def restore_an_item(booking_id: int) -> Response:
    return _loan_act(loans.restore_item, booking_id, self_actor())


@bp.post("/loans/bookings/<int:booking_id>/hand-over")
def hand_an_item_over(booking_id: int) -> Response:
    return _loan_act(loans.hand_over, booking_id, _keeper())


@bp.post("/loans/bookings/<int:booking_id>/take-back")
def take_an_item_back(booking_id: int) -> Response:
    return _loan_act(loans.take_back, booking_id, _keeper())


def _keeper() -> Actor:
    actor = self_actor()
    require_scope(actor, Scope.UNIT_WRITE)
    return actor


def _loan_act(act: Callable[..., LoanBooking], booking_id: int, actor: Actor) -> Response:
    with transaction():
        return jsonify(_loan(act(_known(booking_id), actor=actor, now=clock.now())))
