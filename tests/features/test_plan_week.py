"""The week of a unit: who reads it, what a cell says, 和暦, what waits for approval."""

import re
from datetime import date
from html import unescape
from typing import Any

import pytest

from tests.features.plan_play import add
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.org.models import Posting
from webapp.plans import service as plans
from webapp.plans.models import DayEvent
from webapp.plans.rules import Origin
from webapp.plans.service import Entry
from webapp.requests.models import TeleworkRequest

TUESDAY, THURSDAY = date(2026, 11, 24), date(2026, 11, 26)


def page(stage: Stage, viewer: str, code: str = "W11", **asked: str) -> str:
    answer = stage.browser(viewer).get(f"/plan/{code}", query_string=asked)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    found: str = answer.get_data(as_text=True)
    return found


def table(found: str) -> dict[str, list[str]]:
    """{name: what each cell says}, of the table for wide screens."""
    body = found[found.index("<table") : found.index("</table>")]
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th>(.*?)</tr>', body, re.S)
    return {
        name: [_words(cell) for cell in re.findall(r"<td.*?</td>", cells, re.S)]
        for name, cells in rows
    }


def _words(html: str) -> str:
    html = re.sub(r'<span class="vh">.*?</span>', "", html)
    html = re.sub(r'</span><span class="week-part', " / <span", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def ask(stage: Stage, number: str, state: str, day: date = THURSDAY) -> None:
    with transaction():
        db.session.add(
            TeleworkRequest(
                filing="f",
                staff_id=stage.ids[number],
                unit_id=stage.units["W12"],
                state=state,
                filed_at=clock.now(),
                filed_by=stage.ids[number],
                day=day,
                extent="whole",
                start_minute=510,
                end_minute=1035,
                place="home",
                contact="自宅の電話",
                work="秘密の仕事",
                task_ids=[],
                more={},
                warnings=[],
            )
        )


# --- who reads it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("viewer", "code", "status"),
    [
        ("100", "W11", 200),
        ("100", "W12", 200),
        ("121", "W12", 200),
        ("120", "W12", 200),
        ("131", "W12", 403),
        ("220", "W11", 403),
        ("220", "W12", 403),
        ("200", "W11", 403),
        ("121", "W22", 403),
        ("121", "W99", 404),
    ],
)
def test_who_reads_which_week(stage: Stage, viewer: str, code: str, status: int) -> None:
    assert stage.browser(viewer).get(f"/plan/{code}").status_code == status


def test_anonymous_is_sent_to_the_sign_in(stage: Stage) -> None:
    assert stage.app.test_client().get("/plan/W11").status_code == 302


def test_a_member_finds_only_the_parts_seen_in_full(stage: Stage) -> None:
    assert stage.browser("121").get("/plan/").headers["Location"] == "/plan/W11"
    people = table(page(stage, "121"))
    assert "桜井 剛" in people
    assert "藤原 奈々" not in people
    assert "あなたが見られる係だけ" in page(stage, "121")
    assert "あなたが見られる係だけ" not in page(stage, "100")


def test_a_large_unit_is_shown_as_its_parts(stage: Stage, monkeypatch: Any) -> None:
    monkeypatch.setattr("webapp.board.week.LARGEST", 3)
    stage.telework("121")
    found = page(stage, "100")
    assert "桜井 剛" not in found
    assert re.search(r'href="/plan/W12\?w=2026-W48">入所係', found)
    assert "テレワーク <b>1</b>" in found


# --- what it says ---------------------------------------------------------------------------


def test_people_in_the_fixed_order_and_the_days_with_today_marked(stage: Stage) -> None:
    found = page(stage, "100")
    assert list(table(found)) == [
        "池田 綾乃", "近藤 彩", "瀨戸 恵子", "桜井 剛", "河野 優", "藤原 奈々", "今井 哲也",
    ]  # fmt: skip
    assert "令和8年11月23日（月）〜27日（金）" in found
    assert re.search(r'class="is-today"><b>11/24</b>', found)
    assert "勤労感謝の日" in found
    assert table(found)["桜井 剛"] == ["", "在庁", "在庁", "在庁", "在庁"]


