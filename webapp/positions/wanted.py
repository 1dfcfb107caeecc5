"""What somebody wants a position, its demand, the hours or a person's limits to be; and what is wrong with it. Pure.

Faults are {field: what would be right}.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from webapp.core.calendar import WEEKDAYS
from webapp.core.hours import clock_of
from webapp.positions.rules import (
    Group,
    Interval,
    Kind,
    Staffed,
    outside,
    weekdays_in,
)

Faults = dict[str, str]
MOST_NEEDED = 99
HIGHEST_BURDEN = 5.0
WORKING_DAYS = 0b0011111
EVERY_DAY = 0b1111111


def version_of(*parts: object) -> str:
    """Changes whenever what is stored changes; a form carries it, so that a second editor is told."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class PositionWanted:
    """site "" = the unit's own office. feeds: ids of further units whose people can be put here."""

    name: str
    kind: Kind = Kind.COUNTER
    staffed: Staffed = Staffed.DUTY
    site: str = ""
    skills: tuple[str, ...] = ()
    burden: float = 1.0
    contractor: bool = False
    feeds: tuple[int, ...] = ()

    @property
    def version(self) -> str:
        return version_of(
            self.name,
            self.kind.value,
            self.staffed.value,
            self.site,
            sorted(self.skills),
            self.burden,
            self.contractor,
            sorted(self.feeds),
        )

    def faults(self) -> Faults:
        found: Faults = {}
        if not self.name:
            found["name"] = "持ち場の名前を入れてください（例 窓口1）"
        elif len(self.name) > 40:
            found["name"] = "40文字以内にしてください"
        if any(len(skill) > 40 for skill in self.skills):
            found["skills_more"] = "技能の名前は40文字以内にしてください"
        if not 0 <= self.burden <= HIGHEST_BURDEN:
            found["burden"] = "0 から 5 の間にしてください（ふつうは 1）"
        return found


@dataclass(frozen=True, slots=True)
class BandWanted:
    """Minutes from local midnight. Either weekdays (bit 0 = Monday) or one day."""

    start: int
    end: int
    need: int
    ideal: int
    experienced: int = 0
    burden: float = 1.0
    weekdays: int = 0
    day: date | None = None
    lock_id: int | None = None

    @property
    def version(self) -> str:
        return version_of(
            self.start,
            self.end,
            self.need,
            self.ideal,
            self.experienced,
            self.burden,
            self.weekdays,
            self.day,
            self.lock_id,
        )

    def faults(self) -> Faults:
        found: Faults = {}
        if not self.weekdays and self.day is None:
            found["weekday"] = "曜日を1つ以上選ぶか、日付を入れてください"
        if not 0 <= self.start < self.end <= 24 * 60:
            found["end"] = f"終了は開始（{clock_of(self.start)}）より後の時刻にしてください"
        if not 0 <= self.need <= MOST_NEEDED:
            found["need"] = f"0 から {MOST_NEEDED} の人数にしてください"
        if not self.need <= self.ideal <= MOST_NEEDED:
            found["ideal"] = f"必要（{self.need}人）以上にしてください"
        if not 0 <= self.experienced <= self.need:
            found["experienced"] = f"必要（{self.need}人）以下にしてください"
        if not 0 <= self.burden <= HIGHEST_BURDEN:
            found["burden"] = "0 から 5 の間にしてください（ふつうは 1）"
        return found


@dataclass(frozen=True, slots=True)
class OpeningWanted:
    """start None = closed on these days."""

    applies_to: str
    site: str = ""
    weekdays: int = 0
    day: date | None = None
    start: int | None = None
    end: int | None = None
    note: str = ""

    @property
    def version(self) -> str:
        return version_of(
            self.applies_to, self.site, self.weekdays, self.day, self.start, self.end, self.note
        )

    def faults(self) -> Faults:
        found: Faults = {}
        if self.applies_to not in ("counter", "phone"):
            found["applies_to"] = "窓口か電話を選んでください"
        if not self.weekdays and self.day is None:
            found["weekday"] = "曜日を1つ以上選ぶか、日付を入れてください"
        if (self.start is None) != (self.end is None):
            found["end"] = "開始と終了の両方を入れてください"
        elif self.start is not None and self.end is not None and self.end <= self.start:
            found["end"] = f"終了は開始（{clock_of(self.start)}）より後の時刻にしてください"
        if len(self.note) > 60:
            found["note"] = "60文字以内にしてください"
        return found


@dataclass(frozen=True, slots=True)
class LockWanted:
    name: str
    starts_on: date
    ends_on: date

    @property
    def version(self) -> str:
        return version_of(self.name, self.starts_on, self.ends_on)

    def faults(self) -> Faults:
        found: Faults = {}
        if not self.name or len(self.name) > 40:
            found["name"] = "名前を40文字以内で入れてください（例 12月議会、申告期間）"
        if self.ends_on < self.starts_on:
            found["ends_on"] = f"最後の日は {self.starts_on} 以後にしてください"
        return found


