"""What is shown of a person, as tables: facts of the day on the left, what the board says on the right."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from webapp.core.clock import TOKYO
from webapp.org.rules import Reach
from webapp.presence.day_rules import report_due_at, reported, timeline
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
    Shown,
    Source,
    Span,
    State,
    Stretch,
)
from webapp.presence.rules import next_change, resolve, said_before, same_said, with_said


def t(clock: str, day: int = 24) -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, 11, day, int(hour), int(minute), tzinfo=TOKYO)


DAY = Span(t("0:00"), t("0:00", 25))
OFFICE_DAY = (Stretch(t("8:30"), t("17:15"), Place.OFFICE),)
LUNCH = (Span(t("12:00"), t("13:00")),)


def own(start: str, end: str, place: Place | None, **more: Any) -> Stretch:
    return Stretch(t(start), t(end), place, own=True, **more)


HOME_DAY = (*OFFICE_DAY, own("8:30", "17:15", Place.HOME))


def facts(**changes: Any) -> Facts:
    return replace(Facts(day=DAY, plan=OFFICE_DAY, breaks=LUNCH, reach=Reach.CALLBACK), **changes)


def start(clock: str, place: Place = Place.HOME, day: int = 24) -> Report:
    return Report(PunchKind.START, t(clock, day), place)


def said(state: State, since: str, until: str | None = None, **more: Any) -> Claim:
    return Claim(Source.MANUAL, state, t(since), t(until) if until else None, **more)


def glance(shown: Shown) -> tuple[str, str | None, str, bool]:
    return (
        shown.state.value,
        shown.place.value if shown.place else None,
        shown.source.value,
        shown.planned,
    )


# --- who need not report: the plan stands ---------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("8:29", ("off", None, "plan", False)),
        ("8:30", ("available", "office", "plan", True)),
        ("11:59", ("available", "office", "plan", True)),
        ("12:00", ("away", "office", "schedule", True)),
        ("13:00", ("available", "office", "plan", True)),
        ("17:14", ("available", "office", "plan", True)),
        ("17:15", ("off", None, "plan", False)),
    ],
)
def test_office_day_without_any_report(clock: str, expected: tuple[Any, ...]) -> None:
    assert glance(resolve(facts(), t(clock))) == expected


def test_before_the_day_the_start_is_told() -> None:
    assert resolve(facts(), t("7:00")).starts_at == t("8:30")


def test_day_off_shows_nothing_of_a_place() -> None:
    assert glance(resolve(facts(plan=(), breaks=()), t("10:00"))) == ("off", None, "plan", False)


# --- teleworkers owe a report ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("8:29", ("off", None, "plan", False)),
        ("8:44", ("available", "home", "plan", True)),
        ("8:45", ("no_report", "home", "plan", True)),
        ("12:30", ("no_report", "home", "plan", True)),
        ("17:15", ("off", None, "plan", False)),
    ],
)
def test_teleworker_who_does_not_report(clock: str, expected: tuple[Any, ...]) -> None:
    assert glance(resolve(facts(plan=HOME_DAY), t(clock))) == expected


@pytest.mark.parametrize(
    ("duty", "plan", "due"),
    [
        (ReportDuty.TELEWORK, OFFICE_DAY, None),
        (ReportDuty.TELEWORK, HOME_DAY, "8:30"),
        (ReportDuty.TELEWORK, (*OFFICE_DAY, own("13:00", "17:15", Place.SATELLITE)), "13:00"),
        (ReportDuty.TELEWORK, (*OFFICE_DAY, own("8:30", "17:15", Place.TRIP)), None),
        (ReportDuty.TELEWORK, (*HOME_DAY, own("8:30", "12:00", Place.LEAVE)), "12:00"),
        (ReportDuty.TELEWORK, (*HOME_DAY, own("8:30", "17:15", Place.LEAVE)), None),
        (ReportDuty.EVERYBODY, OFFICE_DAY, "8:30"),
        (ReportDuty.EVERYBODY, (), None),
        (ReportDuty.NOBODY, HOME_DAY, None),
    ],
)
def test_when_a_report_is_owed(duty: ReportDuty, plan: Any, due: str | None) -> None:
    found = report_due_at(facts(plan=plan, policy=Policy(report_duty=duty)))
    assert found == (t(due) if due else None)


def test_nobody_owes_on_an_excused_day() -> None:
    assert report_due_at(facts(plan=HOME_DAY, policy=Policy(excused=True))) is None


# --- reports --------------------------------------------------------------------------------


def test_start_is_shown_solid_with_its_place() -> None:
    shown = resolve(facts(plan=HOME_DAY, reports=(start("8:31"),)), t("10:00"))
    assert glance(shown) == ("available", "home", "auto", False)
    assert shown.since == t("8:31")


def test_a_report_before_the_hours_answers_the_first_stretch() -> None:
    """Reported 8:20 at the office though home was planned: the plan that begins at 8:30 does not overrule it."""
    shown = resolve(facts(plan=HOME_DAY, reports=(start("8:20", Place.OFFICE),)), t("9:00"))
    assert glance(shown) == ("available", "office", "auto", False)


def test_a_trip_in_the_afternoon_displaces_the_reported_place_and_gives_it_back() -> None:
    day = facts(
        plan=(*OFFICE_DAY, own("14:00", "16:00", Place.TRIP)),
        reports=(start("8:30", Place.OFFICE),),
    )
    assert glance(resolve(day, t("14:30"))) == ("available", "trip", "auto", True)
    assert glance(resolve(day, t("16:00"))) == ("available", "office", "auto", False)


def test_a_later_report_of_place_wins_over_the_plan() -> None:
    moved = Report(PunchKind.PLACE, t("14:10"), Place.OFFICE)
    day = facts(
        plan=(*OFFICE_DAY, own("14:00", "16:00", Place.TRIP)),
        reports=(start("8:30", Place.OFFICE), moved),
    )
    assert glance(resolve(day, t("14:30"))) == ("available", "office", "auto", False)


def test_end_is_off_until_a_new_start() -> None:
    end = Report(PunchKind.END, t("15:00"))
    day = facts(plan=HOME_DAY, reports=(start("8:30"), end))
    assert glance(resolve(day, t("15:30"))) == ("off", None, "auto", False)
    again = replace(day, reports=(*day.reports, start("16:00")))
    assert glance(resolve(again, t("16:30"))) == ("available", "home", "auto", False)


def test_out_with_return_time_and_back() -> None:
    out = Report(PunchKind.BREAK_OUT, t("10:00"), return_at=t("11:00"))
    day = facts(plan=HOME_DAY, reports=(start("8:30"), out))
    shown = resolve(day, t("10:30"))
    assert (shown.state, shown.reason, shown.until) == (State.AWAY, Reason.OUT, t("11:00"))
    assert resolve(day, t("11:30")).reason is Reason.OUT  # nobody is back before saying so
    back = replace(day, reports=(*day.reports, Report(PunchKind.BREAK_IN, t("11:05"))))
    assert resolve(back, t("11:30")).state is State.AVAILABLE


def test_out_by_one_who_owes_no_report_of_start() -> None:
    out = Report(PunchKind.BREAK_OUT, t("10:00"), return_at=t("11:00"))
    assert resolve(facts(reports=(out,)), t("10:30")).reason is Reason.OUT


def test_losing_the_socket_never_changes_place_or_report() -> None:
    day = facts(plan=HOME_DAY, reports=(start("8:30"),), connected=True)
    lost = replace(day, lost_at=t("10:00"))
    assert resolve(lost, t("11:00")) == resolve(day, t("11:00"))
    gone = resolve(replace(lost, connected=False), t("11:00"))
    assert gone == replace(resolve(day, t("11:00")), connected=False)


# --- across midnight ------------------------------------------------------------------------


def test_who_has_left_is_not_shown_on_duty() -> None:
    """中抜け is the person's own word: it wins over the duty they left, and the duty stays known."""
    duty = Duty(t("10:00"), t("12:00"), "窓口1")
    left = Report(PunchKind.BREAK_OUT, t("10:30"), return_at=t("11:00"))
    day = facts(reports=(Report(PunchKind.START, t("8:30"), Place.OFFICE), left), duties=(duty,))
    shown = resolve(day, t("10:40"))
    assert (shown.state, shown.reason, shown.duty) == (State.AWAY, Reason.OUT, duty)
    assert resolve(day, t("10:20")).source is Source.DUTY


