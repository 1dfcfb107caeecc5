"""What a position needs on a day, as tables."""

from datetime import date

import pytest

from webapp.positions.import_rows import days_of
from webapp.positions.picture import axis_over, pictures_of
from webapp.positions.rules import (
    Band,
    Kind,
    Need,
    Opening,
    Post,
    Staffed,
    heir_of,
    needs_on,
    opening_on,
    outside,
)
from webapp.positions.wanted import BandWanted, fit_of, overlapping, weekday_words

TUESDAY, SATURDAY = date(2026, 11, 24), date(2026, 11, 28)
POST = Post(1, 1, "窓口1", Kind.COUNTER, Staffed.DUTY)
WEEK = Opening("counter", 540, 990, weekdays=31)


@pytest.mark.parametrize(
    ("openings", "day", "business", "hours"),
    [
        ([], TUESDAY, True, [(0, 1440)]),
        ([], SATURDAY, False, []),
        ([WEEK], TUESDAY, True, [(540, 990)]),
        ([WEEK], SATURDAY, False, []),
        ([Opening("counter", 540, 720, weekdays=32)], SATURDAY, False, [(540, 720)]),
        ([WEEK, Opening("counter", 540, 1140, day=TUESDAY)], TUESDAY, True, [(540, 1140)]),
        ([WEEK, Opening("counter", None, None, day=TUESDAY)], TUESDAY, True, []),
        ([WEEK, Opening("counter", 540, 720, day=SATURDAY)], SATURDAY, False, [(540, 720)]),
        ([WEEK, Opening("phone", 510, 1035, weekdays=31)], TUESDAY, True, [(540, 990)]),
        ([Opening("counter", 540, 990, weekdays=1)], TUESDAY, True, []),
    ],
)
def test_opening(openings: list, day: date, business: bool, hours: list) -> None:
    weekend = day.weekday() >= 5
    assert opening_on(POST, day, openings, is_business_day=business, is_weekend=weekend) == hours


def band(start: int, end: int, need: int, **more: object) -> Band:
    return Band(1, start, end, need, need, **({"weekdays": 31} | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bands", "needs"),
    [
        ([], []),
        ([band(540, 720, 1)], [(540, 720, 1)]),
        ([band(480, 720, 1)], [(540, 720, 1)]),
        ([band(1000, 1140, 1)], []),
        ([band(540, 720, 1), band(600, 660, 3)], [(540, 600, 1), (600, 660, 3), (660, 720, 1)]),
        ([band(540, 720, 1), band(720, 780, 1)], [(540, 780, 1)]),
        ([band(540, 720, 2), band(600, 660, 1, weekdays=0, day=TUESDAY)], [(600, 660, 1)]),
        (
            [band(540, 720, 1), band(540, 600, 4, lock=(TUESDAY, TUESDAY))],
            [(540, 600, 4), (600, 720, 1)],
        ),
        ([band(540, 720, 1), band(540, 600, 4, lock=(SATURDAY, SATURDAY))], [(540, 720, 1)]),
        ([band(540, 720, 1, weekdays=1)], []),
    ],
)
def test_needs(bands: list[Band], needs: list[tuple[int, int, int]]) -> None:
    found = needs_on(POST, TUESDAY, bands, [(540, 990)])
    assert [(need.start, need.end, need.need) for need in found] == needs


@pytest.mark.parametrize(
    ("in_force", "successors", "heir"),
    [
        ({1}, {}, 1),
        ({1, 2}, {1: 2}, 1),
        ({2}, {1: 2}, 2),
        ({3}, {1: 2, 2: 3}, 3),
        (set(), {1: 2}, 1),
        (set(), {1: 2, 2: 1}, 1),
        ({3}, {}, 1),
    ],
)
def test_heirs(in_force: set[int], successors: dict[int, int], heir: int) -> None:
    assert heir_of(1, in_force, successors) == heir


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("月", (1, None)),
        ("月曜日", (1, None)),
        ("月火", (3, None)),
        ("月・水、金", (21, None)),
        ("月〜金", (31, None)),
        ("月～金", (31, None)),
        ("月-水・土", (39, None)),
        ("平日", (31, None)),
        ("土日", (96, None)),
        ("毎日", (127, None)),
        ("2026/12/10", (0, date(2026, 12, 10))),
        ("令和8年12月10日", (0, date(2026, 12, 10))),
        ("", None),
        ("金〜月", None),
        ("祝日", None),
        ("12/10", None),
    ],
)
def test_days_as_people_write_them(text: str, found: tuple[int, date | None] | None) -> None:
    assert days_of(text) == found


@pytest.mark.parametrize("mask", range(1, 128))
def test_every_set_of_weekdays_goes_out_and_in(mask: int) -> None:
    assert days_of(weekday_words(mask)) == (mask, None)


def test_what_lies_outside() -> None:
    assert outside((480, 1140), [(540, 720), (780, 990)]) == [(480, 540), (720, 780), (990, 1140)]
    assert outside((540, 600), [(540, 720)]) == []


def test_demand_that_is_cut_and_demand_that_never_counts() -> None:
    hours = {0: [(540, 990)], 3: [(540, 1140)]}
    evening = BandWanted(960, 1140, 1, 1, weekdays=0b1001)
    cut = fit_of(evening, hours, by_day=False)
    assert (cut.cut, cut.nothing_left) == ("月 16:30〜19:00", False)
    never = fit_of(BandWanted(1000, 1140, 1, 1, weekdays=1), hours, by_day=False)
    assert (never.right, never.nothing_left) == ("月 は 9:00〜16:30", True)


def test_overlaps_are_those_of_the_same_days() -> None:
    one = BandWanted(540, 720, 1, 1, weekdays=1)
    same = BandWanted(600, 660, 1, 1, weekdays=3)
    others = (
        BandWanted(720, 780, 1, 1, weekdays=1),
        BandWanted(600, 660, 1, 1, weekdays=2),
        BandWanted(600, 660, 1, 1, day=TUESDAY),
        BandWanted(600, 660, 1, 1, weekdays=1, lock_id=5),
    )
    assert overlapping(one, [same, *others]) == [same]


def test_the_picture_of_a_week() -> None:
    need = Need(540, 720, 2, 3, burden=1.5)
    needs = {day: [need] if day < 5 else [] for day in range(7)}
    hours = {day: [(540, 990)] for day in range(7)}
    axis = axis_over([(540, 1140)])
    (picture,) = pictures_of(needs, hours, axis)
    assert (axis.first, axis.last) == (480, 1140)
    assert picture.days == "平日"
    assert picture.words == "9:00〜12:00 2〜3人 負担 1.5"
    assert picture.bars[0].x == "9.09%"
    assert picture.bars[0].heavy
