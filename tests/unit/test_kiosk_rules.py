"""What a tile says, which step comes next, which numbers are too weak, who could take a duty over."""

from datetime import date, datetime
from typing import Any

import pytest

from webapp.core import calendar
from webapp.core.clock import TOKYO
from webapp.kiosk.handing_rules import Taker, may_take
from webapp.kiosk.rules import (
    Away,
    Step,
    away_of,
    break_chips,
    handed_from,
    is_early,
    line_of,
    out_chips,
    pin_fault,
    step_of,
    working_spans,
)
from webapp.positions.queries import Profile
from webapp.positions.rules import Group, Kind, Post, Staffed
from webapp.presence.facts import (
    Claim,
    Duty,
    Facts,
    Place,
    PunchKind,
    Reason,
    Report,
    Shown,
    Source,
    Span,
    State,
    Stretch,
)
from webapp.presence.rules import resolve

DAY = date(2026, 11, 24)
WORDS = {
    "state": {
        "available": "連絡可能",
        "busy": "取り込み中",
        "dnd": "応答不可",
        "away": "退席中",
        "off": "勤務外",
        "no_report": "未報告",
    },
    "place": {
        "office": "在庁",
        "home": "在宅",
        "satellite": "サテライト",
        "mobile": "モバイルワーク",
        "trip": "外出・出張",
        "leave": "休暇等",
    },
    "reason": {"break": "休憩中", "out": "中抜け"},
}


def at(text: str) -> datetime:
    hours, minutes = text.split(":")
    return datetime(2026, 11, 24, int(hours), int(minutes), tzinfo=TOKYO)


NOON = at("12:00")


@pytest.mark.parametrize(
    ("shown", "shape", "text"),
    [
        (Shown(State.AVAILABLE, Source.AUTO, Place.OFFICE), "available", "在庁"),
        (
            Shown(State.AVAILABLE, Source.PLAN, Place.OFFICE, planned=True),
            "available-p",
            "在庁（予定）",
        ),
        # who has not reported looks like everybody else who is expected
        (
            Shown(State.NO_REPORT, Source.PLAN, Place.OFFICE, planned=True),
            "available-p",
            "在庁（予定）",
        ),
        (Shown(State.NO_REPORT, Source.PLAN, Place.HOME, planned=True), "home", "在宅（予定）"),
        (Shown(State.OFF, Source.PLAN, Place.LEAVE), "leave", "休暇等"),
        (Shown(State.OFF, Source.PLAN, starts_at=at("13:00")), "off", "13:00 から"),
        (Shown(State.OFF, Source.AUTO), "off", "勤務外"),
        (
            Shown(
                State.AWAY, Source.SCHEDULE, Place.OFFICE, until=at("13:00"), reason=Reason.BREAK
            ),
            "break",
            "休憩中 13:00まで",
        ),
        # 中抜け is leave by the hour: its kind is not shown
        (
            Shown(State.AWAY, Source.SCHEDULE, Place.OFFICE, until=at("15:00"), reason=Reason.OUT),
            "away",
            "退席中 15:00まで",
        ),
        # 自動の退席中 never
        (Shown(State.AWAY, Source.AUTO, Place.OFFICE, reason=Reason.AUTO), "available", "在庁"),
        (
            Shown(State.BUSY, Source.MANUAL, Place.OFFICE, until=at("12:30")),
            "busy",
            "取り込み中 12:30まで",
        ),
        (
            Shown(State.AWAY, Source.MANUAL, Place.TRIP, until=at("12:30")),
            "trip",
            "外出・出張 12:30まで",
        ),
        (Shown(State.DND, Source.MANUAL, Place.HOME, until=at("12:30")), "home", "在宅"),
        (
            Shown(
                State.BUSY,
                Source.DUTY,
                Place.OFFICE,
                duty=Duty(at("12:00"), at("13:00"), "昼当番（電話）"),
            ),
            "duty",
            "昼当番（電話）",
        ),
    ],
)
def test_the_line_below_a_name(shown: Shown, shape: str, text: str) -> None:
    line = line_of(shown, WORDS, NOON)
    assert (line.shape, line.text) == (shape, text)


def facts(*reports: Report, **more: Any) -> Facts:
    return Facts(
        Span(*(calendar.at_minute(DAY, minute) for minute in (0, 1440))),
        **{
            "plan": (Stretch(at("8:30"), at("17:15"), Place.OFFICE),),
            "breaks": (Span(at("12:00"), at("13:00")),),
            "reports": reports,
        }
        | more,
    )


START = Report(PunchKind.START, at("8:20"), Place.OFFICE)


@pytest.mark.parametrize(
    ("reports", "now", "step", "away"),
    [
        ((), "8:20", Step.START, None),
        ((START,), "9:00", Step.END, None),
        ((START,), "12:30", Step.END, Away.BREAK),
        ((START, Report(PunchKind.BREAK_OUT, at("9:00"))), "9:10", Step.BACK, Away.OUT),
        (
            (START, Report(PunchKind.PLACE, at("9:00"), Place.TRIP)),
            "9:10",
            Step.BACK,
            Away.TRIP,
        ),
        ((START, Report(PunchKind.END, at("9:00"))), "9:10", Step.ENDED, None),
    ],
)
def test_the_next_step(
    reports: tuple[Report, ...], now: str, step: Step, away: Away | None
) -> None:
    day = facts(*reports)
    found = away_of(day, resolve(day, at(now)), at(now))
    assert (step_of(day, found, at(now)), found) == (step, away)