def test_half_days_trips_meetings_several_sites_and_duties(stage: Stage) -> None:
    stage.plan("121", Entry(510, 720, "leave"), Entry(780, 1035, "home"))
    stage.plan("121", Entry(600, 660, "meeting"), day=THURSDAY)
    stage.plan("122", Entry(510, 720, "satellite", "四ツ谷"), Entry(780, 1035, "trip", "県庁"))
    stage.duty(stage.position("窓口1", staffed="duty"), "122", 540, 630, day=THURSDAY)
    people = table(page(stage, "100"))
    assert people["桜井 剛"][1] == "休暇等 午前 / 在宅 午後"
    assert people["桜井 剛"][3] == "在庁 / 会議 10:00〜11:00"
    assert people["河野 優"][1] == "サテライト・四ツ谷 午前 / 外出・出張・県庁 午後"
    assert people["河野 優"][3] == "在庁 / 窓口1 9:00〜10:30"


def test_a_request_that_waits_is_dashed_a_decided_one_is_not(stage: Stage) -> None:
    ask(stage, "121", "waiting")
    ask(stage, "122", "refused")
    found = page(stage, "100")
    people = table(found)
    assert people["桜井 剛"][3] == "在庁 / 在宅（申請中）"
    assert people["河野 優"][3] == "在庁"
    assert "is-waiting" in found
    assert "秘密の仕事" not in found
    assert "自宅の電話" not in found


def test_an_approved_request_stands_as_planned(stage: Stage) -> None:
    with transaction():
        entries = [Entry(510, 1035, "home")]
        plans.put_day(
            stage.ids["121"], THURSDAY, entries, source="request:1", origin=Origin.REQUEST
        )
    assert table(page(stage, "100"))["桜井 剛"][3] == "在宅"


def test_day_events_stand_in_the_head(stage: Stage) -> None:
    with transaction():
        for unit, name in (("W11", "人権研修"), ("W21", "窓口研修")):
            db.session.add(
                DayEvent(unit_id=stage.units[unit], day=THURSDAY, name=name, made_at=clock.now())
            )
    found = page(stage, "121", "W12")
    assert '<span class="week-event">人権研修</span>' in found
    assert "窓口研修" not in found


def test_the_weekend_appears_when_somebody_is_there(stage: Stage) -> None:
    assert "11/28" not in page(stage, "100")
    stage.plan("121", Entry(540, 1020, "trip", "マラソン大会"), day=date(2026, 11, 28))
    found = page(stage, "100")
    assert "11/28" in found
    assert "令和8年11月23日（月）〜28日（土）" in found


@pytest.mark.parametrize("week", ["2026-W99", "来週", "1990-W01", "2100-W01"])
def test_a_week_that_is_none(stage: Stage, week: str) -> None:
    assert stage.browser("100").get("/plan/W11", query_string={"w": week}).status_code == 422


def test_over_the_turn_of_the_year(stage: Stage) -> None:
    found = page(stage, "100", w="2026-W53")
    assert "令和8年12月28日（月）〜令和9年1月1日（金）" in found
    assert "年末年始" in found


def test_who_moves_in_the_week_stands_in_both_units_on_their_days(stage: Stage) -> None:
    with transaction():
        row = db.session.query(Posting).filter_by(staff_id=stage.ids["122"]).one()
        row.ends_on = date(2026, 11, 25)
        db.session.add(
            Posting(
                staff_id=row.staff_id, unit_id=stage.units["W13"], name=row.name, kana=row.kana,
                title=row.title, pattern_name="標準", weekly_minutes=2325, reach="none",
                roles="member", starts_on=THURSDAY,
            )
        )  # fmt: skip
    body = page(stage, "100")
    rows = re.findall(r'<tr><th scope="row">河野 優</th>(.*?)</tr>', body, re.S)
    cells = [[_words(c) for c in re.findall(r"<td.*?</td>", row, re.S)] for row in rows]
    assert cells == [["", "在庁", "在庁", "", ""], ["", "", "", "在庁", "在庁"]]


def test_a_cell_leads_to_the_day_for_who_may_plan_it(stage: Stage) -> None:
    link = f"/plan/day/121?date={THURSDAY}"
    assert link in page(stage, "122", "W12")
    assert link in page(stage, "100")
    add(stage, "122", "121", kind="mobile")
    assert table(page(stage, "121", "W12"))["桜井 剛"][3] == "モバイルワーク"
