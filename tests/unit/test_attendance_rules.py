"""Which moment counts, which day it belongs to, what is odd, what is one: as tables."""

from datetime import date, datetime, time, timedelta

import pytest

from webapp.attendance import cells, rules
from webapp.attendance.cells import Given, Wrong
from webapp.attendance.fitting import Standing, fit
from webapp.attendance.rules import OpenDay, Sign, Tap
from webapp.core.calendar import BusinessCalendar
from webapp.core.clock import TOKYO
from webapp.presence.day_rules import reported
from webapp.presence.facts import Place, PunchKind, Report

START, END, OUT, IN, PLACE = (
    PunchKind.START,
    PunchKind.END,
    PunchKind.BREAK_OUT,
    PunchKind.BREAK_IN,
    PunchKind.PLACE,
)
CALENDAR = BusinessCalendar()


def t(text: str) -> datetime:
    """ "24 8:30" of November 2026 in Tokyo."""
    day, clock = text.split()
    hour, minute = clock.split(":")[:2]
    second = clock.split(":")[2] if clock.count(":") == 2 else "0"
    return datetime(2026, 11, int(day), int(hour), int(minute), int(second), tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("client", "expected", "too_old"),
    [
        (None, "24 8:30", False),
        ("24 8:29", "24 8:29", False),
        ("24 8:32", "24 8:32", False),  # two minutes ahead
        ("24 8:33", "24 8:30", False),  # more: the receipt counts
        ("21 8:30", "21 8:30", False),  # 72 hours
        ("21 8:29", "21 8:29", True),
    ],
)
def test_moment(client: str | None, expected: str, too_old: bool) -> None:
    found = rules.moment(
        t(client) if client else None, received_at=t("24 8:30"), oldest=timedelta(hours=72)
    )
    assert (found.at, found.too_old) == (t(expected), too_old)


@pytest.mark.parametrize(
    ("kind", "at", "opened", "expected"),
    [
        (END, "24 17:15", None, 24),
        (END, "25 5:00", "24 20:00", 24),  # 宿直
        (END, "25 17:15", "24 20:00", 24),
        (END, "25 20:01", "24 20:00", 25),  # more than a day
        (PLACE, "25 1:00", "24 20:00", 24),
        (OUT, "25 0:00", "24 8:30", 24),
        (START, "25 8:25", "24 8:30", 25),  # a new day, whatever was forgotten
        (END, "24 17:15", "25 8:30", 24),
    ],
)
def test_a_business_day_belongs_to_its_start(
    kind: PunchKind, at: str, opened: str | None, expected: int
) -> None:
    before = OpenDay(t(opened).date(), t(opened)) if opened else None
    assert rules.business_day(t(at), kind, before, CALENDAR) == date(2026, 11, expected)


def test_day_starts_as_set() -> None:
    late = BusinessCalendar(day_starts=time(5, 0))
    assert rules.business_day(t("25 4:59"), START, None, late) == date(2026, 11, 24)
    assert rules.business_day(t("25 5:00"), START, None, late) == date(2026, 11, 25)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([START, PLACE, OUT, IN, END], [None] * 5),
        ([START, START, END], [None, "started_already", None]),
        ([END], ["no_start"]),
        ([PLACE, END], ["no_start", None]),  # said once
        ([PLACE, START, END], ["no_start", None, None]),
        ([START, END, END], [None, None, "ended_already"]),
        ([START, END, PLACE], [None, None, "after_end"]),
        ([START, END, START, END], [None] * 4),  # came back in the evening
        ([START, IN], [None, "no_break_out"]),
        ([START, OUT, OUT, IN], [None, None, "out_already", None]),
        ([START, OUT, END], [None] * 3),  # left and did not come back
        ([START, PLACE, PLACE], [None] * 3),  # a change of place in the same minute is legal
    ],
)
def test_odd_orders_are_flagged(kinds: list[PunchKind], expected: list[str | None]) -> None:
    assert rules.flags(Tap(kind) for kind in kinds) == expected


def test_a_card_read_beside_ones_own_report_is_not_odd() -> None:
    taps = [Tap(START), Tap(START, imported=True), Tap(END), Tap(END, imported=True)]
    assert rules.flags(taps) == [None] * 4


def test_every_flag_has_its_words() -> None:
    said = {"started_already", "no_start", "ended_already", "after_end"}
    assert said | {"no_break_out", "out_already"} == set(rules.FLAG_WORDS)


