"""Coverage of a day: shortages, slack, what is foreseen, whom a lamp counts. Times of Tuesday 24 November 2026."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from webapp.core import clock
from webapp.coverage.covering import Head, Needed
from webapp.coverage.half_hours import room_slots, slots
from webapp.coverage.help_rules import Colleague, asked, ends_at, next_free
from webapp.coverage.rules import Alarm, DayCover, Level, PositionDay, Room, capped, cover
from webapp.coverage.standing import Standing, Why, day_standings
from webapp.org.rules import Reach
from webapp.positions.rules import Group, Kind, Need, Post, Staffed
from webapp.presence.facts import (
    Claim,
    Duty,
    Facts,
    Place,
    Policy,
    PunchKind,
    Reason,
    Report,
    ReportDuty,
    Source,
    Span,
    State,
    Stretch,
)

MIDNIGHT = datetime(2026, 11, 24, tzinfo=clock.TOKYO)
UNIT = 1


def at(text: str) -> datetime:
    hour, minute = map(int, text.split(":"))
    return MIDNIGHT + timedelta(hours=hour, minutes=minute)


def second(text: str) -> int:
    return int((at(text) - MIDNIGHT).total_seconds())


def span(text: str) -> tuple[datetime, datetime]:
    first, _, last = text.partition("-")
    return at(first), at(last)


OFFICE = (Stretch(*span("8:30-17:15"), Place.OFFICE),)
LUNCH = (Span(*span("12:00-13:00")),)
HOME = (*OFFICE, Stretch(*span("8:30-17:15"), Place.HOME, own=True))
STARTED = Report(PunchKind.START, at("8:25"), Place.OFFICE)


def facts(**more: Any) -> Facts:
    given: dict[str, Any] = {
        "day": Span(MIDNIGHT, MIDNIGHT + timedelta(days=1)),
        "plan": OFFICE,
        "breaks": LUNCH,
        "reach": Reach.CALLBACK,
    }
    return Facts(**(given | more))


def on_duty(position: int, when: str) -> dict[str, Any]:
    return {"duties": (Duty(*span(when), f"持ち場{position}", position),)}


def head(number: int, day: Facts, now: str | None, *skills: str, **more: Any) -> Head:
    stands, plans = day_standings(day, MIDNIGHT, at(now) if now else None)
    given: dict[str, Any] = {"forbidden": frozenset(), "experienced": True}
    given |= {"units": frozenset({UNIT})} | more
    return Head(number, frozenset(skills), stands=stands, plans=plans, **given)


def post(
    number: int, kind: Kind = Kind.COUNTER, staffed: Staffed = Staffed.ANYONE, **more: Any
) -> Post:
    return Post(number, UNIT, f"持ち場{number}", kind, staffed, **more)


def needed(place: Post, need: int = 1, when: str = "9:00-16:30", *, rota: bool = False) -> Needed:
    first, last = (second(text) // 60 for text in when.split("-"))
    return Needed(place, (Need(first, last, need, need),), rota, frozenset({UNIT}))


def covered(places: Sequence[Needed], days: Sequence[Facts], now: str | None = "10:20") -> DayCover:
    heads = [head(n, day, now) for n, day in enumerate(days, 1)]
    return cover(places, heads, now=second(now) if now else None)


def present(day: PositionDay, when: str) -> int:
    return next(p.present for p in day.parts if p.start <= second(when) < p.end)


# --- who counts, now --------------------------------------------------------------------------

COUNTER, PHONE = post(1), post(1, Kind.PHONE)
DND = Claim(Source.MANUAL, State.DND, at("10:00"))
AWAY = Claim(Source.MANUAL, State.AWAY, at("10:00"))
BUSY = Claim(Source.MANUAL, State.BUSY, at("10:00"))
OUT = Report(PunchKind.BREAK_OUT, at("10:00"))
DUE = Policy(ReportDuty.EVERYBODY)

# name → (facts, counts at the counter, counts at the telephone); staffed by whoever is there, at 10:20
ANYONE: dict[str, tuple[Facts, bool, bool]] = {
    "as planned": (facts(), True, True),
    "reported": (facts(reports=(STARTED,)), True, True),
    "report overdue": (facts(policy=DUE), False, False),
    "report not overdue yet": (
        facts(policy=Policy(ReportDuty.EVERYBODY, timedelta(hours=3))),
        True,
        True,
    ),
    "at home, callback only": (facts(plan=HOME), False, False),
    "at home with transfer, not reported": (facts(plan=HOME, reach=Reach.TRANSFER), False, False),
    "at home with transfer": (
        facts(
            plan=HOME,
            reach=Reach.TRANSFER,
            reports=(Report(PunchKind.START, at("8:25"), Place.HOME),),
        ),
        False,
        True,
    ),
    "at home, reported, callback only": (
        facts(plan=HOME, reports=(Report(PunchKind.START, at("8:25"), Place.HOME),)),
        False,
        False,
    ),
    "取り込み中": (facts(claims=(BUSY,)), True, True),
    "取り込み中 at a counter": (
        facts(claims=(Claim(Source.MANUAL, State.BUSY, at("10:00"), reason=Reason.COUNTER),)),
        True,
        False,
    ),
    "取り込み中 on a call": (
        facts(claims=(Claim(Source.MANUAL, State.BUSY, at("10:00"), reason=Reason.CALL),)),
        False,
        True,
    ),
    "取り込み中 in a meeting": (
        facts(claims=(Claim(Source.MANUAL, State.BUSY, at("10:00"), reason=Reason.MEETING),)),
        False,
        False,
    ),
    "応答不可": (facts(claims=(DND,)), False, False),
    "退席中": (facts(claims=(AWAY,)), False, False),
    "中抜け": (facts(reports=(STARTED, OUT)), False, False),
    "on break": (facts(breaks=(Span(*span("10:00-11:00")),)), False, False),
    "終業": (facts(reports=(STARTED, Report(PunchKind.END, at("10:10")))), False, False),
    "leave": (
        facts(plan=(*OFFICE, Stretch(*span("8:30-17:15"), Place.LEAVE, own=True))),
        False,
        False,
    ),
    "a trip": (
        facts(plan=(*OFFICE, Stretch(*span("8:30-17:15"), Place.TRIP, own=True))),
        False,
        False,
    ),
    "on duty elsewhere": (facts(**on_duty(9, "10:00-12:00")), False, False),
    "not at work yet": (facts(plan=(Stretch(*span("13:00-17:15"), Place.OFFICE),)), False, False),
}


@pytest.mark.parametrize("name", ANYONE)
def test_whoever_is_there(name: str) -> None:
    day, counter, phone = ANYONE[name]
    found = [covered([needed(p)], [day]).positions[0] for p in (COUNTER, PHONE)]
    assert [present(one, "10:20") for one in found] == [counter, phone]


# name → (more facts, counts at the counter, counts at the telephone); on that duty from 10:00 to 12:00
ON_DUTY: dict[str, tuple[dict[str, Any], bool, bool]] = {
    "there": ({}, True, True),
    "応答不可 keeps nobody from the counter": ({"claims": (DND,)}, True, False),
    "退席中": ({"claims": (AWAY,)}, False, False),
    "中抜け": ({"reports": (STARTED, OUT)}, False, False),
    "at home with transfer": (
        {
            "plan": HOME,
            "reach": Reach.TRANSFER,
            "reports": (Report(PunchKind.START, at("8:25"), Place.HOME),),
        },
        False,
        True,
    ),
    "at home, callback only": (
        {"plan": HOME, "reports": (Report(PunchKind.START, at("8:25"), Place.HOME),)},
        False,
        False,
    ),
    "report overdue": ({"policy": DUE}, False, False),
    "leave": (
        {"plan": (*OFFICE, Stretch(*span("8:30-17:15"), Place.LEAVE, own=True))},
        False,
        False,
    ),
}


@pytest.mark.parametrize("name", ON_DUTY)
def test_those_on_duty(name: str) -> None:
    more, counter, phone = ON_DUTY[name]
    day = facts(**on_duty(1, "10:00-12:00"), **more)
    places = [post(1, kind, Staffed.DUTY) for kind in (Kind.COUNTER, Kind.PHONE)]
    found = [covered([needed(p, rota=True)], [day, facts()]).positions[0] for p in places]
    assert [present(one, "10:20") for one in found] == [counter, phone]


# --- the rest of the day ----------------------------------------------------------------------


def test_out_with_a_return_counts_again_from_then_and_without_not_today() -> None:
    back = Report(PunchKind.BREAK_OUT, at("10:00"), return_at=at("11:00"))
    returning = covered([needed(COUNTER)], [facts(reports=(STARTED, back))]).positions[0]
    assert [present(returning, t) for t in ("10:30", "11:00", "14:00")] == [0, 1, 1]
    gone = covered([needed(COUNTER)], [facts(reports=(STARTED, OUT))]).positions[0]
    assert [present(gone, t) for t in ("10:30", "14:00")] == [0, 0]


def test_everybody_on_break_is_a_gap_and_a_moved_break_closes_it() -> None:
    found = covered([needed(COUNTER)], [facts(), facts()]).positions[0]
    assert (found.short.level, found.short.start, found.short.end) == (  # type: ignore[union-attr]
        Level.AHEAD,
        second("12:00"),
        second("13:00"),
    )
    moved = facts(breaks=(Span(*span("13:00-14:00")),))
    assert covered([needed(COUNTER)], [facts(), moved]).positions[0].short is None


def test_one_head_covers_one_position() -> None:
    found = covered([needed(post(1)), needed(post(2))], [facts()])
    assert sum(present(day, "10:20") for day in found.positions) == 1
    assert sum(day.parts[0].missing for day in found.positions) == 1


def test_lacking_the_skill_is_no_slack() -> None:
    """Three at the office, one of them knows 戸籍; the other two cannot cover it and are nobody's reserve."""
    place = needed(post(1, skills=frozenset({"戸籍"})))
    heads = [
        head(1, facts(), "10:20", "戸籍"),
        head(2, facts(), "10:20"),
        head(3, facts(), "10:20"),
    ]
    found = cover([place], heads, now=second("10:20"))
    assert found.positions[0].parts[0].free == 0
    assert next(r.count for r in found.room if r.start <= second("10:30") < r.end) == 0
    known = [head(n, facts(), "10:20", "戸籍") for n in (1, 2, 3)]
    room = cover([place], known, now=second("10:20")).room
    assert next(r.count for r in room if r.start <= second("10:30") < r.end) == 2


