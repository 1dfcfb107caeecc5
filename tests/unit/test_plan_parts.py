"""終日・午前・午後 as minutes and as words, and the parts a planned day is told in."""

from datetime import date

import pytest

from webapp.core import calendar
from webapp.core.hours import minute_of
from webapp.plans.parts import parts_of
from webapp.plans.retention import kept_from
from webapp.plans.rules import Kind, Planned, stretch_of
from webapp.plans.spans import DayHours, Extent, span_of, words_of
from webapp.presence.facts import Place, Stretch

DAY = date(2026, 11, 24)
USUAL = DayHours(510, 1035, (720, 780))
MORNINGS = DayHours(510, 705)
LATE = DayHours(780, 1305, (1020, 1080))


@pytest.mark.parametrize(
    ("extent", "hours", "span"),
    [
        ("whole", USUAL, (510, 1035)),
        ("am", USUAL, (510, 720)),
        ("pm", USUAL, (780, 1035)),
        ("whole", MORNINGS, (510, 705)),
        ("am", MORNINGS, (510, 705)),
        ("pm", MORNINGS, None),
        ("am", LATE, (780, 1020)),
        ("pm", LATE, (1080, 1305)),
        ("am", DayHours(540, 960), (540, 720)),  # no break: noon
        ("pm", DayHours(540, 960), (720, 960)),
    ],
)
def test_extents(extent: str, hours: DayHours, span: tuple[int, int] | None) -> None:
    assert span_of(Extent(extent), hours) == span


@pytest.mark.parametrize(
    ("span", "hours", "words"),
    [
        ((510, 1035), USUAL, "終日"),
        ((0, 1440), USUAL, "終日"),
        ((510, 720), USUAL, "午前"),
        ((510, 750), USUAL, "午前"),
        ((780, 1035), USUAL, "午後"),
        ((735, 1035), USUAL, "午後"),
        ((600, 720), USUAL, "10:00〜12:00"),
        ((510, 800), USUAL, "8:30〜13:20"),
        ((510, 720), None, "8:30〜12:00"),
    ],
)
def test_words(span: tuple[int, int], hours: DayHours | None, words: str) -> None:
    assert words_of(*span, hours) == words


def told(*entries: str, hours: DayHours | None = USUAL) -> list[str]:
    """entries: "home 8:30-12:00 四ツ谷", the later above; over ordinary hours at the office."""
    plan: list[Stretch] = []
    if hours is not None:
        begins, ends = calendar.at_minute(DAY, hours.start), calendar.at_minute(DAY, hours.end)
        plan.append(Stretch(begins, ends, Place.OFFICE))
    for entry in entries:
        kind, span, *site = entry.split()
        start, end = map(minute_of, span.split("-"))
        plan.append(stretch_of(Planned(start, end, Kind(kind), site[0] if site else None), DAY))
    return [
        f"{part.words} {part.kind}" + (f" {part.site}" if part.site else "")
        for part in parts_of(plan, DAY, hours)
    ]


@pytest.mark.parametrize(
    ("entries", "parts"),
    [
        ([], ["終日 office"]),
        (["home 8:30-17:15"], ["終日 home"]),
        (["leave 8:30-12:15", "home 12:15-17:15"], ["午前 leave", "午後 home"]),
        # two halves are one day; where one is meant to be at lunch says nothing
        (["home 8:30-12:00", "home 13:00-17:15"], ["終日 home"]),
        (["satellite 8:30-12:00 四ツ谷", "trip 13:00-17:15"], ["午前 satellite 四ツ谷", "午後 trip"]),
        (["trip 13:00-15:00 県庁"], ["午前 office", "13:00〜15:00 trip 県庁", "15:00〜17:15 office"]),
        (["meeting 10:00-11:00"], ["終日 office", "10:00〜11:00 meeting"]),
        (
            ["leave 8:30-17:15", "disaster 9:00-12:00 本部"],
            ["8:30〜9:00 leave", "9:00〜12:00 disaster 本部", "午後 leave"],
        ),
    ],
)  # fmt: skip
def test_a_day_in_parts(entries: list[str], parts: list[str]) -> None:
    assert told(*entries) == parts


def test_a_day_off() -> None:
    assert told(hours=None) == []
    assert told("trip 9:00-12:00", hours=None) == ["9:00〜12:00 trip"]


@pytest.mark.parametrize(
    ("months", "first"),
    [(1, date(2026, 10, 1)), (11, date(2025, 12, 1)), (24, date(2024, 11, 1))],
)
def test_how_long_plans_are_kept(months: int, first: date) -> None:
    assert kept_from(DAY, months) == first
