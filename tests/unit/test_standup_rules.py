"""朝会・夕会: what a note may hold, who owes one, whose turn it is."""

from datetime import date

import pytest

from webapp.core.calendar import at_minute
from webapp.presence.facts import Facts, Place, PunchKind, Report, Span, Stretch
from webapp.standup import rules
from webapp.standup.rules import NoteText, Required

TUESDAY = date(2026, 11, 24)


def stretch(first: int, last: int, place: Place) -> Stretch:
    return Stretch(at_minute(TUESDAY, first), at_minute(TUESDAY, last), place)


def facts(*plan: Stretch, reports: tuple[Report, ...] = ()) -> Facts:
    day = Span(at_minute(TUESDAY, 0), at_minute(TUESDAY, 1440))
    return Facts(day=day, plan=plan, reports=reports)


OFFICE = stretch(510, 1035, Place.OFFICE)
AT_OFFICE = facts(OFFICE)
AT_HOME = facts(OFFICE, stretch(510, 1035, Place.HOME))
HOME_PM = facts(OFFICE, stretch(780, 1035, Place.HOME))
ON_LEAVE = facts(OFFICE, stretch(510, 1035, Place.LEAVE))
DAY_OFF = facts()
CAME_ANYWAY = facts(reports=(Report(PunchKind.START, at_minute(TUESDAY, 540), Place.HOME),))


@pytest.mark.parametrize(
    ("required", "of", "owed"),
    [
        (Required.OPTIONAL, AT_HOME, False),
        (Required.TELEWORK, AT_HOME, True),
        (Required.TELEWORK, HOME_PM, True),
        (Required.TELEWORK, AT_OFFICE, False),
        (Required.TELEWORK, CAME_ANYWAY, True),
        (Required.EVERYBODY, AT_OFFICE, True),
        (Required.EVERYBODY, ON_LEAVE, False),
        (Required.EVERYBODY, DAY_OFF, False),
    ],
)
def test_who_owes_a_note(required: Required, of: Facts, owed: bool) -> None:
    assert rules.is_required(required, of) is owed


def test_place_beside_a_person() -> None:
    assert rules.place_of(HOME_PM) is Place.OFFICE
    assert rules.place_of(CAME_ANYWAY) is Place.HOME
    assert rules.place_of(ON_LEAVE) is None


def test_lines_are_tidied() -> None:
    text = NoteText((" 起案　作成 ", "", "起案 作成", "電話\t当番"), ("",))
    assert rules.cleaned(text) == NoteText(("起案 作成", "電話 当番"))
    assert not rules.cleaned(NoteText(("  ",)))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (NoteText(tuple(map(str, range(21)))), "lines"),
        (NoteText(("あ" * 201,)), "lines"),
        (NoteText((), tuple(map(str, range(21)))), "carried_over"),
        (NoteText(links=("javascript:alert(1)",)), "links"),
        (NoteText(links=("file://nas/share",)), "links"),
        (NoteText(links=("http://",)), "links"),
        (NoteText(links=("https://[",)), "links"),
    ],
)
def test_what_a_note_may_not_hold(text: NoteText, field: str) -> None:
    assert list(rules.faults(text)) == [field]


def test_what_a_note_may_hold() -> None:
    text = NoteText(
        ("あ" * 200,) * 20, (), ("http://nas.local/共有/資料.xlsx", "https://example.jp")
    )
    assert rules.faults(text) == {}


def test_host_goes_round_by_business_day() -> None:
    week = [rules.host("ABCDE", set(), date(2026, 11, day)) for day in (23, 24, 25, 26, 27, 30)]
    assert "".join(map(str, week)) in "ABCDE" * 3
    assert rules.host("ABC", {"A", "B"}, TUESDAY) == "C"
    assert rules.host("AB", {"A", "B"}, TUESDAY) is None
    assert rules.host("", set(), TUESDAY) is None


def test_days_one_may_write_on() -> None:
    days = {day: date(2026, 11, day) for day in range(20, 29)}
    allowed = [
        day for day, on in days.items() if rules.may_write_on(on, today=TUESDAY, back=2, ahead=1)
    ]
    assert allowed == [22, 23, 24, 25]


def test_week() -> None:
    assert rules.week_of(date(2026, 11, 29))[0] == date(2026, 11, 23)
    assert len(rules.week_of(TUESDAY)) == 5
