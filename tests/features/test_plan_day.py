"""A day planned by hand: one's own, a colleague's, and taking it back."""

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.doors import csrf
from tests.features.plan_play import THURSDAY, add, send, stored
from tests.stage import Stage
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.plans import service as plans
from webapp.plans.models import PlannedSegment
from webapp.plans.service import Entry


def audited(stage: Stage, action: str) -> list[int | None]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.staff_id).filter_by(action=action)))


# --- refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("viewer", ["220", "131", "800"])
def test_others_neither_see_nor_change_the_day(stage: Stage, viewer: str) -> None:
    assert stage.browser(viewer).get("/plan/day/121").status_code == 403
    assert add(stage, viewer, "121").status_code == 403
    assert stored(stage, "121") == []


def test_anonymous_is_sent_to_the_sign_in(stage: Stage) -> None:
    answer = stage.app.test_client().get("/plan/day/121")
    assert answer.status_code == 302
    assert "/signin" in answer.headers["Location"]


def test_who_is_not_there_is_not_found(stage: Stage) -> None:
    assert stage.browser("121").get("/plan/day/999").status_code == 404


def test_without_the_token_of_the_page_nothing_happens(stage: Stage) -> None:
    form = {"date": THURSDAY.isoformat(), "kind": "home"}
    assert stage.browser("121").post("/plan/day/121/add", data=form).status_code == 400
    assert stored(stage, "121") == []


@pytest.mark.parametrize(
    ("fields", "field", "right"),
    [
        ({"date": "2026-13-01"}, "date", "日付"),
        ({"date": "2020-01-01"}, "date", "までの日にしてください"),
        ({"kind": "beach"}, "kind", "どれか"),
        ({"extent": "hours"}, "start", "開始より後"),
        ({"extent": "hours", "start": "15:00", "end": "13:00"}, "end", "開始より後"),
        ({"extent": "hours", "start": "25:00", "end": "26:00"}, "start", "24:00"),
        ({"last": "2026-11-25"}, "last", "はじめの日より後"),
        ({"last": "2027-06-01"}, "last", "日まで"),
        ({"site": "あ" * 61}, "site", "60文字"),
        ({"date": "2026-11-28"}, "extent", "勤務時間のない日"),
    ],
)
def test_what_does_not_fit_is_told_at_its_field_and_stays_typed(
    stage: Stage, fields: dict[str, Any], field: str, right: str
) -> None:
    answer = add(stage, "121", "121", **fields)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    bad = re.findall(r'class="bad"[^>]*>([^<]+)<', page)
    assert any(right in words for words in bad), (bad, field)
    if "start" in fields:
        assert f'value="{fields["start"]}"' in page
    assert stored(stage, "121") == []


# --- done -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "home 510-1035 (manual)"),
        ({"kind": "leave", "extent": "am"}, "leave 510-720 (manual)"),
        ({"kind": "leave", "extent": "pm"}, "leave 780-1035 (manual)"),
        (
            {"kind": "trip", "extent": "hours", "start": "13:00", "end": "15:30", "site": "県庁"},
            "trip 780-930 県庁 (manual)",
        ),
        (
            {"kind": "meeting", "extent": "hours", "start": "9:00", "end": "10:00"},
            "meeting 540-600 (manual)",
        ),
        ({"kind": "home", "site": "自宅の住所"}, "home 510-1035 (manual)"),  # home has no site
    ],
)
def test_one_enters_a_stretch_of_ones_own_day(
    stage: Stage, fields: dict[str, Any], line: str
) -> None:
    assert add(stage, "121", "121", **fields).status_code == 302
    assert stored(stage, "121") == [line]
    assert audited(stage, "plan.day") == []


def test_several_sites_lie_beside_each_other_and_the_later_above(stage: Stage) -> None:
    add(stage, "121", "121", kind="home")
    add(stage, "121", "121", kind="satellite", extent="am", site="四ツ谷")
    add(stage, "121", "121", kind="trip", extent="hours", start="13:00", end="15:00", site="県庁")
    page = stage.browser("121").get(f"/plan/day/121?date={THURSDAY}").get_data(as_text=True)
    parts = re.findall(r"<b>(\S+?)</b></span><span class=\"plan-when\">([^<]+)<", page)
    assert parts == [
        ("サテライト・四ツ谷", "午前"),
        ("外出・出張・県庁", "13:00〜15:00"),
        ("在宅", "15:00〜17:15"),
    ]


def test_what_is_covered_completely_goes_away(stage: Stage) -> None:
    add(stage, "121", "121", kind="trip", extent="hours", start="13:00", end="15:00")
    add(stage, "121", "121", kind="meeting", extent="hours", start="9:00", end="10:00")
    add(stage, "121", "121", kind="home")
    assert stored(stage, "121") == ["meeting 540-600 (manual)", "home 510-1035 (manual)"]


def test_the_same_every_day_leaves_out_days_off(stage: Stage) -> None:
    add(stage, "121", "121", kind="leave", last="2026-12-01")
    days = [date(2026, 11, day) for day in (26, 27, 30)] + [date(2026, 12, 1)]
    assert [stored(stage, "121", day) for day in days] == [["leave 510-1035 (manual)"]] * 4
    assert stored(stage, "121", date(2026, 11, 28)) == []


