"""Filing requests through the page and the API: days together, twice, wrong, for others, after 差し戻し."""

import threading
import uuid
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from tests.doors import csrf
from tests.stage import Stage
from webapp.core import clock, settings
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.notices.models import Notice
from webapp.org.models import Posting
from webapp.org.settings import SITES
from webapp.plans.models import PlannedSegment
from webapp.plans.service import Entry
from webapp.requests import settings as municipal
from webapp.requests.form_settings import FIELDS, OWN_FIELDS
from webapp.requests.models import RequestPreset, TeleworkRequest

TUESDAY, THURSDAY = "2026-12-01", "2026-12-03"
ME = "122"


def body(*days: str, **more: Any) -> dict[str, Any]:
    return {"days": list(days), "work": "入園案内の改訂"} | more


def form(*days: str, **more: Any) -> MultiDict[str, str]:
    typed: MultiDict[str, str] = MultiDict(
        {"extent": "whole", "place": "home", "place_kind": "own", "work": "入園案内の改訂"}
        | {"key": str(uuid.uuid4()), "seen": ""}
        | more
    )
    typed.setlist("days", list(days))
    return typed


def rows() -> list[TeleworkRequest]:
    db.session.rollback()
    return list(db.session.scalars(select(TeleworkRequest).order_by(TeleworkRequest.day)))


def put(setting: settings.Setting, value: Any, unit: str = "") -> None:
    with transaction():
        settings.put(setting, value, unit_code=unit, by=None, now=clock.now())


def post(stage: Stage, typed: MultiDict[str, str], number: str = ME) -> Any:
    return sent(stage.browser(number), "/requests/new", typed)


def sent(browser: FlaskClient, path: str, typed: MultiDict[str, str]) -> Any:
    """As the page sends it, with its token."""
    return browser.post(
        path, data=MultiDict([*typed.items(multi=True), ("csrf_token", csrf(browser))])
    )


# --- the usual case -------------------------------------------------------------------------


def test_the_form_opens_filled_in_for_the_next_possible_day(stage: Stage) -> None:
    page = stage.browser(ME).get("/requests/new").text
    assert 'value="2026-11-25" checked' in page  # 10:20: tomorrow's deadline is noon
    clock.freeze(clock.now().replace(hour=4))  # 13:00 in Tokyo
    page = stage.browser(ME).get("/requests/new").text
    assert 'value="2026-11-26" checked' in page


def test_it_opens_as_the_last_time(stage: Stage) -> None:
    post(stage, form(TUESDAY, extent="pm", contact="090-0000-0000", device="loan"))
    page = stage.browser(ME).get("/requests/new").text
    assert "入園案内の改訂" in page
    assert 'name="extent" value="pm" checked' in page
    assert 'name="device" value="loan" checked' in page


def test_one_day_is_filed_and_the_approver_told(stage: Stage) -> None:
    answer = post(stage, form(TUESDAY))
    assert answer.status_code == 303
    (row,) = rows()
    assert (row.state, row.day, row.extent, row.late) == (
        "waiting",
        date(2026, 12, 1),
        "whole",
        False,
    )
    assert (row.start_minute, row.end_minute, row.warnings) == (510, 1035, [])
    chief = db.session.scalars(select(Notice).filter_by(staff_id=stage.ids["100"])).all()
    assert any("申請" in notice.text for notice in chief)
    listed = stage.browser(ME).get("/requests/own").text
    assert "12月1日（火） 終日 在宅" in listed
    assert "承認待ち" in listed


EXTENTS = [("whole", 510, 1035), ("am", 510, 720), ("pm", 780, 1035)]


@pytest.mark.parametrize(("extent", "start", "end"), EXTENTS)
def test_the_part_of_the_day_comes_from_the_hours(
    stage: Stage, extent: str, start: int, end: int
) -> None:
    post(stage, form(TUESDAY, extent=extent))
    assert [(r.start_minute, r.end_minute) for r in rows()] == [(start, end)]


def test_hours_and_other_hours(stage: Stage) -> None:
    moved = {"hours_from": "08:00", "hours_to": "16:45"}
    answer = stage.api(ME).post(
        "/requests", body(TUESDAY, extent="hours", **{"from": "13:00", "to": "15:30"}, **moved)
    )
    assert answer.status_code == 201, answer.json
    (row,) = rows()
    assert (row.start_minute, row.end_minute) == (780, 930)
    assert (row.hours_start, row.hours_end, row.break_start, row.break_end) == (480, 1005, 720, 780)


