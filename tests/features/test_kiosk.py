"""What a shared terminal does: bound, tapped, reported, handed over; the board sees it at once."""

import re
from typing import Any

import pytest

from tests.doors import post
from tests.features.kiosk_at import Terminal, give_pin, make_terminal, put_on_duty, ticket_in
from tests.stage import Stage
from webapp.attendance.models import Punch
from webapp.core import facts
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.duties.models import Duty
from webapp.kiosk.models import Kiosk, KioskPin
from webapp.org.models import UnitTerm
from webapp.plans.service import Entry


@pytest.fixture
def terminal(stage: Stage) -> Terminal:
    return Terminal(stage, make_terminal(stage))


def actions() -> list[str]:
    query = db.session.query(AuditEntry.action).order_by(AuditEntry.id)
    return [action for (action,) in query]


# --- binding --------------------------------------------------------------------------------


def test_the_first_device_is_bound_with_a_cookie_no_script_can_read(stage: Stage) -> None:
    token = make_terminal(stage)
    first = stage.app.test_client().get(f"/kiosk/{token}")
    assert first.status_code == 200
    cookie = next(v for k, v in first.headers if k == "Set-Cookie" and "zaiseki_kiosk" in v)
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert f"Path=/kiosk/{token}" in cookie
    kiosk = db.session.query(Kiosk).one()
    secret = re.search(r"zaiseki_kiosk=([^;]+)", cookie)
    assert secret
    assert len(secret[1]) >= 43
    assert secret[1] not in (kiosk.device_hash, kiosk.token_hash)
    assert token not in (kiosk.token_hash, kiosk.device_hash)
    assert actions() == ["kiosk.create", "kiosk.bind"]


def test_the_address_is_shown_once_with_a_code_to_scan(stage: Stage) -> None:
    page = post(stage.browser("120"), "/kiosks/W12", {"name": "入口"}).get_data(as_text=True)
    assert "kiosk-qr" in page
    assert "http://localhost/kiosk/" in page
    again = stage.browser("120").get("/kiosks/W12").get_data(as_text=True)
    assert "端末を待っています" in again
    assert "http://localhost/kiosk/" not in again


def test_the_page_tells_that_a_terminal_is_in_use(stage: Stage, terminal: Terminal) -> None:
    page = stage.browser("100").get("/kiosks/W12").get_data(as_text=True)
    assert "使用中" in page
    assert "端末の登録 11月24日（火） 10:20" in page


def test_a_terminal_follows_its_unit_to_the_one_that_takes_over(
    stage: Stage, terminal: Terminal, at: Any
) -> None:
    with transaction():
        term = db.session.query(UnitTerm).filter_by(unit_id=stage.units["W12"]).one()
        term.ends_on = term.starts_on.replace(month=11, day=24)
        term.successor_id = stage.units["W13"]
        facts.restamp("org")
    at("2026-11-25 09:00")
    assert {row["staff"] for row in terminal.rows().json["rows"]} == {"130", "131"}


# --- the list -------------------------------------------------------------------------------


def test_names_in_the_order_of_the_board(terminal: Terminal) -> None:
    rows = terminal.rows().json["rows"]
    assert [row["staff"] for row in rows] == ["120", "121", "122"]
    assert set(rows[0]) == {"staff", "name", "shape", "colour", "line"}
    page = terminal.page.get_data(as_text=True)
    assert page.index("瀨戸 恵子") < page.index("桜井 剛") < page.index("河野 優")


def test_nothing_new_is_304_with_the_time(terminal: Terminal) -> None:
    etag = terminal.rows().headers["ETag"]
    again = terminal.rows(**{"If-None-Match": etag})
    assert again.status_code == 304
    assert again.headers["X-Server-Now"] == "2026-11-24T10:20:00+09:00"
    terminal.tap("121", "start")
    assert terminal.rows(**{"If-None-Match": etag}).status_code == 200


def test_the_clock_and_a_duty_are_news_too(stage: Stage, terminal: Terminal, at: Any) -> None:
    etag = terminal.rows().headers["ETag"]
    put_on_duty(stage, "121", 660, 720, "窓口1")
    fresh = terminal.rows(**{"If-None-Match": etag})
    assert fresh.json["duties"] == [
        {"what": "窓口1", "hours": "11:00〜12:00", "name": "桜井 剛", "running": False}
    ]
    at("11:00")
    stage.settle()
    later = terminal.rows(**{"If-None-Match": fresh.headers["ETag"]})
    assert terminal.line("121") == "窓口1"
    assert later.json["duties"][0]["running"] is True


