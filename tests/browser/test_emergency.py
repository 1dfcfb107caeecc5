"""An emergency in real windows: begun in two taps, answered on a phone, the tally moves in the window of who leads."""

import re

import pytest

from tests.browser.conftest import City, Window

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PHONE = {"width": 390, "height": 844}


def said(window: Window, text: str) -> None:
    window.page.locator("#toasts .toast", has_text=text).wait_for()


def begin(city: City) -> Window:
    """The chief of 保育課, by hand: one tap on the overview, one on the form."""
    window = city.open_window(city.who["chief"].number).go("/emergency")
    page = window.page
    assert "いま、緊急時ではありません" in page.locator("main").inner_text()
    assert window.axe() == []
    page.get_by_role("link", name="保育課で始める").click()
    page.get_by_role("button", name="大雪", exact=True).click()
    page.get_by_label("全員への一言").fill("雪が強くなる前に帰ってください。")
    page.get_by_label("確認のため").fill("保育課")
    assert window.axe() == []
    page.get_by_role("button", name="緊急時を始める").click()
    page.wait_for_url(re.compile(r"/emergency/\d+$"))
    return window.live()


def test_answered_on_a_phone_and_counted_in_the_other_window(city: City) -> None:
    phone = city.open_window(city.who["member"].number, **PHONE).go("/")
    phone.page.locator("main h1, main h2").first.wait_for()
    assert phone.page.locator(".ebar").count() == 0
    chief = begin(city)
    bar = phone.page.locator(".ebar")
    bar.wait_for()  # comes by itself on a page that was open
    assert "大雪" in bar.inner_text()
    assert phone.overflow() == 0
    # All in one look: the bar may be drawn anew between two.
    sizes = bar.locator("button").evaluate_all(
        "all => all.map((b) => [b.innerText, b.offsetWidth, b.offsetHeight])"
    )
    assert sizes
    assert [each for each in sizes if min(each[1:]) < 44] == []
    assert phone.axe() == []
    silent = chief.page.locator(".ecounts .silent b")
    before = int(silent.inner_text())
    bar.get_by_role("button", name="30分").click()
    said(phone, "回答を受け付けました")
    assert "参集可（約30分）" in phone.page.locator(".ebar summary").inner_text()
    chief.page.locator(".ecounts .silent b", has_text=re.compile(rf"^{before - 1}$")).wait_for()
    row = chief.page.locator(".epeople li", has_text=city.who["member"].name.split()[0])
    assert "参集可（約30分）" in row.inner_text()
    # changed in two taps, still without leaving the page
    phone.page.locator(".ebar summary").click()
    phone.page.locator(".ebar").get_by_role("button", name="参集不可").click()
    phone.page.locator(".ebar summary", has_text="参集不可").wait_for()
    row.filter(has_text="参集不可").wait_for()
    assert chief.axe() == []
    assert chief.overflow() == 0
    assert phone.faults == []
    assert chief.faults == []


def test_deployed_and_taken_back_within_ten_seconds(city: City) -> None:
    chief = begin(city)
    page = chief.page
    name = city.who["member"].name
    page.locator(".epeople li", has_text=name).locator("input").check()
    page.get_by_role("button", name="災害配備").click()
    assert "不足" in page.locator(".eeffect").inner_text()
    assert chief.axe() == []
    page.get_by_role("button", name="配備する").click()
    undo = page.locator("#toasts .toast", has_text="災害対策本部")
    undo.wait_for()
    assert "災害対策本部" in page.locator(".eside").inner_text()
    undo.get_by_role("button", name="元に戻す").click()
    said(chief, "配備を解除しました")
    assert "配備した人はいません" in page.locator(".eside").inner_text()
    assert chief.faults == []


def test_nothing_runs_over_at_320_pixels(city: City) -> None:
    chief = begin(city)
    where = chief.page.url.removeprefix(chief.base)
    narrow = city.open_window(city.who["chief"].number, width=320, height=640)
    for path in (
        "/emergency",
        where,
        f"{where}/counters",
        f"{where}/close",
        "/requests/orders/new",
    ):
        narrow.go(path).page.locator("main h1").first.wait_for()
        assert narrow.overflow() == 0, path
        assert narrow.axe() == [], path
    assert narrow.faults == []