# --- several days ---------------------------------------------------------------------------


def test_several_days_are_one_filing(stage: Stage) -> None:
    post(stage, form(TUESDAY, THURSDAY))
    found = rows()
    assert [r.day.isoformat() for r in found] == [TUESDAY, THURSDAY]
    assert len({r.filing for r in found}) == 1


def test_all_days_or_none_and_the_wrong_one_is_named(stage: Stage) -> None:
    post(stage, form(THURSDAY))
    answer = post(stage, form(TUESDAY, THURSDAY, work="統計の集計"))
    assert answer.status_code == 409
    assert "12月3日（木）は、もう申請があります" in answer.text
    assert "統計の集計" in answer.text
    assert f'value="{TUESDAY}" checked' in answer.text
    assert len(rows()) == 1


def test_half_days_of_one_day_can_stand_beside_each_other(stage: Stage) -> None:
    post(stage, form(TUESDAY, extent="am"))
    assert post(stage, form(TUESDAY, extent="pm")).status_code == 303
    assert post(stage, form(TUESDAY)).status_code == 409
    assert len(rows()) == 2


def test_every_week_leaves_out_what_cannot_be(stage: Stage) -> None:
    stage.plan(ME, Entry(510, 1035, "leave"), day=date(2026, 12, 8))
    post(stage, form(TUESDAY))
    repeat = {"weekdays": [2], "until": "2027-01-05"}
    answer = stage.api(ME).post("/requests", {"repeat": repeat, "work": "統計"})
    assert answer.status_code == 201, answer.json
    # 12/1 is filed, 12/8 leave, 12/29 closed
    assert [r["date"] for r in answer.json["requests"]] == [
        "2026-12-15",
        "2026-12-22",
        "2027-01-05",
    ]
    assert [out["date"] for out in answer.json["left_out"]] == [TUESDAY, "2026-12-08", "2026-12-29"]


def test_every_week_from_the_page(stage: Stage) -> None:
    typed = form(repeat_on="1", until="2026-12-15")
    typed.setlist("weekdays", ["2", "4"])
    assert post(stage, typed).status_code == 303
    assert [r.day.isoformat() for r in rows()] == [
        "2026-11-26",
        "2026-12-01",
        "2026-12-03",
        "2026-12-08",
        "2026-12-10",
        "2026-12-15",
    ]


# --- twice ----------------------------------------------------------------------------------


