"""The week of a counter team in real windows: made, mended by keyboard, fixed; two at once; on a phone; read only."""

import re
from typing import Any

import pytest

from tests.browser.conftest import City, Window

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

ROTA = "/rota/D03010"
EMPTY_WEEK = f"{ROTA}?w=2026-W50"
TODAY = "2026-11-24"
SLOT = "button[data-slot]"


def desk(city: City, path: str = ROTA, **size: int) -> Window:
    window = city.open_window(city.who["coordinator"].number, **size).go(path).live()
    window.page.locator("#rota:not([aria-busy])").wait_for()
    return window


def said(window: Window, text: str) -> None:
    window.page.locator("#toasts .toast", has_text=text).wait_for()


def in_focus(window: Window) -> Any:
    return window.page.locator("*:focus")


def menu(window: Window, act: str) -> Any:
    window.page.locator(".menu > summary").click()
    window.page.locator(f'.menu [data-act="{act}"]').click()
    return window.page.locator("dialog[open]")


def generated(window: Window) -> None:
    """An empty week → 自動作成 → 案に入れる."""
    window.page.locator('.start [data-act="solve"]').click()
    sheet = window.page.locator("dialog#solve[open]")
    sheet.get_by_text("10秒").click()
    sheet.get_by_role("button", name="作りはじめる").click()
    sheet.get_by_role("button", name="止めて今の案を使う").wait_for()
    sheet.get_by_role("button", name="案に入れる").wait_for(timeout=60_000)
    assert "まだ入っていません" in sheet.inner_text()
    sheet.get_by_role("button", name="案に入れる").click()
    said(window, "自動作成の案を入れました")


def test_a_newcomer_makes_next_week(city: City) -> None:
    """Generate → by keyboard: go, pin, take off, undo → 確定 in two taps → a member reads it and may ask for a swap."""
    window = desk(city, EMPTY_WEEK)
    assert "この週の案はまだありません" in window.page.locator("main").inner_text()
    assert "▲" not in window.page.title()
    generated(window)
    page = window.page
    assert page.locator(".start").count() == 0
    page.locator(SLOT).first.focus()
    page.keyboard.press("p")
    said(window, "固定しました")
    assert "固定" in in_focus(window).inner_text()
    page.keyboard.press("ArrowRight")
    name = in_focus(window).get_attribute("data-staff")
    page.keyboard.press("Delete")
    said(window, "外しました")
    page.locator(f"{SLOT}:focus[data-missing]").wait_for()
    assert "▲1 " in page.title()
    page.keyboard.press("Control+z")
    said(window, "元に戻しました")
    assert in_focus(window).get_attribute("data-staff") == name
    page.locator('[data-act="publish"]').click()
    sheet = page.locator("dialog#publish[open]")
    sheet.locator(".people-diff li").first.wait_for()
    assert window.axe() == []
    sheet.get_by_role("button", name="確定", exact=True).click()
    said(window, "確定しました")
    assert "確定" in page.locator(".bar .tag").inner_text()
    assert window.faults == []
    staff = page.locator(SLOT).first.get_attribute("data-staff")
    member = city.open_window(staff).go(EMPTY_WEEK).live()
    link = member.page.locator("a.ask").first
    assert re.search(r"/rota/D03010/swaps/new\?duty=\d+", link.get_attribute("href"))
    assert member.page.locator(SLOT).count() == 0
    assert member.axe() == []
    assert member.faults == []


def test_three_taps_then_two_and_the_phone_shows_it(city: City) -> None:
    window = desk(city)
    page = window.page
    later = f'{SLOT}[data-date="{TODAY}"][data-from="900"][data-position="2"]'
    page.locator(f"{later}[data-missing]").click()  # 1
    sheet = page.locator("dialog#cell[open]")
    first = sheet.locator("label.cand").first
    first.wait_for()
    assert "選べない人" in sheet.inner_text()
    assert window.axe() == []
    first.click()  # 2
    staff = sheet.locator("[name=staff]:checked").input_value()
    sheet.locator("button[type=submit]").click()  # 3
    said(window, "割り当てました")
    changed = page.locator(f'{later}[data-staff="{staff}"]')
    changed.wait_for()
    assert "確定から変更" in changed.inner_text()
    page.locator('[data-act="publish"]').click()  # 1
    page.locator("dialog#publish[open] .people-diff li").first.wait_for()
    page.locator("dialog#publish[open] [data-do=publish]").click()  # 2
    said(window, "確定しました")
    phone = city.open_window(staff, 390, 844, has_touch=True, is_mobile=True).go("/").live()
    phone.page.get_by_text("窓口2").first.wait_for()
    assert window.faults == phone.faults == []


def test_two_at_once_see_both_versions_and_lose_nothing(city: City) -> None:
    one, other = desk(city), desk(city)
    where = f'{SLOT}[data-date="2026-11-27"][data-position="1"][data-from="540"]'
    before = one.page.locator(where).get_attribute("data-staff")
    one.page.locator(where).click()
    mine = one.page.locator("dialog#cell[open]")
    mine.locator("label.cand").nth(1).click()
    chosen = mine.locator("[name=staff]:checked").input_value()
    other.page.locator(where).focus()
    other.page.keyboard.press("Delete")
    said(other, "外しました")
    one.page.locator(f"{where}[data-missing]").wait_for(state="attached")
    mine.locator("button[type=submit]").click()
    clash = one.page.locator("dialog#clash[open]")
    clash.wait_for()
    assert "さんが、この案を先に変えました" in clash.inner_text()
    assert clash.locator('[data-f="theirs"] li.rem').count() == 1
    assert clash.locator('[data-f="mine"] li').count() == 2
    assert one.axe() == []
    clash.get_by_role("button", name="自分の変更を重ねる").click()
    said(one, "割り当てました")
    one.page.locator(f'{where}[data-staff="{chosen}"]').wait_for()
    other.page.locator(f'{where}[data-staff="{chosen}"]').wait_for()
    assert chosen != before
    assert [f for f in one.faults if "409" not in f] == other.faults == []