def test_who_said_to_be_away_comes_back() -> None:
    said = Claim(Source.MANUAL, State.AWAY, at("9:00"), at("9:30"), "休憩")
    day = facts(START, claims=(said,))
    assert away_of(day, resolve(day, at("9:10")), at("9:10")) is Away.SAID
    assert away_of(day, resolve(day, at("9:30")), at("9:30")) is None


def test_the_end_of_the_day_is_quiet_until_it_is_near() -> None:
    assert is_early(facts(START), at("16:59"))
    assert not is_early(facts(START), at("17:00"))


def test_hours_without_leave() -> None:
    leave = Stretch(at("8:30"), at("13:00"), Place.LEAVE, own=True)
    day = facts(plan=(Stretch(at("8:30"), at("17:15"), Place.OFFICE), leave))
    assert working_spans(day) == [("13:00", "17:15")]
    assert working_spans(facts(plan=())) == []


def test_until_when() -> None:
    assert [chip.code for chip in out_chips(facts(), at("9:10"))] == ["30", "60", "noon", "end"]
    assert [chip.code for chip in out_chips(facts(), at("17:20"))] == ["30", "60"]
    assert [f"{chip.at:%H:%M}" for chip in break_chips(at("9:10"))] == ["09:25", "09:40", "10:10"]


@pytest.mark.parametrize("pin", ["8264", "00172095", "1123"])
def test_a_good_number(pin: str) -> None:
    assert pin_fault(pin, "100123") is None


@pytest.mark.parametrize("pin", ["", "826", "826482648", "82a4", "1111", "2345", "9876", "0123"])
def test_a_weak_number(pin: str) -> None:
    assert pin_fault(pin, "100123")


def test_ones_staff_number_is_no_secret() -> None:
    assert pin_fault("100129", "100129")
    assert pin_fault("0129", "100129")


@pytest.mark.parametrize(
    ("start", "end", "minute", "found"),
    [
        (600, 660, 540, 600),
        (600, 660, 625, 600),
        (540, 660, 620, 600),
        (540, 660, 630, 630),
        (615, 660, 620, 615),
        (600, 660, 660, None),
    ],
)
def test_from_when_a_duty_changes_hands(
    start: int, end: int, minute: int, found: int | None
) -> None:
    assert handed_from(start, end, minute) == found


# --- who could ------------------------------------------------------------------------------

POST = Post(1, 10, "窓口1", Kind.COUNTER, Staffed.DUTY, skills=frozenset({"住基"}))
PIECE = Span(at("14:00"), at("15:00"))


def can(
    day: Facts | None = None,
    profile: Profile | None = None,
    piece: Span = PIECE,
    now: str = "10:00",
    units: frozenset[int] = frozenset({10}),
) -> bool:
    day = day if day is not None else facts(START)
    profile = profile if profile is not None else Profile(frozenset({"住基"}))
    taker = Taker(1, units, day, resolve(day, at(now)), profile)
    return may_take(taker, POST, {10}, piece, at(now))


def duty(first: str, last: str) -> Duty:
    return Duty(at(first), at(last), "電話", 2)


def test_who_is_here_free_and_skilled_can() -> None:
    assert can()
    assert can(facts())  # 在庁（予定）: office staff need not report by default


@pytest.mark.parametrize(
    "reason",
    [
        {"profile": Profile()},
        {"profile": Profile(frozenset({"住基"}), forbidden=frozenset({1}))},
        {"profile": Profile(frozenset({"住基"}), group=Group.EXEMPT)},
        {"profile": Profile(frozenset({"住基"}), max_consecutive_minutes=30)},
        {"units": frozenset({11})},
        {"day": facts(Report(PunchKind.START, at("8:20"), Place.HOME))},
        {"day": facts(START, Report(PunchKind.END, at("9:50")))},
        {"day": facts(START, duties=(duty("14:30", "15:30"),))},
        {"day": facts(START, duties=(duty("12:00", "14:00"),))},  # two hours at a stretch already
        {
            "day": facts(START, duties=(duty("9:00", "9:30"),)),
            "profile": Profile(frozenset({"住基"}), max_daily_minutes=60),
        },
        {"piece": Span(at("12:30"), at("13:30"))},  # the own break
        {"piece": Span(at("16:30"), at("17:30"))},  # beyond the own day
    ],
)
def test_who_cannot(reason: dict[str, Any]) -> None:
    assert not can(**reason)


def test_plans_of_the_afternoon_count() -> None:
    ordinary = Stretch(at("8:30"), at("17:15"), Place.OFFICE)
    for place in (Place.HOME, Place.LEAVE, Place.TRIP):
        later = Stretch(at("14:30"), at("17:15"), place, own=True)
        assert not can(facts(START, plan=(ordinary, later)))
    meeting = Stretch(at("14:30"), at("15:30"), None, Reason.MEETING)
    assert not can(facts(START, plan=(ordinary, meeting)))


def test_a_running_duty_needs_somebody_free_at_this_moment() -> None:
    busy = Claim(Source.MANUAL, State.BUSY, at("13:50"), at("14:30"))
    day = facts(START, claims=(busy,))
    assert not can(day, now="14:10")
    assert can(facts(START), now="14:10")
    assert can(day, now="13:55", piece=Span(at("15:00"), at("16:00")))


def test_a_rest_of_half_an_hour_ends_a_stretch() -> None:
    assert can(facts(START, duties=(duty("11:30", "13:30"),)))
    assert not can(facts(START, duties=(duty("11:45", "13:45"),)))
