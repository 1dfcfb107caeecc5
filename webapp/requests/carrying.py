"""What an approved request does to the plan of the day, and taking it back. Inside transactions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.accounts.access import Actor
from webapp.core.refusals import Refusal
from webapp.org.queries import Hours
from webapp.plans import service as plans
from webapp.plans.rules import Kind, Origin, Planned
from webapp.plans.service import Entry
from webapp.requests import records
from webapp.requests.models import TeleworkRequest
from webapp.seats import loan_queries, loans, releasing
from webapp.seats import queries as seats
from webapp.seats import service as booking
from webapp.seats.models import LoanBooking, SeatBooking
from webapp.seats.rules import LoanState, SeatState


@dataclass(frozen=True, slots=True)
class Times:
    """Telework from start to end (minutes from local midnight), and the way there and back outside of it."""

    start: int
    end: int
    before: int = 0
    after: int = 0

    def json(self) -> dict[str, int]:
        return {"start": self.start, "end": self.end, "before": self.before, "after": self.after}

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> "Times":
        return cls(found["start"], found["end"], found.get("before", 0), found.get("after", 0))


def times_of(row: TeleworkRequest) -> Times:
    """As it stands; with the way, where a proposed time was taken."""
    taken = row.proposal or {}
    if taken.get("taken") and (taken["start"], taken["end"]) == (row.start_minute, row.end_minute):
        return Times.of_json(taken)
    return Times(row.start_minute, row.end_minute)


def source_of(request_id: int) -> str:
    return f"request:{request_id}"


def planned(row: TeleworkRequest, times: Times | None = None) -> list[Planned]:
    """The stretches of the day, the way as 外出・出張."""
    at = times or times_of(row)
    kind, origin = Kind(row.place), Origin.REQUEST
    found = []
    if at.before:
        found.append(Planned(at.start - at.before, at.start, Kind.TRIP, None, origin))
    found.append(Planned(at.start, at.end, kind, row.site, origin))
    if at.after:
        found.append(Planned(at.end, at.end + at.after, Kind.TRIP, None, origin))
    return found


def hours_of(row: TeleworkRequest) -> Hours | None:
    """勤務時間の割振り; None = the ordinary hours."""
    if row.hours_start is None or row.hours_end is None:
        return None
    breaks: tuple[tuple[int, int], ...] = ()
    if row.break_start is not None and row.break_end is not None:
        breaks = ((row.break_start, row.break_end),)
    return Hours(row.hours_start, row.hours_end, breaks)


def carry_out(row: TeleworkRequest) -> None:
    """Approved: the day is planned so."""
    entries = [Entry(p.start, p.end, p.kind.value, p.site) for p in planned(row)]
    source = source_of(row.id)
    plans.put_day(row.staff_id, row.day, entries, source=source, origin=Origin.REQUEST)
    if (hours := hours_of(row)) is not None:
        plans.put_hours(row.staff_id, row.day, hours, source=source)


def take_back(row: TeleworkRequest) -> None:
    """No longer approved: what it planned is gone, and what lay below shows again."""
    source = source_of(row.id)
    plans.put_day(row.staff_id, row.day, [], source=source, origin=Origin.REQUEST)
    if hours_of(row) is not None:
        plans.put_hours(row.staff_id, row.day, None, source=source)


# --- seats and loans that came with it --------------------------------------------------------


def release(row: TeleworkRequest, *, now: datetime) -> None:
    """Not to be approved: others can have the seat and the telephone."""
    releasing.release_of_request(row.id, now=now)


def hold_bookings(row: TeleworkRequest) -> None:
    """Lock what `rebook` is going to book; the person is locked after it, as with everybody who books."""
    found = _booked_with(row)
    booking.hold(
        [one.seat_id for one in found if isinstance(one, SeatBooking)],
        [one.item_id for one in found if isinstance(one, LoanBooking)],
    )


def rebook(row: TeleworkRequest, *, actor: Actor, now: datetime) -> None:
    """Its hours have changed: what is still to come is booked for the new ones. Raises Refusal, half done: the
    caller takes it back."""
    span = (row.start_minute, row.end_minute)
    other = [
        one
        for one in _booked_with(row)
        if one.state == SeatState.BOOKED.value and (one.start_minute, one.end_minute) != span
    ]
    if not other:
        return
    release(row, now=now)
    for one in other:
        if isinstance(one, SeatBooking):
            _book_seat(row, one.seat_id, actor=actor, now=now)
        else:
            _book_loan(row, one.item_id, actor=actor, now=now)


def hand_over_bookings(former: TeleworkRequest, row: TeleworkRequest, *, now: datetime) -> None:
    """The change takes its place: what it needs for the same hours and has not booked itself goes over to it, the
    rest is free."""
    span = (row.start_minute, row.end_minute)
    has = {type(one) for one in _booked_with(row) if one.state == SeatState.BOOKED.value}
    same_site = (row.place, row.site) == (former.place, former.site)
    for one in _booked_with(former):
        if isinstance(one, SeatBooking) and not same_site:
            continue
        if type(one) not in has and (one.start_minute, one.end_minute) == span:
            one.request_id = row.id
    release(former, now=now)


def _booked_with(row: TeleworkRequest) -> list[SeatBooking | LoanBooking]:
    return [*seats.bookings_of_request(row.id), *loan_queries.loans_of_request(row.id)]


def hand_back_bookings(row: TeleworkRequest, former: TeleworkRequest) -> None:
    """What was booked before the change was filed is the former's."""
    for one in _booked_with(row):
        if one.made_at < row.filed_at:
            one.request_id = former.id


def book_again(row: TeleworkRequest, since: datetime, *, actor: Actor, now: datetime) -> bool:
    """元に戻す: what was released since then is booked again; False where somebody was quicker."""
    again = True
    for seat in seats.bookings_of_request(row.id):
        if seat.state == SeatState.RELEASED.value and seat.ended_at and seat.ended_at >= since:
            again &= _seat_again(row, seat.seat_id, actor=actor, now=now)
    for loan in loan_queries.loans_of_request(row.id):
        if loan.state == LoanState.RELEASED.value and loan.ended_at and loan.ended_at >= since:
            again &= _loan_again(row, loan.item_id, actor=actor, now=now)
    return again


def _seat_again(row: TeleworkRequest, seat_id: int, *, actor: Actor, now: datetime) -> bool:
    try:
        _book_seat(row, seat_id, actor=actor, now=now)
    except Refusal:
        return False
    return True


def _loan_again(row: TeleworkRequest, item_id: int, *, actor: Actor, now: datetime) -> bool:
    try:
        _book_loan(row, item_id, actor=actor, now=now)
    except Refusal:
        return False
    return True


def _book_seat(row: TeleworkRequest, seat_id: int, *, actor: Actor, now: datetime) -> None:
    span = (row.staff_id, row.day, row.start_minute, row.end_minute)
    beside = records.beside(row)
    booking.book_seat(seat_id, *span, request_id=row.id, beside=beside, actor=actor, now=now)


def _book_loan(row: TeleworkRequest, item_id: int, *, actor: Actor, now: datetime) -> None:
    span = (row.staff_id, row.day, row.start_minute, row.end_minute)
    beside = records.beside(row)
    loans.book_item(item_id, *span, request_id=row.id, beside=beside, actor=actor, now=now)