def test_a_night_duty_is_shown_after_midnight() -> None:
    day = facts(plan=(), breaks=(), reports=(start("17:15", Place.OFFICE, 23),))
    assert glance(resolve(day, t("2:00"))) == ("available", "office", "auto", False)


def test_a_forgotten_end_is_not_shown_next_morning() -> None:
    day = facts(plan=HOME_DAY, reports=(start("8:30", Place.HOME, 23),))
    assert resolve(day, t("8:35")).source is Source.PLAN
    assert resolve(day, t("8:50")).state is State.NO_REPORT


# --- claims ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "clock", "expected"),
    [
        ((said(State.BUSY, "10:00"),), "10:30", ("busy", "manual")),
        ((said(State.BUSY, "10:00", "10:30"),), "10:29", ("busy", "manual")),
        ((said(State.BUSY, "10:00", "10:30"),), "10:30", ("available", "auto")),
        # an open-ended word yields to lunch and comes back; one with a time does not yield
        ((said(State.BUSY, "10:00"),), "12:30", ("away", "schedule")),
        ((said(State.BUSY, "10:00"),), "13:00", ("busy", "manual")),
        ((said(State.BUSY, "10:00", "15:00"),), "12:30", ("busy", "manual")),
        ((said(State.AVAILABLE, "12:10"),), "12:30", ("available", "manual")),
        # what was displaced comes back
        (
            (said(State.BUSY, "9:00", "11:00"), said(State.DND, "10:00", "10:30")),
            "10:15",
            ("dnd", "manual"),
        ),
        (
            (said(State.BUSY, "9:00", "11:00"), said(State.DND, "10:00", "10:30")),
            "10:45",
            ("busy", "manual"),
        ),
        (
            (said(State.BUSY, "9:00", "11:00"), said(State.DND, "10:00", "10:30")),
            "11:00",
            ("available", "auto"),
        ),
    ],
)
def test_what_was_said(claims: tuple[Claim, ...], clock: str, expected: tuple[str, str]) -> None:
    day = facts(reports=(start("8:30", Place.OFFICE),), claims=claims)
    shown = resolve(day, t(clock))
    assert (shown.state.value, shown.source.value) == expected


