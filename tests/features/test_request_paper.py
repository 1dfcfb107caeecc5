"""The record, its 報告 that writes itself, the A4 form, the month for 人事担当; who may read which."""

import io
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from tests.doors import post
from tests.stage import Stage
from webapp.attendance.models import DayConfirmation, Punch
from webapp.core import clock, facts, settings
from webapp.core.db import db, transaction
from webapp.org.models import Posting
from webapp.requests import form_settings
from webapp.requests import settings as municipal
from webapp.requests.models import TeleworkRequest

ME, TODAY = "122", "2026-11-24"


def put(setting: settings.Setting, value: Any) -> None:
    with transaction():
        settings.put(setting, value, by=None, now=clock.now())


def filed(stage: Stage, day: str = "2026-12-01", **more: Any) -> int:
    answer = stage.api(ME).post("/requests", {"days": [day], "work": "入園案内の改訂"} | more)
    assert answer.status_code == 201, answer.json
    request_id: int = answer.json["requests"][0]["id"]
    return request_id


def today(stage: Stage, **more: Any) -> int:
    """Approved orally for today."""
    oral = {"oral_by": "100", "oral_at": "2026-11-24T08:00:00+09:00"}
    return filed(stage, TODAY, **oral, **more)


def row(request_id: int) -> TeleworkRequest:
    db.session.rollback()
    return db.session.get_one(TeleworkRequest, request_id)


def work(stage: Stage, at: Any, end: str = "17:15") -> None:
    """The day as reported: a 中抜け, the evening note, 終業, and the confirmation of the 係長."""
    api = stage.api(ME)
    for minute, kind, more in (
        ("8:30", "start", {"place": "home"}),
        ("10:00", "break_out", {}),
        ("10:30", "break_in", {}),
        (end, "end", {}),
    ):
        at(minute)
        assert api.punch(kind, f"{kind}-key", **more).status_code == 201
    note = {"lines": ["入園案内 3〜6頁を改訂"], "carried_over": ["7頁"], "links": []}
    assert api.call("PUT", f"/me/standup/{TODAY}/evening", json=note).status_code == 200
    with transaction():
        lead = stage.ids["120"]
        db.session.add(
            DayConfirmation(
                staff_id=stage.ids[ME],
                business_on=date(2026, 11, 24),
                confirmed_by=lead,
                confirmed_at=clock.now(),
            )
        )


# --- who reads ------------------------------------------------------------------------------

READERS = [
    (ME, 200),
    ("100", 200),  # 所属長
    ("120", 200),  # 係長
    ("800", 200),  # 人事担当
    ("121", 404),  # a colleague
    ("220", 404),  # another section
]


@pytest.mark.parametrize(("number", "status"), READERS)
def test_who_reads_a_request(stage: Stage, number: str, status: int) -> None:
    request_id = filed(stage)
    browser = stage.browser(number)
    assert browser.get(f"/requests/{request_id}").status_code == status
    assert browser.get(f"/requests/{request_id}/paper").status_code == status
    assert browser.get(f"/requests/paper?id={request_id}").status_code == status
    assert stage.api(number, "self unit:read").get(f"/requests/{request_id}").status_code == status


def test_nobody_reads_anything_without_signing_in(stage: Stage) -> None:
    request_id = filed(stage)
    client = stage.app.test_client()
    for path in (f"/requests/{request_id}", f"/requests/{request_id}/paper", "/requests/own"):
        assert client.get(path).status_code == 302
    assert client.get("/requests/month").status_code == 302


def test_lists_of_the_api(stage: Stage) -> None:
    request_id = filed(stage)
    assert [r["id"] for r in stage.api(ME).get("/requests").json["requests"]] == [request_id]
    assert stage.api("121").get("/requests").json["requests"] == []
    lead = stage.api("100", "self unit:read")
    listed = lead.get("/requests?unit=W11&state=waiting").json["requests"]
    assert [(r["id"], r["person"]["staff"], r["state"]) for r in listed] == [
        (request_id, ME, "waiting")
    ]
    assert lead.get("/requests?unit=W11&state=approved").json["requests"] == []
    assert lead.get("/requests?unit=W11&from=2026-12-02").json["requests"] == []
    assert stage.api("121", "self unit:read").get("/requests?unit=W11").status_code == 403
    assert lead.get("/requests?unit=W21").status_code == 403
    assert lead.get("/requests?state=lost").status_code == 422
    assert lead.get("/requests?from=tomorrow").status_code == 422


