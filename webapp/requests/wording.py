"""Requests in words, the same on pages, in notices and in the trail. Pure."""

from datetime import date
from typing import Protocol

from webapp.core.calendar import WEEKDAYS
from webapp.core.hours import clock_of

EXTENT_WORDS = {"whole": "終日", "am": "午前", "pm": "午後"}
PLACE_WORDS = {"home": "在宅", "satellite": "サテライト", "mobile": "モバイルワーク"}
KIND_WORDS = {"own": "自宅", "parents": "実家など", "hospital": "病院など", "other": "その他"}


class Asked(Protocol):
    """A request, as far as these words go."""

    @property
    def day(self) -> date: ...
    @property
    def extent(self) -> str: ...
    @property
    def start_minute(self) -> int: ...
    @property
    def end_minute(self) -> int: ...
    @property
    def place(self) -> str: ...
    @property
    def site(self) -> str | None: ...


def day_words(day: date) -> str:
    """12月1日（火）."""
    return f"{day.month}月{day.day}日（{WEEKDAYS[day.weekday()]}）"


def span_words(start: int, end: int) -> str:
    """8:30〜17:15."""
    return f"{clock_of(start)}〜{clock_of(end)}"


def what_words(row: Asked) -> str:
    """終日 在宅 · 午後 サテライト 四ツ谷 · 13:00〜15:00 在宅."""
    part = EXTENT_WORDS.get(row.extent) or span_words(row.start_minute, row.end_minute)
    site = f" {row.site}" if row.site else ""
    return f"{part} {PLACE_WORDS.get(row.place, row.place)}{site}"


def when_words(row: Asked) -> str:
    """12月1日（火） 終日 在宅."""
    return f"{day_words(row.day)} {what_words(row)}"
