"""Who a shared terminal turns away: strangers, other devices, other units, other days, wrong numbers."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.doors import post
from tests.features.kiosk_at import (
    Terminal,
    give_pin,
    make_terminal,
    put_on_duty,
    ticket_in,
)
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db
from webapp.kiosk import terminals
from webapp.kiosk.models import Kiosk, KioskPin

CALM = "この端末では使えません"


def bare(page: Any) -> str:
    """A page without what differs from one request to the next."""
    text = page.get_data(as_text=True)
    return re.sub(r'content="[^"]+"|hx-headers=\'[^\']+\'', "", text)


# --- the address ----------------------------------------------------------------------------


def test_an_unknown_a_revoked_and_a_foreign_address_look_the_same(stage: Stage) -> None:
    token = make_terminal(stage)
    Terminal(stage, token)
    other_device = stage.app.test_client().get(f"/kiosk/{token}")
    unknown = stage.app.test_client().get(f"/kiosk/{'x' * 43}")
    revoked_token = make_terminal(stage)
    kiosk = db.session.query(Kiosk).order_by(Kiosk.id.desc()).limit(1).one()
    assert post(stage.browser("120"), f"/kiosks/W12/{kiosk.id}/revoke").status_code == 303
    revoked = stage.app.test_client().get(f"/kiosk/{revoked_token}")
    pages = (other_device, unknown, revoked)
    assert [page.status_code for page in pages] == [404] * 3
    assert all(CALM in page.get_data(as_text=True) for page in pages)
    assert bare(unknown) == bare(other_device) == bare(revoked)
    assert "瀨戸" not in other_device.get_data(as_text=True)
    assert "zaiseki_kiosk" not in str(other_device.headers)


def test_whoever_is_signed_in_is_no_terminal_either(stage: Stage) -> None:
    token = make_terminal(stage)
    Terminal(stage, token)
    assert stage.browser("120").get(f"/kiosk/{token}").status_code == 404
    assert stage.browser("120").get(f"/kiosk/{token}/rows").status_code == 404


def test_a_browser_that_looks_ahead_is_not_bound(stage: Stage, client: FlaskClient) -> None:
    token = make_terminal(stage)
    assert client.get(f"/kiosk/{token}", headers={"Sec-Purpose": "prefetch"}).status_code == 404
    assert client.head(f"/kiosk/{token}").status_code == 404
    assert Terminal(stage, token).page.status_code == 200


def test_the_open_page_of_a_revoked_terminal_is_refused_at_once(stage: Stage) -> None:
    terminal = Terminal(stage, make_terminal(stage))
    ticket = terminal.ticket("121")
    kiosk = db.session.query(Kiosk).one()
    post(stage.browser("100"), f"/kiosks/W12/{kiosk.id}/revoke")
    assert terminal.rows().status_code == 404
    assert terminal.open("121").status_code == 404
    assert terminal.act(ticket, "start").status_code == 404
    assert stage.row("121")["planned"]


def test_an_unbound_device_is_out_and_the_next_one_is_in(stage: Stage) -> None:
    token = make_terminal(stage)
    old = Terminal(stage, token)
    ticket = old.ticket("121")
    kiosk = db.session.query(Kiosk).one()
    post(stage.browser("120"), f"/kiosks/W12/{kiosk.id}/unbind")
    assert old.rows().status_code == 404
    new = Terminal(stage, token)
    assert new.page.status_code == 200
    assert old.client.get(f"/kiosk/{token}").status_code == 404
    assert new.act(ticket, "start").status_code == 403  # what the old device held is worth nothing


def test_a_renewed_address_ends_the_old_one(stage: Stage) -> None:
    old = Terminal(stage, make_terminal(stage))
    kiosk = db.session.query(Kiosk).one()
    page = post(stage.browser("120"), f"/kiosks/W12/{kiosk.id}/renew")
    assert page.status_code == 201
    assert old.rows().status_code == 404
    assert "二度と見られません" in page.get_data(as_text=True)


# --- the tap --------------------------------------------------------------------------------


def test_no_tap_without_the_cookie_the_page_and_the_origin(stage: Stage) -> None:
    terminal = Terminal(stage, make_terminal(stage))
    body = {"staff": "121"}
    stranger = stage.app.test_client()
    assert stranger.post(f"/kiosk/{terminal.token}/open", data=body).status_code == 400
    assert terminal.client.post(f"/kiosk/{terminal.token}/open", data=body).status_code == 400
    assert terminal.post("open", body, Origin="https://evil.example").status_code == 403
    assert terminal.post("open", body, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert terminal.post("open", body, Origin="http://localhost").status_code == 200


def test_people_of_other_units_are_not_there(stage: Stage) -> None:
    terminal = Terminal(stage, make_terminal(stage))
    for number in ("131", "220", "100", "nobody"):
        assert terminal.open(number).status_code == 403, number
    assert {row["staff"] for row in terminal.rows().json["rows"]} == {"120", "121", "122"}


def test_a_ticket_of_another_terminal_is_none(stage: Stage) -> None:
    here = Terminal(stage, make_terminal(stage))
    there = Terminal(stage, make_terminal(stage, "W13", "130"))
    assert here.act(there.ticket("131"), "start").status_code == 403
    assert here.act("made-up", "start").status_code == 403
    assert here.act(here.ticket("121"), "undo").status_code == 403


def test_neither_yesterday_nor_a_time_of_ones_own(stage: Stage, at: Any) -> None:
    terminal = Terminal(stage, make_terminal(stage))
    at("23:59")
    ticket = terminal.ticket("121")
    at("2026-11-25 00:00")
    assert terminal.act(ticket, "end").status_code == 403
    fresh = terminal.ticket("121")
    for field in ("client_at", "at", "date"):
        answer = terminal.act(fresh, "start", **{field: "2026-11-24T08:30:00+09:00"})
        assert answer.status_code == 422, field


def test_a_panel_left_open_is_over(stage: Stage, at: Any) -> None:
    terminal = Terminal(stage, make_terminal(stage))
    ticket = terminal.ticket("121")
    at("10:23")
    answer = terminal.act(ticket, "start")
    assert answer.status_code == 403
    assert "もう一度" in answer.json["error"]["message"]


def test_a_stuck_key_is_slowed_down(stage: Stage) -> None:
    terminal = Terminal(stage, make_terminal(stage))
    answers = [terminal.open("121").status_code for _ in range(terminals.TAPS.most + 1)]
    assert answers[-1] == 429
    assert set(answers[:-1]) == {200}


@pytest.mark.parametrize("do", ["break", "out", "leave"])
def test_being_away_needs_a_time(stage: Stage, do: str) -> None:
    terminal = Terminal(stage, make_terminal(stage))
    assert terminal.act(terminal.ticket("121"), do).status_code == 422
    assert terminal.act(terminal.ticket("121"), do, until="tomorrow").status_code == 422
    assert stage.row("121")["planned"]


# --- 暗証番号 -------------------------------------------------------------------------------


def test_without_the_number_no_panel(stage: Stage) -> None:
    terminal = Terminal(stage, make_terminal(stage, asks_pin="1"))
    none = terminal.open("121")
    assert none.status_code == 409
    assert "/me/kiosk-pin" in none.json["error"]["message"]
    give_pin(stage, "121")
    wrong = terminal.open("121", "1357")
    assert wrong.status_code == 403
    assert "違います" in wrong.json["error"]["message"]
    assert terminal.open("121", "８２６４").status_code == 200  # as a Japanese keyboard types it


def test_five_wrong_numbers_lock_and_the_right_one_is_no_key_then(stage: Stage, at: Any) -> None:
    terminal = Terminal(stage, make_terminal(stage, asks_pin="1"))
    give_pin(stage, "121")
    give_pin(stage, "122", "9075")
    assert [terminal.open("121", "1357").status_code for _ in range(5)] == [403] * 4 + [429]
    locked = terminal.open("121", "8264")
    assert locked.status_code == 429
    assert "あと1分" in locked.json["error"]["message"]
    assert terminal.open("122", "9075").status_code == 200
    at("10:22")
    assert terminal.open("121", "8264").status_code == 200
    kept = db.session.get(KioskPin, stage.ids["121"])
    assert kept is not None
    assert kept.failures == 0


def test_one_persons_number_does_not_take_over_for_another(stage: Stage) -> None:
    terminal = Terminal(stage, make_terminal(stage, asks_pin="1"))
    give_pin(stage, "121")
    give_pin(stage, "122", "9075")
    duty = put_on_duty(stage, "121", 840, 900)
    ticket = terminal.ticket("121", "8264")
    for pin in ("", "8264"):
        answer = terminal.act(ticket, "give", duty=duty, to="122", pin=pin)
        assert answer.status_code == 403, pin
    assert stage.row("121")["duty"] is None
    assert terminal.act(ticket, "give", duty=duty, to="122", pin="9075").status_code == 200


@pytest.mark.parametrize("pin", ["123", "1234", "4321", "7777", "123456789", "12a4", ""])
def test_a_weak_number_is_refused_with_what_would_be_right(stage: Stage, pin: str) -> None:
    answer = post(stage.browser("121"), "/me/kiosk-pin", {"pin": pin, "again": pin})
    assert answer.status_code == 422
    assert db.session.get(KioskPin, stage.ids["121"]) is None


def test_two_numbers_that_differ(stage: Stage) -> None:
    answer = post(stage.browser("121"), "/me/kiosk-pin", {"pin": "8264", "again": "8265"})
    assert answer.status_code == 422
    assert "同じ番号" in answer.get_data(as_text=True)


# --- the page that looks after terminals ----------------------------------------------------


@pytest.mark.parametrize(
    ("number", "unit", "allowed"),
    [
        ("121", "W12", False),  # a member
        ("200", "W12", False),  # the chief of another section
        ("800", "W12", False),  # 人事担当
        ("130", "W12", False),  # the lead of the 係 beside
        ("120", "W12", True),
        ("100", "W12", True),
        ("110", "W12", True),
        ("130", "W13", True),
        ("900", "W22", True),  # 管理者
    ],
)
def test_who_may_make_terminals(stage: Stage, number: str, unit: str, allowed: bool) -> None:
    browser = stage.browser(number)
    assert browser.get(f"/kiosks/{unit}").status_code == (200 if allowed else 403)
    made = post(browser, f"/kiosks/{unit}", {"name": "入口"})
    assert made.status_code == (201 if allowed else 403)
    assert db.session.query(Kiosk).count() == int(allowed)


def test_a_terminal_of_another_unit_is_not_found(stage: Stage) -> None:
    make_terminal(stage, "W13", "130")
    kiosk = db.session.query(Kiosk).one()
    for act in ("revoke", "renew", "unbind"):
        assert post(stage.browser("120"), f"/kiosks/W12/{kiosk.id}/{act}").status_code == 404
    assert post(stage.browser("120"), "/kiosks/W12/pins/131/reset").status_code == 404


def test_strangers_are_sent_to_sign_in(stage: Stage, client: FlaskClient) -> None:
    for path in ("/kiosks/", "/kiosks/W12", "/me/kiosk-pin"):
        assert client.get(path).status_code == 302


def test_a_terminal_without_a_name(stage: Stage) -> None:
    page = post(stage.browser("120"), "/kiosks/W12", {"name": " "})
    assert page.status_code == 422
    assert "文字以上で入力してください" in page.get_data(as_text=True)


# --- 当番 -----------------------------------------------------------------------------------


def test_who_cannot_take_over(stage: Stage) -> None:
    terminal = Terminal(stage, make_terminal(stage))
    skilled = put_on_duty(stage, "121", 840, 900, skills=["住基"])
    assert terminal.act(terminal.ticket("121"), "give", duty=skilled, to="122").status_code == 422
    free = put_on_duty(stage, "121", 915, 960, "窓口2")
    assert terminal.act(terminal.ticket("121"), "give", duty=free, to="131").status_code == 403
    assert terminal.act(terminal.ticket("121"), "give", duty=free, to="121").status_code == 422
    assert terminal.act(terminal.ticket("122"), "give", duty=free, to="120").status_code == 409
    assert terminal.act(terminal.ticket("122"), "take", duty=99_999).status_code == 422
    stage.telework("122")
    assert terminal.act(terminal.ticket("122"), "take", duty=free).status_code == 422


def test_the_second_of_two_who_take_over_hears_it(stage: Stage) -> None:
    terminal = Terminal(stage, make_terminal(stage))
    duty = put_on_duty(stage, "121", 840, 900)
    ticket = terminal.ticket("121")
    assert terminal.act(ticket, "give", duty=duty, to="122").status_code == 200
    again = terminal.act(ticket, "give", duty=duty, to="120")
    assert again.status_code in (409, 422)
    assert "もうほかの人に" in again.json["error"]["message"]


def test_a_duty_that_is_over(stage: Stage, at: Any) -> None:
    terminal = Terminal(stage, make_terminal(stage))
    duty = put_on_duty(stage, "121", 600, 660)
    at("11:00")
    answer = terminal.act(terminal.ticket("121"), "give", duty=duty, to="122")
    assert answer.status_code == 422
    assert ticket_in(terminal.open("121"))
    assert clock.to_tokyo(clock.now()).hour == 11
