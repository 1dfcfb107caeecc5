"""Bodies of bookings, from JSON and from plain forms. Days as 2026-11-25, times "HH:MM", people by number."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from webapp.core.hours import minute_of
from webapp.core.parse import Body, FormBody
from webapp.seats.rules import Span


def _clock(text: str) -> str:
    minute_of(text)
    return text


Clock = Annotated[str, Field(max_length=5), AfterValidator(_clock)]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]


class TimeBody(Body):
    """staff: for whom; absent = oneself."""

    day: date
    start: Clock
    end: Clock
    staff: Annotated[str, Field(max_length=32)] = ""

    @property
    def span(self) -> Span:
        return Span(minute_of(self.start), minute_of(self.end))


class SeatBody(TimeBody):
    seat: Id


class SeatForm(SeatBody, FormBody):
    """The same from a page."""


class LoanBody(TimeBody):
    """last_day: absent = brought back the same day."""

    item: Id
    last_day: date | None = None


class LoanForm(LoanBody, FormBody):
    """The same from a page."""
