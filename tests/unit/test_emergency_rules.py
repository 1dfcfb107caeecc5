"""Who may do what in an emergency as a truth table; answers, reminders, days across midnight, needs held down."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from tests.conftest import tokyo
from webapp.core.calendar import BusinessCalendar
from webapp.emergency.rules import (
    Act,
    Answer,
    DayPart,
    Standing,
    answer_words,
    confirms,
    day_parts,
    may,
    reminder_due,
    span_fault,
    span_words,
    tally_of,
)
from webapp.positions.rules import Cap, Need, needs_under, open_under

STRANGER = Standing()
CONCERNED = Standing(concerned=True)
COLLEAGUE = Standing(concerned=True, colleague=True)
LEAD = Standing(concerned=True, leads=True)  # 係長, 当番調整担当
CHIEF = Standing(concerned=True, leads=True, chief=True)
CITY = Standing(city=True)
OWN, CITY_WIDE = False, True

# act: who may, of a unit; who may, of 全庁 (leads and chief of 全庁 are the same as city there)
TABLE = {
    Act.SEE: ({"concerned", "colleague", "lead", "chief", "city"}, None),
    Act.ANSWER: ({"concerned", "colleague", "lead", "chief"}, None),
    Act.ANSWER_FOR: ({"colleague", "chief", "city"}, None),
    Act.TALLY: ({"lead", "chief", "city"}, None),
    Act.REMIND: ({"lead", "chief", "city"}, None),
    Act.EVENING: ({"lead", "chief", "city"}, None),
    Act.DEPLOY: ({"chief", "city"}, None),
    Act.ORDER: ({"chief", "city"}, None),
    Act.REDUCE: ({"chief", "city"}, None),
    Act.BEGIN: ({"chief", "city"}, {"city"}),
    Act.CHANGE: ({"chief", "city"}, {"city"}),
    Act.CLOSE: ({"chief", "city"}, {"city"}),
}
PEOPLE = {
    "stranger": STRANGER,
    "concerned": CONCERNED,
    "colleague": COLLEAGUE,
    "lead": LEAD,
    "chief": CHIEF,
    "city": CITY,
}


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_what(act: Act, who: str) -> None:
    of_unit, of_city = TABLE[act]
    assert may(act, PEOPLE[who]) is (who in of_unit)
    if of_city is not None:
        assert may(act, PEOPLE[who], whole=True) is (who in of_city)


def test_the_table_names_every_act() -> None:
    assert set(TABLE) == set(Act)


@pytest.mark.parametrize(
    ("answer", "minutes", "words"),
    [
        (Answer.COME, 30, "参集可（約30分）"),
        (Answer.COME, 90, "参集可（約1時間30分）"),
        (Answer.COME, 120, "参集可（約2時間）"),
        (Answer.COME, None, "参集可"),
        (Answer.HOME, 30, "在宅で従事可"),
        (Answer.NO, None, "参集不可"),
    ],
)
def test_answers_in_words(answer: Answer, minutes: int | None, words: str) -> None:
    assert answer_words(answer, minutes) == words


def test_a_tally_counts_each_once() -> None:
    given = [(Answer.COME, 30), (Answer.COME, 90), (Answer.HOME, None), (Answer.NO, None), None]
    found = tally_of(given)
    assert (found.people, found.come, found.soon, found.home, found.no) == (5, 2, 1, 1, 1)
    assert (found.answered, found.silent) == (4, 1)
    assert found.plus(found).people == 10


ASKED = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "last", "every", "times", "question", "due"),
    [
        (29, None, 30, 0, True, False),
        (30, None, 30, 0, True, True),
        (45, 20, 30, 1, True, False),
        (50, 20, 30, 1, True, True),
        (500, None, 0, 0, True, False),  # by hand only
        (500, 300, 30, 5, True, False),  # the most is reached
        (500, None, 30, 0, False, False),  # nothing is asked
    ],
)
def test_when_the_clock_reminds(
    after: int, last: int | None, every: int, times: int, question: bool, due: bool
) -> None:
    reminded = ASKED + timedelta(minutes=last) if last is not None else None
    found = reminder_due(
        question=question,
        asked_at=ASKED,
        reminded_at=reminded,
        every=every,
        times=times,
        most=5,
        now=ASKED + timedelta(minutes=after),
    )
    assert found is due


@pytest.mark.parametrize(
    ("day_starts", "first", "last", "parts"),
    [
        (time(0), "10:30", "18:00", [DayPart(date(2026, 11, 24), 630, 1080)]),
        (
            time(0),
            "20:00",
            "2026-11-25 07:00",
            [DayPart(date(2026, 11, 24), 1200, 1440), DayPart(date(2026, 11, 25), 0, 420)],
        ),
        (
            time(5),
            "20:00",
            "2026-11-25 07:00",
            [DayPart(date(2026, 11, 24), 1200, 1740), DayPart(date(2026, 11, 25), 300, 420)],
        ),
        (time(5), "20:00", "2026-11-25 03:00", [DayPart(date(2026, 11, 24), 1200, 1620)]),
        (
            time(5),
            "2026-11-25 02:00",
            "2026-11-25 04:00",
            [DayPart(date(2026, 11, 24), 1560, 1680)],
        ),
        (
            time(0),
            "22:00",
            "2026-11-26 06:00",
            [
                DayPart(date(2026, 11, 24), 1320, 1440),
                DayPart(date(2026, 11, 25), 0, 1440),
                DayPart(date(2026, 11, 26), 0, 360),
            ],
        ),
    ],
)
def test_a_deployment_is_cut_where_the_business_day_changes(
    day_starts: time, first: str, last: str, parts: list[DayPart]
) -> None:
    business = BusinessCalendar(day_starts=day_starts)
    assert list(day_parts(tokyo(first), tokyo(last), business)) == parts


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("10:30", "18:00", "11月24日 10:30〜18:00"),
        ("20:00", "2026-11-25 07:00", "11月24日 20:00〜翌 7:00"),
        ("20:00", "2026-11-26 07:05", "11月24日 20:00〜11月26日 7:05"),
    ],
)
def test_spans_in_words(first: str, last: str, words: str) -> None:
    assert span_words(tokyo(first), tokyo(last)) == words


@pytest.mark.parametrize(
    ("first", "last", "bad"),
    [
        ("10:30", "10:30", True),
        ("10:30", "09:30", True),
        ("08:00", "10:00", True),  # over already
        ("08:00", "10:30", False),
        ("10:30", "2026-12-02 10:30", True),  # more than a week
        ("10:30", "2026-11-30 10:30", False),
    ],
)
def test_spans_that_make_no_sense(first: str, last: str, bad: bool) -> None:
    assert bool(span_fault(tokyo(first), tokyo(last), now=tokyo("10:20"))) is bad


@pytest.mark.parametrize(
    ("typed", "name", "right"),
    [
        ("全庁", "全庁", True),
        (" 保育課　", "保育課", True),
        ("Ｄ係", "D係", True),
        ("保育", "保育課", False),
        ("", "", False),
        ("", "全庁", False),
    ],
)
def test_the_scope_typed(typed: str, name: str, right: bool) -> None:
    assert confirms(typed, name) is right


# --- needs held down ------------------------------------------------------------------------

DAY = date(2026, 11, 24)
MORNING, AFTERNOON = Need(540, 720, 3, 4, 2), Need(720, 990, 2, 2)


@pytest.mark.parametrize(
    ("cap", "needs"),
    [
        (Cap(1, DAY, 0, 1440, 1), [Need(540, 720, 1, 1, 1), Need(720, 990, 1, 1)]),
        (Cap(1, DAY, 620, 1440, 2), [Need(540, 620, 3, 4, 2), Need(620, 720, 2, 2, 2), AFTERNOON]),
        (Cap(1, DAY, 0, 1440, 9), [MORNING, AFTERNOON]),
        (Cap(1, DAY, 0, 1440, None), []),
        (Cap(1, DAY, 620, 1440, None), [Need(540, 620, 3, 4, 2)]),
        (
            Cap(1, DAY, 600, 660, None),
            [Need(540, 600, 3, 4, 2), Need(660, 720, 3, 4, 2), AFTERNOON],
        ),
    ],
)
def test_needs_are_held_down_and_the_rest_stays(cap: Cap, needs: list[Need]) -> None:
    assert needs_under(cap, [MORNING, AFTERNOON]) == needs


def test_a_reduced_counter_stays_open_and_a_closed_one_does_not() -> None:
    assert open_under(Cap(1, DAY, 620, 1440, 1), [(540, 990)]) == [(540, 990)]
    assert open_under(Cap(1, DAY, 620, 1440, None), [(540, 990)]) == [(540, 620)]
