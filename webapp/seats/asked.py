"""What the address of a page asks for: the day, the time, for whom. What cannot be read falls back to the usual."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import request

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.core import clock, settings
from webapp.core.hours import clock_of, minute_of
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.seats.rules import DAY, LONGEST_LOAN, Span
from webapp.seats.settings import AHEAD

USUAL = Span(510, 1035)
QUARTER = 15


@dataclass(frozen=True, slots=True)
class Asked:
    """staff_id: for whom one looks and books; number: "" = for oneself."""

    day: date
    span: Span
    staff_id: int
    number: str
    name: str
    today: date
    timed: bool  # the time was asked for, not just usual

    def on(self, day: date) -> str:
        """The query of the same page on another day."""
        found = {"day": day.isoformat()}
        if self.timed:
            found |= {"start": self.args["start"], "end": self.args["end"]}
        return urlencode(found | ({"staff": self.number} if self.number else {}))

    @property
    def before(self) -> date:
        return max(self.today, self.day - timedelta(days=1))

    @property
    def after(self) -> date:
        return self.day + timedelta(days=1)

    @property
    def args(self) -> dict[str, Any]:
        """As an address says it."""
        found = {
            "day": self.day.isoformat(),
            "start": clock_of(self.span.start),
            "end": clock_of(self.span.end),
        }
        return found | ({"staff": self.number} if self.number else {})


def asked(actor: Actor, *, now: datetime) -> Asked:
    """?day=2026-11-25&start=8:30&end=17:15&staff=100122. Raises NotFound, NotAllowed for others' people."""
    today = clock.to_tokyo(now).date()
    staff_id, number, name, postings = _for_whom(actor, now)
    day = _day(today)
    usual = _usual(postings, day, now)
    span = _span(usual)
    return Asked(day, span, staff_id, number, name, today, span != usual)


def _for_whom(actor: Actor, now: datetime) -> tuple[int, str, str, list[PersonPosting]]:
    number = request.values.get("staff", "")
    if number and number != actor.number:
        staff, postings = access.colleague(actor, number, on=org.today(now), now=now)
        return staff.id, number, postings[0].name, postings
    return actor.staff_id, "", actor.name, list(actor.postings)


def _day(today: date) -> date:
    """A day that can be booked; the next working day where today's is over."""
    try:
        day = date.fromisoformat(request.values.get("day", ""))
    except ValueError:
        return today
    return min(max(day, today), today + timedelta(days=settings.value(AHEAD)))


def last_day(wanted: Asked) -> date:
    """?last_day=2026-11-27: when a loan comes back; the same day where nothing is said."""
    try:
        last = date.fromisoformat(request.values.get("last_day", ""))
    except ValueError:
        return wanted.day
    return min(max(last, wanted.day), wanted.day + LONGEST_LOAN)


def _usual(postings: list[PersonPosting], day: date, now: datetime) -> Span:
    """One's own hours of that day; today what is left of them."""
    held = {postings[0].staff_id: postings} if postings else {}
    hours = next(iter(org.hours_on(day, held).values()), None)
    span = Span(hours.start, min(hours.end, DAY)) if hours else USUAL
    local = clock.to_tokyo(now)
    minute = local.hour * 60 + local.minute
    if day != local.date() or minute <= span.start:
        return span
    start = minute - minute % QUARTER
    return Span(start, span.end if span.end > start + QUARTER else min(start + 60, DAY))


def _span(usual: Span) -> Span:
    start, end = _minute("start", usual.start), _minute("end", usual.end)
    return Span(start, end) if 0 <= start < end <= DAY else usual


def _minute(name: str, usual: int) -> int:
    try:
        return minute_of(request.values.get(name, ""))
    except ValueError:
        return usual


def booking_days(today: date, chosen: date) -> list[date]:
    """The working days one chooses from at a tap: two weeks from today, and the chosen one."""
    ahead = today + timedelta(days=min(13, settings.value(AHEAD)))
    days = org.business_calendar().business_days(today, ahead)
    return sorted({*days, chosen, today})


def colleagues(actor: Actor, *, now: datetime) -> list[tuple[str, str]]:
    """[(number, name)] of those one may book for: the people of one's 係."""
    units = {posting.unit_id for posting in actor.postings}
    people = org.postings_in(units, org.today(now), known_at=now)
    return list({p.number: p.name for p in people if p.staff_id != actor.staff_id}.items())
