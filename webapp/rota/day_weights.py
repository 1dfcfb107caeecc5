"""What a day adds to the burden of a duty: Monday, the day after a holiday, the end of the month. Pure.

The solver, the fairness page and the carry-in all take the band's burden times this weight.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from webapp.core.calendar import BusinessCalendar

MONTH_END_DAYS = 1  # the last working day


@dataclass(frozen=True, slots=True)
class DayWeights:
    """Factors; 1.0 = an ordinary day. Where several hold, the largest counts."""

    after_closed: float = 1.0  # Monday, or the day after a holiday
    month_end: float = 1.0

    def of(self, day: date, business: BusinessCalendar) -> float:
        found = [1.0]
        if is_after_closed(day, business):
            found.append(self.after_closed)
        if is_month_end(day, business):
            found.append(self.month_end)
        return max(found)


def is_after_closed(day: date, business: BusinessCalendar) -> bool:
    """The first working day after one or more closed ones."""
    return business.is_business_day(day) and not business.is_business_day(day - timedelta(days=1))


def is_month_end(day: date, business: BusinessCalendar) -> bool:
    """The last working day of its month."""
    if not business.is_business_day(day):
        return False
    following = day + timedelta(days=1)
    while following.month == day.month:
        if business.is_business_day(following):
            return False
        following += timedelta(days=1)
    return True
