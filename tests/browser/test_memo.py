"""取次メモ in real windows: written with the keyboard, there at once on a phone, called back, known to its writer."""

from typing import Any

import pytest

from tests.browser.conftest import City, Window

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def until_connected(window: Window) -> None:
    window.page.wait_for_function(
        "async () => (await (await fetch('/api/v1/me')).json()).row.connected", polling=500
    )


def toast(window: Window, text: str) -> Any:
    return window.page.locator(".toast", has_text=text)


def card_of(window: Window, name: str) -> Any:
    """The person card by the keyboard alone: / , a name, Enter."""
    window.page.keyboard.press("/")
    window.page.locator("#find-q").fill(name)
    window.page.locator("#find-list a").first.wait_for()
    window.page.keyboard.press("Enter")
    window.page.wait_for_function("() => document.activeElement?.hasAttribute('data-memo-open')")
    return window.page.locator("#person")


def write_by_keyboard(window: Window, name: str, caller: str) -> None:
    card = card_of(window, name)
    window.page.keyboard.press("Enter")
    window.page.keyboard.type(caller)
    window.page.keyboard.press("Enter")
    card.wait_for(state="hidden")


def test_a_memo_goes_to_the_phone_and_the_call_comes_back(city: City) -> None:
    writer = city.open_window(city.who["chief"].number).go("/board/").live()
    phone = city.open_window(city.who["member"].number, 390, 844).go("/").live()
    until_connected(phone)
    before = phone.page.locator("#home-memos .t").inner_text()
    write_by_keyboard(writer, city.who["member"].name, "野口様")
    toast(writer, "取次メモを届けました").wait_for()
    toast(phone, "取次1件").wait_for()
    assert "野口" not in phone.page.locator(".toasts").inner_text()
    phone.page.wait_for_function(
        "before => document.querySelector('#home-memos .t').innerText !== before", arg=before
    )
    toast(phone, "取次1件").get_by_role("button", name="ひらく").click()
    opened = phone.page.locator("#memos [data-opened]")
    opened.wait_for()
    phone.page.wait_for_function("() => document.activeElement?.matches('[data-opened]')")
    opened.get_by_role("button", name="連絡済にする").click()
    toast(phone, "連絡済にしました").wait_for()
    toast(writer, "さんが連絡済にしました").wait_for()
    assert phone.overflow() <= 0
    assert writer.faults == phone.faults == []


def test_taken_back_for_ten_seconds(city: City) -> None:
    writer = city.open_window(city.who["chief"].number).go("/board/").live()
    write_by_keyboard(writer, city.who["lead"].name, "大西様")
    toast(writer, "届けました").get_by_role("button", name="取り消す").click()
    toast(writer, "取り消しました").wait_for()
    writer.go("/messages?tab=written")
    assert "大西様" not in writer.page.locator("#memos").inner_text()
    member = city.open_window(city.who["member"].number).go("/messages")
    first = member.page.locator(".memo").first
    name = first.get_attribute("id") or ""
    first.get_by_role("button", name="完了").click()
    member.page.locator(f"#{name}").wait_for(state="detached")
    toast(member, "完了にしました").get_by_role("button", name="元に戻す").click()
    member.page.locator(f"#{name}.is-open").wait_for()
    assert writer.faults == member.faults == []


def test_a_fault_stays_in_the_card_with_what_was_typed(city: City) -> None:
    writer = city.open_window(city.who["chief"].number).go("/board/").live()
    card = card_of(writer, city.who["lead"].name)
    writer.page.keyboard.press("Enter")
    card.locator("#memo-caller").fill("山口様")
    card.locator("#memo-telephone").fill("あとで")
    writer.page.keyboard.press("Enter")
    card.locator('[data-f="memo-error"]', has_text="数字と - で").wait_for()
    assert card.locator("#memo-caller").input_value() == "山口様"
    assert card.locator("#memo-telephone").evaluate("node => node === document.activeElement")


def test_two_colleagues_at_one_memo_the_second_is_told(city: City) -> None:
    lead, member = (city.open_window(city.who[who].number) for who in ("lead", "member"))
    lead.go("/messages?tab=unit")
    member.go("/messages")
    one = member.page.locator(".memo").first
    name = one.get_attribute("id") or ""
    held = lead.page.locator(f"#{name}")
    lead.page.evaluate("document.getElementById('memos').querySelector('[type=search]').focus()")
    one.get_by_role("button", name="完了").click()
    toast(member, "完了にしました").wait_for()
    held.get_by_role("button", name="連絡済にする").click()
    toast(lead, "ほかの人が先に変えました").wait_for()


def test_the_arrows_go_through_the_views(city: City) -> None:
    window = city.open_window(city.who["member"].number).go("/messages")
    for code in ("unit", "written", "done"):
        window.page.keyboard.press("ArrowRight")
        window.page.wait_for_url(f"**tab={code}")
    window.page.keyboard.press("ArrowLeft")
    window.page.wait_for_url("**tab=written")


def test_a_question_reaches_the_other_page_and_its_answer_comes_back(city: City) -> None:
    asker = city.open_window(city.who["lead"].number).go("/questions")
    other = city.open_window(city.who["member"].number, 390, 844).go("/questions")
    until_connected(asker)
    until_connected(other)
    asker.page.locator("#ask-text").fill("休園届の様式はどれですか")
    asker.page.get_by_role("button", name="聞く").click()
    mine = other.page.locator(".question", has_text="休園届")
    mine.wait_for()
    mine.locator("summary").click()
    mine.locator("textarea").fill("様式第7号です")
    mine.get_by_role("button", name="送る").click()
    asker.page.locator(".question", has_text="様式第7号です").wait_for()
    asker.page.locator(".question", has_text="休園届").get_by_role(
        "button", name="解決した"
    ).click()
    mine.wait_for(state="detached")
    assert asker.faults == other.faults == []


PAGES = ("/messages", "/messages?tab=unit", "/messages?tab=done", "/messages?q=申込", "/questions")


@pytest.mark.parametrize("width", [1440, 320])
@pytest.mark.looks
def test_the_pages_are_accessible_and_narrow(city: City, width: int) -> None:
    window = city.open_window(city.who["lead"].number, width, 900)
    memo = _first_of_unit(window)
    paths = (*PAGES, f"/messages/{memo}/move", f"/messages/new?to={city.who['member'].number}")
    for path in paths:
        window.go(path)
        window.quiet()
        assert window.axe() == [], path
        assert window.overflow() <= 0, path
    window.go("/board/").live()
    if width > 400:
        card_of(window, city.who["member"].name)
        window.page.keyboard.press("Enter")
    else:
        window.page.locator(f"[data-key*='{city.who['member'].number}'] .who").click()
        window.page.locator("[data-memo-open]").click()
    window.page.locator("#memo-caller").wait_for()
    assert window.axe() == []
    assert window.overflow() <= 0
    assert window.faults == []


def _first_of_unit(window: Window) -> str:
    window.go("/messages?tab=unit")
    found: str = window.page.locator(".memo").first.get_attribute("data-memo-id") or ""
    assert found
    return found