def test_no_pillory(stage: Stage, terminal: Terminal) -> None:
    stage.telework("121")
    stage.plan("122", Entry(510, 1035, "leave"))
    assert stage.row("121")["state"] == "no_report"
    text = terminal.rows().get_data(as_text=True)
    assert terminal.line("121") == "在宅（予定）"
    assert terminal.line("122") == "休暇等"
    assert "未報告" not in text
    assert "未報告" not in terminal.client.get(f"/kiosk/{terminal.token}").get_data(as_text=True)


# --- reports --------------------------------------------------------------------------------


def test_a_start_is_the_persons_own_report_and_on_the_board(
    stage: Stage, terminal: Terminal
) -> None:
    with stage.frames() as sent:
        done = terminal.tap("121", "start")
    assert "始業を報告しました" in done.get_data(as_text=True)
    rows = [row for event, p, _ in sent if event == "rows" for row in p["rows"]]
    assert rows[-1]["staff"] == "121"
    row = stage.row("121")
    assert (row["place"], row["state"], row["planned"]) == ("office", "available", False)
    punch = db.session.query(Punch).one()
    assert (punch.source, punch.channel, punch.made_by) == ("kiosk", "kiosk", punch.staff_id)
    assert terminal.line("121") == "在庁"
    assert "punch.proxy" not in actions()


def test_a_double_tap_is_one_report(terminal: Terminal) -> None:
    ticket = terminal.ticket("121")
    assert {terminal.act(ticket, "start").status_code for _ in range(3)} == {200}
    assert db.session.query(Punch).count() == 1


def test_an_end_taken_back(stage: Stage, terminal: Terminal) -> None:
    terminal.tap("121", "start")
    done = terminal.tap("121", "end")
    assert stage.row("121")["state"] == "off"
    assert terminal.act(ticket_in(done), "undo").status_code == 200
    assert stage.row("121")["state"] == "available"


def test_an_end_can_be_taken_back_from_the_panel_too(
    stage: Stage, terminal: Terminal, at: Any
) -> None:
    terminal.tap("121", "start")
    terminal.tap("121", "end")
    at("10:40")
    panel = terminal.open("121")
    assert "終業を取り消す" in panel.get_data(as_text=True)
    assert terminal.act(ticket_in(panel), "undo").status_code == 200
    assert stage.row("121")["state"] == "available"


def test_out_and_back(stage: Stage, terminal: Terminal, at: Any) -> None:
    terminal.tap("121", "start")
    terminal.tap("121", "out", until="60")
    row = stage.row("121")
    assert (row["place"], row["state"], row["until"][11:16]) == ("trip", "away", "11:20")
    assert terminal.line("121") == "外出・出張 11:20まで"
    at("10:50")
    assert "戻り" in terminal.open("121").get_data(as_text=True)
    terminal.tap("121", "back")
    row = stage.row("121")
    assert (row["place"], row["state"]) == ("office", "available")


def test_going_out_undone_is_as_if_nothing_had_been(stage: Stage, terminal: Terminal) -> None:
    terminal.tap("121", "start")
    before = terminal.line("121")
    done = terminal.tap("121", "out", until="30")
    assert terminal.act(ticket_in(done), "undo").status_code == 200
    assert terminal.line("121") == before == "在庁"


@pytest.mark.parametrize(
    ("do", "line"), [("break", "退席中 10:50まで"), ("leave", "退席中 10:50まで")]
)
def test_a_pause_and_back(stage: Stage, terminal: Terminal, do: str, line: str) -> None:
    """中抜け is leave by the hour: the room reads 退席中, the board of one's own 係 says what it is."""
    terminal.tap("121", "start")
    terminal.tap("121", do, until="30")
    assert terminal.line("121") == line
    assert stage.row("121")["reason"] == ("out" if do == "leave" else None)
    kinds = [punch.kind for punch in db.session.query(Punch)]
    assert kinds == (["start", "break_out"] if do == "leave" else ["start"])
    terminal.tap("121", "back")
    assert terminal.line("121") == "在庁"
    assert terminal.act(terminal.ticket("121"), "back").status_code == 409