def test_who_is_on_break_covers_nothing_and_is_room_all_the_same() -> None:
    """One on duty over noon, two on break: those two could as well be at home; without the first it is a shortage."""
    place = needed(post(1, staffed=Staffed.DUTY), rota=True)
    noon = Duty(at("12:00"), at("13:00"), "持ち場1", 1)
    days = [facts(duties=(noon,), breaks=()), facts(), facts()]
    heads = [head(n, day, None) for n, day in enumerate(days, 1)]
    at_noon = lambda rooms: next(  # noqa: E731
        r.count for r in rooms if r.start <= second("12:30") < r.end
    )
    assert at_noon(cover([place], heads, now=None).room) == 2
    assert at_noon(cover([place], heads[1:], now=None).room) == 0


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        ((), [(0, 10, 4), (10, 20, None), (20, 30, 0)]),
        (((0, 30, 9),), [(0, 10, 4), (10, 20, None), (20, 30, 0)]),
        (((0, 30, 1),), [(0, 10, 1), (10, 20, None), (20, 30, 0)]),
        (((0, 5, 9), (5, 30, 2)), [(0, 5, 4), (5, 10, 2), (10, 20, None), (20, 30, 0)]),
        (((0, 5, 3), (5, 30, 3)), [(0, 10, 3), (10, 20, None), (20, 30, 0)]),
        (((2, 6, 0),), [(0, 2, 4), (2, 6, 0), (6, 10, 4), (10, 20, None), (20, 30, 0)]),
    ],
)
def test_free_lines_cap_the_room_at_their_time(
    free: tuple[tuple[int, int, int], ...], expected: list[tuple[int, int, int | None]]
) -> None:
    rooms = [Room(0, 10, 4), Room(10, 20, None), Room(20, 30, 0)]
    assert [(r.start, r.end, r.count) for r in capped(rooms, free)] == expected