def test_the_list_of_a_unit_goes_with_the_posting(stage: Stage) -> None:
    request_id = filed(stage)
    former, new = stage.api("100", "self unit:read"), stage.api("200", "self unit:read")
    assert new.get("/requests?unit=W21").json["requests"] == []
    with transaction():
        posting = db.session.query(Posting).filter_by(staff_id=stage.ids[ME]).one()
        posting.unit_id = stage.units["W22"]
        facts.restamp("org")
    assert former.get("/requests?unit=W11").json["requests"] == []
    found = new.get("/requests?unit=W22").json["requests"]
    assert [row["id"] for row in found] == [request_id]


# --- 報告 -----------------------------------------------------------------------------------


def test_the_work_of_the_request_is_the_plan_of_the_morning(stage: Stage) -> None:
    today(stage, work="入園案内の改訂\n統計の集計")
    told = stage.api(ME).get("/me").json["today"]["standup"]["prefill"]["morning"]
    assert told == ["入園案内の改訂", "統計の集計"]


def test_what_waits_is_no_plan_yet(stage: Stage) -> None:
    filed(stage, TODAY)
    told = stage.api(ME).get("/me").json["today"]["standup"]["prefill"]["morning"]
    assert told == []


def test_the_report_writes_itself(stage: Stage, at: Any) -> None:
    request_id = today(stage)
    work(stage, at)
    page = stage.browser(ME).get(f"/requests/{request_id}").text
    for text in (
        "8:30〜17:15",
        "10:00〜10:30",
        "入園案内 3〜6頁を改訂",
        "持越し: 7頁",
        "瀨戸 恵子",
    ):
        assert text in page, text
    assert "時間外勤務の命令を受けましたか" not in page


def test_a_late_end_asks_whether_it_was_ordered(stage: Stage, at: Any) -> None:
    request_id = today(stage)
    work(stage, at, end="18:10")
    browser = stage.browser(ME)
    assert "時間外勤務の命令を受けましたか" in browser.get("/requests/own").text
    assert "時間外勤務の命令を受けましたか" in browser.get(f"/requests/{request_id}").text
    answer = post(browser, f"/requests/{request_id}/report", {"overtime": "true"})
    assert answer.status_code == 303
    assert row(request_id).overtime_ordered is True
    assert "時間外勤務の命令を受けましたか" not in browser.get("/requests/own").text
    assert "あり" in browser.get(f"/requests/{request_id}/paper").text


def test_a_quarter_of_an_hour_is_not_asked_about(stage: Stage, at: Any) -> None:
    request_id = today(stage)
    work(stage, at, end="17:30")
    assert "命令を受けましたか" not in stage.browser(ME).get(f"/requests/{request_id}").text


def test_a_municipality_may_not_ask(stage: Stage, at: Any) -> None:
    put(municipal.OVERTIME, "free")
    request_id = today(stage)
    work(stage, at, end="19:00")
    assert "命令を受けましたか" not in stage.browser(ME).get(f"/requests/{request_id}").text


def test_what_was_carried_is_asked_back(stage: Stage, at: Any) -> None:
    request_id = today(stage, carries=True, carried="要綱の写し")
    work(stage, at)
    browser = stage.browser(ME)
    assert "資料を返却しましたか" in browser.get("/requests/own").text
    post(browser, f"/requests/{request_id}/report", {"returned": "true", "note": "翌朝に返却"})
    found = row(request_id)
    assert (found.returned_items, found.report_note) == (True, "翌朝に返却")
    assert "返却した" in browser.get(f"/requests/{request_id}/paper").text


def test_a_report_that_is_too_long_is_kept_on_the_page(stage: Stage) -> None:
    request_id = today(stage)
    answer = post(stage.browser(ME), f"/requests/{request_id}/report", {"note": "あ" * 201})
    assert answer.status_code == 422
    assert "200文字以内" in answer.text
    assert "あ" * 201 in answer.text
    assert row(request_id).report_note == ""


def test_nobody_writes_anothers_report_or_before_the_day(stage: Stage) -> None:
    now, later = today(stage), filed(stage)
    note = {"note": "勝手に"}
    assert post(stage.browser("100"), f"/requests/{now}/report", note).status_code == 403
    assert post(stage.browser("220"), f"/requests/{now}/report", note).status_code == 404
    assert post(stage.browser(ME), f"/requests/{later}/report", note).status_code == 422
    assert row(now).report_note == ""