def test_priority_manual_duty_schedule_automatic() -> None:
    meeting = Stretch(t("10:00"), t("11:00"), None, Reason.MEETING, own=True)
    duty = Duty(t("10:00"), t("10:30"), "窓口1")
    day = facts(
        plan=(*OFFICE_DAY, meeting),
        reports=(start("8:30", Place.OFFICE),),
        duties=(duty,),
        claims=(said(State.DND, "10:10", "10:20"),),
        lost_at=t("9:00"),
        policy=Policy(auto_away=timedelta(minutes=10)),
    )
    shown = [
        (c, resolve(day, t(c)).source.value)
        for c in ("9:30", "10:05", "10:15", "10:25", "10:45", "11:00")
    ]
    assert shown == [
        ("9:30", "auto"),
        ("10:05", "duty"),
        ("10:15", "manual"),
        ("10:25", "duty"),
        ("10:45", "schedule"),
        ("11:00", "auto"),
    ]
    assert resolve(day, t("9:30")).state is State.AWAY
    assert resolve(day, t("10:15")).duty == duty  # the duty stays known, whatever is said


def test_automatic_away_is_off_by_default() -> None:
    day = facts(reports=(start("8:30", Place.OFFICE),), lost_at=t("9:00"))
    assert resolve(day, t("10:00")).state is State.AVAILABLE


def test_a_word_ends_with_the_planned_day_of_one_who_makes_no_report() -> None:
    day = facts(claims=(said(State.BUSY, "16:00"),))
    assert resolve(day, t("17:14")).state is State.BUSY
    assert resolve(day, t("17:15")).state is State.OFF