def test_pressed_twice_is_filed_once(stage: Stage) -> None:
    typed, browser = form(TUESDAY), stage.browser(ME)
    answers = [sent(browser, "/requests/new", typed) for _ in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    assert len(rows()) == 1


def test_somebody_elses_key_is_no_way_in(stage: Stage) -> None:
    typed = form(TUESDAY)
    post(stage, typed)
    answer = post(stage, typed, "121")
    assert answer.status_code == 409
    assert len(rows()) == 1


def test_twenty_at_once_are_one_request_and_nineteen_are_told(stage: Stage) -> None:
    clients = [stage.api(ME) for _ in range(20)]
    start, codes = threading.Barrier(20), []

    def file(api: Any) -> None:
        start.wait()
        codes.append(api.post("/requests", body(TUESDAY)).status_code)

    threads = [threading.Thread(target=file, args=(api,)) for api in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201] + [409] * 19
    assert len(rows()) == 1


# --- warnings -------------------------------------------------------------------------------


def test_a_warning_is_shown_before_it_is_filed(stage: Stage) -> None:
    clock.freeze(clock.now().replace(hour=4))  # 13:00: too late for tomorrow
    typed = form("2026-11-25")
    answer = post(stage, typed)
    assert answer.status_code == 422
    assert "締切（11月24日（火）12:00）を過ぎています" in answer.text
    assert 'name="seen" value="late"' in answer.text
    assert rows() == []
    typed["seen"] = "late"
    assert post(stage, typed).status_code == 303
    (row,) = rows()
    assert row.late
    assert [w["code"] for w in row.warnings] == ["late"]


def test_strict_takes_none_against_the_rules(stage: Stage) -> None:
    put(municipal.STRICT, "strict", "W11")
    clock.freeze(clock.now().replace(hour=4))
    answer = stage.api(ME).post("/requests", body("2026-11-25"))
    assert answer.status_code == 422
    assert "days" in answer.json["error"]["fields"]
    assert stage.api("220").post("/requests", body("2026-11-25")).status_code == 201
    assert [r.staff_id for r in rows()] == [stage.ids["220"]]


def test_what_the_checks_know_of_the_day(stage: Stage) -> None:
    counter = stage.position("窓口2")
    stage.duty(counter, ME, 540, 630, day=date(2026, 12, 1))
    stage.plan(ME, Entry(780, 1035, "trip"), day=date(2026, 12, 3))
    answer = sent(stage.browser(ME), "/requests/check", form(TUESDAY, THURSDAY)).json
    told = {finding["code"]: finding["words"] for finding in answer["findings"]}
    assert "窓口2の当番" in told["duty"]
    assert "外出・出張" in told["absent"]
    assert answer["summary"] == "12月1日（火） ほか1日 終日 在宅"
    assert rows() == []


def test_the_weekly_cap_counts_plans_and_requests(stage: Stage) -> None:
    stage.telework(ME, date(2026, 12, 4))
    post(stage, form("2026-11-30", TUESDAY))
    answer = sent(stage.browser(ME), "/requests/check", form("2026-12-02", THURSDAY)).json
    assert [f["code"] for f in answer["findings"]] == ["cap"]
    assert "5日目" in answer["findings"][0]["words"]


def test_who_may_not_telework_is_told(stage: Stage) -> None:
    put(municipal.TARGETS, ["対象外 職名=主事"])
    answer = sent(stage.browser(ME), "/requests/check", form(TUESDAY)).json
    assert [f["code"] for f in answer["findings"]] == ["target"]
    with transaction():
        posting = db.session.scalars(select(Posting).filter_by(staff_id=stage.ids[ME])).one()
        posting.telework = True
    answer = sent(stage.browser(ME), "/requests/check", form(TUESDAY)).json
    assert answer["findings"] == []


# --- bad input ------------------------------------------------------------------------------

BAD = [
    ({"days": []}, "days", "実施日を選んでください"),
    ({"days": ["2026-13-01"]}, "days.0", "日付の形式"),
    ({"days": ["2028-12-01"]}, "days", "申請できません"),
    ({"days": ["2026-08-03"]}, "days", "申請できません"),
    ({"extent": "hours"}, "from", "時刻を入れてください"),
    ({"extent": "hours", "from": "15:00", "to": "13:00"}, "to", "始まりより後"),
    ({"extent": "hours", "from": "25:00", "to": "26:00"}, "from", "24:00"),
    ({"extent": "week"}, "extent", "どれか"),
    ({"place": "beach"}, "place", "どれか"),
    ({"place": "satellite", "site": "ない拠点"}, "site", "拠点"),
    ({"hours_from": "08:00"}, "hours", "両方"),
    ({"hours_from": "17:00", "hours_to": "08:00"}, "hours", "始業より後"),
    (
        {"hours_from": "08:00", "hours_to": "16:45", "break_from": "07:00", "break_to": "08:00"},
        "break",
        "勤務時間の中",
    ),
    ({"work": ""}, "work", "業務内容"),
    ({"work": "あ" * 501}, "work", "500文字以内"),
    ({"contact": "0" * 61}, "contact", "60文字以内"),
    ({"device": "abacus"}, "device", "どれか"),
    ({"carried": "あ" * 201}, "carried", "200文字以内"),
    ({"confirmer": "999999"}, "confirmer", "職員番号"),
    ({"confirmer": ME}, "confirmer", "自分のほか"),
    ({"tasks": [987654]}, "tasks", "業務の表"),
    ({"seat": 987654, "place": "satellite", "site": "四ツ谷"}, "seat", "席"),
    ({"item": 987654}, "item", "見つかりません"),
    ({"more": {"無い項目": "x"}}, "more.無い項目", "この項目はありません"),
    ({"oral_by": "121", "oral_at": "2026-11-24T09:00:00+09:00"}, "oral_by", "承認できる人"),
    ({"oral_by": "100"}, "oral_at", "日時"),
    ({"oral_by": "100", "oral_at": "2026-11-24T18:00:00+09:00"}, "oral_at", "これまで"),
    ({"oral_by": "100", "oral_at": "2026-11-24T09:00:00"}, "oral_at", "時差"),
    ({"key": "x"}, "key", "UUID"),
    ({"unknown": 1}, "unknown", "この項目はありません"),
    ({"repeat": {"weekdays": [8], "until": "2026-12-31"}}, "repeat.weekdays.0", "7"),
    ({"repeat": {"weekdays": [1], "until": "2026-11-01"}, "days": []}, "until", "きょう"),
]


@pytest.mark.parametrize(("wrong", "field", "words"), BAD)
def test_bad_input_is_named_at_its_field_and_nothing_is_stored(
    stage: Stage, wrong: dict[str, Any], field: str, words: str
) -> None:
    put(SITES, ["四ツ谷"])
    answer = stage.api(ME).post("/requests", body(TUESDAY) | wrong)
    assert answer.status_code == 422, answer.json
    assert words in answer.json["error"]["fields"][field], answer.json
    assert rows() == []


def test_a_faulty_form_keeps_what_was_typed(stage: Stage) -> None:
    typed = form(
        TUESDAY,
        extent="hours",
        contact="内線 3904",
        carried="要綱",
        **{"from": "15:00", "to": "13:00"},
    )
    answer = post(stage, typed)
    assert answer.status_code == 422
    assert "始まりより後にしてください" in answer.text
    for text in ("内線 3904", "要綱", 'value="15:00"', "入園案内の改訂", typed["key"]):
        assert text in answer.text


def test_fields_a_municipality_asks(stage: Stage) -> None:
    put(FIELDS["confirmer"], "must")
    put(OWN_FIELDS, ["緊急連絡先"])
    answer = stage.api(ME).post("/requests", body(TUESDAY))
    assert answer.json["error"]["fields"] == {"confirmer": "入力してください"}
    told = body(TUESDAY, confirmer="120", more={"緊急連絡先": "家族"})
    assert stage.api(ME).post("/requests", told).status_code == 201
    (row,) = rows()
    assert row.confirmer_id == stage.ids["120"]
    assert row.more == {"緊急連絡先": "家族"}


# --- for others, orally ---------------------------------------------------------------------


def test_a_stranger_files_for_nobody(stage: Stage) -> None:
    answer = stage.api("220").post("/requests", body(TUESDAY, staff=ME))
    assert answer.status_code == 403
    assert stage.browser("220").get(f"/requests/new?staff={ME}").status_code == 403
    assert stage.app.test_client().get("/api/v1/requests").status_code == 401
    assert stage.app.test_client().get("/requests/new").status_code == 302
    assert rows() == []


def test_a_colleague_files_for_somebody_and_it_is_on_record(stage: Stage) -> None:
    assert post(stage, form(TUESDAY, staff=ME), "121").status_code == 303
    (row,) = rows()
    assert (row.staff_id, row.filed_by) == (stage.ids[ME], stage.ids["121"])
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action.like("request.%"))).one()
    assert (entry.actor_id, entry.staff_id) == (stage.ids["121"], stage.ids[ME])
    assert db.session.scalars(select(Notice).filter_by(staff_id=stage.ids[ME])).first()


