"""The ledger: the solver's own hours, credit, carry-in; who may see whose."""

from datetime import date

import pytest

from tests.features.duty_at import TUESDAY, give_profile, make_position, put_on
from tests.stage import CAST, Person, Stage
from webapp.core import clock, settings
from webapp.core.db import transaction
from webapp.org import queries as org
from webapp.plans.service import Entry
from webapp.rota import burden, fairness
from webapp.rota.settings import BURDEN_DAYS

WEDNESDAY = date(2026, 11, 25)
MONTH_END = date(2026, 11, 30)


def ledger(stage: Stage, last: date = WEDNESDAY, days: int = 28) -> fairness.Ledger:
    unit = org.current_tree().by_code("W12")
    assert unit
    return fairness.ledger(unit, last, days, now=clock.now())


def loads(stage: Stage, found: fairness.Ledger) -> dict[str, tuple[float, float]]:
    return {
        person.number: (round(load.counter, 4), round(load.phone, 4))
        for person in found.people
        for load in [found.carried[person.staff_id].load]
    }


def test_hours_times_position_times_band_times_day(stage: Stage) -> None:
    """休み明けの火曜 ×1.2, 昼 ×1.5, 苦情の窓口 ×2."""
    counter = make_position(stage, burden=2.0, bands=((510, 720, 1, 1.0), (720, 780, 1, 1.5)))
    phone = make_position(stage, "電話", kind="phone")
    put_on(stage, counter, "121", 690, 780)  # 11:30–13:00
    put_on(stage, phone, "122", 540, 600, WEDNESDAY)
    found = loads(stage, ledger(stage))
    assert found["121"] == pytest.approx((2.0 * 1.2 * (0.5 + 1.0 * 1.5), 0.0))
    assert found["122"] == (0.0, 1.0)


def test_help_off_the_grid_counts_by_the_minute(stage: Stage) -> None:
    counter = make_position(stage, bands=((510, 720, 1, 1.0), (720, 1035, 1, 1.5)))
    put_on(stage, counter, "121", 607, 637, WEDNESDAY)
    put_on(stage, counter, "122", 1035, 1065, WEDNESDAY)  # after the close: plain
    found = loads(stage, ledger(stage))
    assert found["121"] == found["122"] == (0.5, 0.0)


def test_targets_spread_and_groups(stage: Stage) -> None:
    counter = make_position(stage)
    put_on(stage, counter, "121", 510, 630, WEDNESDAY)
    put_on(stage, counter, "122", 630, 690, WEDNESDAY)
    give_profile(stage, "120", group="exempt", forbidden=[], preferences={})
    give_profile(stage, "131", group="dedicated", forbidden=[], preferences={})
    found = ledger(stage)
    targets = {
        person.number: found.balance.loads[person.staff_id].target_counter
        for person in found.people
    }
    assert targets["121"] == pytest.approx(1.0)  # 3 h shared by 121, 122, 130
    assert targets["120"] == targets["131"] == 0.0
    assert found.balance.spread == pytest.approx(2.0)
    assert [(code, len(people)) for code, _, people in found.groups] == [
        ("rotate", 3),
        ("dedicated", 1),
        ("exempt", 1),
    ]


def test_leave_is_credited_and_so_is_the_time_before_a_posting(stage: Stage) -> None:
    counter = make_position(stage, feeds=())
    stage.plan("122", Entry(510, 1035, "leave"), day=WEDNESDAY)
    newcomer = Person("123", "新田 光", "にった ひかる", "W12")
    with transaction():
        stage.hire(newcomer, starts_on=date(2026, 11, 26))
    put_on(stage, counter, "121", 510, 630, WEDNESDAY)
    found = ledger(stage, last=date(2026, 11, 26))
    shown = loads(stage, found)
    assert shown["121"] == (2.0, 0.0)
    assert shown["122"] == shown["123"] == (1.0, 0.0)  # the mean of 120 and 121
    away = found.carried[stage.ids["122"]]
    assert (away.done.counter, away.credit.counter, away.minutes) == (0.0, 1.0, 0)


def test_carry_in_is_the_window_before_the_week(stage: Stage) -> None:
    counter = make_position(stage, feeds=())
    put_on(stage, counter, "121", 510, 570, WEDNESDAY)
    put_on(stage, counter, "121", 510, 570, MONTH_END)  # in the week itself
    put_on(stage, counter, "121", 510, 570, date(2026, 10, 28))
    ids = [stage.ids[n] for n in ("120", "121", "122")]
    monday = MONTH_END
    carried = burden.carry_in(ids, monday, now=clock.now())
    assert carried[stage.ids["121"]] == {"counter": 1.0, "phone": 0.0}
    assert carried[stage.ids["122"]] == {"counter": 0.0, "phone": 0.0}
    with transaction():
        settings.put(BURDEN_DAYS, 35, unit_code="W11", by=None, now=clock.now())
    carried = burden.carry_in(ids, monday, now=clock.now())
    assert carried[stage.ids["121"]]["counter"] == 2.0
    assert burden.carry_in([], monday, now=clock.now()) == {}


def test_carry_in_and_the_page_say_the_same(stage: Stage) -> None:
    counter = make_position(stage, bands=((510, 1035, 1, 1.3),))
    for number, start in (("121", 510), ("122", 570), ("131", 690)):
        put_on(stage, counter, number, start, start + 60, TUESDAY)
    stage.plan("130", Entry(510, 1035, "leave"))
    found = ledger(stage, last=date(2026, 11, 29))
    ids = [person.staff_id for person in found.people]
    carried = burden.carry_in(ids, MONTH_END, now=clock.now())
    assert {i: found.carried[i].load.counter for i in ids} == pytest.approx(
        {i: carried[i]["counter"] for i in ids}
    )
    assert CAST["130"].unit == "W13"
    assert carried[stage.ids["130"]]["counter"] > 0