def test_back_early_from_the_break_of_the_day(stage: Stage, terminal: Terminal, at: Any) -> None:
    terminal.tap("121", "start")
    at("12:30")
    stage.settle()
    assert terminal.line("121") == "休憩中 13:00まで"
    assert "休憩から戻り" in terminal.open("121").get_data(as_text=True)
    terminal.tap("121", "back")
    assert terminal.line("121") == "在庁"
    assert stage.row("121")["state"] == "available"


def test_the_panel_tells_the_day_and_the_next_step(stage: Stage, terminal: Terminal) -> None:
    stage.plan("121", Entry(510, 780, "leave"))
    put_on_duty(stage, "121", 780, 900, "電話（主）")
    text = terminal.open("121").get_data(as_text=True)
    assert "きょうの勤務 13:00〜17:15" in re.sub(r"\s+", " ", text)
    assert "電話（主）　13:00〜15:00" in text
    assert '<span class="verb">始業</span>' in text


# --- 暗証番号 -------------------------------------------------------------------------------


def test_own_number_by_own_page_and_reset_by_who_leads(stage: Stage) -> None:
    own = stage.browser("121")
    assert post(own, "/me/kiosk-pin", {"pin": "8264", "again": "8264"}).status_code == 303
    row = db.session.get(KioskPin, stage.ids["121"])
    assert row is not None
    assert row.pin_hash.startswith("$argon2id$")
    stored = own.get("/me/data.json").get_json()
    assert "8264" not in str(stored)
    assert stored["共有端末の暗証番号（番号そのものは読み取れない形で保存）"]
    assert post(stage.browser("100"), "/kiosks/W12/pins/121/reset").status_code == 303
    assert db.session.query(KioskPin).count() == 0
    assert actions()[-1] == "kiosk.pin_reset"


def test_a_terminal_that_asks(stage: Stage) -> None:
    terminal = Terminal(stage, make_terminal(stage, asks_pin="1"))
    give_pin(stage, "121")
    ticket = terminal.ticket("121", "8264")
    assert terminal.act(ticket, "start").status_code == 200
    assert not stage.row("121")["planned"]


# --- 当番 -----------------------------------------------------------------------------------


def test_give_a_duty_to_a_colleague(stage: Stage, terminal: Terminal) -> None:
    duty = put_on_duty(stage, "121", 600, 660)
    assert stage.row("121")["duty"]["position"] == "窓口1"
    panel = terminal.open("121").get_data(as_text=True)
    assert "河野 優さんへ" in panel
    done = terminal.act(terminal.ticket("121"), "give", duty=duty, to="122")
    assert "窓口1 を 桜井 剛さんから 河野 優さんに代わりました" in done.get_data(as_text=True)
    stage.settle()
    assert stage.row("121")["duty"] is None
    assert stage.row("122")["duty"]["position"] == "窓口1"
    entry = db.session.query(AuditEntry).order_by(AuditEntry.id.desc()).limit(1).one()
    assert (entry.action, entry.detail["channel"]) == ("duty.hand_over", "kiosk")
    assert (entry.actor_id, entry.staff_id) == (stage.ids["121"], stage.ids["122"])


def test_take_a_duty_of_a_colleague(stage: Stage, terminal: Terminal) -> None:
    duty = put_on_duty(stage, "121", 840, 900)
    with stage.frames() as sent:
        assert terminal.tap("122", "take", duty=duty)
    both = {row["staff"] for event, p, _ in sent if event == "rows" for row in p["rows"]}
    assert both == {"121", "122"}
    (taken,) = db.session.query(Duty)
    assert (taken.staff_id, taken.start_minute, taken.end_minute, taken.source) == (
        stage.ids["122"],
        840,
        900,
        "swap",
    )


def test_a_running_duty_changes_hands_at_the_half_hour(
    stage: Stage, terminal: Terminal, at: Any
) -> None:
    duty = put_on_duty(stage, "121", 540, 660)
    at("10:20")
    terminal.tap("121", "give", duty=duty, to="122")
    cut = [
        (d.staff_id, d.start_minute, d.end_minute) for d in db.session.query(Duty).order_by(Duty.id)
    ]
    assert cut == [(stage.ids["121"], 540, 600), (stage.ids["122"], 600, 660)]