def test_orally_approved_holds_at_once_and_the_approver_is_told(stage: Stage) -> None:
    told = body("2026-11-25", oral_by="100", oral_at="2026-11-24T09:00:00+09:00")
    answer = stage.api(ME).post("/requests", told)
    assert answer.status_code == 201, answer.json
    (row,) = rows()
    assert (row.state, row.decided_as, row.decided_by) == ("approved", "oral", stage.ids["100"])
    plan = db.session.scalars(select(PlannedSegment).filter_by(staff_id=stage.ids[ME])).one()
    assert (plan.day, plan.kind) == (date(2026, 11, 25), "home")
    assert db.session.scalars(select(Notice).filter_by(staff_id=stage.ids["100"])).first()


def test_oral_can_be_switched_off(stage: Stage) -> None:
    put(municipal.ORAL, False)
    told = body("2026-11-25", oral_by="100", oral_at="2026-11-24T09:00:00+09:00")
    assert stage.api(ME).post("/requests", told).json["error"]["fields"].keys() == {"oral_by"}


def test_oral_from_the_page(stage: Stage) -> None:
    typed = form("2026-11-25", oral="1", oral_by="100", oral_on="2026-11-24", oral_time="09:00")
    assert post(stage, typed).status_code == 303
    assert rows()[0].oral_by == stage.ids["100"]


