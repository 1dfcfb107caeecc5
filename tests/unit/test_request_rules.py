"""The rules of every municipality read can be set, and say what those municipalities say. One table each."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from webapp.core import clock, settings
from webapp.core.calendar import BusinessCalendar, at_minute
from webapp.requests import checks
from webapp.requests import settings as municipal
from webapp.requests.checks import check, check_all
from webapp.requests.form_settings import FIELDS
from webapp.requests.rulebook import Leave, Rules, deadline_at
from webapp.requests.targets import Target, Who, lines_from, target_of
from webapp.requests.wishes import Asked, Hours, Known, TaskFact, Turn

# Values of the settings page, by municipality (product.md, "Rules that are settings"); not named = the default.
IBARAKI = {
    "request_deadline": "business",
    "request_deadline_days": 1,
    "request_deadline_time": "12:00",
    "request_week_most": 4,
    "request_hours": "free",
    "request_hours_from": "05:00",
    "request_hours_to": "22:00",
    "request_kind_parents": "approval",
    "request_kind_hospital": "approval",
}
KOBE = {
    "request_deadline": "business",
    "request_deadline_days": 1,
    "request_deadline_time": "23:59",
    "request_week_most": 4,
    "request_core": "fixed",
    "request_core_start": "10:00",
    "request_core_end": "15:00",
    "request_oral": True,
    "request_targets": ["対象外 所属=区役所"],
}
KAKEGAWA = {
    "request_deadline": "business",
    "request_deadline_days": 1,
    "request_deadline_time": "17:15",
    "request_week_most": 0,
}
MATSUMOTO = {
    "request_deadline": "business",
    "request_deadline_days": 2,
    "request_deadline_time": "23:59",
    "request_week_most": 0,
    "request_targets": ["対象外 職名=保育士", "対象 任用区分=正規職員"],
    "request_target_else": "no",
}
SAGA = {
    "request_deadline": "none",
    "request_week_most": 0,
    "request_week_office": 1,
    "request_kind_parents": "approval",
    "request_kind_hospital": "approval",
}
FUKAYA = {
    "request_week_most": 0,
    "request_week_office": 0,
    "request_kind_parents": "no",
    "request_kind_hospital": "no",
    "request_kind_other": "no",
}
SHIBUYA = {
    "request_hours": "shifts",
    "request_shifts": [
        "7:00〜15:45",
        "7:30〜16:15",
        "8:00〜16:45",
        "8:30〜17:15",
        "9:00〜17:45",
        "9:30〜18:15",
        "10:00〜18:45",
    ],
    "request_field_confirmer": "must",
}
FUKUOKA = {"request_hours": "shifts", "request_shifts": ["8:45〜17:30"]}
SURVEY = {
    "request_deadline": "calendar",
    "request_deadline_days": 0,
    "request_deadline_time": "08:30",
}
ALL: dict[str, dict[str, Any]] = {
    "茨城": IBARAKI,
    "神戸": KOBE,
    "掛川": KAKEGAWA,
    "松本": MATSUMOTO,
    "佐賀": SAGA,
    "深谷": FUKAYA,
    "渋谷": SHIBUYA,
    "福岡": FUKUOKA,
    "全国調査": SURVEY,
}

BUSINESS = BusinessCalendar()
TUESDAY = date(2026, 12, 1)
WEEK = [date(2026, 11, 30) + timedelta(days=n) for n in range(5)]
ORDINARY = Hours(510, 1035, (720, 780))


def rules(values: dict[str, Any], **more: Any) -> Rules:
    """As the settings page would store them: a value that does not fit its setting fails here."""
    told = values | more

    def value(setting: settings.Setting) -> Any:
        if setting.key not in told:
            return setting.default
        return settings.checked(setting, told[setting.key])

    return municipal.rules_from(value)


def tokyo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.TOKYO)


def asked(day: date = TUESDAY, **more: Any) -> Asked:
    return replace(Asked(day, "whole", 510, 1035, "home"), **more)


def known(of: Rules, day: date = TUESDAY, **more: Any) -> Known:
    deadline = deadline_at(of.deadline, day, BUSINESS.is_business_day) if of.deadline else None
    return replace(
        Known(ORDINARY, deadline_at=deadline, working=frozenset(WEEK)),
        **more,
    )


EARLY = tokyo("2026-11-20 09:00")


def codes(of: Rules, wish: Asked, now: datetime = EARLY, **facts: Any) -> list[str]:
    return [f.code for f in check(wish, of, known(of, wish.day, **facts), now=now)]


@pytest.mark.parametrize("name", ALL)
def test_an_ordinary_day_in_time_needs_no_word(name: str) -> None:
    of = rules(ALL[name])
    assert codes(of, asked()) == []


# --- deadlines ------------------------------------------------------------------------------

MONDAY = "2026-11-30"
FRIDAY = "2026-11-27"
DEADLINES = [
    # 茨城: the day before by noon
    (IBARAKI, TUESDAY, f"{MONDAY} 12:00"),
    (IBARAKI, date(2026, 11, 30), f"{FRIDAY} 12:00"),
    (IBARAKI, date(2026, 11, 24), "2026-11-20 12:00"),  # over 勤労感謝の日 and a weekend
    (IBARAKI, date(2027, 1, 4), "2026-12-28 12:00"),  # over the year's end
    # 神戸, 掛川: the day before
    (KOBE, TUESDAY, f"{MONDAY} 23:59"),
    (KAKEGAWA, TUESDAY, f"{MONDAY} 17:15"),
    # 松本: two business days before
    (MATSUMOTO, TUESDAY, f"{FRIDAY} 23:59"),
    (MATSUMOTO, date(2026, 11, 25), "2026-11-20 23:59"),
    # national survey: the same day
    (SURVEY, TUESDAY, "2026-12-01 08:30"),
]


@pytest.mark.parametrize(("values", "day", "until"), DEADLINES)
def test_the_deadline(values: dict[str, Any], day: date, until: str) -> None:
    of, last = rules(values), tokyo(until)
    assert known(of, day).deadline_at == last
    assert "late" not in codes(of, asked(day), now=last)
    assert codes(of, asked(day), now=last + timedelta(minutes=1)) == ["late"]


def test_saga_has_no_deadline() -> None:
    assert codes(rules(SAGA), asked(), now=tokyo("2026-12-01 08:00")) == []


def test_what_was_approved_orally_is_not_late() -> None:
    of = rules(KOBE)
    assert codes(of, asked(oral=True), now=tokyo("2026-12-01 10:00")) == []
    assert codes(of, asked(oral=True), now=tokyo("2026-12-03 10:00")) == []
    assert codes(of, asked(), now=tokyo("2026-12-03 10:00")) == ["past"]


def test_late_is_flagged_by_default_and_refused_where_strict() -> None:
    late = tokyo(f"{MONDAY} 13:00")
    (finding,) = check(asked(), rules(IBARAKI), known(rules(IBARAKI)), now=late)
    assert not finding.blocks
    assert finding.field == "days"
    assert "11月30日（月）12:00" in finding.words
    strict = rules(IBARAKI, request_strict="strict")
    (finding,) = check(asked(), strict, known(strict), now=late)
    assert finding.blocks


# --- how many days --------------------------------------------------------------------------

CAPS = [
    # (municipality, days of the week teleworked besides, what is said)
    (IBARAKI, 3, []),
    (IBARAKI, 4, ["cap"]),
    (KOBE, 3, []),
    (KOBE, 4, ["cap"]),
    (SAGA, 3, []),
    (SAGA, 4, ["office"]),
    (FUKAYA, 4, []),
    (KAKEGAWA, 4, []),
    (MATSUMOTO, 4, []),
]


@pytest.mark.parametrize(("values", "others", "said"), CAPS)
def test_days_a_week(values: dict[str, Any], others: int, said: list[str]) -> None:
    week = frozenset([day for day in WEEK if day != TUESDAY][:others])
    assert codes(rules(values), asked(), week=week, whole_week=week) == said


@pytest.mark.parametrize("values", [IBARAKI, KOBE, SAGA])
def test_caps_are_lifted_in_an_emergency(values: dict[str, Any]) -> None:
    week = frozenset(WEEK) - {TUESDAY}
    late = tokyo("2026-12-01 07:00")
    facts = {"week": week, "whole_week": week, "emergency": "台風15号"}
    assert codes(rules(values), asked(), late, **facts) == []


def test_a_day_partly_at_the_office_is_an_office_day() -> None:
    week = frozenset(WEEK) - {TUESDAY}
    half = asked(extent="am", end=720)
    assert codes(rules(SAGA), half, week=week, whole_week=week) == []
    assert codes(rules(SAGA), asked(), week=week, whole_week=week - {WEEK[4]}) == []


def test_days_filed_together_count_in_each_others_week() -> None:
    of = rules(IBARAKI)
    told = check_all([asked(day) for day in WEEK], of, {d: known(of, d) for d in WEEK}, now=EARLY)
    assert [(f.code, f.day) for f in told] == [("cap", WEEK[4])]
    of = rules(SAGA)
    told = check_all([asked(day) for day in WEEK], of, {d: known(of, d) for d in WEEK}, now=EARLY)
    assert [f.code for f in told] == ["office"]


# --- hours ----------------------------------------------------------------------------------

ALLOTTED = [
    # 茨城: 5:00–22:00
    (IBARAKI, Hours(300, 825, (720, 780)), []),
    (IBARAKI, Hours(795, 1320, (1080, 1140)), []),
    (IBARAKI, Hours(285, 810, (720, 780)), ["window"]),
    (IBARAKI, Hours(800, 1325, (1080, 1140)), ["window"]),
    # 神戸: core time 10–15
    (KOBE, Hours(600, 1125, (720, 780)), []),
    (KOBE, Hours(615, 1140, (720, 780)), ["core"]),
    (KOBE, Hours(360, 885, (720, 780)), ["core"]),
    # 渋谷: seven patterns
    (SHIBUYA, Hours(420, 945, (720, 780)), []),
    (SHIBUYA, Hours(600, 1125, (720, 780)), []),
    (SHIBUYA, Hours(435, 960, (720, 780)), ["hours"]),
    # 福岡: 8:45–17:30
    (FUKUOKA, Hours(525, 1050, (720, 780)), []),
    (FUKUOKA, Hours(540, 1065, (720, 780)), ["hours"]),
]


@pytest.mark.parametrize(("values", "hours", "said"), ALLOTTED)
def test_hours_allotted(values: dict[str, Any], hours: Hours, said: list[str]) -> None:
    wish = asked(start=hours.start, end=hours.end, hours=hours)
    assert codes(rules(values), wish) == said


def test_as_many_hours_as_ordinarily() -> None:
    wish = asked(hours=Hours(510, 1005, (720, 780)))
    assert codes(rules(IBARAKI), wish) == ["length"]


def test_core_time_of_the_persons_own_pattern() -> None:
    flexible = Hours(510, 1035, (720, 780), core=(600, 900))
    wish = asked(hours=Hours(660, 1185, (720, 780)))
    assert codes(rules(IBARAKI), wish, hours=flexible) == ["core"]
    assert codes(rules(IBARAKI, request_core="none"), wish, hours=flexible) == []


def test_hours_that_cannot_be_moved() -> None:
    of = rules({}, request_hours="ordinary")
    assert codes(of, asked(hours=Hours(540, 1065, (720, 780)))) == ["hours"]
    assert codes(of, asked(hours=ORDINARY)) == []


UNITS = [
    ("whole", {"whole": [], "am": ["unit"], "hours": ["unit"]}),
    ("half", {"whole": [], "am": [], "pm": [], "hours": ["unit"]}),
    ("hours", {"whole": [], "am": [], "pm": [], "hours": []}),
]


@pytest.mark.parametrize(("unit", "said"), UNITS)
def test_unit_of_telework(unit: str, said: dict[str, list[str]]) -> None:
    of = rules({}, request_unit=unit)
    assert {e: codes(of, asked(extent=e, start=600, end=720)) for e in said} == said


def test_the_step_of_hours() -> None:
    of = rules({}, request_step=30)
    assert codes(of, asked(extent="hours", start=600, end=700)) == ["step"]
    assert codes(of, asked(extent="hours", start=600, end=690)) == []


OVERTIME = [
    ("no", ["overtime"], True),
    ("rarely", ["overtime"], True),
    ("order", ["overtime"], False),
    ("free", [], False),
]


@pytest.mark.parametrize(("how", "said", "breach"), OVERTIME)
def test_telework_after_hours(how: str, said: list[str], breach: bool) -> None:
    of = rules({}, request_overtime=how, request_strict="strict")
    wish = asked(extent="hours", start=960, end=1140)
    found = check(wish, of, known(of), now=EARLY)
    assert [f.code for f in found] == said
    assert [f.blocks for f in found] == [breach] * len(said)


# --- place, work, material ------------------------------------------------------------------

PLACES = [
    (FUKAYA, "own", []),
    (FUKAYA, "parents", ["place_kind"]),
    (FUKAYA, "hospital", ["place_kind"]),
    (IBARAKI, "parents", ["place_kind_note"]),
    (IBARAKI, "hospital", ["place_kind_note"]),
    (SAGA, "parents", ["place_kind_note"]),
    (SAGA, "hospital", ["place_kind_note"]),
]


@pytest.mark.parametrize(("values", "kind", "said"), PLACES)
def test_where_at_home(values: dict[str, Any], kind: str, said: list[str]) -> None:
    assert codes(rules(values), asked(place_kind=kind)) == said


def test_a_place_that_needs_a_look_never_blocks() -> None:
    of = rules(IBARAKI, request_strict="strict")
    (note,) = check(asked(place_kind="parents"), of, known(of), now=EARLY)
    assert note.note
    assert not note.blocks


def test_a_place_that_is_not_allowed() -> None:
    of = rules({}, request_place_mobile=False)
    assert codes(of, asked(place="mobile")) == ["place"]
    assert codes(of, asked(place="satellite")) == []


PERSONAL = TaskFact("税の更正", "yes", True)
NEVER = TaskFact("窓口", "no", False)


def test_tasks_with_personal_data_not_at_home_but_at_a_protected_site() -> None:
    of = rules({})
    assert codes(of, asked(tasks=(PERSONAL,))) == ["personal"]
    assert codes(of, asked(tasks=(PERSONAL,), place="mobile")) == ["personal"]
    assert codes(of, asked(tasks=(PERSONAL,), place="satellite")) == []
    assert codes(of, asked(tasks=(PERSONAL,), place="satellite", site_protected=False)) == [
        "personal"
    ]
    assert codes(rules({}, request_personal_home="yes"), asked(tasks=(PERSONAL,))) == []
    assert codes(of, asked(tasks=(NEVER,))) == ["task"]


CARRYING = [
    ({}, {"carries": True, "carried": "要綱"}, []),
    ({}, {"carries": True}, ["carried"]),
    ({}, {"carries": True, "carried": "名簿", "personal_data": True}, ["carry_personal"]),
    (
        {"request_carry_personal": "yes"},
        {"carries": True, "carried": "名簿", "personal_data": True},
        [],
    ),
    ({"request_carry": "no"}, {"carries": True, "carried": "要綱"}, ["carry"]),
    ({"request_carry": "no"}, {"personal_data": True}, []),
]


@pytest.mark.parametrize(("values", "wish", "said"), CARRYING)
def test_material(values: dict[str, Any], wish: dict[str, Any], said: list[str]) -> None:
    assert codes(rules(values), asked(**wish)) == said


# --- who, and what is on the day ------------------------------------------------------------

TARGETS = [
    (MATSUMOTO, Who("主事", "正規職員"), True),
    (MATSUMOTO, Who("保育士", "正規職員"), False),
    (MATSUMOTO, Who("主事", "会計年度任用職員"), False),
    (MATSUMOTO, Who("保育士", "正規職員", marked=True), True),
    (KOBE, Who("主事", "正規職員", ("神戸市", "区役所", "市民課")), False),
    (KOBE, Who("主事", "正規職員", ("神戸市", "行財政局")), True),
    (IBARAKI, Who("事務補助", "会計年度任用職員"), True),
    (IBARAKI, Who("主事", "正規職員", marked=False), False),
]


@pytest.mark.parametrize(("values", "who", "may"), TARGETS)
def test_who_may_telework(values: dict[str, Any], who: Who, may: bool) -> None:
    of = rules(values)
    target = target_of(of.targets, of.target_else, who, TUESDAY)
    assert target.allowed is may
    assert codes(of, asked(), target=target) == ([] if may else ["target"])


def test_a_rule_of_who_may_is_dated() -> None:
    lines = lines_from(
        ["対象 任用区分=会計年度任用職員 2026-10-01から 2027-03-31まで", "読めない行"]
    )
    who = Who("事務補助", "会計年度任用職員")
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2027, 3, 31), date(2027, 4, 1)]
    assert [target_of(lines, False, who, day).allowed for day in days] == [False, True, True, False]
    assert len(lines) == 1


OCCUPIED = [
    ({"turns": (Turn(540, 630, "窓口2"),)}, {}, ["duty"]),
    ({"turns": (Turn(540, 630, "窓口2"),)}, {"extent": "pm", "start": 780}, []),
    ({"turns": (Turn(540, 630, "電話当番", away=True),)}, {}, []),
    ({"absent": ((510, 1035, "休暇等"),)}, {}, ["absent"]),
    ({"absent": ((510, 720, "休暇等"),)}, {"extent": "pm", "start": 780}, []),
    ({"closed": "日曜日", "hours": None}, {}, ["closed"]),
    ({"hours": None}, {}, ["no_hours"]),
]


@pytest.mark.parametrize(("facts", "wish", "said"), OCCUPIED)
def test_what_is_on_that_day(facts: dict[str, Any], wish: dict[str, Any], said: list[str]) -> None:
    assert codes(rules({}), asked(**wish), **facts) == said


def test_a_duty_never_blocks_there_are_ways_to_solve_it() -> None:
    of = rules({}, request_strict="strict")
    (finding,) = check(asked(), of, known(of, turns=(Turn(540, 630, "窓口2"),)), now=EARLY)
    assert not finding.blocks


# --- the form -------------------------------------------------------------------------------


def test_shibuya_asks_for_a_confirmer() -> None:
    assert settings.checked(FIELDS["confirmer"], SHIBUYA["request_field_confirmer"]) == "must"


def test_shifts_are_read_as_people_write_them() -> None:
    assert municipal.shifts_from(
        ["7:30〜16:15", "8:00-16:45", "9:00～17:45", "なし", "9:00〜8:00"]
    ) == (
        (450, 975),
        (480, 1005),
        (540, 1065),
    )


def test_every_setting_named_here_exists() -> None:
    assert {key for values in ALL.values() for key in values} <= settings.REGISTRY.keys()


def test_a_deadline_over_a_long_closure_ends() -> None:
    assert deadline_at(rules(IBARAKI).deadline, TUESDAY, lambda _day: False) == at_minute(  # type: ignore[arg-type]
        TUESDAY - timedelta(days=120), 720
    )


def test_words_name_the_day() -> None:
    assert checks.until(tokyo("2026-11-30 12:00")) == "11月30日（月）12:00"
    assert Leave("no") is Leave.NO
    assert Target(True).allowed