def test_a_clash_given_up_leaves_the_other_version(city: City) -> None:
    one, other = desk(city), desk(city)
    where = f'{SLOT}[data-date="2026-11-27"][data-position="1"][data-from="540"]'
    one.page.locator(where).click()
    other.page.locator(where).focus()
    other.page.keyboard.press("Delete")
    said(other, "外しました")
    one.page.locator("dialog#cell[open] [data-do=pin]").click()
    one.page.locator("dialog#clash[open] [data-do=give-up]").click()
    said(one, "相手の案のまま")
    one.page.locator(f"{where}[data-missing]").wait_for()


def test_the_grid_by_keyboard_alone(city: City) -> None:
    window = desk(city)
    page = window.page
    for _ in range(60):
        page.keyboard.press("Tab")
        if in_focus(window).get_attribute("data-slot") is not None:
            break
    else:
        pytest.fail("the grid cannot be reached with Tab")
    start = in_focus(window).get_attribute("data-key")
    page.keyboard.press("ArrowDown")
    assert in_focus(window).get_attribute("data-key") != start
    page.keyboard.press("ArrowUp")
    assert in_focus(window).get_attribute("data-key") == start
    page.keyboard.press("End")
    end = in_focus(window).get_attribute("data-key")
    page.keyboard.press("Enter")
    page.locator("dialog#cell[open]").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog#cell[open]").wait_for(state="detached")
    page.wait_for_function("(key) => document.activeElement?.dataset.key === key", arg=end)
    page.keyboard.press("?")
    page.locator("dialog#keys[open]").wait_for()
    page.keyboard.press("Escape")
    assert page.locator('button[data-slot][tabindex="0"]').count() == 1


def test_every_dialog_is_clean(city: City) -> None:
    window = desk(city, EMPTY_WEEK)
    for act, seen in (
        ("history", "履歴"),
        ("templates", "ひな形"),
        ("absence", "急な休み"),
        ("copy", "先週を写す"),
    ):
        assert seen in menu(window, act).inner_text()
        assert window.axe() == [], act
        window.page.keyboard.press("Escape")
    window.go(f"{ROTA}?rows=person").live()
    assert window.axe() == []
    assert window.faults == []


def test_last_week_copied_kept_as_a_template_and_put_back(city: City) -> None:
    window = desk(city, EMPTY_WEEK)
    page = window.page
    page.locator('.start [data-act="copy"]').click()
    page.locator("dialog#copy[open] button[type=submit]").click()
    said(window, "写しました")
    taken = page.locator(f"{SLOT}[data-staff]").count()
    assert taken > 20
    sheet = menu(window, "templates")
    sheet.locator("input[name=name]").fill("A週")
    sheet.get_by_role("button", name="残す").click()
    sheet.get_by_text("A週").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    page.locator(f"{SLOT}[data-staff]").first.focus()
    page.keyboard.press("Delete")
    said(window, "外しました")
    sheet = menu(window, "history")
    sheet.get_by_role("button", name="ここにもどす").first.click()
    said(window, "履歴から戻しました")
    assert page.locator(f"{SLOT}[data-staff]").count() == taken
    assert window.faults == []


@pytest.mark.parametrize("rows", ["position", "person"])
def test_a_phone_shows_one_day_at_a_time(city: City, rows: str) -> None:
    window = desk(city, f"{ROTA}?rows={rows}", width=390, height=844)
    page = window.page
    assert window.overflow() <= 0
    dates = """[...new Set([...document.querySelectorAll('[data-slot]')]
        .filter((slot) => slot.offsetParent).map((slot) => slot.dataset.date))]"""
    assert page.evaluate(dates) == [TODAY]
    page.locator('[data-day-step="1"]').click()
    assert page.evaluate(dates) == ["2026-11-25"]
    assert window.axe() == []
    page.locator(f"{SLOT}:visible").first.click()
    sheet = page.locator("dialog#cell[open]")
    sheet.locator("label.cand").first.click()
    sheet.locator("button[type=submit]").click()
    said(window, "割り当てました")
    assert page.evaluate(dates) == ["2026-11-25"]  # drawn anew, still the same day
    assert window.faults == []


@pytest.mark.looks
def test_at_320_pixels_nothing_scrolls_sideways(city: City) -> None:
    window = desk(city, width=320, height=700)
    assert window.overflow() <= 0


@pytest.mark.looks
def test_without_javascript_it_is_a_table_to_read(city: City) -> None:
    window = city.open_window(city.who["coordinator"].number, java_script_enabled=False).go(ROTA)
    assert window.page.locator("#grid tbody tr").count() > 8
    assert "窓口1" in window.page.locator("#grid").inner_text()
    assert "JavaScript が必要です" in window.page.locator("main").inner_text()


@pytest.mark.looks
def test_another_unit_is_told_no(city: City) -> None:
    window = city.open_window(city.who["member"].number).go(ROTA)
    assert "この所属の当番表は、その所属の職員だけが見られます" in window.page.inner_text("main")
