"""A shared terminal in a real window: the five seconds, two windows, revoked while open, the network gone."""

import re
from typing import Any

import pytest

from tests.browser.conftest import City, Window
from webapp.core import clock
from webapp.core.db import transaction
from webapp.kiosk import pins, terminals
from webapp.org import queries as org

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

UNIT = "D05021"  # 入所係, twenty people
COUNTER = "D03011"  # 窓口係, with duties


class Maker:
    staff_id, name = None, "テスト"


def terminal(city: City, unit: str = UNIT, *, asks_pin: bool = False) -> str:
    """The path of a terminal that waits for its device."""
    maker: Any = lead_of(unit)
    with transaction():
        node = org.current_tree().by_code(unit)
        assert node is not None
        made = terminals.make(node, "窓口", asks_pin=asks_pin, actor=maker, now=clock.now())
    assert city.server.url
    return f"/kiosk/{made.token}"


def lead_of(unit: str) -> Any:
    """Somebody of the unit, the lead first."""
    node = org.current_tree().by_code(unit)
    assert node is not None
    on = org.today(clock.now())
    people = org.postings_in([node.id], on, known_at=clock.now())
    return max(people, key=lambda posting: "lead" in posting.roles)


def opened(city: City, path: str, width: int = 1024, height: int = 768) -> Window:
    return city.open_window(None, width, height).go(path).live()


def tile(window: Window, text: str) -> Any:
    return window.page.locator(".tile", has_text=text).first


def tap(window: Window, name: str) -> None:
    tile(window, name).click()
    window.page.locator(".stepbox[data-step=main]").wait_for()


def first_planned(window: Window) -> str:
    """Somebody who has not reported and is meant to be here."""
    name: str = tile(window, "在庁（予定）").locator(".n").inner_text()
    return name


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (1280, 800), (390, 844)])
def test_every_step_is_clean(city: City, width: int, height: int) -> None:
    window = opened(city, terminal(city), width, height)
    page = window.page
    assert page.locator(".tile").count() == 20
    assert window.axe() == []
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('.tile')].map(b => b.clientHeight))"
    )
    assert smallest >= (104 if width > 700 else 44)
    if width > 700:
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
    tap(window, first_planned(window))
    assert window.axe() == []
    for step in ("break", "out", "swap"):
        page.locator(f".four [data-go={step}]").click()
        assert window.axe() == [], step
        assert window.overflow() <= 0
        page.locator(f"[data-step={step}] [data-go=main]").click()
    assert window.overflow() <= 0
    assert window.faults == []


def test_a_start_is_on_the_board_of_another_window(city: City) -> None:
    lead = lead_of(UNIT)
    board = city.open_window(lead.number).go(f"/board/{UNIT}").live()
    window = opened(city, terminal(city))
    name = first_planned(window)
    tap(window, name)
    window.page.get_by_role("button", name=re.compile("始業")).first.click()
    window.page.get_by_text("始業を報告しました").wait_for()
    board.page.locator(".who", has_text=name).filter(has_text="連絡可能").wait_for()
    tile(window, name).filter(has_text="在庁").filter(has_not_text="予定").wait_for()
    window.page.get_by_role("button", name="元に戻す").click()
    window.page.get_by_text("元に戻しました").wait_for()
    tile(window, name).filter(has_text="予定").wait_for()
    assert window.faults == board.faults == []


def test_back_to_the_list_after_five_seconds_without_a_touch(city: City) -> None:
    window = opened(city, terminal(city))
    page, name = window.page, first_planned(window)
    tap(window, name)
    page.locator("[data-left]").filter(has_text="3").wait_for()
    page.keyboard.press("Tab")
    page.locator("[data-left]").filter(has_text=re.compile("[45]")).wait_for()
    page.locator("#idle").wait_for()
    assert tile(window, name).get_attribute("aria-pressed") == "false"
    tap(window, name)
    page.locator(".four [data-go=out]").click()
    page.wait_for_timeout(6_000)
    assert page.locator("[data-step=out]").is_visible()
    assert int(page.locator("[data-left]").inner_text()) > 20
    assert window.faults == []


def test_with_the_keyboard_alone(city: City) -> None:
    window = opened(city, terminal(city))
    page, name = window.page, first_planned(window)
    tile(window, name).focus()
    page.keyboard.press("Enter")
    page.locator(".stepbox[data-step=main]").wait_for()
    assert page.evaluate("document.activeElement.textContent") == name
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("始業を報告しました").wait_for()
    page.keyboard.press("Escape")
    page.locator("#idle").wait_for()
    assert page.evaluate("document.activeElement.dataset.staff")
    assert window.faults == []