@pytest.mark.parametrize("viewer", ["122", "120", "100"])
def test_a_colleague_enters_it_on_ones_behalf_and_that_is_recorded(
    stage: Stage, viewer: str
) -> None:
    assert add(stage, viewer, "121", kind="leave").status_code == 302
    assert stored(stage, "121") == ["leave 510-1035 (manual)"]
    assert audited(stage, "plan.day") == [stage.ids["121"]]


@pytest.mark.parametrize(("viewer", "offered"), [("121", True), ("120", True), ("122", False)])
def test_only_who_may_is_led_to_the_pattern(stage: Stage, viewer: str, offered: bool) -> None:
    page = stage.browser(viewer).get("/plan/day/121").get_data(as_text=True)
    assert ("/plan/calendar/121" in page) == offered


def test_the_board_of_today_follows(stage: Stage) -> None:
    with stage.frames() as sent:
        add(stage, "122", "121", date="2026-11-24", kind="leave")
    assert any(event == "rows" and room == "W12:full" for event, _payload, room in sent)
    assert stage.row("121")["place"] == "leave"


def test_the_kind_of_a_leave_is_nowhere(stage: Stage) -> None:
    add(stage, "121", "121", kind="leave", site="通院")
    assert stored(stage, "121") == ["leave 510-1035 (manual)"]


# --- taking back ----------------------------------------------------------------------------


def undo_form(client: Any) -> dict[str, str]:
    page = client.get(f"/plan/day/121?date={THURSDAY}").get_data(as_text=True)
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)
    assert ticket, "the page offers no way back"
    return {"csrf_token": csrf(client), "ticket": ticket[1], "date": THURSDAY.isoformat()}


def enter(client: Any, **fields: str) -> None:
    form = {"csrf_token": csrf(client), "date": THURSDAY.isoformat(), "extent": "whole"} | fields
    assert client.post("/plan/day/121/add", data=form).status_code == 302


def test_undo_brings_back_what_was_there_at_its_old_place(stage: Stage) -> None:
    add(stage, "121", "121", kind="trip", extent="am")
    with transaction():  # entered after it, so above it
        plans.put_day(stage.ids["121"], THURSDAY, [Entry(510, 600, "leave")], source="庶務事務")
    before = _ids(stage)
    client = stage.browser("121")
    enter(client, kind="home")
    assert stored(stage, "121") == ["leave 510-600 (庶務事務)", "home 510-1035 (manual)"]
    form = undo_form(client)
    assert client.post("/plan/day/121/undo", data=form).status_code == 302
    assert stored(stage, "121") == ["trip 510-720 (manual)", "leave 510-600 (庶務事務)"]
    assert _ids(stage) == before


def _ids(stage: Stage) -> list[int]:
    db.session.rollback()
    query = select(PlannedSegment.id).filter_by(staff_id=stage.ids["121"])
    return list(db.session.scalars(query.order_by(PlannedSegment.id)))


def test_the_way_back_is_offered_once_and_for_a_short_while(stage: Stage, at: Any) -> None:
    client = stage.browser("121")
    enter(client, kind="home")
    form = undo_form(client)
    assert 'name="ticket"' not in client.get("/plan/day/121").get_data(as_text=True)
    at("10:22")
    answer = client.post("/plan/day/121/undo", data=form, follow_redirects=True)
    assert "元に戻せる時間を過ぎました" in answer.get_data(as_text=True)
    assert stored(stage, "121") == ["home 510-1035 (manual)"]


def test_undo_after_somebody_else_changed_the_day_changes_nothing(stage: Stage) -> None:
    client = stage.browser("121")
    enter(client, kind="home")
    form = undo_form(client)
    add(stage, "122", "121", kind="leave", extent="am")
    answer = client.post("/plan/day/121/undo", data=form, follow_redirects=True)
    assert "その後に予定が変わった" in answer.get_data(as_text=True)
    assert stored(stage, "121") == ["home 510-1035 (manual)", "leave 510-720 (manual)"]


def test_a_ticket_of_somebody_else_is_none(stage: Stage) -> None:
    client = stage.browser("121")
    enter(client, kind="home")
    form = undo_form(client)
    other = stage.browser("122")
    theirs = form | {"csrf_token": csrf(other)}
    other.post("/plan/day/122/undo", data=theirs)
    forged = form | {"ticket": form["ticket"][:-3] + "AAA"}
    client.post("/plan/day/121/undo", data=forged)
    assert stored(stage, "121") == ["home 510-1035 (manual)"]


def test_a_line_entered_by_hand_is_taken_back_a_line_of_a_file_is_not(stage: Stage) -> None:
    with transaction():
        plans.put_day(stage.ids["121"], THURSDAY, [Entry(510, 600, "leave")], source="庶務事務")
    add(stage, "121", "121", kind="home")
    imported, by_hand = _ids(stage)
    date_ = {"date": THURSDAY.isoformat()}
    send(stage, "121", f"/plan/day/121/remove/{imported}", date_)
    assert len(stored(stage, "121")) == 2
    assert send(stage, "220", f"/plan/day/121/remove/{by_hand}", date_).status_code == 403
    send(stage, "122", f"/plan/day/121/remove/{by_hand}", date_)
    assert stored(stage, "121") == ["leave 510-600 (庶務事務)"]
    again = send(stage, "121", f"/plan/day/121/remove/{by_hand}", date_)
    assert again.status_code == 302  # the second tap of a double tap
