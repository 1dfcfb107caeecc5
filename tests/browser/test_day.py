"""What people see: two windows, a phone, the keyboard alone, the server gone and back, the phone offline."""

import re
from typing import Any

import pytest

from tests.browser.conftest import City, Window

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PAGES = {
    "member": ("/", "/board/", "/city", "/search?q=さ", "/me/punches", "/me/account", "/about"),
    "chief": ("/", "/board/", "/reports/day/", "/standup/"),
    "admin": (
        "/admin/",
        "/admin/settings",
        "/admin/import",
        "/admin/staff",
        "/admin/units",
        "/admin/closures",
        "/admin/audit",
    ),
}


def tile(window: Window, name: str) -> Any:
    return window.page.locator(".who", has_text=name).first


def on_phone(city: City, who: str = "member", **more: Any) -> Window:
    return city.open_window(city.who[who].number, 390, 844, has_touch=True, is_mobile=True, **more)


@pytest.mark.parametrize("who", PAGES)
@pytest.mark.parametrize("width", [1440, 390, 320])
@pytest.mark.looks
def test_every_page_is_clean(city: City, who: str, width: int) -> None:
    """No console or policy error, nothing from outside, WCAG 2.2 AA, no sideways scroll."""
    window = city.open_window(city.who[who].number, width, 900)
    for path in PAGES[who]:
        window.go(path)
        window.quiet()
        assert window.page.title().endswith("在席"), path
        assert window.overflow() <= 0, (path, width)
        if width != 390:
            assert window.axe() == [], path
    assert window.faults == []


def test_a_report_from_the_phone_is_on_the_chiefs_board_at_once(city: City) -> None:
    chief = city.open_window(city.who["chief"].number).go("/board/").live()
    name = city.who["member"].name
    assert "未報告" in tile(chief, name).inner_text()
    phone = on_phone(city).go("/").live()
    phone.page.get_by_role("button", name=re.compile("始業を報告")).click()
    phone.page.get_by_role("button", name=re.compile("終業を報告")).wait_for()
    tile(chief, name).filter(has_text="連絡可能").wait_for()
    assert "在宅" in tile(chief, name).inner_text()
    assert phone.faults == chief.faults == []


def test_a_state_with_its_until_and_undo(city: City) -> None:
    phone = on_phone(city).go("/").live()
    chief = city.open_window(city.who["chief"].number).go("/board/").live()
    phone.page.locator("#home .state", has_text="取り込み中").click()
    tile(chief, city.who["member"].name).filter(has_text="取り込み中").wait_for()
    phone.page.get_by_role("button", name="30分").first.click()
    tile(chief, city.who["member"].name).filter(has_text="まで").wait_for()
    phone.page.get_by_role("button", name="元に戻す").last.click()
    tile(chief, city.who["member"].name).filter(has_text="まで").wait_for(state="detached")
    assert phone.faults == []


def test_the_board_with_the_keyboard_alone(city: City) -> None:
    window = city.open_window(city.who["chief"].number).go("/board/").live()
    window.page.keyboard.press("Tab")
    assert window.page.evaluate("document.activeElement.textContent").strip() == "本文へ"
    for _ in range(60):
        window.page.keyboard.press("Tab")
        if "who" in window.page.evaluate("document.activeElement.className"):
            break
    else:
        pytest.fail("no person can be reached with Tab")
    first = window.page.evaluate("document.activeElement.textContent")
    window.page.keyboard.press("ArrowDown")
    assert window.page.evaluate("document.activeElement.textContent") != first
    window.page.keyboard.press("Enter")
    window.page.locator("dialog#person[open]").wait_for()
    window.page.keyboard.press("Escape")
    window.page.locator("dialog#person[open]").wait_for(state="detached")
    assert "who" in window.page.evaluate("document.activeElement.className")


@pytest.mark.looks
def test_search_by_slash_and_kana(city: City) -> None:
    window = city.open_window(city.who["member"].number).go("/board/").live()
    surname = city.who["chief"].name.split()[0]
    window.page.keyboard.press("/")
    window.page.locator("dialog#find[open]").wait_for()
    window.page.keyboard.type(surname)
    window.page.locator("#find-list", has_text=surname).wait_for()
    assert window.faults == []