@pytest.mark.parametrize(
    ("new", "one", "read"),
    [
        (("start", "home", None, "24 8:30:03"), True, True),
        (("start", "home", None, "24 8:30:04"), False, True),
        (("start", "home", None, "24 8:31:00"), False, True),
        (("start", "home", None, "24 8:31:01"), False, False),
        (("start", "office", None, "24 8:30:01"), False, False),
        (("start", "home", "四ツ谷", "24 8:30:01"), False, False),
        (("start", None, None, "24 8:30:01"), False, True),  # a reader that knows no place
        (("end", "home", None, "24 8:30:01"), False, False),
        (("start", "home", None, "24 8:29:57"), True, True),
    ],
)
def test_twins(new: tuple[str, str | None, str | None, str], one: bool, read: bool) -> None:
    latest = Sign("start", "home", None, t("24 8:30"))
    sign = Sign(*new[:3], t(new[3]))
    assert rules.is_twin(sign, latest, within=rules.DOUBLE_TAP) is one
    assert rules.is_double_read(sign, latest) is read


@pytest.mark.parametrize(
    ("reports", "now", "expected"),
    [
        ([], "24 8:20", "start"),
        ([(START, "24 8:30")], "24 12:00", "end"),
        ([(START, "24 8:30"), (OUT, "24 10:00")], "24 11:00", "back"),
        ([(START, "24 8:30"), (END, "24 17:15")], "24 18:00", "start"),
        ([(START, "24 20:00")], "25 4:00", "end"),  # a long night
        ([(START, "24 8:30")], "25 8:20", "start"),  # forgotten yesterday
        ([(START, "24 8:30"), (OUT, "24 16:00")], "25 8:20", "start"),
        ([(START, "24 0:10")], "24 23:00", "end"),  # still the same day
    ],
)
def test_next_report(reports: list[tuple[PunchKind, str]], now: str, expected: str) -> None:
    before = [Report(kind, t(at)) for kind, at in reports]
    assert rules.next_report(before, t(now)) == expected
    assert rules.is_left_over(reported(before, t(now)), t(now)) == (now == "25 8:20")


# --- rows of files --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T08:30", "24 8:30"),
        ("2026-11-24T08:30:00+09:00", "24 8:30"),
        ("2026-11-23T23:30:00Z", "24 8:30"),
        ("2026-11-24 8:30", "24 8:30"),
        ("2026/11/24 8:30:00", "24 8:30"),
        ("20261124T083000", "24 8:30"),
        ("2026-11-24", None),
        ("8:30", None),
        ("2026-11-31T08:30", None),
        ("0001-01-01T00:00", None),
        ("", None),
    ],
)
def test_instants(text: str, expected: str | None) -> None:
    assert cells.instant(text) == (t(expected) if expected else None)


def read(**changes: str) -> Given | list[Wrong]:
    row = {"職員番号": "121", "日時": "2026-11-24T08:30", "種別": "始業"} | changes
    return cells.read(2, row, cells.PLACES)


@pytest.mark.parametrize(
    ("word", "place"),
    [
        ("在庁", Place.OFFICE),
        ("出勤", Place.OFFICE),
        ("モバイル", Place.MOBILE),
        ("出張", Place.TRIP),
        ("外出・出張", Place.TRIP),
        ("", None),
    ],
)
def test_words_of_places(word: str, place: Place | None) -> None:
    found = read(勤務場所=word)
    assert isinstance(found, Given)
    assert (found.place, found.source) == (place, cells.NO_SOURCE)


def test_all_faults_of_a_row_at_once() -> None:
    found = read(職員番号="", 日時="きょう", 種別="打刻", 勤務場所="自宅", 備考="あ" * 201)
    assert isinstance(found, list)
    assert [wrong.column for wrong in found] == ["職員番号", "日時", "種別", "勤務場所", "備考"]
    assert all(wrong.what and wrong.right for wrong in found)


def test_a_change_of_place_needs_one() -> None:
    found = read(種別="場所")
    assert isinstance(found, list)
    assert [wrong.column for wrong in found] == ["勤務場所"]


def given(kind: PunchKind, at: str, place: Place | None = None, source: str = "カード") -> Given:
    return Given(2, "121", t(at), kind, place, None, source, "")


def test_rows_fit_among_what_stands() -> None:
    """A 始業 that comes after its 終業 takes the flag from it; the night belongs to its start."""
    standing = [
        Standing(END, None, None, t("24 17:15"), date(2026, 11, 24), False, "no_start", id=7)
    ]
    rows = [given(START, "24 8:30"), given(START, "25 20:00"), given(END, "26 5:00")]
    fitted = fit(rows, standing, frozenset(), CALENDAR)
    assert fitted.reflagged == {7: None}
    assert [one.business_on.day for one in fitted.new] == [24, 25, 25]
    again = fit(rows, [*standing, *fitted.new], set(fitted.keys), CALENDAR)
    assert (again.new, again.repeated, again.keys) == ([], 3, [])


def test_the_same_read_from_two_sources_is_one_report_and_two_keys() -> None:
    rows = [given(START, "24 8:30:00"), given(START, "24 8:30:20", source="庶務事務")]
    fitted = fit(rows, [], frozenset(), CALENDAR)
    assert (len(fitted.new), fitted.repeated, len(fitted.keys)) == (1, 1, 2)