@dataclass(frozen=True, slots=True)
class ProfileWanted:
    """experienced None = not said. preferences: position id → −2…+2 without 0. pairs: ids of people."""

    skills: frozenset[str] = frozenset()
    experienced: bool | None = None
    max_consecutive_minutes: int | None = None
    max_daily_minutes: int | None = None
    group: Group = Group.ROTATE
    forbidden: frozenset[int] = frozenset()
    preferences: dict[int, int] = field(default_factory=dict)
    pairs: frozenset[int] = frozenset()

    @property
    def version(self) -> str:
        return version_of(
            sorted(self.skills),
            self.experienced,
            self.max_consecutive_minutes,
            self.max_daily_minutes,
            self.group.value,
            sorted(self.forbidden),
            sorted(self.preferences.items()),
            sorted(self.pairs),
        )

    @property
    def is_limited(self) -> bool:
        """Something beyond skills and experience: 「個別の設定」."""
        return self.group is not Group.ROTATE or self.has_details

    @property
    def has_details(self) -> bool:
        return bool(
            self.max_consecutive_minutes
            or self.max_daily_minutes
            or self.forbidden
            or self.preferences
            or self.pairs
        )

    def faults(self) -> Faults:
        found: Faults = {}
        if any(len(skill) > 40 for skill in self.skills):
            found["skills_more"] = "技能の名前は40文字以内にしてください"
        for name, minutes in (
            ("max_consecutive_minutes", self.max_consecutive_minutes),
            ("max_daily_minutes", self.max_daily_minutes),
        ):
            if minutes is not None and not 15 <= minutes <= 1440:
                found[name] = "15 から 1440 までの分か、空（決めない）にしてください"
        both = (self.max_consecutive_minutes, self.max_daily_minutes)
        if not found and both[0] and both[1] and both[0] > both[1]:
            found["max_consecutive_minutes"] = f"1日の上限（{both[1]}分）以下にしてください"
        return found


# --- demand against opening hours --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fit:
    """cut: what falls outside of the hours, in words; nothing_left: the band never counts."""

    cut: str = ""
    right: str = ""
    nothing_left: bool = False


def fit_of(band: BandWanted, hours_of: dict[int, list[Interval]], *, by_day: bool) -> Fit:
    """How a band lies in the opening hours of its weekdays (hours_of: 0 = Monday), or of its date."""
    days = [band.day.weekday()] if by_day and band.day else weekdays_in(band.weekdays)
    span = (band.start, band.end)
    parts = {day: outside(span, hours_of.get(day, [])) for day in days}
    if not all(part == [span] for part in parts.values()):
        return Fit(_cut_words(parts))
    right = _hours_words(days, hours_of)
    if band.day is not None:
        right = f"{band.day.month}月{band.day.day}日 {right}"
    return Fit(_cut_words(parts), right, nothing_left=True)


def _cut_words(parts: dict[int, list[Interval]]) -> str:
    by_span: dict[str, list[int]] = {}
    for day, spans in parts.items():
        for span in spans:
            by_span.setdefault(span_words(span), []).append(day)
    return "、".join(f"{weekday_words(days)} {words}" for words, days in by_span.items())


def _hours_words(days: Sequence[int], hours_of: dict[int, list[Interval]]) -> str:
    by_hours: dict[str, list[int]] = {}
    for day in days:
        words = "・".join(span_words(span) for span in hours_of.get(day, [])) or "閉まっています"
        by_hours.setdefault(words, []).append(day)
    return "、".join(f"{weekday_words(of)} は {words}" for words, of in by_hours.items())


def span_words(span: Interval) -> str:
    return f"{clock_of(span[0])}〜{clock_of(span[1])}"


def weekday_words(days: int | Iterable[int]) -> str:
    """平日, 毎日, 土・日, 月〜木, 月・水."""
    found = weekdays_in(days) if isinstance(days, int) else sorted(set(days))
    if found == list(range(5)):
        return "平日"
    if found == list(range(7)):
        return "毎日"
    if len(found) > 2 and found == list(range(found[0], found[-1] + 1)):
        return f"{WEEKDAYS[found[0]]}〜{WEEKDAYS[found[-1]]}"
    return "・".join(WEEKDAYS[day] for day in found)


def overlapping(band: BandWanted, others: Iterable[BandWanted]) -> list[BandWanted]:
    """Others of the same position that count at the same time: legal, the largest need wins."""
    return [
        other
        for other in others
        if other.lock_id == band.lock_id
        and max(other.start, band.start) < min(other.end, band.end)
        and (
            (other.day == band.day)
            if band.day or other.day
            else bool(other.weekdays & band.weekdays)
        )
    ]