def test_planned_only_is_said_and_reported_heads_come_first() -> None:
    days = [facts(), facts(reports=(STARTED,)), facts()]
    found = covered([needed(COUNTER, 2)], days).positions[0]
    part = next(p for p in found.parts if p.start <= second("10:20") < p.end)
    assert (part.present, part.planned_only) == (2, 1)


def test_a_contractors_position_is_shown_and_never_short() -> None:
    found = covered([needed(post(1, contractor=True), 2)], []).positions[0]
    assert (present(found, "10:20"), found.short, found.missing) == (2, None, ())


def test_without_a_fixed_rota_whoever_is_there_counts_and_it_says_so() -> None:
    place = post(1, staffed=Staffed.DUTY)
    assert covered([needed(place)], [facts()]).positions[0].no_rota
    fixed = covered([needed(place, rota=True)], [facts()]).positions[0]
    assert not fixed.no_rota
    assert present(fixed, "10:20") == 0


def test_forbidden_and_of_another_unit() -> None:
    for more in ({"forbidden": frozenset({1})}, {"units": frozenset({7})}):
        heads = [head(1, facts(), "10:20", **more)]
        assert (
            present(cover([needed(COUNTER)], heads, now=second("10:20")).positions[0], "10:20") == 0
        )


def test_experience_asked_for() -> None:
    place = Needed(COUNTER, (Need(540, 990, 1, 1, experienced=1),), False, frozenset({UNIT}))
    for experienced, missing in ((True, 0), (False, 1)):
        heads = [head(1, facts(), "10:20", experienced=experienced)]
        parts = cover([place], heads, now=second("10:20")).positions[0].parts
        assert parts[0].experienced_missing == missing