@pytest.mark.looks
def test_counts_filter_and_never_reorder(city: City) -> None:
    window = city.open_window(city.who["chief"].number).go("/board/").live()
    names = window.page.locator(".who:visible .n").all_inner_texts()
    window.page.locator('.count[data-state="busy"]').click()
    busy = window.page.locator(".who:visible .n").all_inner_texts()
    assert 0 < len(busy) < len(names)
    assert busy == [name for name in names if name in busy]


def test_server_killed_the_page_says_so_and_comes_back(city: City) -> None:
    chief = city.open_window(city.who["chief"].number).go("/board/").live()
    city.server.kill()
    chief.page.locator("#live", has_text=re.compile("再接続中|接続が切れ")).wait_for(timeout=60_000)
    city.server.start()
    chief.live()
    phone = on_phone(city).go("/").live()
    phone.page.locator("#home .state", has_text="応答不可").click()
    tile(chief, city.who["member"].name).filter(has_text="応答不可").wait_for()


def test_offline_reports_wait_and_arrive_once(city: City) -> None:
    """Tapped without a network: 送信待ち, never 報告しました; then it arrives once, with the time of the tap."""
    phone = on_phone(city).go("/").live()
    phone.context.set_offline(True)
    phone.page.get_by_role("button", name=re.compile("始業を報告")).click()
    phone.page.locator("#outbox", has_text="送信待ち").wait_for()
    assert "報告しました" not in phone.page.locator("body").inner_text()
    phone.context.set_offline(False)
    phone.page.evaluate("dispatchEvent(new Event('online')); dispatchEvent(new Event('online'))")
    phone.page.get_by_role("button", name=re.compile("終業を報告")).wait_for(timeout=45_000)
    phone.page.locator("#outbox").wait_for(state="hidden", timeout=45_000)
    answer = phone.page.evaluate("fetch('/api/v1/me/punches').then((r) => r.json())")
    starts = [punch for punch in answer["punches"] if punch["kind"] == "start"]
    assert len(starts) == 1
    assert starts[0]["at"] <= starts[0]["received_at"]


def test_a_colleague_elsewhere_sees_no_place(city: City) -> None:
    """The window of somebody of another section holds the directory form only, in the page and over the socket."""
    other = city.open_window(city.who["hr"].number)
    other.context.add_init_script(
        "delete window.SharedWorker;"
    )  # so that the page's own socket is to be seen
    frames: list[str] = []
    other.page.on(
        "websocket", lambda ws: ws.on("framereceived", lambda data: frames.append(str(data)))
    )
    code = city.open_window(city.who["member"].number).go("/board/").page.url.rsplit("/", 1)[1]
    other.go(f"/board/{code}").live()
    phone = on_phone(city).go("/").live()
    phone.page.locator("#home .state", has_text="応答不可").click()
    tile(other, city.who["member"].name).filter(has_text="取り込み中").wait_for()
    heard = "".join(frames)
    assert '"directory"' in heard
    assert '"place"' not in heard
    assert "在宅" not in tile(other, city.who["member"].name).inner_text()


@pytest.mark.looks
def test_forced_colours_and_no_motion(city: City) -> None:
    window = city.open_window(
        city.who["chief"].number, forced_colors="active", reduced_motion="reduce"
    )
    window.go("/board/").live()
    assert tile(window, city.who["member"].name).locator("svg").first.is_visible()
    assert window.faults == []


def test_sign_in_by_the_page(city: City) -> None:
    window = city.open_window(None, 390, 844).go("/board/")
    assert "/signin" in window.page.url
    window.page.get_by_label("職員番号").fill(city.who["chief"].number)
    window.page.get_by_label(re.compile("パスワード")).first.fill("wrong-password")
    window.page.get_by_role("button", name="サインイン").click()
    window.page.get_by_text(re.compile("違います")).wait_for()
    assert window.page.get_by_label("職員番号").input_value() == city.who["chief"].number
    window.page.get_by_label(re.compile("パスワード")).first.fill(city.who["chief"].password)
    window.page.get_by_role("button", name="サインイン").click()
    window.page.locator(".who").first.wait_for()
    assert window.page.url.rsplit("/", 2)[1] == "board"
    assert window.axe() == []
