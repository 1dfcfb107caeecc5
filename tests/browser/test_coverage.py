"""Coverage in real windows: a shortage on the board and wherever its chief is, 対応する, help in two taps."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.browser.conftest import City, Window
from webapp import demo
from webapp.core.db import db
from webapp.coverage.models import HelpAsk
from webapp.org import queries as org
from webapp.org.models import Staff

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SECTION = "/board/D03010"  # 市民課: four counters and two telephones on a fixed rota


def coordinator(city: City) -> str:
    return next(one.number for one in demo.SIGN_INS if "市民課" in one.about)


def of_the_counter(window: Window, word: str) -> list[str]:
    """Numbers of those of 窓口係 whose tile says this word, at the office."""
    keys: list[str] = window.page.evaluate(
        """word => [...document.querySelectorAll('[data-key^="D03011/"]')]
            .filter(tile => tile.textContent.includes(word) && tile.textContent.includes('在庁'))
            .map(tile => tile.dataset.key.split('/')[1])""",
        word,
    )
    return keys


def on_duty(window: Window) -> tuple[str, str]:
    """(number, position) of somebody at a position right now, a telephone if one is staffed."""
    found: list[list[str]] = window.page.evaluate(
        """async () => (await (await fetch('/api/v1/boards/D03010')).json()).rows
            .filter(row => row.duty && row.place === 'office' && ['available', 'busy'].includes(row.state))
            .map(row => [row.staff, row.duty.position])"""
    )
    found.sort(key=lambda one: not one[1].startswith("電話"))
    return found[0][0], found[0][1]


def until_connected(window: Window) -> None:
    window.page.wait_for_function(
        "async () => (await (await fetch('/api/v1/me')).json()).row.connected", polling=500
    )


def asked(city: City) -> list[str]:
    """Numbers of those who are asked for help."""
    with city.app.app_context():
        query = select(Staff.number).join(HelpAsk, HelpAsk.staff_id == Staff.id)
        numbers = list(db.session.scalars(query.order_by(Staff.number)))
        db.session.remove()
    return numbers


def be_away(window: Window) -> None:
    window.go("/").live().page.locator("#home .state", has_text="退席中").click()
    window.page.locator(".toast", has_text="退席中").wait_for()


def lamp(window: Window, name: str) -> Any:
    return window.page.locator(".lane:not(.fold)", has_text=name)


def test_a_shortage_comes_and_goes_and_nothing_else_moves(city: City) -> None:
    board = city.open_window(coordinator(city)).go(SECTION).live()
    people = board.page.locator("#board-counts").bounding_box()
    number, position = on_duty(board)
    member = city.open_window(number)
    be_away(member)
    alarm = board.page.locator(".alarm", has_text=position)
    alarm.wait_for()
    assert re.search(r"退席中|当番1人", alarm.inner_text())
    assert "必要" in board.page.locator(".lane.short .c-short").first.inner_text()
    assert "▲1 " in board.page.title()
    assert position in (board.page.locator("#cover-alert").text_content() or "")
    assert board.page.locator("#board-counts").bounding_box() == people
    assert board.axe() == []
    member.page.locator("#home .state", has_text="連絡可能").click()
    alarm.wait_for(state="hidden")
    assert board.page.locator("#board-counts").bounding_box() == people
    assert "▲" not in board.page.title()
    assert board.faults == member.faults == []


def test_the_one_who_leads_reads_the_name_and_takes_it_others_do_not(city: City) -> None:
    chief = city.open_window(coordinator(city)).go(SECTION).live()
    colleague = city.open_window(of_the_counter(chief, "連絡可能")[-1]).go(SECTION).live()
    number, _ = on_duty(chief)
    with city.app.app_context():
        staff = org.staff_by_number(number)
        name = org.names_of([staff.id])[staff.id] if staff else ""
        db.session.remove()
    be_away(city.open_window(number))
    chief.page.locator(".alarm", has_text=name).wait_for()
    colleague.page.locator(".alarm", has_text="当番1人が未着").wait_for()
    assert name not in colleague.page.locator("#cover").inner_text()
    assert colleague.page.locator(".alarm [data-take]").is_hidden()
    chief.page.locator(".alarm [data-take]").click()
    colleague.page.locator(".alarm", has_text="対応中").wait_for()
    chief.page.locator(".alarm [data-give-back]").click()
    colleague.page.locator(".alarm", has_text="当番1人が未着").wait_for()
    assert chief.faults == colleague.faults == []


def test_the_alert_is_on_every_page_of_who_leads_and_of_nobody_else(city: City) -> None:
    """The demonstration's gap at 15:00 is announced ahead; 対応する takes it from the bar."""
    chief = city.open_window(coordinator(city)).go("/me/account")
    bar = chief.page.locator("#alertbar li", has_text="市民課")
    bar.wait_for(timeout=60_000)
    chief.go("/about")
    bar.wait_for()
    assert chief.axe() == []
    member = city.open_window(city.who["member"].number).go("/me/account")
    member.quiet()
    assert member.page.locator("#alertbar").is_hidden()
    bar.locator("[data-alert-take]").click()
    bar.wait_for(state="hidden")
    chief.go("/me/account").quiet()
    assert chief.page.locator("#alertbar li", has_text="市民課").count() == 0
    assert chief.faults == member.faults == []


