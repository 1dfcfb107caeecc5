"""A calendar (iCalendar, RFC 5545) as stretches of days: recurrences laid out, zones counted, words sorted.

Titles, places and descriptions are looked at here and go no further: what comes out holds times and kinds alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import recurring_ical_events
from icalendar import Calendar

from webapp.core import clock
from webapp.plans import recurrence
from webapp.plans.rules import Kind
from webapp.plans.spans import MIDNIGHT, DayHours

LARGEST = 2 * 1024 * 1024  # bytes
MOST_EVENTS = 5_000
MOST_OCCURRENCES = 3_000
MOST_EFFORT = 200_000
EARLIEST = 1970
LONGEST_DAYS = 62  # one event; a longer one is a mistake or no appointment
NOT_BUSY = frozenset({"FREE", "WORKINGELSEWHERE"})


class Unreadable(Exception):
    """No calendar, or none that can be taken in; the message says why and what would be right."""


@dataclass(frozen=True, slots=True)
class Words:
    """Which title means what; other None = what has no word is left out."""

    leave: tuple[str, ...] = ()
    trip: tuple[str, ...] = ()
    meeting: tuple[str, ...] = ()
    other: Kind | None = None

    def kind_of(self, title: str, *, whole_day: bool) -> Kind | None:
        for kind, words in (
            (Kind.LEAVE, self.leave),
            (Kind.TRIP, self.trip),
            (Kind.MEETING, self.meeting),
        ):
            if any(word and word.casefold() in title.casefold() for word in words):
                return kind
        return None if whole_day else self.other


@dataclass(frozen=True, slots=True)
class Busy:
    """One stretch of one day. Minutes from local midnight of `day`; whole: the calendar gave no times."""

    day: date
    start: int
    end: int
    kind: Kind
    whole: bool = False


@dataclass(slots=True)
class Reading:
    """What a calendar came to. The counts say what was left out and why."""

    busy: list[Busy] = field(default_factory=list)
    cancelled: int = 0
    free: int = 0
    without_word: int = 0
    off_days: int = 0  # on days without working hours


def read(content: bytes, words: Words, first: date, last: date) -> Reading:
    """The days first…last of a calendar. Raises Unreadable."""
    found = Reading()
    for event in _occurrences(_opened(content), first, last):
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            found.cancelled += 1
        elif _is_free(event):
            found.free += 1
        else:
            _take(event, words, found)
    found.busy = sorted(
        {one for one in found.busy if first <= one.day <= last},
        key=lambda one: (one.day, one.start, one.end, one.kind),
    )
    return found


def _opened(content: bytes) -> Calendar:
    if len(content) > LARGEST:
        raise Unreadable(
            f"ファイルが大きすぎます（{LARGEST // 1024 // 1024}MBまで）。期間を短くして書き出してください"
        )
    if b"BEGIN:VCALENDAR" not in content[:4096].upper():
        raise Unreadable("カレンダー（iCal 形式、.ics）ではありません。書き出し直してください")
    if content.upper().count(b"BEGIN:VEVENT") > MOST_EVENTS:
        raise Unreadable(
            f"予定が多すぎます（{MOST_EVENTS:,}件まで）。期間を短くして書き出してください"
        )
    try:
        parsed = Calendar.from_ical(content)
    except Exception as fault:
        raise Unreadable(
            "カレンダーとして読み取れませんでした。途中で切れていないか確かめて、書き出し直してください"
        ) from fault
    return parsed


_A_DAY = {"DAILY": 1.0, "WEEKLY": 1 / 7, "MONTHLY": 5 / 30, "YEARLY": 1 / 7}


def _effort(event: Any, last: date) -> float:
    """About how many occurrences have to be counted from the first one on. Raises Unreadable for endless ones."""
    effort = 0.0
    begins = event["DTSTART"].dt
    begins = begins.date() if isinstance(begins, datetime) else begins
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        often = str(rule.get("FREQ", [""])[0]).upper()
        within_day = {
            name for name in ("BYHOUR", "BYMINUTE", "BYSECOND") if len(rule.get(name, [])) > 1
        }
        if often not in _A_DAY or within_day or begins.year < EARLIEST:
            raise Unreadable(
                "1日に何度も繰り返す予定か、古すぎる予定があります。その予定を除いて書き出してください"
            )
        if recurrence.is_hopeless(rule, begins):
            raise Unreadable(
                f"{begins.year}年{begins.month}月{begins.day}日に始まる予定の繰り返しが、ない日か、何十年に一度の日を"
                "指しています。その予定を除いて書き出してください"
            )
        apart = recurrence.reach(rule, begins) or 0
        days = max((last - begins).days, apart // rule.get("INTERVAL", [1])[0], 1)
        effort += days * _A_DAY[often] * max(len(rule.get("BYDAY", [])), 1)
    return effort


def _refuse_endless(parsed: Calendar, last: date) -> None:
    """A rule is counted from its beginning: one of seconds since 1970 would hold a processor for hours."""
    effort = 0.0
    try:
        for event in parsed.walk("VEVENT"):
            effort += _effort(event, last)
            if effort > MOST_EFFORT:  # at once: estimating is work as well
                break
    except (KeyError, AttributeError, TypeError, ValueError) as fault:
        raise Unreadable(
            "日時のない予定か、読み取れない繰り返しがあります。カレンダーを書き出し直してください"
        ) from fault
    if effort > MOST_EFFORT:
        raise Unreadable("繰り返しの予定が多すぎます。古い予定を除いて書き出してください")


def _occurrences(parsed: Calendar, first: date, last: date) -> Iterable[Any]:
    """Each occurrence that touches the days, exceptions (RECURRENCE-ID, EXDATE) counted."""
    begins = datetime.combine(first, time(0, 0), clock.TOKYO)
    ends = datetime.combine(last + timedelta(days=1), time(0, 0), clock.TOKYO)
    events = []
    _refuse_endless(parsed, last)
    try:
        for event in recurring_ical_events.of(parsed, skip_bad_series=True).between(begins, ends):
            events.append(event)
            if len(events) > MOST_OCCURRENCES:
                raise Unreadable(
                    f"期間の中の予定が多すぎます（{MOST_OCCURRENCES:,}件まで）。繰り返しを確かめてください"
                )
    except Unreadable:
        raise
    except Exception as fault:
        raise Unreadable(
            "繰り返しの予定を読み取れませんでした。そのカレンダーだけを書き出し直してください"
        ) from fault
    return events


def _is_free(event: Any) -> bool:
    transparent = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    return transparent or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() in NOT_BUSY


def _take(event: Any, words: Words, found: Reading) -> None:
    start, end = _span(event)
    whole = not isinstance(start, datetime)
    kind = words.kind_of(str(event.get("SUMMARY", "")), whole_day=whole)
    if kind is None:
        found.without_word += 1
        return
    found.busy += list(_whole_days(start, end, kind) if whole else _timed(start, end, kind))


def _span(event: Any) -> tuple[Any, Any]:
    """Start and end as RFC 5545 has them: without an end a date lasts its day, an instant no time at all."""
    start = event["DTSTART"].dt
    end = event["DTEND"].dt if "DTEND" in event else None
    if end is None and "DURATION" in event:
        end = start + event["DURATION"].dt
    if isinstance(start, datetime):
        return start, end if isinstance(end, datetime) and end > start else start
    if end is None or isinstance(end, datetime) or end <= start:
        end = start + timedelta(days=1)
    return start, end


def _whole_days(first: date, end: date, kind: Kind) -> Iterable[Busy]:
    days = min((end - first).days, LONGEST_DAYS)
    for n in range(days):
        yield Busy(first + timedelta(days=n), 0, MIDNIGHT, kind, whole=True)


def _timed(start: datetime, end: datetime, kind: Kind) -> Iterable[Busy]:
    """Cut at midnight; a time without a zone is that of the town hall."""
    begins, ends = _local(start), _local(end)
    day = begins.date()
    for _ in range(LONGEST_DAYS):
        midnight = datetime.combine(day, time(0, 0), clock.TOKYO)
        last = min(ends, midnight + timedelta(days=1))
        if last > max(begins, midnight):
            from_minute = int((max(begins, midnight) - midnight).total_seconds()) // 60
            to_minute = -int(-(last - midnight).total_seconds() // 60)  # a part of a minute counts
            yield Busy(day, from_minute, to_minute, kind)
        if ends <= midnight + timedelta(days=1):
            return
        day += timedelta(days=1)


def _local(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        return instant.replace(tzinfo=clock.TOKYO)
    return clock.to_tokyo(instant)


# --- against the person's days --------------------------------------------------------------


def fitted(reading: Reading, hours: Mapping[date, DayHours]) -> dict[date, list[Busy]]:
    """{day: stretches}, leave and whole days cut to the person's hours; what falls on a day off is left out.

    Of places that overlap within one calendar the leave counts, then the earlier; meetings stand beside.
    """
    found: dict[date, list[Busy]] = {}
    order = {Kind.LEAVE: 0, Kind.TRIP: 1, Kind.MEETING: 2}
    for one in sorted(reading.busy, key=lambda b: (order[b.kind], b.day, b.start, b.end)):
        own = hours.get(one.day)
        part = _within(one, own)
        if part is None:
            reading.off_days += 1
            continue
        of_day = found.setdefault(one.day, [])
        for piece in _left_free(part, of_day):
            of_day.append(piece)
    return {day: sorted(of_day, key=lambda b: (b.start, b.end)) for day, of_day in found.items()}


def _within(one: Busy, hours: DayHours | None) -> Busy | None:
    if hours is None:
        return None
    if one.kind is Kind.MEETING and not one.whole:
        return one
    first, last = max(one.start, hours.start), min(one.end, hours.end)
    if one.kind is Kind.TRIP and not one.whole:
        first, last = one.start, one.end
    return Busy(one.day, first, last, one.kind) if first < last else None


def _left_free(one: Busy, taken: Iterable[Busy]) -> list[Busy]:
    """The parts of a place that no other place of the day takes."""
    parts = [(one.start, one.end)]
    for other in taken:
        if Kind.MEETING in (one.kind, other.kind):
            continue
        parts = [
            (a, b)
            for start, end in parts
            for a, b in ((start, min(end, other.start)), (max(start, other.end), end))
            if a < b
        ]
    return [Busy(one.day, a, b, one.kind) for a, b in parts]
