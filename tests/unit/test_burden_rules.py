"""Credit for absence, and the weights of days, as tables."""

from datetime import date

import pytest

from webapp.core.calendar import BusinessCalendar
from webapp.core.refusals import RuleBroken
from webapp.rota.burden_rules import Hours, Member, Presence, credits_of, window_days
from webapp.rota.day_weights import DayWeights

MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)
FULL = Presence(525)
LEAVE = Presence(525, 525)
MORNING_OFF = Presence(500, 250)
NOT_YET = Presence(posted=False)


def member(staff_id: int, contract: int = 2325, group: str = "rotate", **more) -> Member:
    return Member(staff_id, group, contract, **more)


def credit(members, hours, presence, *, staff_id=1, days=(MONDAY,)) -> Hours:
    return credits_of(members, days, hours, presence)[staff_id]


THREE = [member(1), member(2), member(3)]


@pytest.mark.parametrize(
    ("mine", "expected"),
    [
        (FULL, 0.0),  # there: nothing is credited, however little one had
        (LEAVE, 3.0),  # the mean of the two who were there
        (MORNING_OFF, 1.5),  # half a day, half the mean
        (NOT_YET, 3.0),  # a newcomer does not catch up
        (Presence(), 0.0),  # a day off by contract is no absence
    ],
)
def test_credit_by_presence(mine: Presence, expected: float) -> None:
    presence = {(1, MONDAY): mine, (2, MONDAY): FULL, (3, MONDAY): FULL}
    hours = {(2, MONDAY): Hours(4.0), (3, MONDAY): Hours(2.0)}
    if mine is MORNING_OFF:  # the half day worked counts among those there
        hours[1, MONDAY] = Hours(1.5)
    assert credit(THREE, hours, presence).counter == pytest.approx(expected)


def test_credit_is_by_contracted_time() -> None:
    members = [member(1, 1000), member(2, 2000)]
    presence = {(1, MONDAY): LEAVE, (2, MONDAY): FULL}
    assert credit(members, {(2, MONDAY): Hours(4.0, 1.0)}, presence) == Hours(2.0, 0.5)


def test_only_alike_colleagues_are_the_measure() -> None:
    members = [member(1), member(2, group="dedicated"), member(3, fit=frozenset({"phone"}))]
    presence = {(1, MONDAY): LEAVE, (2, MONDAY): FULL, (3, MONDAY): FULL}
    hours = {(2, MONDAY): Hours(8.0), (3, MONDAY): Hours(0.0, 3.0)}
    assert credit(members, hours, presence) == Hours()


def test_duty_elsewhere_before_the_posting_is_counted_once() -> None:
    presence = {(1, MONDAY): NOT_YET, (2, MONDAY): FULL, (3, MONDAY): FULL}
    hours = {(1, MONDAY): Hours(2.0), (2, MONDAY): Hours(3.0), (3, MONDAY): Hours(3.0)}
    assert credit(THREE, hours, presence) == Hours(1.0)


def test_everybody_away_credits_nobody() -> None:
    presence = {(n, MONDAY): LEAVE for n in (1, 2, 3)}
    assert credit(THREE, {}, presence) == Hours()


def test_days_add_up() -> None:
    presence = {(n, day): FULL for n in (2, 3) for day in (MONDAY, TUESDAY)}
    presence |= {(1, MONDAY): LEAVE, (1, TUESDAY): LEAVE}
    hours = {(2, MONDAY): Hours(2.0), (3, TUESDAY): Hours(0.0, 4.0)}
    assert credit(THREE, hours, presence, days=(MONDAY, TUESDAY)) == Hours(1.0, 2.0)


@pytest.mark.parametrize("text", ["0", "91", "-1", "x", "1.5", "２８"])
def test_a_window_out_of_bounds_says_what_would_be_right(text: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        window_days(text, default=28)
    assert refused.value.fields == {"days": "1 から 90 の数にしてください"}


@pytest.mark.parametrize(("text", "days"), [(None, 28), ("", 28), ("1", 1), ("90", 90)])
def test_a_window(text: str | None, days: int) -> None:
    assert window_days(text, default=28) == days


@pytest.mark.parametrize(
    ("day", "weight"),
    [
        (date(2026, 11, 16), 1.2),  # Monday
        (date(2026, 11, 17), 1.0),
        (date(2026, 11, 24), 1.2),  # Tuesday after 勤労感謝の日
        (date(2026, 11, 30), 1.5),  # Monday and the end of the month: the larger
        (date(2026, 12, 28), 1.5),  # the last working day of the year
        (date(2026, 12, 31), 1.0),  # closed
        (date(2027, 1, 4), 1.2),
    ],
)
def test_weights_of_days(day: date, weight: float) -> None:
    assert DayWeights(1.2, 1.5).of(day, BusinessCalendar()) == weight
