"""A calendar as stretches of days: recurrences, zones, whole days, what is left out; and which hosts may be read."""

from datetime import date

import pytest

from webapp.plans import ical
from webapp.plans.hosts import Refused, allowed_of, may_connect, might_be_allowed, target_of
from webapp.plans.ical import Busy, Reading, Unreadable, Words, fitted
from webapp.plans.rules import Kind
from webapp.plans.spans import DayHours

FIRST, LAST = date(2026, 11, 24), date(2026, 12, 31)
WORDS = Words(("年休", "休暇"), ("出張",), ("会議", "MTG"))
ZONE = """BEGIN:VTIMEZONE
TZID:Tokyo Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
END:STANDARD
END:VTIMEZONE
"""


def calendar(*events: str, zone: str = "") -> bytes:
    body = "".join(
        f"BEGIN:VEVENT\nUID:{n}@city\nDTSTAMP:20261101T000000Z\n{event}\nEND:VEVENT\n"
        for n, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//city//\n{zone}{body}END:VCALENDAR\n".encode()


def read(*events: str, words: Words = WORDS, zone: str = "") -> Reading:
    return ical.read(calendar(*events, zone=zone), words, FIRST, LAST)


def lines(reading: Reading) -> list[str]:
    return [
        f"{one.day:%m-%d} {one.start}-{one.end} {one.kind}{' whole' if one.whole else ''}"
        for one in reading.busy
    ]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        # zones: UTC, Asia/Tokyo, a foreign one, the calendar's own, none (local time of the town hall)
        ("DTSTART:20261126T010000Z\nDTEND:20261126T020000Z\nSUMMARY:会議", ["11-26 600-660 meeting"]),
        (
            "DTSTART;TZID=Asia/Tokyo:20261126T100000\nDTEND;TZID=Asia/Tokyo:20261126T113000\nSUMMARY:会議",
            ["11-26 600-690 meeting"],
        ),
        (
            "DTSTART;TZID=America/New_York:20261125T200000\nDTEND;TZID=America/New_York:20261125T210000\nSUMMARY:会議",
            ["11-26 600-660 meeting"],
        ),
        (
            "DTSTART;TZID=Tokyo Standard Time:20261126T100000\nDURATION:PT1H\nSUMMARY:会議",
            ["11-26 600-660 meeting"],
        ),
        ("DTSTART:20261126T100000\nDTEND:20261126T110000\nSUMMARY:会議", ["11-26 600-660 meeting"]),
        # a duration instead of an end; no end at all is no time at all
        ("DTSTART:20261126T100000\nDURATION:PT45M\nSUMMARY:会議", ["11-26 600-645 meeting"]),
        ("DTSTART:20261126T100000\nSUMMARY:会議", []),
        # whole days: one, several (the end is the day after), without an end
        ("DTSTART;VALUE=DATE:20261126\nDTEND;VALUE=DATE:20261127\nSUMMARY:年休", ["11-26 0-1440 leave whole"]),
        (
            "DTSTART;VALUE=DATE:20261126\nDTEND;VALUE=DATE:20261128\nSUMMARY:出張（県庁）",
            ["11-26 0-1440 trip whole", "11-27 0-1440 trip whole"],
        ),
        ("DTSTART;VALUE=DATE:20261126\nSUMMARY:夏季休暇", ["11-26 0-1440 leave whole"]),
        # across midnight and over several days with times
        (
            "DTSTART:20261126T220000\nDTEND:20261127T020000\nSUMMARY:出張",
            ["11-26 1320-1440 trip", "11-27 0-120 trip"],
        ),
        # only the part in the days asked for
        (
            "DTSTART;VALUE=DATE:20261122\nDTEND;VALUE=DATE:20261126\nSUMMARY:年休",
            ["11-24 0-1440 leave whole", "11-25 0-1440 leave whole"],
        ),
        # leave counts before a trip, case does not matter
        ("DTSTART:20261126T100000\nDTEND:20261126T110000\nSUMMARY:出張の振替で年休", ["11-26 600-660 leave"]),
        ("DTSTART:20261126T100000\nDTEND:20261126T110000\nSUMMARY:mtg", ["11-26 600-660 meeting"]),
        # recurrences: by weekday until, with an exception, counted, moved by RECURRENCE-ID below
        (
            "DTSTART:20261102T090000\nDTEND:20261102T093000\nRRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261214T000000\nEXDATE:20261130T090000\nSUMMARY:会議",
            ["12-07 540-570 meeting"],
        ),
        (
            "DTSTART:20261125T090000\nDTEND:20261125T093000\nRRULE:FREQ=DAILY;COUNT=3\nSUMMARY:会議",
            ["11-25 540-570 meeting", "11-26 540-570 meeting", "11-27 540-570 meeting"],
        ),
        (
            "DTSTART:20200131T090000\nDTEND:20200131T100000\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1\nSUMMARY:会議",
            ["11-30 540-600 meeting", "12-31 540-600 meeting"],
        ),
    ],
)  # fmt: skip
def test_an_event_as_days(event: str, told: list[str]) -> None:
    assert lines(read(event, zone=ZONE)) == told


