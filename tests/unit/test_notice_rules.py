"""When nothing may pop up, and how news stand together: truth tables."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from tests.conftest import tokyo
from webapp.notices.rules import Choice, Group, Quiet, group_of, lines, may_pop_up, why_quiet
from webapp.presence.facts import (
    Claim,
    Duty,
    Facts,
    Place,
    PunchKind,
    Report,
    Source,
    Span,
    State,
    Stretch,
)


def span(first: str, last: str) -> Span:
    return Span(tokyo(first), tokyo(last))


def stretch(first: str, last: str, place: Place) -> Stretch:
    return Stretch(tokyo(first), tokyo(last), place)


DAY = Span(tokyo("2026-11-24 00:00"), tokyo("2026-11-25 00:00"))
OFFICE_DAY = Facts(
    day=DAY,
    plan=(stretch("8:30", "17:15", Place.OFFICE),),
    breaks=(span("12:00", "13:00"),),
)
DAY_OFF = Facts(day=DAY)
LEAVE = replace(OFFICE_DAY, plan=(*OFFICE_DAY.plan, stretch("8:30", "12:00", Place.LEAVE)))


def reports(facts: Facts, *told: tuple[PunchKind, str]) -> Facts:
    return replace(facts, reports=tuple(Report(kind, tokyo(at)) for kind, at in told))


STARTED = (PunchKind.START, "8:30")
DND = replace(OFFICE_DAY, claims=(Claim(Source.MANUAL, State.DND, tokyo("9:00"), tokyo("11:00")),))
BUSY = replace(OFFICE_DAY, claims=(Claim(Source.MANUAL, State.BUSY, tokyo("9:00")),))
LUNCH_DUTY = replace(OFFICE_DAY, duties=(Duty(tokyo("12:00"), tokyo("13:00"), "昼当番"),))
NIGHT_DUTY = replace(DAY_OFF, duties=(Duty(tokyo("17:15"), tokyo("22:00"), "日直"),))
ALWAYS = Choice(outside_hours=True)
NEVER = Choice(pop_up=False)


@pytest.mark.parametrize(
    ("facts", "at", "choice", "quiet"),
    [
        # the plan alone
        (OFFICE_DAY, "10:20", Choice(), None),
        (OFFICE_DAY, "8:29", Choice(), Quiet.OFF),
        (OFFICE_DAY, "8:30", Choice(), None),
        (OFFICE_DAY, "17:14", Choice(), None),
        (OFFICE_DAY, "17:15", Choice(), Quiet.OFF),
        (OFFICE_DAY, "12:00", Choice(), Quiet.BREAK),
        (OFFICE_DAY, "13:00", Choice(), None),
        (LUNCH_DUTY, "12:30", Choice(), None),
        (NIGHT_DUTY, "20:00", Choice(), None),
        (NIGHT_DUTY, "16:00", Choice(), Quiet.OFF),
        (DAY_OFF, "10:20", Choice(), Quiet.OFF),
        (None, "10:20", Choice(), Quiet.OFF),
        (LEAVE, "10:20", Choice(), Quiet.LEAVE),
        (LEAVE, "13:30", Choice(), None),
        # reports win over the plan
        (reports(DAY_OFF, STARTED), "10:20", Choice(), None),
        (reports(OFFICE_DAY, STARTED), "18:30", Choice(), None),
        (reports(LEAVE, (PunchKind.START, "9:00")), "10:20", Choice(), None),
        (reports(OFFICE_DAY, STARTED, (PunchKind.END, "15:00")), "15:30", Choice(), Quiet.LEFT),
        (reports(OFFICE_DAY, STARTED, (PunchKind.END, "15:00")), "14:30", Choice(), None),
        (
            reports(OFFICE_DAY, STARTED, (PunchKind.BREAK_OUT, "10:00")),
            "10:20",
            Choice(),
            Quiet.OUT,
        ),
        (
            reports(
                OFFICE_DAY, STARTED, (PunchKind.BREAK_OUT, "9:30"), (PunchKind.BREAK_IN, "10:00")
            ),
            "10:20",
            Choice(),
            None,
        ),
        # 応答不可 is a wish of the moment; 取り込み中 is not
        (DND, "10:20", Choice(), Quiet.DND),
        (DND, "11:00", Choice(), None),
        (DND, "10:20", ALWAYS, Quiet.DND),
        (BUSY, "10:20", Choice(), None),
        # the choice
        (OFFICE_DAY, "20:00", ALWAYS, None),
        (DAY_OFF, "20:00", ALWAYS, None),
        (None, "20:00", ALWAYS, None),
        (OFFICE_DAY, "10:20", NEVER, Quiet.UNWANTED),
        (OFFICE_DAY, "10:20", replace(ALWAYS, pop_up=False), Quiet.UNWANTED),
    ],
)
def test_when_nothing_pops_up(
    facts: Facts | None, at: str, choice: Choice, quiet: Quiet | None
) -> None:
    assert why_quiet(facts, choice, tokyo(at)) is quiet


def test_the_end_of_yesterday_does_not_silence_today() -> None:
    facts = reports(OFFICE_DAY, (PunchKind.END, "2026-11-23 22:00"))
    assert why_quiet(facts, Choice(), tokyo("10:20")) is None


@pytest.mark.parametrize(
    ("group", "quiet", "muted", "may"),
    [
        (Group.MEMO, None, (), True),
        (Group.MEMO, None, (Group.MEMO,), False),
        (Group.MEMO, None, (Group.ROTA,), True),
        (Group.MEMO, Quiet.OFF, (), False),
        (Group.EMERGENCY, None, (), True),
        (Group.EMERGENCY, Quiet.OFF, (), True),
        (Group.EMERGENCY, Quiet.DND, (), True),
        (Group.EMERGENCY, Quiet.LEAVE, (Group.EMERGENCY,), True),
        (Group.EMERGENCY, Quiet.UNWANTED, (), False),
    ],
)
def test_what_pops_up(
    group: Group, quiet: Quiet | None, muted: tuple[Group, ...], may: bool
) -> None:
    assert may_pop_up(group, quiet, Choice(muted=frozenset(muted))) is may


# --- lines ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    id: int
    kind: str
    made_at: datetime
    unit_id: int = 1


def told(*kinds: str) -> list[Told]:
    """A minute apart, the first is the oldest."""
    return [Told(n, kind, tokyo("9:00") + timedelta(minutes=n)) for n, kind in enumerate(kinds)]


def test_ten_notices_of_a_rota_are_one_line() -> None:
    found = lines(told(*["changed"] * 9, "fixed"))
    assert [(line.group, len(line.notices)) for line in found] == [(Group.ROTA, 10)]
    assert found[0].newest.id == 9


def test_lines_stand_by_their_newest_an_emergency_first() -> None:
    found = lines(told("emergency", "request", "swap", "request", "seat"))
    assert [line.group for line in found] == [
        Group.EMERGENCY,
        Group.SEAT,
        Group.REQUEST,
        Group.ROTA,
    ]


def test_a_line_names_its_unit_only_where_there_is_one() -> None:
    one, other = told("fixed", "fixed")
    assert [line.unit_id for line in lines([one, other])] == [1]
    assert [line.unit_id for line in lines([one, replace(other, unit_id=2)])] == [None]


def test_of_two_in_the_same_moment_the_later_row_is_first() -> None:
    one, other = told("fixed", "fixed")
    assert lines([one, replace(other, made_at=one.made_at)])[0].newest.id == other.id


@pytest.mark.parametrize(
    ("kind", "group"),
    [
        ("fixed", Group.ROTA),
        ("swap", Group.ROTA),
        ("request", Group.REQUEST),
        ("decide", Group.REQUEST),
        ("loan", Group.SEAT),
        ("memo", Group.MEMO),
        ("question", Group.QUESTION),
        ("emergency", Group.EMERGENCY),
        ("webhook", Group.OTHER),
        ("of tomorrow", Group.OTHER),
    ],
)
def test_every_kind_has_its_group(kind: str, group: Group) -> None:
    assert group_of(kind) is group
