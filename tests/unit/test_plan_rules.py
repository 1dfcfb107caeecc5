"""The day as planned, as a table: what several sources say on the left, what comes of it on the right."""

from datetime import date

import pytest

from webapp.core import calendar
from webapp.core.hours import clock_of, minute_of
from webapp.plans.rules import Kind, Origin, Planned, laid, overlaps, recurs, stretch_of, within
from webapp.presence.day_rules import timeline
from webapp.presence.facts import Facts, Place, Span, Stretch

DAY = date(2026, 11, 24)
MIDNIGHT = calendar.at_minute(DAY, 0)
OFFICE = Stretch(calendar.at_minute(DAY, 510), calendar.at_minute(DAY, 1035), Place.OFFICE)


def said(text: str) -> Planned:
    """ "request home 8:30-17:15 四ツ谷" """
    origin, kind, span, *site = text.split()
    start, end = span.split("-")
    return Planned(
        minute_of(start), minute_of(end), Kind(kind), site[0] if site else None, Origin(origin)
    )


def day_of(*texts: str) -> list[str]:
    """The day's stretches over ordinary hours at the office, as words."""
    plan = (OFFICE, *(stretch_of(entry, DAY) for entry in laid(map(said, texts))))
    return [
        " ".join(
            word
            for word in (
                f"{_clock(s.starts_at)}-{_clock(s.ends_at)}",
                (s.place.value if s.place else ""),
                (s.reason.value if s.reason else ""),
                s.site or "",
            )
            if word
        )
        for s in timeline(Facts(day=Span(MIDNIGHT, calendar.at_minute(DAY, 1440)), plan=plan))
    ]


def _clock(at: object) -> str:
    return clock_of(int((at - MIDNIGHT).total_seconds()) // 60)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("entered", "day"),
    [
        ([], ["8:30-17:15 office"]),
        (["weekly home 8:30-17:15"], ["8:30-17:15 home"]),
        # half a day of leave with half a day of telework, in whichever order they were entered
        (
            ["request home 8:30-17:15", "import leave 8:30-12:15"],
            ["8:30-12:15 leave", "12:15-17:15 home"],
        ),
        (
            ["import leave 13:00-17:15", "request home 8:30-17:15"],
            ["8:30-13:00 home", "13:00-17:15 leave"],
        ),
        # an hour of leave in the middle
        (
            ["import leave 10:00-11:00"],
            ["8:30-10:00 office", "10:00-11:00 leave", "11:00-17:15 office"],
        ),
        # an approved request does not hide the trip in it, nor does one approved later
        (
            ["import trip 13:00-15:00 県庁", "request home 8:30-17:15"],
            ["8:30-13:00 home", "13:00-15:00 trip 県庁", "15:00-17:15 home"],
        ),
        (
            ["request home 8:30-17:15", "import trip 13:00-15:00 県庁"],
            ["8:30-13:00 home", "13:00-15:00 trip 県庁", "15:00-17:15 home"],
        ),
        # leave beats the trip
        (
            ["import leave 13:00-17:15", "import trip 9:00-17:15"],
            ["8:30-9:00 office", "9:00-13:00 trip", "13:00-17:15 leave"],
        ),
        # an import of places knows less than an approved request, more than the weekly pattern
        (["request home 8:30-17:15", "import office 8:30-17:15"], ["8:30-17:15 home"]),
        (["weekly home 8:30-17:15", "import office 8:30-17:15"], ["8:30-17:15 office"]),
        (["weekly trip 8:30-17:15", "request home 8:30-17:15"], ["8:30-17:15 home"]),
        # several sites in one day
        (
            ["request satellite 8:30-12:00 四ツ谷", "request satellite 13:00-17:15 北部"],
            [
                "8:30-12:00 satellite 四ツ谷",
                "12:00-13:00 office",
                "13:00-17:15 satellite 北部",
            ],
        ),
        # by hand counts, also over leave; what is decided later counts over it
        (["import leave 8:30-17:15", "manual office 8:30-17:15"], ["8:30-17:15 office"]),
        (["manual office 8:30-17:15", "import leave 8:30-17:15"], ["8:30-17:15 leave"]),
        (["manual office 8:30-17:15", "request home 8:30-17:15"], ["8:30-17:15 home"]),
        (["request home 8:30-17:15", "manual office 8:30-17:15"], ["8:30-17:15 office"]),
        (["manual home 8:30-17:15", "import office 8:30-17:15"], ["8:30-17:15 home"]),
        # of equals the later entered
        (
            ["request home 8:30-17:15", "request mobile 13:00-17:15"],
            ["8:30-13:00 home", "13:00-17:15 mobile"],
        ),
        # a meeting says nothing of the place, whatever comes after it
        (
            ["request home 8:30-17:15", "import meeting 10:00-11:00", "import office 8:30-17:15"],
            ["8:30-17:15 home", "10:00-11:00 meeting"],
        ),
        # 災害配備 lies above leave and requests, also those that come later, and is work
        (
            ["import leave 8:30-17:15", "emergency disaster 9:00-12:00 災害対策本部"],
            ["8:30-9:00 leave", "9:00-12:00 office disaster 災害対策本部", "12:00-17:15 leave"],
        ),
        (
            ["emergency disaster 8:30-17:15 第一小", "request home 8:30-17:15"],
            ["8:30-17:15 trip disaster 第一小"],
        ),
        (
            ["emergency disaster 8:30-17:15 第一小", "import leave 8:30-17:15"],
            ["8:30-17:15 trip disaster 第一小"],
        ),
        (
            ["emergency disaster 8:30-17:15 第一小", "manual home 13:00-17:15"],
            ["8:30-13:00 trip disaster 第一小", "13:00-17:15 home"],
        ),
    ],
)
def test_several_sources_come_to_one_day(entered: list[str], day: list[str]) -> None:
    assert day_of(*entered) == day


@pytest.mark.parametrize(
    ("span", "hours", "left"),
    [
        ((0, 1440), (510, 1035), (510, 1035)),
        ((510, 735), (540, 960), (540, 735)),
        ((780, 1035), (510, 720), None),
    ],
)
def test_a_weekly_pattern_keeps_to_the_hours_of_the_day(
    span: tuple[int, int], hours: tuple[int, int], left: tuple[int, int] | None
) -> None:
    found = within(Planned(*span, Kind.HOME, origin=Origin.WEEKLY), *hours)
    assert (found and (found.start, found.end)) == left


@pytest.mark.parametrize(
    ("day", "every", "ends_on", "holds"),
    [
        (date(2026, 11, 24), 1, None, True),
        (date(2026, 11, 25), 1, None, False),  # a Wednesday
        (date(2026, 11, 17), 1, None, False),  # before it begins
        (date(2026, 12, 1), 2, None, False),
        (date(2026, 12, 8), 2, None, True),
        (date(2026, 12, 1), 1, date(2026, 11, 30), False),
        (date(2027, 1, 5), 2, None, True),  # across the year
    ],
)
def test_a_weekly_pattern_recurs(day: date, every: int, ends_on: date | None, holds: bool) -> None:
    assert recurs(1, every, date(2026, 11, 24), ends_on, day) is holds


def test_places_of_one_source_that_contradict_each_other_are_found() -> None:
    home, trip = said("import home 8:30-17:15"), said("import trip 13:00-15:00")
    meeting = said("import meeting 10:00-11:00")
    assert overlaps([home, meeting]) == []
    assert overlaps([trip, home, meeting]) == [(home, trip)]