def test_an_occurrence_that_was_moved_stands_where_it_was_moved_to() -> None:
    content = calendar(
        "DTSTART:20261124T090000\nDTEND:20261124T100000\nRRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:会議"
    ).replace(
        b"END:VCALENDAR",
        "BEGIN:VEVENT\nUID:0@city\nRECURRENCE-ID:20261201T090000\nDTSTART:20261202T130000\n"
        "DTEND:20261202T140000\nSUMMARY:会議\nEND:VEVENT\nEND:VCALENDAR".encode(),
    )
    found = ical.read(content, WORDS, FIRST, LAST)
    assert lines(found) == [
        "11-24 540-600 meeting",
        "12-02 780-840 meeting",
        "12-08 540-600 meeting",
    ]


def test_what_is_left_out_is_counted() -> None:
    times = "DTSTART:20261126T100000\nDTEND:20261126T110000\n"
    found = read(
        times + "SUMMARY:会議\nSTATUS:CANCELLED",
        times + "SUMMARY:会議\nTRANSP:TRANSPARENT",
        times + "SUMMARY:会議\nX-MICROSOFT-CDO-BUSYSTATUS:FREE",
        times + "SUMMARY:歯医者",
        "DTSTART;VALUE=DATE:20261126\nSUMMARY:誕生日",
    )
    assert (found.busy, found.cancelled, found.free, found.without_word) == ([], 1, 2, 2)


def test_titles_without_a_word_can_count_as_meetings_but_not_whole_days() -> None:
    words = Words(other=Kind.MEETING)
    times = "DTSTART:20261126T100000\nDTEND:20261126T110000\n"
    found = read(
        times + "SUMMARY:歯医者", "DTSTART;VALUE=DATE:20261126\nSUMMARY:誕生日", words=words
    )
    assert lines(found) == ["11-26 600-660 meeting"]


