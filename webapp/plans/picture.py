"""What the pages of the plan show: a person's day with who said what, and the weekly pattern as a form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.core import calendar
from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.org import queries as org
from webapp.plans import queries, spans, weekly
from webapp.plans.by_hand import SOURCE
from webapp.plans.models import PlannedSegment, WeeklyPlan
from webapp.plans.parts import Part, parts_of
from webapp.plans.rules import Kind
from webapp.plans.spans import DayHours
from webapp.presence import queries as presence
from webapp.presence.facts import Place, Stretch

MORE_WORDS = {Kind.MEETING: "会議", Kind.DISASTER: "災害配備"}
ORIGIN_WORDS = {
    "manual": "手入力",
    "weekly": "週の型",
    "request": "テレワークの申請",
    "import": "取込",
    "emergency": "災害対応",
}
SOURCE_WORDS = {"iCal": "カレンダーのファイル", "calendar": "カレンダーのアドレス"}


def kind_words() -> dict[str, str]:
    """{code: word on screen}, the municipality's own words for places."""
    return presence.labels()["place"] | {kind.value: word for kind, word in MORE_WORDS.items()}


# --- a day ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entered:
    """One line of what was entered for a day. id: only of what is taken back here."""

    id: int | None
    kind: str
    site: str | None
    words: str
    said_by: str


@dataclass(frozen=True, slots=True)
class DayPicture:
    day: date
    hours: DayHours | None
    closed_because: str | None
    parts: list[Part]
    entered: list[Entered]
    events: list[str]


def day_of(staff_id: int, unit_id: int, day: date, *, now: datetime) -> DayPicture:
    own = queries.working_hours([staff_id], day, known_at=now)
    hours = queries.own_hours(own[staff_id]) if staff_id in own else None
    planned = queries.stretches_of([staff_id], day, own).get(staff_id, ())
    plan = (*ordinary(day, hours), *planned)
    tree = org.tree(day, known_at=now)
    return DayPicture(
        day,
        hours,
        org.business_calendar().closed_because(day),
        parts_of(plan, day, hours),
        [*_weekly_lines(staff_id, day, hours), *_entered_lines(staff_id, day, hours)],
        [event_words(event) for event in queries.events_of(unit_id, day, tree)],
    )


def ordinary(day: date, hours: DayHours | None) -> tuple[Stretch, ...]:
    if hours is None:
        return ()
    begins, ends = calendar.at_minute(day, hours.start), calendar.at_minute(day, hours.end)
    return (Stretch(begins, ends, Place.OFFICE),)


def event_words(event: Any) -> str:
    if event.start_minute is None or event.end_minute is None:
        return str(event.name)
    return f"{event.name} {clock_of(event.start_minute)}〜{clock_of(event.end_minute)}"


def _entered_lines(staff_id: int, day: date, hours: DayHours | None) -> Iterable[Entered]:
    query = select(PlannedSegment).filter_by(staff_id=staff_id, day=day)
    for row in db.session.scalars(query.order_by(PlannedSegment.id)):
        by_hand = row.source == SOURCE
        yield Entered(
            row.id if by_hand else None,
            row.kind,
            row.site,
            spans.words_of(row.start_minute, row.end_minute, hours),
            said_by(row),
        )


def said_by(row: PlannedSegment) -> str:
    word = ORIGIN_WORDS.get(row.origin, row.origin)
    if row.origin == "import":
        return SOURCE_WORDS.get(row.source) or f"{word}（{row.source}）"
    return word


def _weekly_lines(staff_id: int, day: date, hours: DayHours | None) -> Iterable[Entered]:
    if hours is None:
        return
    for entry in queries.weekly_of([staff_id], day).get(staff_id, ()):
        words = spans.words_of(entry.start, entry.end, hours)
        yield Entered(None, entry.kind.value, entry.site, words, ORIGIN_WORDS["weekly"])


# --- the weekly pattern ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WeekdayRow:
    """One weekday of the form: places of the halves, and how often."""

    weekday: int
    name: str
    am: str = ""
    pm: str = ""
    am_site: str = ""
    pm_site: str = ""
    every: str = "1"


@dataclass(frozen=True, slots=True)
class Era:
    """The pattern from a day on, as words for each weekday."""

    first: date
    last: date | None
    lines: list[str]
    is_now: bool = False


def weekday_rows(parts: Sequence[weekly.Part], shown: Iterable[int]) -> list[WeekdayRow]:
    return [_weekday_row(weekday, [p for p in parts if p.weekday == weekday]) for weekday in shown]


def _weekday_row(weekday: int, parts: Sequence[weekly.Part]) -> WeekdayRow:
    halves = {"am": ("", ""), "pm": ("", "")}
    for part in parts:
        if part.start < spans.NOON - 60:
            halves["am"] = (part.kind, part.site or "")
        if part.end > spans.NOON + 120:
            halves["pm"] = (part.kind, part.site or "")
    every = "1"
    if parts and parts[0].every == 2:
        every = "2b" if parts[0].offset else "2"
    (am, am_site), (pm, pm_site) = halves["am"], halves["pm"]
    return WeekdayRow(weekday, calendar.WEEKDAYS[weekday], am, pm, am_site, pm_site, every)


def eras(rows: Sequence[WeeklyPlan], today: date) -> list[Era]:
    """The patterns from today on, each from the day it changes."""
    starts = {today}
    starts |= {row.starts_on for row in rows if row.starts_on > today and row.every == 1}
    starts |= {
        row.ends_on + timedelta(days=1) for row in rows if row.ends_on and row.ends_on >= today
    }
    starts |= {row.starts_on for row in rows if row.starts_on > today and row.every == 2}
    words = kind_words()
    found: list[Era] = []
    previous: list[weekly.Part] | None = None
    for first in sorted(starts):
        parts = weekly.in_force(rows, first)
        plain = [_without_offset(part) for part in parts]
        if found and plain == previous:
            continue
        found.append(Era(first, None, lines_of(parts, words), first == today))
        previous = plain
    closed = [first - timedelta(days=1) for first in (era.first for era in found[1:])]
    ends = [*closed, None]
    return [
        Era(era.first, last, era.lines, era.is_now) for era, last in zip(found, ends, strict=True)
    ]


def _without_offset(part: weekly.Part) -> weekly.Part:
    """Every other week reads differently from each week it is told from, and is the same pattern."""
    return weekly.Part(part.weekday, part.start, part.end, part.kind, part.site, part.every)


def lines_of(parts: Sequence[weekly.Part], words: dict[str, str]) -> list[str]:
    """「月 在宅」「水 午後 サテライト・四ツ谷（隔週）」."""
    found = []
    for part in parts:
        half = ""
        if part.end <= spans.NOON + 120:
            half = "午前 "
        elif part.start >= spans.NOON - 60:
            half = "午後 "
        site = f"・{part.site}" if part.site else ""
        often = "（隔週）" if part.every == 2 else ""
        day = calendar.WEEKDAYS[part.weekday]
        found.append(f"{day} {half}{words.get(part.kind, part.kind)}{site}{often}")
    return found
