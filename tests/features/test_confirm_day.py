"""報告の確認: who is named may, an absent one is stood in for, earlier days first, nothing twice, undo."""

import re
import threading
from datetime import date
from typing import Any

import pytest

from tests.conftest import tokyo
from tests.doors import csrf, post
from tests.stage import Stage
from webapp.attendance import confirmations
from webapp.attendance.models import DayConfirmation
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.plans.service import Entry
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import State

TODAY, FRIDAY = date(2026, 11, 24), date(2026, 11, 20)  # Monday is a holiday


def request_of(
    stage: Stage,
    number: str,
    confirmer: str | None = None,
    day: date = TODAY,
    state: State = State.APPROVED,
    **more: Any,
) -> int:
    with transaction():
        fields: dict[str, Any] = {
            "filing": f"{number}-{day}",
            "staff_id": stage.ids[number],
            "unit_id": stage.units["W12"],
            "state": state.value,
            "filed_at": clock.now(),
            "filed_by": stage.ids[number],
            "day": day,
            "extent": "whole",
            "start_minute": 510,
            "end_minute": 1035,
            "place": "home",
            "work": "入園案内の改訂",
            "confirmer_id": stage.ids[confirmer] if confirmer else None,
        }
        row = TeleworkRequest(**fields | more)
        db.session.add(row)
        db.session.flush()
        return row.id


def worked(stage: Stage, number: str, end: str = "17:15", day: date = TODAY) -> None:
    """A whole day at home, reported."""
    stage.telework(number, day)
    for kind, time in (("start", "08:30"), ("end", end)):
        clock.freeze(tokyo(f"{day} {time}"))
        answer = stage.api(number).punch(kind, f"{day}{kind}", place="home")
        assert answer.status_code == 201
    clock.freeze(tokyo(f"{TODAY} 18:00"))


def confirmed() -> dict[tuple[int, date], int]:
    db.session.rollback()
    db.session.expire_all()
    rows = db.session.query(DayConfirmation).all()
    return {(row.staff_id, row.business_on): row.confirmed_by for row in rows}


def names_in(page: str) -> list[str]:
    return re.findall(r"<h4>([^<]+?) <small>", page)


@pytest.mark.parametrize(
    ("number", "may"),
    [
        ("100", True),
        ("110", True),
        ("120", True),  # 係長 of the 係
        ("220", True),  # named in the request, of another 課
        ("121", False),  # oneself
        ("122", False),
        ("130", False),  # 係長 of another 係: has the page, not this person
        ("200", False),
        ("900", False),
    ],
)
def test_who_confirms(stage: Stage, number: str, may: bool) -> None:
    request_of(stage, "121", "220")
    worked(stage, "121")
    browser = stage.browser(number)
    page = browser.get("/reports/confirm")
    assert page.status_code == (200 if may or number in ("130", "200") else 403)
    assert ("桜井 剛" in names_in(page.text)) is may
    answer = post(browser, "/reports/confirm", {"item": "2026-11-24:121"})
    assert answer.status_code == (302 if may else 403)
    assert bool(confirmed()) is may


def test_a_request_not_approved_names_nobody(stage: Stage) -> None:
    request_of(stage, "121", "220", state=State.WAITING)
    worked(stage, "121")
    browser = stage.browser("220")
    assert browser.get("/reports/confirm").status_code == 403
    assert post(browser, "/reports/confirm", {"item": "2026-11-24:121"}).status_code == 403
    request_of(stage, "122", "220", day=FRIDAY)  # another person's day opens the page, not this one
    assert browser.get("/reports/confirm").status_code == 200
    assert post(browser, "/reports/confirm", {"item": "2026-11-24:121"}).status_code == 403
    assert confirmed() == {}


def test_nobody_confirms_oneself_even_if_named(stage: Stage) -> None:
    request_of(stage, "120", "120")
    worked(stage, "120")
    browser = stage.browser("120")
    assert names_in(browser.get("/reports/confirm").text) == []
    assert post(browser, "/reports/confirm", {"item": "2026-11-24:120"}).status_code == 403
    assert confirmed() == {}


def test_what_stands_beside_the_report(stage: Stage) -> None:
    request_of(stage, "121", overtime_ordered=True)
    worked(stage, "121", end="18:00")
    stage.api("121").call(
        "PUT",
        "/me/standup/2026-11-24/evening",
        json={"lines": ["第2章まで"], "carried_over": ["写真"]},
    )
    text = " ".join(
        re.sub(r"<[^>]+>", " ", stage.browser("120").get("/reports/confirm").text).split()
    )
    assert "8:30〜18:00" in text
    assert "業務内容 入園案内の改訂" in text
    assert "夕の実績 第2章まで 持越し 写真" in text
    assert "予定の時間の外に 45 分（時間外の命令: あり）" in text


def test_another_place_than_asked_for_is_said(stage: Stage) -> None:
    request_of(stage, "121")
    stage.telework("121")
    stage.api("121").punch("start", "s", place="mobile")
    assert "申出と違う場所で報告しています" in stage.browser("120").get("/reports/confirm").text