def test_a_number_by_the_pad_and_by_the_keyboard(city: City) -> None:
    window = opened(city, terminal(city, asks_pin=True))
    page, name = window.page, first_planned(window)
    node = org.current_tree().by_code(UNIT)
    assert node is not None
    people = org.postings_in([node.id], org.today(clock.now()), known_at=clock.now())
    person: Any = next(each for each in people if each.name == name)
    hashed = pins.hashed_pin("8264", "8264", number=person.number)
    with transaction():
        pins.choose(hashed, actor=person, now=clock.now())
    tile(window, name).click()
    page.keyboard.type("1357")
    page.keyboard.press("Enter")
    page.get_by_text("暗証番号が違います").wait_for()
    assert window.axe() == []
    for digit in "8264":
        page.locator(f"[data-key='{digit}']").click()
    page.get_by_role("button", name="決定").click()
    page.locator(".stepbox[data-step=main]").wait_for()
    assert [fault for fault in window.faults if "403" not in fault] == []


def test_a_duty_changes_hands_in_both_windows(city: City) -> None:
    here = opened(city, terminal(city, COUNTER), 1280, 800)
    there = opened(city, terminal(city, COUNTER), 1280, 800)
    giver = tile(here, "窓口1").locator(".n").inner_text()
    tap(here, giver)
    here.page.locator(".four [data-go=swap]").click()
    here.page.locator("[data-step=swap] [data-go^=give]").first.click()
    pick = here.page.locator(".stepbox:not([hidden]) .pick").first
    taker = pick.inner_text()
    pick.click()
    here.page.get_by_role("button", name="引き受ける").click()
    here.page.get_by_text(re.compile(f"{taker}さんに代わりました")).wait_for()
    for window in (here, there):
        tile(window, taker).filter(has_text="窓口1").wait_for()
        tile(window, giver).filter(has_not_text="窓口1").wait_for()
    assert here.faults == there.faults == []


def test_made_on_the_page_revoked_on_the_page(city: City) -> None:
    lead = lead_of(UNIT)
    desk = city.open_window(lead.number).go(f"/kiosks/{UNIT}")
    page = desk.page
    page.locator("#f-name").fill("入口のたな")
    page.get_by_role("button", name="作る", exact=True).click()
    address = page.locator("#once").inner_text()
    assert page.locator(".kiosk-qr").is_visible()
    assert desk.axe() == []
    assert desk.overflow() <= 0
    window = city.open_window(None, 1024, 768)
    window.page.goto(address)
    window.live()
    stranger = city.open_window(None, 1024, 768)
    stranger.page.goto(address)
    stranger.page.get_by_text("この端末では使えません").wait_for()
    assert stranger.axe() == []
    desk.go(f"/kiosks/{UNIT}")
    assert "使用中" in page.locator(".devices").first.inner_text()
    page.locator("summary", has_text="作り直す・取り消す").click()
    assert desk.axe() == []
    page.get_by_role("button", name=re.compile("取り消す")).click()
    window.page.get_by_text("この端末では使えません").wait_for()
    assert [fault for fault in stranger.faults + window.faults if "404" not in fault] == []


def test_the_page_for_ones_own_number(city: City) -> None:
    window = city.open_window(lead_of(UNIT).number, 390, 844).go("/me/kiosk-pin")
    assert window.axe() == []
    assert window.overflow() <= 0
    window.page.locator("#f-pin").fill("8264")
    window.page.locator("#f-again").fill("8264")
    window.page.get_by_role("button", name="決める").click()
    window.page.get_by_text("に決めました").first.wait_for()
    assert window.faults == []


def test_without_the_network_nothing_is_said_to_be_done(city: City) -> None:
    window = opened(city, terminal(city))
    page, name = window.page, first_planned(window)
    tap(window, name)
    window.context.set_offline(True)
    page.get_by_role("button", name=re.compile("始業")).first.click()
    page.get_by_text("まだ何も報告されていません").wait_for()
    assert "予定" in tile(window, name).inner_text()
    window.context.set_offline(False)
    page.get_by_role("button", name=re.compile("始業")).first.click()
    page.get_by_text("始業を報告しました").wait_for()
    assert window.faults == []