def test_a_word_ends_with_the_report_of_end() -> None:
    end = Report(PunchKind.END, t("16:00"))
    day = facts(reports=(start("8:30"), end), claims=(said(State.BUSY, "15:00", "18:00"),))
    assert resolve(day, t("16:30")).state is State.OFF


def test_a_word_on_a_day_off_holds() -> None:
    day = facts(plan=(), breaks=(), claims=(said(State.AVAILABLE, "10:00"),))
    assert resolve(day, t("20:00")).state is State.AVAILABLE


def test_a_word_of_yesterday_does_not_hold_today() -> None:
    yesterday = Claim(Source.MANUAL, State.BUSY, t("16:00", 23))
    assert resolve(facts(claims=(yesterday,)), t("9:00")).state is State.AVAILABLE


def test_a_proxy_entry_is_shown_as_one() -> None:
    claim = Claim(Source.PROXY, State.BUSY, t("10:00"))
    assert resolve(facts(claims=(claim,)), t("10:30")).source is Source.PROXY


def test_a_word_said_while_out_wins_over_being_out() -> None:
    out = Report(PunchKind.BREAK_OUT, t("10:00"), return_at=t("12:00"))
    day = facts(reports=(start("8:30"), out), claims=(said(State.AVAILABLE, "9:00"),))
    assert resolve(day, t("10:30")).reason is Reason.OUT
    spoken = replace(day, claims=(said(State.AVAILABLE, "10:30"),))
    assert resolve(spoken, t("10:40")).state is State.AVAILABLE


def test_saying_it_again_is_no_event() -> None:
    claims = (said(State.BUSY, "10:00"),)
    assert same_said(claims, said(State.BUSY, "10:01"))
    assert not same_said(claims, said(State.BUSY, "10:01", note="会議室2"))
    assert not same_said((), said(State.BUSY, "10:01"))


@pytest.mark.parametrize(
    ("before", "new", "kept"),
    [
        ([("busy", "9:00", None)], ("dnd", "10:00", None), ["dnd"]),
        ([("busy", "9:00", None)], ("dnd", "10:00", "10:30"), ["busy", "dnd"]),
        ([("busy", "9:00", "10:10")], ("dnd", "10:00", "10:30"), ["dnd"]),
        ([("busy", "9:00", "11:00")], ("dnd", "10:00", "10:30"), ["busy", "dnd"]),
    ],
)
def test_stash(before: Any, new: Any, kept: list[str]) -> None:
    claims = tuple(said(State(state), since, until) for state, since, until in before)
    after = with_said(claims, said(State(new[0]), new[1], new[2]))
    assert [claim.state.value for claim in after] == kept


# --- leave, reach, meeting ------------------------------------------------------------------


def test_leave_is_off_and_says_no_kind() -> None:
    day = facts(plan=(*OFFICE_DAY, own("8:30", "17:15", Place.LEAVE)))
    shown = resolve(day, t("10:00"))
    assert glance(shown) == ("off", "leave", "plan", False)
    assert shown.reach is Reach.NONE


def test_half_day_leave_says_when_work_begins() -> None:
    day = facts(plan=(*OFFICE_DAY, own("8:30", "12:00", Place.LEAVE)))
    assert resolve(day, t("9:00")).starts_at == t("12:00")
    assert resolve(day, t("13:30")).place is Place.OFFICE


def test_who_comes_in_spite_of_leave_is_there() -> None:
    day = facts(
        plan=(*OFFICE_DAY, own("8:30", "17:15", Place.LEAVE)),
        reports=(start("9:00", Place.OFFICE),),
    )
    assert glance(resolve(day, t("10:00"))) == ("available", "office", "auto", False)