def test_help_in_two_taps_and_the_others_prompt_goes(city: City) -> None:
    chief = city.open_window(coordinator(city)).go(SECTION).live()
    lamp(chief, "電話（副）").locator("[data-lamp]").click()
    chief.page.locator("#position [data-help]").click()
    chief.page.locator("#help-state", has_text="頼んでいます").wait_for()
    free = asked(city)
    first = city.open_window(free[0], 390, 844).go("/about")
    second = city.open_window(free[1]).go("/").live()
    until_connected(first)
    first.page.locator(".helpcall", has_text="電話（副）").wait_for()
    second.page.locator(".helpcall", has_text="電話（副）").wait_for()
    assert first.axe() == []
    assert first.overflow() <= 0
    first.page.locator("[data-help-yes]").click()
    chief.page.locator("#help-state", has_text="向かっています").wait_for()
    second.page.locator(".helpcall").wait_for(state="detached")
    first.go("/search?q=さ")  # it survives navigation
    first.page.locator(".helpcall", has_text="応援中").wait_for()
    first.page.locator("[data-help-end]").click()
    first.page.locator(".helpcall").wait_for(state="detached")
    chief.page.locator("#help-state", has_text="終わりました").wait_for()
    assert chief.axe() == []
    assert chief.faults == first.faults == second.faults == []


@pytest.mark.parametrize("width", [1440, 390, 320])
@pytest.mark.looks
def test_the_pages_are_clean_at_every_width(city: City, width: int) -> None:
    window = city.open_window(coordinator(city), width, 844)
    for path in (SECTION, "/telework/D03010", "/city"):
        window.go(path)
        window.quiet()
        assert window.overflow() <= 0, path
        assert window.axe() == [], path
    assert window.faults == []


@pytest.mark.looks
def test_many_positions_are_folded_and_unfold_with_the_keyboard(city: City) -> None:
    window = city.open_window(coordinator(city)).go(SECTION).live()
    fold = window.page.locator(".lane.fold [data-fold]")
    assert lamp(window, "窓口1").count() == 0
    fold.focus()
    window.page.keyboard.press("Enter")
    lamp(window, "窓口1").wait_for()
    assert fold.get_attribute("aria-expanded") == "true"
    assert (
        window.page.evaluate("document.activeElement.textContent").strip().startswith("窓口 4か所")
    )


def test_the_city_shows_the_shortage_and_the_way_there(city: City) -> None:
    chief = city.open_window(coordinator(city)).go(SECTION).live()
    view = city.open_window(city.who["hr"].number).go("/city").live()
    number, position = on_duty(chief)
    be_away(city.open_window(number))
    line = view.page.locator("#gaps .gapline", has_text=f"{position} あと1人").first
    line.wait_for()
    assert line.get_attribute("href") == SECTION
    assert "▲" in view.page.title()
    assert view.faults == []
