"""Approval as truth tables: state × act × role, who decides whose request, effects in words, the parts in the way."""

from datetime import UTC, date, datetime, timedelta

import pytest

from webapp.duties.models import Duty
from webapp.org.queries import Hours
from webapp.requests.approver_rules import Approvers, As, Chain, Level, Why, at_the_moment, chain_of
from webapp.requests.approvers import minutes_between
from webapp.requests.carrying import Times
from webapp.requests.effect_words import Summary, Worse, covered, duration, joined
from webapp.requests.rules import (
    BY_APPROVER,
    BY_FILER,
    BY_ITSELF,
    BY_PERSON,
    Act,
    Standing,
    State,
    may,
    may_undo,
    next_state,
)
from webapp.requests.ways import earlier, later, part_in_the_way

DECIDE = {
    Act.APPROVE,
    Act.ORDER,
    Act.ORAL,
    Act.REFUSE,
    Act.RETURN,
    Act.WITHDRAW,
    Act.PROPOSE,
    Act.ASK,
}

# --- state × act ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (State.WAITING, DECIDE | {Act.FILE}),
        (State.PROPOSED, DECIDE | {Act.FILE, Act.ACCEPT_PROPOSAL, Act.DECLINE_PROPOSAL}),
        (State.ASKED, DECIDE | {Act.FILE, Act.TAKEN, Act.NOBODY}),
        (State.RETURNED, {Act.FILE, Act.WITHDRAW}),
        (State.APPROVED, {Act.RETURN, Act.WITHDRAW, Act.REPLACE, Act.REVIEW}),
        (State.REFUSED, {Act.REVIEW}),
        (State.WITHDRAWN, set()),
        (State.REPLACED, set()),
    ],
)
def test_what_can_be_done_in_a_state(state: State, allowed: set[Act]) -> None:
    assert {act for act in Act if next_state(state, act) is not None} == allowed


@pytest.mark.parametrize(
    ("state", "act", "becomes"),
    [
        (State.WAITING, Act.FILE, State.WAITING),
        (State.WAITING, Act.APPROVE, State.APPROVED),
        (State.WAITING, Act.ORDER, State.APPROVED),
        (State.WAITING, Act.ORAL, State.APPROVED),
        (State.WAITING, Act.REFUSE, State.REFUSED),
        (State.WAITING, Act.RETURN, State.RETURNED),
        (State.WAITING, Act.WITHDRAW, State.WITHDRAWN),
        (State.WAITING, Act.PROPOSE, State.PROPOSED),
        (State.WAITING, Act.ASK, State.ASKED),
        (State.PROPOSED, Act.ACCEPT_PROPOSAL, State.APPROVED),
        (State.PROPOSED, Act.DECLINE_PROPOSAL, State.WAITING),
        (State.PROPOSED, Act.PROPOSE, State.PROPOSED),
        (State.ASKED, Act.TAKEN, State.APPROVED),
        (State.ASKED, Act.NOBODY, State.WAITING),
        (State.RETURNED, Act.FILE, State.WAITING),
        (State.APPROVED, Act.RETURN, State.RETURNED),
        (State.APPROVED, Act.WITHDRAW, State.WITHDRAWN),
        (State.APPROVED, Act.REPLACE, State.REPLACED),
        (State.APPROVED, Act.REVIEW, State.APPROVED),
        (State.REFUSED, Act.REVIEW, State.REFUSED),
    ],
)
def test_what_it_becomes(state: State, act: Act, becomes: State) -> None:
    assert next_state(state, act) is becomes


@pytest.mark.parametrize(
    ("state", "act", "becomes"),
    [
        (State.PROPOSED, Act.ACCEPT_PROPOSAL, State.WAITING),
        (State.ASKED, Act.TAKEN, State.WAITING),
        (State.WAITING, Act.APPROVE, State.APPROVED),
        (State.WAITING, Act.ORDER, State.APPROVED),
    ],
)
def test_approval_ahead_holds_only_while_nothing_falls_short(
    state: State, act: Act, becomes: State
) -> None:
    assert next_state(state, act, short=True) is becomes