@pytest.mark.parametrize(
    ("place", "reach", "shown"),
    [
        (Place.OFFICE, Reach.NONE, Reach.TRANSFER),
        (Place.HOME, Reach.TRANSFER, Reach.TRANSFER),
        (Place.HOME, Reach.CALLBACK, Reach.CALLBACK),
        (Place.TRIP, Reach.NONE, Reach.NONE),
    ],
)
def test_reach(place: Place, reach: Reach, shown: Reach) -> None:
    day = facts(reports=(start("8:30", place),), reach=reach)
    assert resolve(day, t("10:00")).reach is shown


def test_meeting_makes_busy_and_moves_nobody() -> None:
    meeting = Stretch(t("10:00"), t("11:00"), None, Reason.MEETING, own=True)
    shown = resolve(facts(plan=(*OFFICE_DAY, meeting)), t("10:30"))
    assert (shown.state, shown.reason, shown.place, shown.until) == (
        State.BUSY,
        Reason.MEETING,
        Place.OFFICE,
        t("11:00"),
    )


# --- the clock ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "now", "next_at"),
    [
        ({}, "7:00", "8:30"),
        ({}, "9:00", "12:00"),
        ({}, "12:00", "13:00"),
        ({}, "13:00", "17:15"),
        ({"plan": HOME_DAY}, "8:30", "8:45"),
        ({"claims": (said(State.BUSY, "10:00", "10:30"),)}, "10:00", "10:30"),
        ({"claims": (said(State.BUSY, "10:00"),)}, "10:00", "12:00"),
    ],
)
def test_next_change(changes: dict[str, Any], now: str, next_at: str) -> None:
    assert next_change(facts(**changes), t(now)) == t(next_at)


def test_nothing_left_today_means_the_change_of_day() -> None:
    assert next_change(facts(), t("18:00")) == DAY.ends_at


def test_between_changes_nothing_changes() -> None:
    """Every minute of a full day: what is shown only ever differs where next_change said so."""
    day = facts(
        plan=(*HOME_DAY, own("14:00", "15:30", Place.TRIP)),
        reports=(start("8:31"), Report(PunchKind.BREAK_OUT, t("16:00"), return_at=t("16:30"))),
        claims=(said(State.BUSY, "9:00", "9:40"), said(State.DND, "10:00")),
    )
    now, due = t("0:00"), next_change(day, t("0:00"))
    shown = resolve(day, now)
    while now < DAY.ends_at - timedelta(minutes=1):
        now += timedelta(minutes=1)
        if now >= due:
            due, shown = next_change(day, now), resolve(day, now)
        assert resolve(day, now) == shown, now


def test_folding_is_by_time_and_stops_at_now() -> None:
    reports = (start("8:30"), Report(PunchKind.END, t("17:15")))
    assert reported(reports, t("12:00")).at_work
    assert not reported(reports, t("17:15")).at_work


def test_the_day_as_it_will_be() -> None:
    day = facts(plan=(*HOME_DAY, own("14:00", "15:30", Place.TRIP)))
    assert [(s.starts_at, s.ends_at, s.place) for s in timeline(day)] == [
        (t("8:30"), t("14:00"), Place.HOME),
        (t("14:00"), t("15:30"), Place.TRIP),
        (t("15:30"), t("17:15"), Place.HOME),
    ]


def test_who_is_out_cannot_be_reached() -> None:
    out = Report(PunchKind.BREAK_OUT, t("10:00"), return_at=t("11:00"))
    assert resolve(facts(reports=(start("8:30"), out)), t("10:30")).reach is Reach.NONE


# --- a clock that was wrong -----------------------------------------------------------------


def test_what_was_said_while_the_clock_ran_ahead_is_not_hidden_when_it_is_set_right() -> None:
    claims = said_before((said(State.DND, "10:59", note="来客中"),), t("10:00"))
    shown = resolve(facts(claims=claims), t("10:00"))
    assert (shown.state, shown.note) == (State.DND, "来客中")


def test_nor_does_it_hide_what_is_said_after_that() -> None:
    claims = with_said((said(State.DND, "10:59"),), said(State.BUSY, "10:01", "10:30"))
    assert resolve(facts(claims=claims), t("10:01")).state is State.BUSY
    assert resolve(facts(claims=claims), t("10:30")).state is State.DND