def test_no_title_comes_out() -> None:
    found = read(
        "DTSTART:20261126T100000\nDTEND:20261126T110000\nSUMMARY:会議 秘密の件\nLOCATION:病院\nDESCRIPTION:私事"
    )
    assert all(word not in repr(found) for word in ("秘密", "病院", "私事"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "iCal"),
        ("職員番号,日付\n121,2026-11-26".encode(), "iCal"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261126T100000\n", "読み取れません"),
        (calendar("SUMMARY:会議"), "日時のない予定"),
        (calendar("DTSTART:20261126T100000\nRRULE:FREQ=SECONDLY\nSUMMARY:会議"), "何度も繰り返す"),
        (calendar("DTSTART:20261126T100000\nRRULE:FREQ=DAILY;BYMINUTE=1,2,3\nSUMMARY:会議"), "何度も繰り返す"),
        (calendar("DTSTART:18000101T100000\nRRULE:FREQ=DAILY\nSUMMARY:会議"), "古すぎる"),
        (calendar(*["DTSTART:19800101T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY\nSUMMARY:会議"] * 20), "多すぎます"),
        (calendar(*["DTSTART:20261124T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY\nSUMMARY:会議"] * 100), "多すぎます"),
        (b"BEGIN:VCALENDAR\n" + b"X" * ical.LARGEST, "大きすぎます"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_in_says_what_would_be_right(content: bytes, words: str) -> None:
    with pytest.raises(Unreadable) as told:
        ical.read(content, WORDS, FIRST, LAST)
    assert words in str(told.value)


HOURS = DayHours(510, 1035, (720, 780))


@pytest.mark.parametrize(
    ("busy", "hours", "told"),
    [
        ([("leave", 0, 1440, True)], HOURS, ["leave 510-1035"]),
        ([("leave", 420, 720, False)], HOURS, ["leave 510-720"]),
        ([("trip", 420, 1200, False)], HOURS, ["trip 420-1200"]),  # one sets out early
        ([("trip", 0, 1440, True)], HOURS, ["trip 510-1035"]),
        ([("meeting", 1080, 1140, False)], HOURS, ["meeting 1080-1140"]),
        ([("leave", 0, 1440, True)], None, []),
        ([("meeting", 600, 660, False)], None, []),
        ([("leave", 1100, 1200, False)], HOURS, []),
        # two places at once: the leave counts, of trips the earlier
        ([("trip", 540, 1035, False), ("leave", 720, 1035, False)], HOURS, ["trip 540-720", "leave 720-1035"]),
        ([("trip", 540, 720, False), ("trip", 600, 780, False)], HOURS, ["trip 540-720", "trip 720-780"]),
        ([("meeting", 540, 600, False), ("trip", 540, 720, False)], HOURS, ["meeting 540-600", "trip 540-720"]),
    ],
)  # fmt: skip
def test_against_the_hours_of_the_day(
    busy: list[tuple[str, int, int, bool]], hours: DayHours | None, told: list[str]
) -> None:
    reading = Reading([Busy(FIRST, a, b, Kind(kind), whole) for kind, a, b, whole in busy])
    found = fitted(reading, {FIRST: hours} if hours else {})
    assert [f"{one.kind} {one.start}-{one.end}" for one in found.get(FIRST, [])] == told


# --- which hosts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://groupware.city.local/a.ics", "http:// か https://"),
        ("file:///etc/passwd", "http:// か https://"),
        ("http://user:pw@groupware.city.local/a.ics", "利用者名やパスワード"),
        ("http:///a.ics", "ホストの名前"),
        ("http://group ware/a.ics", "空白"),
        ("http://groupware:99999/a.ics", "形が正しくありません"),
        ("http://グループ/a.ics", "使えない文字"),
        ("http://groupware/" + "a" * 500, "長すぎます"),
        ("http://groupware\\@evil/a.ics", "使えない文字"),
    ],
)
def test_addresses_that_are_none(url: str, words: str) -> None:
    with pytest.raises(Refused) as told:
        target_of(url)
    assert words in str(told.value)


LIST = allowed_of(
    ["groupware.city.local", "*.edu.local", "10.1.0.0/16", "cal:8443", "127.0.0.5", "でたらめ"]
)


@pytest.mark.parametrize(
    ("url", "addresses", "connects"),
    [
        ("http://groupware.city.local/a", ["10.9.9.9"], "10.9.9.9"),
        ("https://GroupWare.city.local/a", ["10.9.9.9"], "10.9.9.9"),
        ("http://groupware.city.local:8080/a", ["10.9.9.9"], None),
        ("http://x.groupware.city.local/a", ["10.9.9.9"], None),
        ("http://school.edu.local/a", ["10.9.9.9"], "10.9.9.9"),
        ("http://edu.local/a", ["10.9.9.9"], None),
        ("http://evil-edu.local/a", ["10.9.9.9"], None),
        ("https://cal:8443/a", ["10.9.9.9"], "10.9.9.9"),
        ("https://cal/a", ["10.9.9.9"], None),
        # a name nobody listed, with an address of a listed network; never another port
        ("http://files/a", ["10.1.2.3"], "10.1.2.3"),
        ("http://files/a", ["10.2.2.3"], None),
        ("http://files:6379/a", ["10.1.2.3"], None),
        ("http://files/a", ["10.2.2.3", "10.1.2.3"], "10.1.2.3"),
        # a listed name that suddenly stands for this machine or its link
        ("http://groupware.city.local/a", ["127.0.0.1"], None),
        ("http://groupware.city.local/a", ["169.254.169.254"], None),
        ("http://groupware.city.local/a", ["::1"], None),
        ("http://groupware.city.local/a", ["::ffff:127.0.0.1"], None),
        ("http://groupware.city.local/a", ["0.0.0.0"], None),
        ("http://groupware.city.local/a", [], None),
        ("http://127.0.0.5/a", ["127.0.0.5"], "127.0.0.5"),  # written in the list itself
        ("http://127.0.0.1/a", ["127.0.0.1"], None),
    ],
)  # fmt: skip
def test_which_address_is_connected_to(
    url: str, addresses: list[str], connects: str | None
) -> None:
    target = target_of(url)
    if connects is not None:
        assert might_be_allowed(target, LIST)
        assert may_connect(target, addresses, LIST) == connects
    else:
        with pytest.raises(Refused):
            may_connect(target, addresses, LIST)


def test_an_empty_list_allows_nothing() -> None:
    nothing = allowed_of([])
    assert not might_be_allowed(target_of("http://groupware/a"), nothing)
    with pytest.raises(Refused):
        may_connect(target_of("http://groupware/a"), ["10.1.2.3"], nothing)


# --- recurrences that never come true ---------------------------------------------------------


def repeated(rule: str, begins: str = "20261124") -> str:
    return f"DTSTART:{begins}T090000\nDURATION:PT1H\nRRULE:{rule}\nSUMMARY:秘密の会議"


@pytest.mark.parametrize(
    ("rule", "begins"),
    [
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "20261124"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;UNTIL=20261231T000000Z", "20261124"),
        ("FREQ=DAILY;BYMONTH=12;BYMONTHDAY=1", "20261124"),
        ("FREQ=DAILY;BYYEARDAY=366", "20261124"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "20261124"),
        ("FREQ=DAILY;INTERVAL=0", "20261124"),
        ("FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=31", "20261124"),
        ("FREQ=WEEKLY;BYWEEKNO=1", "20261124"),
        ("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=9", "20261124"),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "20261124"),
        ("FREQ=MONTHLY;BYDAY=6MO", "20261124"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9", "20261124"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=12", "20261124"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", "20261124"),
        ("FREQ=YEARLY;BYMONTH=2", "20261130"),
        ("FREQ=YEARLY;BYWEEKNO=1;BYMONTH=6", "20261124"),
    ],
)
def test_a_recurrence_that_never_comes_true_is_named_by_its_date(rule: str, begins: str) -> None:
    with pytest.raises(Unreadable) as told:
        read(repeated(rule, begins))
    assert f"2026年11月{int(begins[-2:])}日に始まる予定" in str(told.value)
    assert "秘密" not in str(told.value)


def test_rare_days_of_thousands_of_events_are_too_many() -> None:
    """Each comes true once in 28 years, and would be looked for that long."""
    with pytest.raises(Unreadable) as told:
        read(*[repeated("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SA")] * 1000)
    assert "多すぎます" in str(told.value)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=5", ["11-25", "11-26", "11-27", "11-30"]),
        ("FREQ=DAILY;BYMONTH=12;UNTIL=20261202T235959", ["12-01", "12-02"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,WE;UNTIL=20261210T000000", ["11-25", "12-08", "12-09"]),
        ("FREQ=WEEKLY;WKST=SU;BYDAY=TU;BYMONTH=12;COUNT=2", ["12-01", "12-08"]),
        ("FREQ=MONTHLY;BYDAY=2TU", ["12-08"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["11-30", "12-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["12-31"]),
        ("FREQ=MONTHLY", ["12-24"]),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=28", ["12-28"]),
        ("FREQ=YEARLY;BYDAY=-1TU;BYMONTH=11", []),
        ("FREQ=YEARLY;BYWEEKNO=49;BYDAY=MO", ["11-30"]),
    ],
)  # fmt: skip
def test_ordinary_recurrences_come_in(rule: str, days: list[str]) -> None:
    """The beginning, Tuesday 24 November, is always one of them."""
    assert [f"{one.day:%m-%d}" for one in read(repeated(rule)).busy] == ["11-24", *days]


def test_a_leap_day_comes_in() -> None:
    birthday = (
        "DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29\nSUMMARY:年休"
    )
    first, last = date(2028, 2, 1), date(2028, 3, 31)
    assert [b.day for b in ical.read(calendar(birthday), WORDS, first, last).busy] == [
        date(2028, 2, 29)
    ]