def test_the_parts_of_a_day(stage: Stage) -> None:
    for number in ("121", "122", "131"):
        stage.telework(number)
    stage.api("122").punch("start", "s", place="home")
    page = stage.browser("100").get("/reports/confirm").text
    assert "未報告 2" in re.sub(r"<[^>]+>", "", page)
    assert set(names_in(page)) == {"桜井 剛", "河野 優", "今井 哲也"}
    assert "近藤 彩" not in page.split('id="day"')[1]  # at the office: owes nothing


def test_somebody_else_is_named_and_there(stage: Stage) -> None:
    request_of(stage, "121", "110")
    worked(stage, "121")
    page = stage.browser("120").get("/reports/confirm").text
    assert "ほかの在席確認者が確認する人 1人" in re.sub(r"<[^>]+>", "", page)
    assert "まとめて確認" not in page
    assert names_in(stage.browser("110").get("/reports/confirm").text) == ["桜井 剛"]


@pytest.mark.parametrize("place", ["leave", "trip"])
def test_who_leads_stands_in_for_an_absent_confirmer(stage: Stage, place: str) -> None:
    request_of(stage, "121", "110")
    worked(stage, "121")
    stage.plan("110", Entry(510, 1035, place))
    page = stage.browser("120").get("/reports/confirm").text
    assert "在席確認者の 近藤 彩 が不在のため" in page
    assert "ほかの在席確認者" not in page


def test_an_earlier_day_still_open_comes_first(stage: Stage) -> None:
    worked(stage, "121", day=FRIDAY)
    worked(stage, "122")
    chief = stage.browser("100")
    page = chief.get("/reports/confirm").text
    assert page.index("11月20日（金）") < page.index(">今日<")
    assert names_in(page) == ["桜井 剛", "河野 優"]
    post(chief, "/reports/confirm", {"item": ["2026-11-20:121", "2026-11-24:122"]})
    assert len(confirmed()) == 2
    page = chief.get("/reports/confirm").text
    assert "11月20日（金） の分" not in page
    assert "2人の報告を確認しました" in page


def test_undo_takes_back_what_was_confirmed_together(stage: Stage) -> None:
    worked(stage, "121")
    worked(stage, "122")
    chief = stage.browser("100")
    post(chief, "/reports/confirm", {"item": ["2026-11-24:121", "2026-11-24:122"]})
    page = chief.get("/reports/confirm").text
    items = re.findall(
        r'name="item" value="([^"]+)"', page.split("data-undo")[1].split("</form>")[0]
    )
    assert sorted(items) == ["2026-11-24:121", "2026-11-24:122"]
    assert "data-undo" not in stage.browser("110").get("/reports/confirm").text
    assert post(stage.browser("122"), "/reports/confirm/undo", {"item": items}).status_code == 403
    assert len(confirmed()) == 2
    post(chief, "/reports/confirm/undo", {"item": items})
    assert confirmed() == {}
    post(chief, "/reports/confirm", {"item": ["2026-11-24:121"]})
    clock.freeze(tokyo("18:02"))
    assert "data-undo" not in chief.get("/reports/confirm").text


@pytest.mark.parametrize(
    "items",
    [
        [],
        ["x"],
        ["2026-11-24"],
        ["2026-13-01:121"],
        ["2026-11-24:99999"],
        ["2026-11-25:121"],
        ["2026-11-24:121", "x:122"],
    ],
)
def test_what_is_no_report_confirms_nothing(stage: Stage, items: list[str]) -> None:
    worked(stage, "121")
    answer = post(stage.browser("100"), "/reports/confirm", {"item": items})
    assert answer.status_code == 422
    assert confirmed() == {}


def test_without_an_end_one_is_told_and_of_several_it_is_left_out(stage: Stage) -> None:
    worked(stage, "121")
    stage.telework("122")
    chief = stage.browser("100")
    alone = post(chief, "/reports/confirm", {"item": "2026-11-24:122"}, follow_redirects=True)
    assert "終業の報告がまだないので、確認できません" in alone.text
    both = {"item": ["2026-11-24:121", "2026-11-24:122"]}
    assert post(chief, "/reports/confirm", both).status_code == 302
    assert list(confirmed()) == [(stage.ids["121"], TODAY)]


def test_twenty_taps_at_once_are_one_confirmation(stage: Stage) -> None:
    worked(stage, "121")
    browsers = [stage.browser("100" if n % 2 else "120") for n in range(20)]
    tokens = [csrf(browser) for browser in browsers]
    statuses: list[int] = []

    def run(n: int) -> None:
        data = {"csrf_token": tokens[n], "item": "2026-11-24:121"}
        statuses.append(browsers[n].post("/reports/confirm", data=data).status_code)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [302] * 20
    assert len(confirmed()) == 1


def test_the_lent_question_is_asked_once_a_feature(stage: Stage) -> None:
    """However many applications a process makes."""
    assert len(confirmations._lent) == 1


def test_who_is_only_named_finds_the_way_on_the_first_page(stage: Stage) -> None:
    request_of(stage, "121", confirmer="122")
    assert "在席の確認 1件" in stage.browser("122").get("/").text
    assert "在席の確認" not in stage.browser("121").get("/").text
    with transaction():
        db.session.add(
            DayConfirmation(
                staff_id=stage.ids["121"],
                business_on=TODAY,
                confirmed_by=stage.ids["122"],
                confirmed_at=clock.now(),
            )
        )
    assert "在席の確認" not in stage.browser("122").get("/").text
