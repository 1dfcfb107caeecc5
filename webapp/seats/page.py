"""What the page of seats shows: sites and their seats on one day, one's own bookings, the usual seat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from webapp.accounts.access import Actor
from webapp.core import calendar
from webapp.core.hours import clock_of
from webapp.day import queries as day_queries
from webapp.org import queries as org
from webapp.presence import queries as presence
from webapp.presence.day_rules import timeline
from webapp.seats import access, queries
from webapp.seats.asked import Asked
from webapp.seats.models import Seat, SeatBooking, Site
from webapp.seats.rules import Hours, elsewhere, outside, overlap


@dataclass(frozen=True, slots=True)
class Held:
    """One booking of a seat; who: "" where the one who looks may not know."""

    words: str
    who: str
    mine: bool
    in_question: bool  # overlaps the time asked for


@dataclass(frozen=True, slots=True)
class SeatRow:
    """state: free, mine (held by the person one books for), taken, shut (the site is closed then)."""

    seat: Seat
    state: str
    held: tuple[Held, ...]
    booking_id: int | None
    usual: bool


@dataclass(frozen=True, slots=True)
class SiteDay:
    """why: why nothing can be booked for the time asked for, else ""."""

    site: Site
    hours: Hours
    why: str
    rows: tuple[SeatRow, ...]

    @property
    def free(self) -> int:
        return sum(row.state == "free" for row in self.rows)


@dataclass(frozen=True, slots=True)
class Own:
    """A booking of one's own. planned: what the day's plan says instead, "" where it agrees or says nothing."""

    row: SeatBooking
    seat: Seat
    words: str
    planned: str
    running: bool


def span_words(start: int, end: int) -> str:
    return f"{clock_of(start)}〜{clock_of(end)}"


def site_days(asked: Asked, actor: Actor, *, now: datetime) -> list[SiteDay]:
    sites = queries.sites_on(asked.day)
    hours = queries.hours_of(sites, asked.day)
    seats = {site.id: queries.open_seats(site, asked.day) for site in sites}
    held = queries.held_on(asked.day, [seat.id for row in seats.values() for seat in row])
    names = _names(held, actor, now)
    usual = queries.usual_seat(asked.staff_id)
    usual_id = usual.id if usual else 0
    return [
        SiteDay(
            site,
            hours[site.id],
            why := outside(asked.span, hours[site.id]),
            tuple(
                _seat_row(seat, held.get(seat.id, ()), asked, names, why, seat.id == usual_id)
                for seat in seats[site.id]
            ),
        )
        for site in sites
    ]


def _names(
    held: Mapping[int, Sequence[SeatBooking]], actor: Actor, now: datetime
) -> dict[int, str]:
    people = {row.staff_id for rows in held.values() for row in rows}
    return org.names_of(access.seen_by(actor, people, now=now))


def _seat_row(
    seat: Seat,
    held: Sequence[SeatBooking],
    asked: Asked,
    names: Mapping[int, str],
    why: str,
    usual: bool,
) -> SeatRow:
    here = [row for row in held if overlap(queries.span_of(row), asked.span)]
    mine = next((row for row in here if row.staff_id == asked.staff_id), None)
    state = "mine" if mine else "taken" if here else "shut" if why else "free"
    shown = tuple(
        Held(
            span_words(row.start_minute, row.end_minute),
            names.get(row.staff_id, ""),
            row.staff_id == asked.staff_id,
            row in here,
        )
        for row in held
    )
    return SeatRow(seat, state, shown, mine.id if mine else None, usual)


# --- one's own ------------------------------------------------------------------------------


def own(asked: Asked, *, now: datetime) -> list[Own]:
    """What is still to come of the person's bookings, by day."""
    rows = [
        row
        for row in queries.own_bookings(asked.staff_id, asked.today)
        if row.day > asked.today or row.end_minute > _minute(now, asked.today)
    ]
    seats = queries.seats_by_id({row.seat_id for row in rows})
    return [
        Own(
            row,
            seats[row.seat_id],
            span_words(row.start_minute, row.end_minute),
            _planned_instead(row, seats[row.seat_id].site.name, now),
            row.day == asked.today and row.start_minute <= _minute(now, asked.today),
        )
        for row in rows
    ]


def _minute(now: datetime, today: date) -> int:
    return int((now - calendar.at_minute(today, 0)).total_seconds()) // 60


def _planned_instead(row: SeatBooking, site: str, now: datetime) -> str:
    person = day_queries.days_on([row.staff_id], row.day, now=now).get(row.staff_id)
    if person is None:
        return ""
    starts_at = calendar.at_minute(row.day, row.start_minute)
    ends_at = calendar.at_minute(row.day, row.end_minute)
    place = elsewhere(timeline(person.facts), site, starts_at, ends_at)
    return presence.labels()["place"].get(place.value, "") if place else ""
