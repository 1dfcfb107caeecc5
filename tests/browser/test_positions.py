"""The counter team's page in a real browser: from nothing to a picture of the day, with and without script."""

from typing import Any

import pytest

from tests.browser.conftest import City, Window
from webapp import demo
from webapp.org import queries as org

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def unit_code(name: str) -> str:
    return next(node.code for node in org.current_tree().nodes if node.name == name)


def admin(city: City, width: int = 1440, **more: Any) -> Window:
    number = demo.SIGN_INS[-1].number
    return city.open_window(number, width, 900, **more)


def empty_unit() -> str:
    return unit_code("財政課")


def take_template(window: Window, code: str) -> None:
    window.go(f"/positions/{code}")
    window.page.get_by_text("型から始める").click()
    window.page.get_by_role("link", name="市民課の型").click()
    window.page.get_by_role("button", name="選んだものを足す").click()
    window.page.get_by_role("heading", name="窓口4", exact=True).wait_for()


@pytest.mark.parametrize("width", [1440, 320])
def test_every_page_is_clean(city: City, width: int) -> None:
    code = empty_unit()
    window = admin(city, width)
    window.go(f"/positions/{code}")
    assert window.axe() == []
    take_template(window, code)
    first = window.page.locator(".post-name a").first.get_attribute("href")
    person = f"/positions/{code}/people"
    for path in (
        f"/positions/{code}",
        f"/positions/{code}/new",
        first,
        f"{first}/demand/new",
        f"/positions/{code}/hours",
        f"/positions/{code}/locks",
        person,
        f"/positions/{code}/files",
        f"/positions/{code}/start",
        f"/positions/{code}/start?template=tax",
    ):
        window.go(path)
        window.quiet()
        assert window.overflow() <= 0, (path, width)
        assert window.axe() == [], path
    window.go(person)
    window.page.get_by_role("link", name="変える").first.click()
    assert window.axe() == []
    assert window.overflow() <= 0
    assert window.faults == []


def test_ending_a_position_can_be_taken_back_at_once(city: City) -> None:
    code = empty_unit()
    window = admin(city)
    take_template(window, code)
    window.page.locator(".post-name a", has_text="窓口4").click()
    window.page.get_by_role("button", name="終わりにする").click()
    window.page.locator(".toast").get_by_role("button", name="元に戻す").click()
    window.page.get_by_role("heading", name="窓口4", exact=True).wait_for()
    assert window.faults == []


def test_demand_with_chips_and_a_warning(city: City) -> None:
    code = empty_unit()
    window = admin(city)
    take_template(window, code)
    window.page.locator(".post-name a", has_text="窓口3").click()
    window.page.get_by_role("link", name="時間を足す").click()
    window.page.get_by_role("button", name="毎日").click()
    assert window.page.locator("input[name=weekday]:checked").count() == 7
    window.page.get_by_role("button", name="平日").click()
    assert window.page.locator("input[name=weekday]:checked").count() == 5
    window.page.get_by_label("開始").fill("08:00")
    window.page.get_by_label("終了").fill("10:00")
    window.page.get_by_role("spinbutton", name="必要").fill("3")
    window.page.get_by_role("spinbutton", name="必要").blur()
    assert window.page.get_by_role("spinbutton", name="望ましい").input_value() == "3"
    window.page.get_by_role("button", name="保存する").click()
    window.page.get_by_text("平日 8:00〜9:00 は開庁時間の外なので、数えません。").first.wait_for()
    assert "9:00〜10:00 3人" in str(
        window.page.locator(".demand-track").first.get_attribute("aria-label")
    )
    assert window.faults == []


def test_all_of_it_without_script(city: City) -> None:
    code = empty_unit()
    window = admin(city, java_script_enabled=False)
    window.go(f"/positions/{code}/new")
    window.page.get_by_label("名前").fill("総合案内")
    window.page.get_by_role("button", name="足して、必要数へ").click()
    window.page.get_by_role("link", name="時間を足す").click()
    window.page.get_by_label("開始").fill("09:00")
    window.page.get_by_label("終了").fill("12:00")
    window.page.get_by_role("button", name="保存する").click()
    assert "平日 9:00〜12:00" in window.page.content()
    window.page.get_by_role("button", name="終わりにする").click()
    window.page.get_by_role("button", name="終わりを取り消す").first.click()
    window.page.get_by_role("heading", name="総合案内").wait_for()


def test_with_the_keyboard_alone(city: City) -> None:
    code = empty_unit()
    window = admin(city)
    window.go(f"/positions/{code}/new")
    window.page.get_by_label("名前").focus()
    window.page.keyboard.type("窓口A")
    window.page.keyboard.press("Tab")
    window.page.keyboard.press("ArrowRight")  # 種類: 電話
    window.page.keyboard.press("Enter")
    window.page.get_by_role("heading", name="窓口A").wait_for()
    assert window.page.locator("input[name=kind]:checked").get_attribute("value") == "phone"
    assert window.faults == []
