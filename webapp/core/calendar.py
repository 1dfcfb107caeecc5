"""The business calendar: which days count, and to which day an instant belongs. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import holidays

from webapp.core.clock import TOKYO

WEEKDAYS = "月火水木金土日"
# 元号の施行日 (政令): the first day on which each era's name is used.
_ERAS = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1868, 10, 23), "明治"),
)


@lru_cache(maxsize=16)
def _national_holidays(year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("JP", years=year, language="ja").items())


def national_holiday(day: date) -> str | None:
    """The name of the national holiday (国民の祝日に関する法律, substitutes included), or None."""
    return _national_holidays(day.year).get(day)


def is_year_end(day: date) -> bool:
    """12/29–1/3: 行政機関の休日 as most 休日条例 copy it."""
    return (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Working days of the town hall.

    closures: whole days closed besides the ordinary ones → reason.
    day_starts: 日替わり時刻, the local time at which a new business day begins (default 0:00).
    """

    closures: dict[date, str] = field(default_factory=dict)
    day_starts: time = time(0, 0)

    def closed_because(self, day: date) -> str | None:
        if day in self.closures:
            return self.closures[day]
        if (holiday := national_holiday(day)) is not None:
            return holiday
        if is_year_end(day):
            return "年末年始"
        return f"{WEEKDAYS[day.weekday()]}曜日" if day.weekday() >= 5 else None

    def is_business_day(self, day: date) -> bool:
        return self.closed_because(day) is None

    def business_date(self, instant: datetime) -> date:
        """The business day an instant belongs to, in Asia/Tokyo."""
        local = instant.astimezone(TOKYO)
        return local.date() if local.time() >= self.day_starts else local.date() - timedelta(days=1)

    def day_bounds(self, day: date) -> tuple[datetime, datetime]:
        """[from, to) of a business day, in UTC."""
        return at(day, self.day_starts), at(day + timedelta(days=1), self.day_starts)

    def business_days(self, first: date, last: date) -> list[date]:
        return [day for day in days(first, last) if self.is_business_day(day)]


def days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def at(day: date, clock: time) -> datetime:
    """A local time of day in Asia/Tokyo as an instant in UTC."""
    return datetime.combine(day, clock, TOKYO).astimezone(UTC)


def at_minute(day: date, minute: int) -> datetime:
    """Minutes after local midnight (may pass 24 h) as an instant in UTC."""
    return at(day, time(0, 0)) + timedelta(minutes=minute)


def wareki(day: date, *, weekday: bool = True) -> str:
    """令和8年11月24日（火）."""
    for first, era in _ERAS:
        if day >= first:
            year = day.year - first.year + 1
            text = f"{era}{'元' if year == 1 else year}年{day.month}月{day.day}日"
            return text + (f"（{WEEKDAYS[day.weekday()]}）" if weekday else "")
    return day.isoformat()


def fiscal_year(day: date) -> int:
    """年度: April to March."""
    return day.year if day.month >= 4 else day.year - 1