# --- paper ----------------------------------------------------------------------------------


def test_the_form_bears_the_municipalitys_name_number_and_words(stage: Stage) -> None:
    put(form_settings.FORM_TITLE, "在宅勤務実施申請書・実施報告書")
    put(form_settings.FORM_NUMBER, "様式第3号（第7条関係）")
    put(form_settings.WORDS, {"device": "使用する機器"})
    put(form_settings.OWN_FIELDS, ["通信費の負担"])
    put(form_settings.FIELDS["travel_order"], "may")
    request_id = filed(
        stage,
        carries=True,
        carried="要綱の写し",
        device="loan",
        confirmer="120",
        travel_order=False,
        more={"通信費の負担": "本人"},
    )
    page = stage.browser(ME).get(f"/requests/{request_id}/paper").text
    for text in (
        "在宅勤務実施申請書・実施報告書",
        "様式第3号（第7条関係）",
        "令和8年11月24日",
        "令和8年12月1日（火）",
        "保育課長",
        "河野 優",
        "終日　8:30〜17:15",
        "在宅（自宅）",
        "使用する機器",
        "貸出のPC",
        "要綱の写し",
        "瀨戸 恵子",
        "通信費の負担",
        "旅行命令",
        "入園案内の改訂",
    ):
        assert text in page, text
    assert "印</" not in page


def test_a_field_that_is_not_asked_is_not_printed(stage: Stage) -> None:
    put(form_settings.FIELDS["confirmer"], "no")
    page = stage.browser(ME).get(f"/requests/{filed(stage)}/paper").text
    assert "在席確認者" not in page
    assert "旅行命令" not in page


def test_several_on_a_page_each_without_those_of_others(stage: Stage) -> None:
    mine = filed(stage)
    other = filed(stage, "2026-12-03")
    theirs = stage.api("121").post("/requests", {"days": ["2026-12-01"], "work": "監査"})
    their_id = theirs.json["requests"][0]["id"]
    page = stage.browser(ME).get(f"/requests/paper?id={mine}&id={other}&id={their_id}").text
    assert page.count('class="a4 ') == 2
    assert "監査" not in page
    assert stage.browser(ME).get("/requests/paper?id=x&id=999999").status_code == 404
    filing = row(mine).filing
    assert stage.browser(ME).get(f"/requests/paper?filing={filing}").text.count('class="a4 ') == 1


# --- the month ------------------------------------------------------------------------------


def test_only_hr_takes_the_month(stage: Stage) -> None:
    for path in ("month", "month.csv", "month.xlsx"):
        assert stage.browser("100").get(f"/requests/{path}").status_code == 403
        assert stage.browser("800").get(f"/requests/{path}").status_code == 200


def test_the_month_as_files(stage: Stage) -> None:
    filed(stage, work="=cmd|' /C calc'!A0")
    hr = stage.browser("800")
    content = hr.get("/requests/month.csv?month=2026-12").data.decode("utf-8-sig")
    assert "122,河野 優,W12,入所係,2026-12-01,終日,8:30,17:15,在宅,自宅" in content
    assert ",'=cmd" in content
    assert b"\x89\xcd\x96\xec" in hr.get("/requests/month.csv?month=2026-12&encoding=cp932").data
    book = load_workbook(io.BytesIO(hr.get("/requests/month.xlsx?month=2026-12").data))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert [rows[1][0], rows[1][4]] == ["122", "2026-12-01"]
    assert str(rows[1][11]).lstrip("'").startswith("=cmd")
    assert hr.get("/requests/month?month=2026-12").text.count("承認待ち") >= 1
    assert hr.get("/requests/month?month=december").status_code == 422
    assert "ありません" in hr.get("/requests/month?month=2025-01").text


def test_ones_own_data_shows_requests(stage: Stage) -> None:
    filed(stage, contact="090-0000-0000")
    page = stage.browser(ME).get("/me/data").text
    assert "テレワークの申請" in page
    assert "090-0000-0000" in page


def test_a_report_of_attendance_is_not_stored_twice(stage: Stage, at: Any) -> None:
    """Times stay where they were reported; the record only shows them."""
    today(stage)
    work(stage, at)
    assert len(db.session.scalars(select(Punch)).all()) == 4