# --- levels -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "level"),
    [
        ("8:00", Level.AHEAD),
        ("9:00", Level.NOW),
        ("9:14", Level.NOW),
        ("9:15", Level.LONG),
        ("16:30", None),
    ],
)
def test_ahead_now_long_over(now: str, level: Level | None) -> None:
    short = covered([needed(COUNTER)], [], now).positions[0].short
    assert (short.level if short else None) is level


def test_a_short_gap_ahead_is_not_announced() -> None:
    early = facts(breaks=(Span(*span("11:00-11:20")),))
    place = needed(COUNTER, when="10:00-12:00")
    assert covered([place], [early]).positions[0].short is None
    heads = [head(1, early, "10:20")]
    found = cover([place], heads, now=second("10:20"), alarm=Alarm(shortest_ahead=20 * 60))
    assert found.positions[0].short is not None


def test_names_are_of_those_counted_on() -> None:
    late = facts(**on_duty(1, "10:00-12:00"), policy=DUE)
    place = needed(post(1, staffed=Staffed.DUTY), rota=True)
    found = covered([place], [late, facts()]).positions[0]
    assert [(one.staff_id, one.why) for one in found.missing] == [(1, Why.NO_REPORT)]


def test_half_hours_show_their_worst_moment() -> None:
    day = facts(breaks=(Span(*span("11:10-11:20")),))
    found = covered([needed(COUNTER, when="10:00-12:00")], [day], None)
    rows = slots(found.positions[0])
    assert [(row.start, row.open) for row in rows] == [
        (second(t), n) for t, n in (("10:00", 0), ("10:30", 0), ("11:00", 1), ("11:30", 0))
    ]
    assert room_slots(
        [Room(second("9:45"), second("10:15"), 3), Room(second("10:15"), second("10:30"), 1)]
    ) == [
        Room(second("9:30"), second("10:00"), 3),
        Room(second("10:00"), second("10:30"), 1),
    ]


# --- 窓口応援 ---------------------------------------------------------------------------------

NOW = at("10:20")
HERE = Standing(0, 86_400, place=Place.OFFICE, transfer=True)


def colleague(number: int, **more: Any) -> Colleague:
    given: dict[str, Any] = {"state": State.AVAILABLE, "stand": HERE}
    return Colleague(number, **(given | more))


def test_the_fairest_first_then_who_has_a_page_open_and_declined_last() -> None:
    people = [
        colleague(1, burden=60, connected=True),
        colleague(2, burden=10, connected=True),
        colleague(3, burden=0),
        colleague(4, burden=0, connected=True, declined=True),
        colleague(5, group=Group.EXEMPT),
        colleague(6, forbidden=frozenset({1})),
        colleague(7, state=State.BUSY),
        colleague(8, free_until=at("10:29")),
        colleague(9, free_until=at("10:30"), burden=99),
    ]
    assert [p.staff_id for p in asked(people, COUNTER, NOW)] == [2, 1, 3, 9, 4]
    assert len(asked([colleague(n) for n in range(20)], COUNTER, NOW)) == 8


def test_next_is_the_soonest_free_at_work() -> None:
    people = [
        colleague(1, state=State.BUSY, until=at("11:00")),
        colleague(2, state=State.BUSY, until=at("10:30")),
        colleague(3, state=State.OFF, stand=Standing(0, 86_400, Why.LEAVE, Place.LEAVE)),
        colleague(4, state=State.BUSY),
    ]
    assert [p.staff_id for p in next_free(people, COUNTER, NOW)] == [2, 1, 4]


@pytest.mark.parametrize(
    ("closes", "free", "end"),
    [
        (None, None, "10:50"),
        ("10:40", None, "10:40"),
        ("16:30", "10:45", "10:45"),
        ("16:30", "12:00", "10:50"),
    ],
)
def test_half_an_hour_or_less(closes: str | None, free: str | None, end: str) -> None:
    assert ends_at(NOW, at(closes) if closes else None, at(free) if free else None) == at(end)
