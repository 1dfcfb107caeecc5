"""Reading sites, seats and who holds which. Minutes count from local midnight."""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from webapp.core.db import db
from webapp.core.models import Closure
from webapp.org import queries as org
from webapp.org import sites
from webapp.seats import lines
from webapp.seats.models import Seat, SeatBooking, Site, UsualSeat
from webapp.seats.rules import (
    DAY,
    SEAT_HELD,
    Hours,
    Nearby,
    Span,
    nearest,
    outside,
    overlap,
)

TOPIC = "seat"  # by the site's id
BETWEEN_NAMES = "、"
MOST_OFFERED = 3


SITE_ORDER = (Site.sort_order, Site.name)


def sites_on(day: date) -> list[Site]:
    """The sites that take bookings on a day, in their order, with their seats."""
    query = select(Site).where(or_(Site.closed_on.is_(None), Site.closed_on > day))
    return list(
        db.session.scalars(query.options(selectinload(Site.seats)).order_by(*SITE_ORDER)).unique()
    )


def own_site_names() -> list[str]:
    """Names of the sites with seats; lent to the features below."""
    today = org.today()
    query = select(Site.name).where(or_(Site.closed_on.is_(None), Site.closed_on > today))
    return list(db.session.scalars(query.order_by(*SITE_ORDER)))


def site_names() -> list[str]:
    """What can be chosen as 拠点: the sites with seats, then those of the setting."""
    return sites.site_names()


def open_seats(site: Site, day: date) -> list[Seat]:
    return [seat for seat in site.seats if seat.closed_on is None or seat.closed_on > day]


def hours_of(wanted: Iterable[Site], day: date) -> dict[int, Hours]:
    """{site id: when it can be booked that day}: its opening hours less the closures entered for it."""
    because = org.business_calendar().closed_because(day)
    closures = list(db.session.scalars(select(Closure).where(Closure.day == day)))
    return {site.id: _hours(site, because, closures) for site in wanted}


def _hours(site: Site, because: str | None, closures: Sequence[Closure]) -> Hours:
    here = [row for row in closures if row.site in ("", site.name)]
    whole = next((row.reason or "閉館" for row in here if row.start_minute is None), because or "")
    shut = tuple(
        Span(row.start_minute, row.end_minute or DAY)
        for row in here
        if row.start_minute is not None
    )
    opens = 0 if site.open_minute is None else site.open_minute
    closes = DAY if site.close_minute is None else site.close_minute
    return Hours(opens, closes, whole, shut)


# --- bookings -------------------------------------------------------------------------------


def held_on(day: date, seat_ids: Iterable[int] | None = None) -> dict[int, list[SeatBooking]]:
    """{seat id: bookings that hold it that day, by time}."""
    query = select(SeatBooking).where(
        SeatBooking.day == day, SeatBooking.state.in_([state.value for state in SEAT_HELD])
    )
    if seat_ids is not None:
        query = query.where(SeatBooking.seat_id.in_(list(seat_ids)))
    found: dict[int, list[SeatBooking]] = {}
    for row in db.session.scalars(query.order_by(SeatBooking.start_minute, SeatBooking.id)):
        found.setdefault(row.seat_id, []).append(row)
    return found


def span_of(row: SeatBooking) -> Span:
    return Span(row.start_minute, row.end_minute)


def is_free(held: Iterable[SeatBooking], span: Span) -> bool:
    return not any(overlap(span_of(row), span) for row in held)


def own_bookings(staff_id: int, first: date, last: date | None = None) -> list[SeatBooking]:
    """What somebody holds from a day on (to another), by day and time."""
    query = select(SeatBooking).where(
        SeatBooking.staff_id == staff_id,
        SeatBooking.day >= first,
        SeatBooking.state.in_([state.value for state in SEAT_HELD]),
    )
    if last is not None:
        query = query.where(SeatBooking.day <= last)
    return list(
        db.session.scalars(
            query.order_by(SeatBooking.day, SeatBooking.start_minute, SeatBooking.id)
        )
    )


def bookings_of_request(request_id: int) -> list[SeatBooking]:
    query = select(SeatBooking).where(SeatBooking.request_id == request_id)
    return list(db.session.scalars(query.order_by(SeatBooking.day, SeatBooking.start_minute)))


def seats_by_id(seat_ids: Iterable[int]) -> dict[int, Seat]:
    query = select(Seat).where(Seat.id.in_(list(seat_ids))).options(selectinload(Seat.site))
    return {seat.id: seat for seat in db.session.scalars(query)}


def usual_seat(staff_id: int) -> Seat | None:
    usual = db.session.get(UsualSeat, staff_id)
    return seats_by_id([usual.seat_id]).get(usual.seat_id) if usual else None


# --- free -----------------------------------------------------------------------------------


def free_seats(site_id: int, day: date, start: int, end: int) -> list[Seat]:
    """The seats of a site nobody holds at any time from start to end, in their order."""
    return [seat for seat in free_everywhere(day, Span(start, end)) if seat.site_id == site_id]


def free_everywhere(day: date, span: Span) -> list[Seat]:
    """Free seats of all sites that are open then, by site and seat."""
    found = sites_on(day)
    hours = hours_of(found, day)
    held = held_on(day)
    return [
        seat
        for site in found
        if not outside(span, hours[site.id])
        for seat in open_seats(site, day)
        if is_free(held.get(seat.id, ()), span)
    ]


def nearest_free(seat: Seat, day: date, span: Span) -> list[Seat]:
    """What is offered where a seat is taken: of the same site, of the sites near to it, of the others."""
    free = {one.id: one for one in free_everywhere(day, span)}
    near = [name for name in seat.site.near.split(BETWEEN_NAMES) if name]
    ranked = nearest(map(_nearby, free.values()), _nearby(seat), near, most=MOST_OFFERED)
    return [free[one.seat_id] for one in ranked]


def _nearby(seat: Seat) -> Nearby:
    site = seat.site
    return Nearby(
        seat.id, site.name, site.sort_order, seat.sort_order, seat.computer, site.personal_data
    )


def free_lines(day: date, start: int, end: int) -> int | None:
    """How many more could be given what nobody can telework without; None = nothing caps it."""
    return lines.free(day, Span(start, end))
