"""取次メモ as truth tables: who may do what in which state, how long somebody has waited, who reads it where."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from webapp.core import clock
from webapp.messages.question_rules import QAct, QState, after_answer, reopened
from webapp.messages.question_rules import may as question_may
from webapp.messages.rules import (
    NEXT,
    Act,
    Age,
    Limits,
    MemoFacts,
    Reading,
    Standing,
    State,
    acts,
    age_of,
    may,
    reads_all,
    standing_of,
    working_minutes,
)
from webapp.presence.facts import Place, Span


def t(text: str, day: int = 24) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day}T{text.zfill(5)}:00").replace(tzinfo=clock.TOKYO)


NOW = t("10:20")
HANDLERS = (Standing.RECIPIENT, Standing.COLLEAGUE)


@pytest.mark.parametrize(
    ("to", "by", "own", "wanted"),
    [
        (1, 2, [9], Standing.RECIPIENT),
        (2, 1, [9], Standing.WRITER),
        (2, 3, [5], Standing.COLLEAGUE),
        (2, 1, [5], Standing.COLLEAGUE),
        (2, 3, [9], Standing.STRANGER),
        (2, 3, [], Standing.STRANGER),
    ],
)
def test_what_one_is_to_a_memo(to: int, by: int, own: list[int], wanted: Standing) -> None:
    assert standing_of(1, to_id=to, by_id=by, own_units=own, unit_id=5) is wanted


@pytest.mark.parametrize("state", [State.OPEN, State.CALLED, State.DONE])
@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("act", [Act.OPEN, Act.CALLED, Act.DONE])
def test_who_turns_a_memo_where(state: State, standing: Standing, act: Act) -> None:
    memo = MemoFacts(state, NOW, done_at=NOW if state is State.DONE else None)
    wanted = standing in HANDLERS and act.value != state.value
    assert may(memo, standing, act, is_writer=False, now=NOW) is wanted


@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("act", Act)
def test_what_is_taken_back_is_nobodys(standing: Standing, act: Act) -> None:
    assert not may(MemoFacts(State.VOID, NOW), standing, act, is_writer=True, now=NOW)


@pytest.mark.parametrize("act", Act)
def test_a_stranger_may_nothing(act: Act) -> None:
    memo = MemoFacts(State.OPEN, NOW)
    assert not may(memo, Standing.STRANGER, act, is_writer=False, now=NOW)


def test_a_writer_elsewhere_reads_and_no_more() -> None:
    memo = MemoFacts(State.OPEN, NOW, seen=True)
    given = {act for act in Act if may(memo, Standing.WRITER, act, is_writer=True, now=NOW)}
    assert given == {Act.READ}


@pytest.mark.parametrize(
    ("state", "seen", "minutes", "is_writer", "wanted"),
    [
        (State.OPEN, False, 0, True, True),
        (State.OPEN, False, 10, True, True),
        (State.OPEN, False, 11, True, False),
        (State.OPEN, True, 0, True, False),
        (State.CALLED, False, 0, True, False),
        (State.OPEN, False, 0, False, False),
    ],
)
@pytest.mark.parametrize("standing", [Standing.WRITER, Standing.COLLEAGUE])
def test_a_writer_takes_back_what_nobody_has_read(
    state: State, seen: bool, minutes: int, is_writer: bool, wanted: bool, standing: Standing
) -> None:
    memo = MemoFacts(state, NOW, seen)
    later = NOW + timedelta(minutes=minutes)
    assert may(memo, standing, Act.VOID, is_writer=is_writer, now=later) is wanted


def test_what_is_finished_opens_again_for_three_days_and_never_once_erased() -> None:
    done = MemoFacts(State.DONE, NOW, True, NOW)
    gone = MemoFacts(State.DONE, NOW, True, NOW, erased=True)
    for act in (Act.OPEN, Act.CALLED):
        assert may(done, Standing.RECIPIENT, act, is_writer=False, now=NOW + timedelta(days=3))
        assert not may(done, Standing.RECIPIENT, act, is_writer=False, now=NOW + timedelta(days=4))
        assert not may(gone, Standing.RECIPIENT, act, is_writer=False, now=NOW)
    assert not may(done, Standing.RECIPIENT, Act.MOVE, is_writer=False, now=NOW)


def test_offered_acts_are_those_that_may() -> None:
    memo = MemoFacts(State.CALLED, NOW, True)
    given = acts(memo, Standing.RECIPIENT, is_writer=False, now=NOW)
    assert given == (Act.DONE, Act.OPEN, Act.MOVE)


def test_every_state_has_its_next_ones() -> None:
    assert set(NEXT) == set(State)
    assert all(state not in NEXT[state] for state in State)


# --- waiting --------------------------------------------------------------------------------

TUESDAY = [Span(t("8:30"), t("12:00")), Span(t("13:00"), t("17:15"))]
WEDNESDAY = [Span(t("8:30", 25), t("12:00", 25)), Span(t("13:00", 25), t("17:15", 25))]
LIMITS = Limits(60, 240)


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        (t("10:00"), t("10:20"), 20),
        (t("11:50"), t("13:10"), 20),  # lunch does not count
        (t("17:00"), t("8:45", 25), 30),  # nor the night
        (t("7:00"), t("8:00"), 0),
        (t("10:20"), t("10:00"), 0),
        (t("8:30"), t("17:15", 25), 930),
    ],
)
def test_only_working_time_counts(start: datetime, end: datetime, wanted: int) -> None:
    assert working_minutes(TUESDAY + WEDNESDAY, start, end) == wanted


@pytest.mark.parametrize(
    ("made", "wish", "now", "wanted"),
    [
        ("10:00", None, t("10:59"), (59, Age.FRESH)),
        ("10:00", None, t("11:00"), (60, Age.WAITING)),
        ("11:30", None, t("13:10"), (40, Age.FRESH)),
        ("8:30", None, t("13:29"), (239, Age.WAITING)),
        ("8:30", None, t("13:30"), (240, Age.LATE)),
        ("17:00", None, t("8:45", 25), (30, Age.FRESH)),
        ("9:00", t("15:00"), t("14:59"), (0, Age.FRESH)),  # nobody waits before the wished hour
        ("9:00", t("15:00"), t("15:01"), (1, Age.WAITING)),
        ("9:00", t("15:00"), t("16:00"), (60, Age.LATE)),
    ],
)
def test_the_age_of_a_memo(
    made: str, wish: datetime | None, now: datetime, wanted: tuple[int, Age]
) -> None:
    assert age_of(TUESDAY + WEDNESDAY, t(made), wish, LIMITS, now=now) == wanted


# --- where it is read -----------------------------------------------------------------------


@pytest.mark.parametrize("place", [*Place, None])
@pytest.mark.parametrize("rule", Reading)
def test_outside_the_office_there_is_number_and_chip_alone(
    rule: Reading, place: Place | None
) -> None:
    wanted = {
        Reading.ANYWHERE: {*Place, None},
        Reading.SITES: {Place.OFFICE, Place.SATELLITE},
        Reading.OFFICE: {Place.OFFICE},
    }[rule]
    assert reads_all(rule, place) is (place in wanted)


# --- questions ------------------------------------------------------------------------------


@pytest.mark.parametrize("state", QState)
@pytest.mark.parametrize("act", QAct)
@pytest.mark.parametrize(("asker", "member"), [(True, True), (True, False), (False, True)])
def test_who_does_what_with_a_question(state: QState, act: QAct, asker: bool, member: bool) -> None:
    wanted = {
        QAct.READ: True,
        QAct.ANSWER: state is not QState.RESOLVED,
        QAct.RESOLVE: asker and state is not QState.RESOLVED,
        QAct.REOPEN: asker and state is QState.RESOLVED,
    }[act]
    known: dict[str, Any] = {"is_asker": asker, "is_member": member, "resolved_at": NOW}
    assert question_may(state, act, **known, now=NOW) is wanted
    known |= {"is_asker": False, "is_member": False}
    assert not question_may(state, act, **known, now=NOW)


def test_a_question_is_opened_again_for_two_weeks() -> None:
    late = NOW + timedelta(days=15)
    known: dict[str, Any] = {"is_asker": True, "is_member": True, "resolved_at": NOW}
    assert not question_may(QState.RESOLVED, QAct.REOPEN, **known, now=late)


def test_a_word_of_the_asker_is_no_answer() -> None:
    assert after_answer(QState.OPEN, by_asker=True) is QState.OPEN
    assert after_answer(QState.OPEN, by_asker=False) is QState.ANSWERED
    assert reopened(has_answers=False) is QState.OPEN
    assert reopened(has_answers=True) is QState.ANSWERED