# --- role × act -----------------------------------------------------------------------------

ROLES = {
    "stranger": (Standing(), set()),
    "person": (Standing(is_person=True, filed=True), BY_PERSON | BY_FILER),
    "person, filed by a colleague": (Standing(is_person=True), BY_PERSON | BY_FILER),
    "colleague who filed it": (Standing(filed=True), BY_FILER),
    "approver": (Standing(approves=True), BY_APPROVER),
    "approver who filed it": (Standing(approves=True, filed=True), BY_APPROVER | BY_FILER),
    "chief to whom it was done for": (Standing(reviews=True), {Act.REVIEW}),
    "chief of the moment": (Standing(approves=True, reviews=True), BY_APPROVER | {Act.REVIEW}),
    "an approver's own": (
        Standing(is_person=True, approves=True, reviews=True),
        BY_PERSON | BY_FILER,
    ),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", Act)
def test_who_may_what(role: str, act: Act) -> None:
    who, allowed = ROLES[role]
    assert may(act, who) is (act in allowed)


def test_every_act_is_somebodys() -> None:
    assert {*BY_APPROVER, *BY_FILER, *BY_PERSON, *BY_ITSELF, Act.REVIEW} == set(Act)


@pytest.mark.parametrize(
    ("seconds", "by_me", "is_last", "allowed"),
    [
        (0, True, True, True),
        (10, True, True, True),
        (15, True, True, True),
        (16, True, True, False),
        (5, False, True, False),
        (5, True, False, False),
    ],
)
def test_undo_is_for_ones_own_last_step_and_ten_seconds(
    seconds: int, by_me: bool, is_last: bool, allowed: bool
) -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    now = at + timedelta(seconds=seconds)
    assert may_undo(at, by_me=by_me, is_last=is_last, now=now) is allowed


# --- who decides ----------------------------------------------------------------------------

PERSON, CHIEF, DEPUTY, HEAD, HEADS_DEPUTY, FINAL = 1, 10, 11, 20, 21, 90
UNIT, SECTION = Level(1), Level(2, (CHIEF,), (DEPUTY,))
DEPARTMENT, CITY = Level(3, (HEAD,), (HEADS_DEPUTY,)), Level(4)


@pytest.mark.parametrize(
    ("person", "levels", "chain"),
    [
        (PERSON, [UNIT, SECTION, DEPARTMENT], Chain((CHIEF,), As.CHIEF, (DEPUTY,), 2)),
        (DEPUTY, [SECTION, DEPARTMENT], Chain((CHIEF,), As.CHIEF, (), 2)),
        # a chief's own goes up; one's own deputy decides nothing of it
        (CHIEF, [SECTION, DEPARTMENT], Chain((HEAD,), As.PARENT, (HEADS_DEPUTY,), 3)),
        (CHIEF, [SECTION, UNIT, DEPARTMENT], Chain((HEAD,), As.PARENT, (HEADS_DEPUTY,), 3)),
        (HEAD, [DEPARTMENT, CITY], Chain((FINAL,), As.FINAL)),
        (CHIEF, [SECTION, CITY], Chain((FINAL,), As.FINAL)),
        # chief of both
        (CHIEF, [SECTION, Level(3, (CHIEF,), (DEPUTY,)), CITY], Chain((FINAL,), As.FINAL)),
        # nobody is chief: the deputy of the unit, else up
        (PERSON, [Level(2, (), (DEPUTY,)), DEPARTMENT], Chain((), As.CHIEF, (DEPUTY,), 2)),
        (
            DEPUTY,
            [Level(2, (), (DEPUTY,)), DEPARTMENT],
            Chain((HEAD,), As.PARENT, (HEADS_DEPUTY,), 3),
        ),
        (PERSON, [UNIT, CITY], Chain((FINAL,), As.FINAL)),
        # a final approver's own goes to the other ones, or to nobody
        (FINAL, [UNIT], Chain((), As.FINAL)),
        (PERSON, [], Chain((FINAL,), As.FINAL)),
        # two chiefs: either; but not of one another's
        (PERSON, [Level(2, (CHIEF, 12))], Chain((CHIEF, 12), As.CHIEF, (), 2)),
        (12, [Level(2, (CHIEF, 12)), DEPARTMENT], Chain((HEAD,), As.PARENT, (HEADS_DEPUTY,), 3)),
    ],
)
def test_where_a_request_goes(person: int, levels: list[Level], chain: Chain) -> None:
    found = chain_of(person, levels, (FINAL,))
    assert found == chain
    assert person not in (*found.regular, *found.deputies)


CHAIN = Chain((CHIEF,), As.CHIEF, (DEPUTY,), 2)


@pytest.mark.parametrize(
    ("chain", "absent", "waited", "ids", "why"),
    [
        (CHAIN, set(), False, (CHIEF,), None),
        (CHAIN, {CHIEF}, False, (CHIEF, DEPUTY), Why.ABSENT),
        (CHAIN, set(), True, (CHIEF, DEPUTY), Why.WAITED),
        (CHAIN, {CHIEF}, True, (CHIEF, DEPUTY), Why.ABSENT),
        (Chain((CHIEF, 12), As.CHIEF, (DEPUTY,)), {CHIEF}, False, (CHIEF, 12), None),
        (
            Chain((CHIEF, 12), As.CHIEF, (DEPUTY,)),
            {CHIEF, 12},
            False,
            (CHIEF, 12, DEPUTY),
            Why.ABSENT,
        ),
        (Chain((), As.CHIEF, (DEPUTY,)), set(), False, (DEPUTY,), Why.VACANT),
        (Chain((CHIEF,), As.CHIEF), {CHIEF}, True, (CHIEF,), None),
        (Chain((), As.FINAL), set(), True, (), None),
    ],
)
def test_when_a_deputy_may(
    chain: Chain, absent: set[int], waited: bool, ids: tuple[int, ...], why: Why | None
) -> None:
    found = at_the_moment(chain, absent=absent, waited=waited)
    assert (found.ids, found.why) == (ids, why)


def test_in_which_capacity() -> None:
    found = Approvers((CHIEF,), As.PARENT, (DEPUTY,), Why.ABSENT)
    assert found.as_of(CHIEF) is As.PARENT
    assert found.as_of(DEPUTY) is As.DEPUTY
    assert found.as_of(PERSON) is None


@pytest.mark.parametrize(
    ("since", "until", "minutes"),
    [
        ("08:00", "09:30", 60),
        ("11:00", "14:00", 120),  # the break does not count
        ("17:00", "20:00", 15),
        ("18:00", "20:00", 0),
        ("00:00", "23:59", 465),
    ],
)
def test_waiting_counts_working_time(since: str, until: str, minutes: int) -> None:
    day = date(2026, 11, 24)
    hours = Hours(510, 1035, ((720, 780),))
    first, last = (datetime.fromisoformat(f"{day}T{t}:00+09:00") for t in (since, until))
    assert minutes_between(day, hours, first, last) == minutes


# --- words ----------------------------------------------------------------------------------

COUNTER = Worse(1, "窓口", 540, 630, 0, 1)


def test_the_words_of_the_picture() -> None:
    summary = Summary((COUNTER,), ("電話",))
    assert summary.headline == "承認すると、窓口が 1 時間 30 分 不足します"
    assert summary.short_words == "窓口が 1 時間 30 分 不足する"
    assert summary.detail == "9:00〜10:30 にあと 1 人足りません。電話は変わりません。"
    assert summary.minutes == 90


@pytest.mark.parametrize(
    ("worse", "others", "headline", "detail"),
    [
        ((), (), "不足なし", ""),
        (
            (Worse(1, "窓口", 540, 600, 1, 2),),
            (),
            "承認すると、窓口が 1 時間 不足します",
            "9:00〜10:00 にさらにあと 1 人足りません。",
        ),
        (
            (COUNTER, Worse(2, "電話", 600, 660, 0, 1)),
            ("受付", "証明", "相談"),
            "承認すると、窓口・電話が 2 時間 不足します",
            (
                "窓口 9:00〜10:30 にあと 1 人足りません。電話 10:00〜11:00 にあと 1 人足りません。"
                "ほかの 3 の持ち場は変わりません。"
            ),
        ),
        (
            (COUNTER, Worse(2, "電話", 600, 615, 0, 1), Worse(3, "受付", 600, 615, 0, 2)),
            (),
            "承認すると、窓口 ほか 2 か所が 1 時間 30 分 不足します",
            (
                "窓口 9:00〜10:30 にあと 1 人足りません。電話 10:00〜10:15 にあと 1 人足りません。"
                "受付 10:00〜10:15 にあと 2 人足りません。"
            ),
        ),
    ],
)
def test_other_words(
    worse: tuple[Worse, ...], others: tuple[str, ...], headline: str, detail: str
) -> None:
    summary = Summary(worse, others)
    assert (summary.headline, summary.detail) == (headline, detail)
    assert summary.is_short is bool(worse)


@pytest.mark.parametrize(
    ("minutes", "words"), [(30, "30 分"), (60, "1 時間"), (90, "1 時間 30 分"), (0, "0 分")]
)
def test_durations(minutes: int, words: str) -> None:
    assert duration(minutes) == words


def test_what_touches_is_one_stretch_and_what_overlaps_counts_once() -> None:
    parts = [Worse(1, "窓口", 540, 570, 0, 1), Worse(1, "窓口", 570, 630, 0, 1)]
    assert joined(parts) == (COUNTER,)
    assert covered([COUNTER, Worse(2, "電話", 600, 660, 0, 1)]) == 120


# --- ways -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "travel", "times"),
    [
        (630, 30, Times(660, 1035, before=30)),
        (630, 0, Times(630, 1035)),
        (615, 30, Times(660, 1035, before=30)),  # on the half hour
        (990, 30, None),  # 15 minutes are not worth the way
    ],
)
def test_a_later_start(last: int, travel: int, times: Times | None) -> None:
    assert later(Times(510, 1035), last, travel) == times


