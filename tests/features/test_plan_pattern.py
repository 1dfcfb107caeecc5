"""The weekly pattern: who may, dated, every other week; and that one tap of 始業 stays one tap."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.features.plan_play import send
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.plans import queries, weekly
from webapp.plans import service as plans
from webapp.plans.models import WeeklyPlan
from webapp.plans.rules import Origin
from webapp.plans.service import Entry

MONDAY = date(2026, 11, 30)
TODAY = date(2026, 11, 24)


def save(stage: Stage, viewer: str, number: str, **fields: Any) -> Any:
    db.session.rollback()
    form = {"starts_on": MONDAY.isoformat(), "seen": weekly.stamp(stage.ids[number])}
    form |= {
        name.replace("_", "-") if name[-1].isdigit() else name: v for name, v in fields.items()
    }
    return send(stage, viewer, f"/plan/person/{number}/pattern", form)


def planned(stage: Stage, number: str, day: date) -> list[str]:
    db.session.rollback()
    found = queries.weekly_of([stage.ids[number]], day).get(stage.ids[number], ())
    return [f"{entry.kind} {entry.start}-{entry.end}" for entry in found]


# --- refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("viewer", ["122", "220", "200", "130", "800"])
def test_colleagues_and_strangers_do_not_change_it(stage: Stage, viewer: str) -> None:
    assert stage.browser(viewer).get("/plan/person/121").status_code == 403
    assert save(stage, viewer, "121", am_0="home").status_code == 403
    assert planned(stage, "121", MONDAY) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"am_0": "leave"}, "勤務場所を選んでください"),
        ({"am_0": "home", "every_0": "7"}, "毎週か隔週"),
        ({"am_0": "satellite", "am_site_0": "あ" * 61}, "60文字以内"),
        ({"am_0": "home", "starts_on": "2026-11-23"}, "（今日）から"),
        ({"am_0": "home", "ends_on": "2026-11-29"}, "始める日より後"),
        ({"am_0": "home", "starts_on": "来週"}, "日付の形式"),
    ],
)
def test_what_does_not_fit_is_told_and_stays_typed(
    stage: Stage, fields: dict[str, Any], words: str
) -> None:
    answer = save(stage, "121", "121", pm_2="home", **fields)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert words in page
    assert page.count('<option value="home" selected>') >= 1
    assert planned(stage, "121", MONDAY) == []


def test_of_two_who_change_it_at_once_the_second_is_told(stage: Stage) -> None:
    seen = weekly.stamp(stage.ids["121"])
    assert save(stage, "121", "121", am_0="home", pm_0="home").status_code == 302
    late = save(stage, "120", "121", am_1="home", seen=seen)
    assert late.status_code == 409
    assert "ちょうど別の人が" in late.get_data(as_text=True)
    assert planned(stage, "121", MONDAY) == ["home 0-1440"]


# --- done -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("viewer", "audited"), [("121", 0), ("120", 1), ("100", 1), ("110", 1)])
def test_oneself_and_who_leads(stage: Stage, viewer: str, audited: int) -> None:
    assert (
        save(stage, viewer, "121", am_0="home", pm_2="satellite", pm_site_2="四ツ谷").status_code
        == 302
    )
    assert planned(stage, "121", MONDAY) == ["home 0-720"]
    assert planned(stage, "121", date(2026, 12, 2)) == ["satellite 780-1440"]
    entries = db.session.scalars(select(AuditEntry).filter_by(action="plan.weekly")).all()
    assert [entry.staff_id for entry in entries] == [stage.ids["121"]] * audited
    page = stage.browser("121").get("/plan/me").get_data(as_text=True)
    assert "月 午前 在宅" in page
    assert "水 午後 サテライト・四ツ谷" in page


@pytest.mark.parametrize(
    ("every", "weeks"),
    [("1", [True] * 4), ("2", [True, False, True, False]), ("2b", [False, True, False, True])],
)
def test_every_week_or_every_other(stage: Stage, every: str, weeks: list[bool]) -> None:
    save(stage, "121", "121", am_1="home", pm_1="home", every_1=every)
    days = [date(2026, 12, 1), date(2026, 12, 8), date(2026, 12, 15), date(2026, 12, 22)]
    assert [bool(planned(stage, "121", day)) for day in days] == weeks


def test_the_form_shows_every_other_week_as_it_was_chosen(stage: Stage) -> None:
    save(stage, "121", "121", am_0="home", am_1="home", every_1="2b")
    page = stage.browser("121").get("/plan/me").get_data(as_text=True)
    assert page.count('<option value="2b" selected>') == 1


def test_a_new_pattern_ends_the_old_one_and_leaves_the_past(stage: Stage) -> None:
    save(stage, "121", "121", am_2="home", pm_2="home")
    save(stage, "121", "121", am_3="mobile", pm_3="mobile", starts_on="2026-12-14")
    assert planned(stage, "121", date(2026, 12, 9)) == ["home 0-1440"]
    assert planned(stage, "121", date(2026, 12, 16)) == []
    assert planned(stage, "121", date(2026, 12, 17)) == ["mobile 0-1440"]


def test_after_a_pattern_with_an_end_the_one_before_goes_on(stage: Stage) -> None:
    save(stage, "121", "121", am_2="home", pm_2="home", every_2="2")
    save(stage, "121", "121", am_2="mobile", starts_on="2026-12-07", ends_on="2026-12-11")
    wednesdays = [date(2026, 12, day) for day in (2, 9, 16, 23, 30)]
    assert [planned(stage, "121", day) for day in wednesdays] == [
        ["home 0-1440"], ["mobile 0-720"], ["home 0-1440"], [], ["home 0-1440"],
    ]  # fmt: skip


def test_a_pattern_can_be_ended(stage: Stage) -> None:
    save(stage, "121", "121", am_2="home")
    save(stage, "121", "121", starts_on="2026-12-07")
    assert planned(stage, "121", date(2026, 12, 2)) == ["home 0-720"]
    assert planned(stage, "121", date(2026, 12, 9)) == []


def test_the_board_follows_a_pattern_that_begins_today(stage: Stage) -> None:
    with stage.frames() as sent:
        save(stage, "121", "121", am_1="home", pm_1="home", starts_on="2026-11-24")
    rooms = {room for event, _payload, room in sent if event == "rows"}
    assert "W12:full" in rooms
    assert stage.row("121")["place"] == "home"


# --- the morning report ---------------------------------------------------------------------


def proposed(stage: Stage, number: str = "121") -> tuple[str, str | None]:
    report = stage.api(number).get("/me").json["today"]["report"]
    return report["place"], report["site"]


def by_pattern(stage: Stage) -> None:
    with transaction():
        db.session.add(
            WeeklyPlan(
                staff_id=stage.ids["121"],
                weekday=1,
                start_minute=0,
                end_minute=1440,
                kind="satellite",
                site="四ツ谷",
                starts_on=TODAY,
                made_at=clock.now(),
                made_by=None,
            )
        )


def by_request(stage: Stage) -> None:
    with transaction():
        entries = [Entry(510, 1035, "satellite", "四ツ谷")]
        staff_id = stage.ids["121"]
        plans.put_day(staff_id, TODAY, entries, source="request:1", origin=Origin.REQUEST)


def by_import(stage: Stage) -> None:
    with transaction():
        entries = [Entry(510, 1035, "satellite", "四ツ谷")]
        plans.put_day(stage.ids["121"], TODAY, entries, source="庶務事務")


def by_hand(stage: Stage) -> None:
    form = {"date": TODAY.isoformat(), "kind": "satellite", "extent": "whole", "site": "四ツ谷"}
    send(stage, "121", "/plan/day/121/add", form)


@pytest.mark.parametrize("plan", [by_pattern, by_request, by_import, by_hand])
def test_one_tap_reports_the_planned_place(stage: Stage, plan: Any) -> None:
    assert proposed(stage) == ("office", None)
    plan(stage)
    assert proposed(stage) == ("satellite", "四ツ谷")
    answer = stage.api("121").punch("start", "one tap")
    assert answer.status_code == 201
    assert (answer.json["place"], answer.json["site"]) == ("satellite", "四ツ谷")


def test_a_morning_off_proposes_the_place_of_the_afternoon(stage: Stage) -> None:
    by_pattern(stage)
    with transaction():
        plans.put_day(stage.ids["121"], TODAY, [Entry(510, 780, "leave")], source="庶務事務")
    assert proposed(stage) == ("satellite", "四ツ谷")
