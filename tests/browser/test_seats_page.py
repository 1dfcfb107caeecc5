"""Seats and loans in real windows: two at once for one seat, live pages, keyboard, phones."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import City, Window

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

WHEN: dict[str, Any] = {"start": "8:30", "end": "17:15"}


def seats(city: City, who: str, width: int = 1440, height: int = 900, **args: str) -> Window:
    query = "&".join(f"{key}={text}" for key, text in args.items())
    return city.open_window(city.who[who].number, width, height).go(f"/seats?{query}").live()


def row(window: Window, seat: str) -> Any:
    return window.page.locator("#part-sites li.seat", has=window.page.get_by_text(seat, exact=True))


def press(window: Window, seat: str) -> None:
    row(window, seat).get_by_role("button", name=re.compile("^予約")).click()


def test_two_windows_book_the_same_seat_at_once(city: City) -> None:
    """The second has not heard of the first: it is told, offered the nearest, and takes it in one tap."""
    first = seats(city, "member", day="2026-11-25")
    second = seats(city, "coordinator", 390, 844, day="2026-11-25")
    second.page.route("**/seats?*", lambda route: route.abort())  # hears the news, cannot look
    press(first, "A-5")
    expect(row(first, "A-5")).to_contain_text("予約済")
    press(second, "A-5")
    said = second.page.locator("#part-said [role=alert]")
    expect(said).to_contain_text("A-5 はほかの人が先に予約しました")
    offers = said.locator(".seat-offers li")
    expect(offers).to_have_count(3)
    expect(offers.first).to_contain_text("若草駅前 A-")
    assert second.overflow() == 0
    assert second.axe() == []
    second.page.unroute("**/seats?*")
    taken = offers.first.locator("b").inner_text().split()[-1]
    offers.first.get_by_role("button").click()
    expect(second.page.locator(".toast")).to_contain_text("を予約しました")
    expect(row(second, taken)).to_contain_text("予約済")
    expect(row(first, taken)).to_contain_text("使用中")  # live, without a tap
    assert first.faults == []
    assert [fault for fault in second.faults if "409" not in fault] == []


def test_cancelled_by_mistake_comes_back_within_ten_seconds(city: City) -> None:
    mine = seats(city, "member", 390, 844)
    other = seats(city, "chief", day="2026-11-26", **WHEN)
    expect(row(other, "A-3")).to_contain_text("使用中")
    mine.page.get_by_role("button", name=re.compile("^取り消す")).click()
    expect(mine.page.locator(".toast")).to_contain_text("予約を取り消しました")
    expect(row(other, "A-3").get_by_role("button", name=re.compile("^予約"))).to_be_visible()
    mine.page.get_by_role("button", name="元に戻す").click()
    expect(mine.page.locator(".toast")).to_contain_text("元に戻しました")
    expect(row(other, "A-3")).to_contain_text("使用中")
    assert mine.faults == other.faults == []


def test_the_usual_seat_in_one_tap_and_the_day_by_keyboard(city: City) -> None:
    mine = seats(city, "member", day="2026-11-26")
    mine.page.keyboard.press("ArrowRight")
    mine.page.wait_for_url("**day=2026-11-27**")
    mine.live()
    mine.page.get_by_role("button", name=re.compile("^いつもの席を予約")).click()
    expect(mine.page.locator("#part-mine")).to_contain_text("この時間を予約しています")
    row(mine, "A-6").locator(".seat-star").click()
    expect(row(mine, "A-6").locator(".seat-star")).to_have_attribute("aria-pressed", "true")
    mine.page.keyboard.press("ArrowLeft")
    mine.page.wait_for_url("**day=2026-11-26**")
    assert mine.faults == []


def test_a_loan_comes_back_at_the_counter_of_its_keeper(city: City) -> None:
    keeper = city.open_window(city.who["chief"].number, 390, 844).go("/loans").live()
    expect(keeper.page.get_by_text("返す時間を過ぎています")).to_be_visible()
    other = city.open_window(city.who["lead"].number).go("/loans").live()
    line = other.page.locator(".loan", has_text="保育課の携帯")
    expect(line).to_contain_text("空きなし")
    keeper.page.get_by_role("button", name=re.compile("^返却")).click()
    expect(keeper.page.locator(".toast")).to_contain_text("返却を記録しました")
    expect(line.get_by_role("button", name=re.compile("^予約"))).to_be_visible()
    assert keeper.faults == other.faults == []


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("member", "/seats"),
        ("chief", "/loans"),
        ("admin", "/seats/admin"),
        ("admin", "/seats/admin/sites/1"),
        ("admin", "/seats/admin/sites/new"),
        ("admin", "/seats/admin/seats/1"),
        ("admin", "/seats/admin/items/1"),
    ],
)
@pytest.mark.looks
def test_pages_are_accessible_and_fit_a_small_phone(city: City, who: str, path: str) -> None:
    window = city.open_window(city.who[who].number, 320, 800).go(path)
    assert window.overflow() == 0
    assert window.axe() == []
    window.page.set_viewport_size({"width": 1440, "height": 900})
    assert window.axe() == []
    assert window.faults == []