@pytest.mark.parametrize(
    ("first", "travel", "times"),
    [
        (900, 30, Times(510, 870, after=30)),
        (895, 30, Times(510, 840, after=30)),
        (540, 30, None),
    ],
)
def test_an_earlier_end(first: int, travel: int, times: Times | None) -> None:
    assert earlier(Times(510, 1035), first, travel) == times


@pytest.mark.parametrize(
    ("worse", "part"),
    [
        ([(1, 540, 630)], (540, 630)),
        ([(1, 570, 600)], (570, 600)),
        ([(1, 545, 600)], (540, 600)),  # five minutes are nobody's duty
        ([(1, 570, 710)], (570, 720)),
        ([(1, 550, 555)], (540, 555)),
        ([(1, 540, 560), (1, 690, 720)], (540, 720)),
        ([(2, 540, 630)], None),
        ([(1, 720, 780)], None),
    ],
)
def test_the_part_of_a_duty_that_is_in_the_way(
    worse: list[tuple[int, int, int]], part: tuple[int, int] | None
) -> None:
    duty = Duty(id=1, position_id=1, staff_id=1, start_minute=540, end_minute=720)
    found = [Worse(position, "窓口", start, end, 0, 1) for position, start, end in worse]
    assert part_in_the_way(duty, found) == part
