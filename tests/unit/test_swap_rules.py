"""交代 as truth tables."""

from datetime import date

import pytest

from webapp.rota.swap_rules import (
    Act,
    Standing,
    State,
    Stretch,
    begins,
    chips,
    clear_of,
    is_automatic,
    may,
    may_ask,
    next_state,
    part_fault,
    without,
)

DAY = date(2026, 11, 24)
DUTY = Stretch(DAY, 510, 630)


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (State.OFFERED, {Act.ACCEPT, Act.DECLINE, Act.WITHDRAW, Act.EXPIRE}),
        (State.ACCEPTED, {Act.APPROVE, Act.REFUSE, Act.WITHDRAW, Act.EXPIRE}),
        (State.DONE, set()),
        (State.REFUSED, set()),
        (State.WITHDRAWN, set()),
        (State.EXPIRED, set()),
    ],
)
def test_what_can_be_done_in_a_state(state: State, allowed: set[Act]) -> None:
    assert {act for act in Act if next_state(state, act) is not None} == allowed


@pytest.mark.parametrize(
    ("state", "act", "how", "becomes"),
    [
        (State.OFFERED, Act.ACCEPT, {"automatic": True}, State.DONE),
        (State.OFFERED, Act.ACCEPT, {"automatic": False}, State.ACCEPTED),
        (State.OFFERED, Act.DECLINE, {"all_declined": False}, State.OFFERED),
        (State.OFFERED, Act.DECLINE, {"all_declined": True}, State.REFUSED),
        (State.OFFERED, Act.WITHDRAW, {}, State.WITHDRAWN),
        (State.OFFERED, Act.EXPIRE, {}, State.EXPIRED),
        (State.ACCEPTED, Act.APPROVE, {}, State.DONE),
        (State.ACCEPTED, Act.REFUSE, {}, State.REFUSED),
        (State.ACCEPTED, Act.WITHDRAW, {}, State.WITHDRAWN),
        (State.ACCEPTED, Act.EXPIRE, {}, State.EXPIRED),
    ],
)
def test_what_it_becomes(state: State, act: Act, how: dict[str, bool], becomes: State) -> None:
    assert next_state(state, act, **how) is becomes


HOLDER, OFFERED = Standing(holds=True), Standing(offered=True)
TAKER = Standing(offered=True, takes=True)
LEADER, STRANGER = Standing(leads=True), Standing()
LEADING_HOLDER = Standing(holds=True, leads=True)
LEADING_TAKER = Standing(offered=True, takes=True, leads=True)
ASKING_LEADER = Standing(leads=True, asked=True)
EVERYBODY = (
    HOLDER, OFFERED, TAKER, LEADER, STRANGER, LEADING_HOLDER, LEADING_TAKER, ASKING_LEADER
)  # fmt: skip


@pytest.mark.parametrize(
    ("act", "who"),
    [
        (Act.ACCEPT, {OFFERED, TAKER, LEADING_TAKER}),
        (Act.DECLINE, {OFFERED, TAKER, LEADING_TAKER}),
        (Act.APPROVE, {LEADER, ASKING_LEADER}),
        (Act.REFUSE, {LEADER, ASKING_LEADER}),
        (Act.WITHDRAW, {HOLDER, LEADING_HOLDER, ASKING_LEADER}),
        (Act.EXPIRE, set()),
    ],
)
def test_who_may(act: Act, who: set[Standing]) -> None:
    """Nobody approves what concerns themselves."""
    assert {one for one in EVERYBODY if may(act, one)} == who


def test_who_may_ask() -> None:
    asking = {one for one in EVERYBODY if may_ask(one)}
    assert asking == {HOLDER, LEADER, LEADING_HOLDER, LEADING_TAKER, ASKING_LEADER}


@pytest.mark.parametrize(
    ("approval", "before", "after", "automatic"),
    [
        ("automatic", 0, 0, True),
        ("automatic", 30, 0, True),
        ("automatic", 30, 30, True),
        ("automatic", 0, 30, False),
        ("always", 0, 0, False),
        ("always", 30, 0, False),
    ],
)
def test_when_nobody_need_say_yes(approval: str, before: int, after: int, automatic: bool) -> None:
    found = is_automatic(approval=approval, short_before=before, short_after=after)
    assert found is automatic


YESTERDAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 25)


@pytest.mark.parametrize(
    ("start", "end", "today", "minute", "fault"),
    [
        (510, 630, YESTERDAY, 0, None),
        (510, 570, YESTERDAY, 0, None),
        (540, 600, YESTERDAY, 0, None),
        (510, 630, DAY, 500, None),
        (570, 630, DAY, 560, None),  # the rest of a running duty
        (510, 630, DAY, 560, "始まった時間は代われません"),
        (600, 630, DAY, 630, "もう終わっています"),
        (510, 630, TOMORROW, 0, "もう終わっています"),
        (500, 570, YESTERDAY, 0, "8:30〜10:30 の中で"),
        (570, 640, YESTERDAY, 0, "8:30〜10:30 の中で"),
        (570, 570, YESTERDAY, 0, "8:30〜10:30 の中で"),
        (600, 570, YESTERDAY, 0, "8:30〜10:30 の中で"),
        (510, 520, YESTERDAY, 0, "15分より短く"),
        (520, 630, YESTERDAY, 0, "15分より短く"),
    ],
)
def test_which_part_can_be_given(
    start: int, end: int, today: date, minute: int, fault: str | None
) -> None:
    found = part_fault(DUTY, start, end, today=today, minute=minute)
    assert (found is None) == (fault is None)
    assert fault is None or (found is not None and fault in found)


@pytest.mark.parametrize(
    ("today", "minute", "begun"),
    [(YESTERDAY, 1439, False), (DAY, 509, False), (DAY, 510, True), (TOMORROW, 0, True)],
)
def test_when_it_is_too_late(today: date, minute: int, begun: bool) -> None:
    assert begins(DUTY, today=today, minute=minute) is begun


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (510, 630, [510, 540, 570, 600, 630]),
        (510, 540, [510, 540]),
        (607, 637, [607, 637]),  # 10:30 would leave 7 minutes
        (500, 560, [500, 540, 560]),
    ],
)
def test_where_a_duty_can_be_cut(start: int, end: int, expected: list[int]) -> None:
    assert chips(start, end) == expected


def test_taking_a_stretch_out() -> None:
    assert without([DUTY], Stretch(DAY, 540, 570)) == [
        Stretch(DAY, 510, 540),
        Stretch(DAY, 570, 630),
    ]
    assert without([DUTY], Stretch(TOMORROW, 540, 570)) == [DUTY]
    assert clear_of(Stretch(DAY, 630, 660), [DUTY])
    assert not clear_of(Stretch(DAY, 600, 660), [DUTY])
