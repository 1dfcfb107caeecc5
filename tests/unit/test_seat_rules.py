"""Seats and loans as tables: overlaps, what is free, the nearest, who came, what may be done."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from webapp.core import clock
from webapp.presence.facts import Place, PunchKind, Report, Stretch
from webapp.seats.rules import (
    DAY,
    Fate,
    Hours,
    LoanAct,
    LoanState,
    Nearby,
    Span,
    came,
    elsewhere,
    fate,
    fault_of,
    free_of,
    is_overdue,
    kept_until,
    least,
    nearest,
    next_loan_state,
    on_scale,
    outside,
    overlap,
    part_of,
    profile,
)

TUESDAY = date(2026, 11, 24)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-24T{text}").replace(tzinfo=clock.TOKYO)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 10), (10, 20), False),
        ((0, 11), (10, 20), True),
        ((10, 20), (0, 10), False),
        ((10, 20), (12, 13), True),
        ((12, 13), (10, 20), True),
        ((10, 20), (10, 20), True),
        ((20, 30), (10, 20), False),
    ],
)
def test_overlap(one: tuple[int, int], other: tuple[int, int], expected: bool) -> None:
    assert overlap(Span(*one), Span(*other)) is expected
    assert overlap(Span(*other), Span(*one)) is expected


@pytest.mark.parametrize(
    ("quantity", "held", "within", "expected"),
    [
        (1, [], (0, 10), 1),
        (1, [(0, 10)], (10, 20), 1),
        (1, [(0, 11)], (10, 20), 0),
        (2, [(0, 10), (10, 20)], (0, 20), 1),  # one after the other need one place
        (2, [(0, 11), (10, 20)], (0, 20), 0),  # for a minute both are held
        (5, [(0, 9), (0, 9), (0, 9)], (8, 30), 2),
        (1, [(0, 9), (0, 9)], (0, 30), 0),  # made smaller meanwhile: never below nought
        (0, [], (0, 10), 0),
    ],
)
def test_free_of_a_pool(
    quantity: int, held: list[tuple[int, int]], within: tuple[int, int], expected: int
) -> None:
    assert free_of(quantity, [Span(*span) for span in held], Span(*within)) == expected


def test_a_profile_joins_what_is_alike_and_agrees_with_every_minute() -> None:
    held = [Span(5, 15), Span(10, 20), Span(15, 18), Span(30, 50), Span(-5, 2)]
    found = profile(3, held, Span(0, 40))
    assert found[0][0] == 0
    assert found[-1][1] == 40
    assert all(one[1] == other[0] and one[2] != other[2] for one, other in pairwise(found))
    for minute in range(40):
        free = next(n for start, end, n in found if start <= minute < end)
        assert free == free_of(3, held, Span(minute, minute + 1))


def test_of_several_kinds_the_scarcest_counts() -> None:
    assert least([((0, 10, 3), (10, 20, 1)), ((0, 5, 2), (5, 20, 9))]) == (
        (0, 5, 2),
        (5, 10, 3),
        (10, 20, 1),
    )


def test_a_loan_overnight_leaves_its_part_on_each_day() -> None:
    span = Span(on_scale(TUESDAY, 600), on_scale(TUESDAY + timedelta(days=2), 700))
    days = [part_of(span, TUESDAY + timedelta(days=n)) for n in (-1, 0, 1, 2, 3)]
    assert days == [None, Span(600, DAY), Span(0, DAY), Span(0, 700), None]


@pytest.mark.parametrize(
    ("state", "end", "overdue"),
    [
        (LoanState.OUT, 599, True),
        (LoanState.OUT, 600, True),
        (LoanState.OUT, 601, False),
        (LoanState.BOOKED, 599, False),  # nobody fetched it: it lies in its cupboard
        (LoanState.RETURNED, 599, False),
    ],
)
def test_what_is_overdue_stays_away_for_the_day(state: LoanState, end: int, overdue: bool) -> None:
    now = on_scale(TUESDAY, 600)
    span = Span(on_scale(TUESDAY, 0), on_scale(TUESDAY, end))
    assert is_overdue(span, state, now) is overdue
    kept = kept_until(span, state, now)
    assert kept.end == (on_scale(TUESDAY + timedelta(days=1), 0) if overdue else span.end)


@pytest.mark.parametrize("state", LoanState)
@pytest.mark.parametrize("act", LoanAct)
def test_what_may_be_done_with_a_loan(state: LoanState, act: LoanAct) -> None:
    allowed = {
        (LoanState.BOOKED, LoanAct.HAND_OVER): LoanState.OUT,
        (LoanState.BOOKED, LoanAct.CANCEL): LoanState.CANCELLED,
        (LoanState.OUT, LoanAct.TAKE_BACK): LoanState.RETURNED,
    }
    assert next_loan_state(state, act) is allowed.get((state, act))


# --- when -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "span", "field"),
    [
        (0, (540, 660), ""),  # has begun, is not over
        (0, (540, 620), "end"),
        (0, (540, 621), ""),
        (-1, (510, 1035), "day"),
        (60, (510, 1035), ""),
        (61, (510, 1035), "day"),
        (1, (600, 600), "end"),
        (1, (700, 600), "end"),
        (1, (-1, 600), "end"),
        (1, (600, 1441), "end"),
        (1, (0, 1440), ""),
    ],
)
def test_when_may_be_booked(days: int, span: tuple[int, int], field: str) -> None:
    day = TUESDAY + timedelta(days=days)
    found, words = fault_of(day, Span(*span), today=TUESDAY, minute=620, ahead=60)
    assert found == field
    assert bool(words) is bool(field)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (Hours(), ""),
        (Hours(480, 720), ""),
        (Hours(601, 720), "使えるのは 10:01〜12:00 です"),
        (Hours(480, 659), "使えるのは 8:00〜10:59 です"),
        (Hours(closed="祝日"), "この日は使えません（祝日）"),
        (Hours(shut=(Span(650, 700),)), "10:50〜11:40 は閉まっています"),
        (Hours(shut=(Span(660, 700),)), ""),
    ],
)
def test_when_a_site_is_open(hours: Hours, words: str) -> None:
    assert outside(Span(600, 660), hours) == words


# --- the nearest ----------------------------------------------------------------------------


def seat(key: int, site: str, place: int, *, computer: bool = False, data: bool = False) -> Nearby:
    return Nearby(key, site, ord(site), place, computer, data)


def test_nearest_same_site_then_near_then_others() -> None:
    taken = seat(1, "M", 5)
    free = [
        seat(2, "Z", 0),
        seat(3, "A", 0),
        seat(4, "N", 1),
        seat(5, "M", 9),
        seat(6, "M", 4),
        taken,
    ]
    found = nearest(free, taken, ["N", "Z"], most=9)
    assert [one.seat_id for one in found] == [6, 5, 4, 2, 3]
    assert len(nearest(free, taken, [])) == 3


def test_nearest_keeps_the_computer_and_the_protection() -> None:
    taken = seat(1, "M", 5, computer=True, data=True)
    free = [
        seat(2, "M", 4, data=True),
        seat(3, "M", 9, computer=True, data=True),
        seat(4, "N", 0, computer=True),  # no personal data there
    ]
    assert [one.seat_id for one in nearest(free, taken, ["N"])] == [3, 2]


# --- who came -------------------------------------------------------------------------------

START, END, PLACE = PunchKind.START, PunchKind.END, PunchKind.PLACE
OUT, BACK = PunchKind.BREAK_OUT, PunchKind.BREAK_IN
Said = tuple[PunchKind, str, Place | None, str | None]


def reports(*said: Said) -> list[Report]:
    return [Report(kind, at(when), place, site) for kind, when, place, site in said]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((), False),
        (((START, "08:25", Place.SATELLITE, "駅前"),), True),
        (((START, "08:25", Place.SATELLITE, None),), True),
        (((START, "08:25", Place.SATELLITE, "北"),), False),
        (((START, "08:25", Place.OFFICE, "駅前"),), True),
        (((START, "08:25", Place.OFFICE, None),), False),
        (((START, "08:25", Place.HOME, None),), False),
        (((START, "13:10", Place.SATELLITE, "駅前"),), True),
        (((START, "13:40", Place.SATELLITE, "駅前"),), False),  # after now
        (((START, "08:25", Place.HOME, None), (PLACE, "13:05", Place.SATELLITE, "駅前")), True),
        (((START, "08:25", Place.SATELLITE, "駅前"), (PLACE, "12:00", Place.TRIP, None)), False),
        (((START, "08:25", Place.SATELLITE, "駅前"), (PLACE, "13:10", Place.TRIP, None)), True),
        (((START, "08:25", Place.SATELLITE, "駅前"), (END, "12:30", None, None)), False),
        (((START, "08:25", Place.SATELLITE, "駅前"), (END, "13:10", None, None)), True),
        (
            (
                (START, "08:25", Place.SATELLITE, "駅前"),
                (OUT, "12:50", None, None),
                (BACK, "13:20", None, None),
            ),
            True,
        ),
    ],
)
def test_who_came_to_a_seat_from_13_00(said: tuple[Said, ...], expected: bool) -> None:
    assert came(reports(*said), "駅前", at("13:00"), at("13:30")) is expected


@pytest.mark.parametrize(
    ("now", "here", "due", "wait", "expected"),
    [
        ("12:59", True, True, 30, Fate.WAIT),
        ("13:00", True, True, 30, Fate.USED),
        ("13:00", False, True, 30, Fate.WAIT),
        ("13:29", False, True, 30, Fate.WAIT),
        ("13:30", False, True, 30, Fate.RELEASED),
        ("13:30", True, True, 30, Fate.USED),
        ("15:00", False, False, 30, Fate.WAIT),  # makes no reports
        ("15:00", False, True, 0, Fate.WAIT),  # switched off
    ],
)
def test_what_becomes_of_a_seat(now: str, here: bool, due: bool, wait: int, expected: Fate) -> None:
    said = reports((START, "08:25", Place.SATELLITE, "駅前")) if here else []
    found = fate(said, "駅前", at("13:00"), due=due, wait=timedelta(minutes=wait), now=at(now))
    assert found is expected


def stretch(
    first: str, last: str, place: Place | None, site: str | None = None, own: bool = True
) -> Stretch:
    return Stretch(at(first), at(last), place, site=site, own=own)


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ([], None),
        ([stretch("08:30", "17:15", Place.OFFICE, own=False)], None),
        ([stretch("08:30", "17:15", Place.HOME)], Place.HOME),
        ([stretch("08:30", "17:15", Place.LEAVE)], Place.LEAVE),
        ([stretch("08:30", "17:15", Place.SATELLITE, "駅前")], None),
        ([stretch("08:30", "17:15", Place.SATELLITE)], None),
        ([stretch("08:30", "17:15", Place.SATELLITE, "北")], Place.SATELLITE),
        (
            [
                stretch("08:30", "14:00", Place.HOME),
                stretch("14:00", "17:15", Place.SATELLITE, "駅前"),
            ],
            None,
        ),
        ([stretch("08:30", "13:00", Place.HOME)], None),  # before the booking
        ([stretch("14:00", "15:00", None)], None),  # a meeting says nothing of the place
    ],
)
def test_where_the_plan_has_somebody_instead(plan: list[Stretch], expected: Place | None) -> None:
    assert elsewhere(plan, "駅前", at("13:00"), at("17:15")) is expected