# --- again ----------------------------------------------------------------------------------


def returned(stage: Stage) -> TeleworkRequest:
    post(stage, form(TUESDAY))
    (row,) = rows()
    chief = stage.api("100", "unit:write self")
    answer = chief.post(
        f"/requests/{row.id}/return", {"reason": "業務を具体的に", "revision": row.revision}
    )
    assert answer.status_code == 200, answer.json
    return rows()[0]


def test_what_was_returned_comes_first_and_is_filed_again(stage: Stage) -> None:
    row = returned(stage)
    browser = stage.browser(ME)
    listed = browser.get("/requests/own").text
    assert "あなたの番です" in listed
    assert "業務を具体的に" in listed
    page = browser.get(f"/requests/{row.id}/edit").text
    assert "入園案内の改訂" in page
    assert "業務を具体的に" in page
    typed = form(TUESDAY, work="入園案内3〜6頁の改訂", revision=str(row.revision))
    assert sent(browser, f"/requests/{row.id}/edit", typed).status_code == 303
    (again,) = rows()
    assert (again.id, again.state, again.work) == (row.id, "waiting", "入園案内3〜6頁の改訂")
    assert [step.what for step in again.steps] == ["filed", "returned", "changed"]


def test_who_changes_an_older_one_is_told(stage: Stage) -> None:
    row = returned(stage)
    browser = stage.browser(ME)
    typed = form(TUESDAY, work="新しい文", revision=str(row.revision))
    sent(browser, f"/requests/{row.id}/edit", typed)
    typed = form(TUESDAY, work="古い画面の文", revision=str(row.revision))
    answer = sent(browser, f"/requests/{row.id}/edit", typed)
    assert answer.status_code == 409
    assert "古い画面の文" in answer.text
    assert rows()[0].work == "新しい文"


def test_nobody_else_changes_it(stage: Stage) -> None:
    row = returned(stage)
    typed = form(TUESDAY, work="勝手に", revision=str(row.revision))
    assert stage.browser("220").get(f"/requests/{row.id}/edit").status_code == 404
    assert sent(stage.browser("220"), f"/requests/{row.id}/edit", typed).status_code == 404
    assert sent(stage.browser("100"), f"/requests/{row.id}/edit", typed).status_code == 403
    assert rows()[0].work == "入園案内の改訂"


def test_a_change_after_the_approval_is_a_request_of_its_own(stage: Stage) -> None:
    post(stage, form(TUESDAY))
    (row,) = rows()
    chief = stage.api("100", "unit:write self")
    assert chief.post(f"/requests/{row.id}/approve", {"revision": row.revision}).status_code == 200
    (row,) = rows()
    typed = form(TUESDAY, extent="am", revision=str(row.revision))
    answer = sent(stage.browser(ME), f"/requests/{row.id}/edit", typed)
    assert answer.status_code == 303, answer.text
    old, new = sorted(rows(), key=lambda r: r.id)
    assert (old.state, old.extent) == ("approved", "whole")
    assert (new.state, new.extent, new.changes_id) == ("waiting", "am", old.id)
    assert chief.post(f"/requests/{new.id}/approve", {"revision": new.revision}).status_code == 200
    old, new = sorted(rows(), key=lambda r: r.id)
    assert (old.state, new.state) == ("replaced", "approved")


# --- いつもの ---------------------------------------------------------------------------------


def test_a_preset_is_one_tap(stage: Stage) -> None:
    post(stage, form(TUESDAY, extent="pm", keep_as="午後 在宅", work="統計"))
    post(stage, form(THURSDAY, work="ほかの仕事"))
    preset = db.session.scalars(select(RequestPreset)).one()
    page = stage.browser(ME).get(f"/requests/new?preset={preset.id}").text
    assert 'name="extent" value="pm" checked' in page
    assert "統計" in page
    assert stage.browser("121").get(f"/requests/new?preset={preset.id}").status_code == 404
    assert (
        sent(stage.browser("121"), f"/requests/presets/{preset.id}/drop", MultiDict()).status_code
        == 404
    )
    sent(stage.browser(ME), f"/requests/presets/{preset.id}/drop", MultiDict())
    db.session.rollback()
    assert db.session.scalars(select(RequestPreset)).all() == []
