"""News in real windows: a number comes by itself, is told once outside the page, is put away and comes back."""

import time
from typing import Any

import pytest

from tests.browser.conftest import City, Window
from webapp.core import clock
from webapp.core.db import transaction
from webapp.notices import service
from webapp.org import queries as org

# What the browser would show is noted instead: there is no desktop to show it on.
NOTED = """
window.shown = [];
window.Notification = class extends EventTarget {
  static permission = "granted";
  constructor(text, options) { super(); window.shown.push([text, options.body, options.tag]); }
  close() {}
};
"""


def tell(city: City, number: str, kind: str = "changed") -> None:
    with city.app.app_context():
        staff = org.staff_by_number(number)
        assert staff is not None
        held = org.postings_today(staff.id, now=clock.now())
    # Through the server's own door, so that its pump hears of it.
    with city.app.app_context(), transaction():
        service.notify(
            [staff.id],
            unit_id=held[0].unit_id,
            kind=kind,
            text="当番が変わりました（窓口係） 11月25日（水） 入る: 窓口1 9:00〜10:30",
            link="/board/",
            now=clock.now(),
        )


def number_of(window: Window, name: str = "notices") -> str:
    dot = window.page.locator(f'.rail [data-badge="{name}"]')
    return dot.inner_text().replace("件", "").strip() if dot.is_visible() else ""


def until_number(window: Window, text: str, name: str = "notices") -> None:
    window.page.wait_for_function(
        """([name, text]) => {
          const dot = document.querySelector(`.rail [data-badge="${name}"]`);
          return (dot.hidden ? "" : dot.querySelector("[data-n]").textContent) === text;
        }""",
        arg=[name, text],
    )


@pytest.fixture
def staff(city: City) -> str:
    """Somebody whose news are none before the test begins."""
    number: str = city.who["hr"].number
    with city.app.app_context(), transaction():
        found = org.staff_by_number(number)
        assert found is not None
        service.mark_read(found.id, now=clock.now())
    return number


def test_a_number_comes_by_itself_and_stands_in_the_title(city: City, staff: str) -> None:
    board = city.open_window(staff).go("/board/").live()
    until_number(board, "")
    title = board.page.title()
    tell(city, staff)
    until_number(board, "1")
    board.page.wait_for_function("document.title.startsWith('(1) ')")
    assert board.page.title() == f"(1) {title}"
    board.go("/about")
    until_number(board, "1")
    assert board.faults == []


def test_ten_are_one_line_put_away_in_one_window_and_gone_in_the_other(
    city: City, staff: str
) -> None:
    for _ in range(10):
        tell(city, staff)
    home = city.open_window(staff).go("/").live()
    phone = city.open_window(staff, 390, 844).go("/").live()
    line = home.page.locator(".told-many")
    assert line.count() == 1
    assert "当番 10件" in line.inner_text()
    line.locator("summary").click()
    assert home.axe() == []
    line.locator(".told-one button").first.click()
    home.page.get_by_text("1件を読みました").wait_for()
    phone.page.get_by_text("お知らせ 9件").wait_for()
    assert home.page.locator(".told-many[open]").count() == 1  # stays as it was opened
    home.page.get_by_role("button", name="元に戻す").click()
    phone.page.get_by_text("お知らせ 10件").wait_for()
    home.page.get_by_role("button", name="すべて読みました").click()
    home.page.locator(".told").wait_for(state="detached")
    phone.page.locator(".told").wait_for(state="detached")
    until_number(home, "")
    assert not home.page.title().startswith("(")
    assert home.faults == phone.faults == []


def test_following_the_link_is_having_read_it(city: City, staff: str) -> None:
    tell(city, staff)
    home = city.open_window(staff).go("/").live()
    home.page.locator(".told a[data-reads]").click()
    home.page.wait_for_url("**/board/**")
    until_number(home, "")
    assert home.faults == []


def watching(city: City, number: str) -> tuple[Window, Any]:
    """A window, and a second one of the same browser."""
    window = city.open_window(number)
    window.context.add_init_script(NOTED)
    window.go("/board/").live()
    other = window.context.new_page()
    other.goto(f"{window.base}/city")
    other.wait_for_selector('#live[data-step="live"]', state="attached")
    return window, other


def shown(*pages: Any) -> list[list[str]]:
    return [entry for page in pages for entry in page.evaluate("window.shown")]


def until_shown(count: int, *pages: Any) -> None:
    """So many, and time for one too many."""
    until = time.monotonic() + 30
    while len(shown(*pages)) < count and time.monotonic() < until:
        pages[0].wait_for_timeout(100)
    pages[0].wait_for_timeout(800)


def nobody_looks(*pages: Any) -> None:
    """As when another program is in front: every window says that it has lost the focus."""
    for page in pages:
        page.evaluate("document.hasFocus = () => false; window.dispatchEvent(new Event('blur'))")


def test_one_window_tells_once_and_says_nothing_of_what(city: City, staff: str) -> None:
    window, other = watching(city, staff)
    nobody_looks(window.page, other)
    tell(city, staff)
    until_number(window, "1")
    until_shown(1, window.page, other)
    assert shown(window.page, other) == [["当番1件", "在席", "zaiseki-rota"]]
    tell(city, staff, "request")
    until_number(window, "2")
    until_shown(2, window.page, other)
    assert [entry[0] for entry in shown(window.page, other)] in (
        ["当番1件", "申請1件"],
        ["申請1件", "当番1件"],
    )
    assert window.faults == []


def test_nothing_is_told_outside_while_somebody_looks(city: City, staff: str) -> None:
    window, other = watching(city, staff)
    nobody_looks(window.page)  # the other one has the focus
    other.bring_to_front()
    other.evaluate("document.hasFocus = () => true; window.dispatchEvent(new Event('focus'))")
    tell(city, staff)
    until_number(window, "1")
    window.page.wait_for_timeout(800)
    assert shown(window.page, other) == []


def test_the_choice_is_kept_and_asked_at_a_press_alone(city: City, staff: str) -> None:
    window = city.open_window(staff)
    # As in every window nobody has asked yet; a shell without windows says "denied" from the first.
    window.context.add_init_script(
        "Object.defineProperty(Notification, 'permission', { get: () => 'default' });"
    )
    page = window.go("/me/notices").page
    page.get_by_text("まだ許可していません").wait_for()
    assert page.get_by_role("button", name="この端末で知らせる").is_visible()
    page.get_by_label("申請").uncheck()
    page.get_by_role("button", name="決める").click()
    page.get_by_text("お知らせの受け取り方を決めました").wait_for()
    assert not page.get_by_label("申請").is_checked()
    assert page.get_by_label("取次").is_checked()
    assert window.axe() == []
    assert window.faults == []


@pytest.mark.parametrize("path", ["/", "/me/notices", "/admin/webhooks", "/admin/webhooks/1"])
@pytest.mark.looks
def test_pages_fit_and_pass_axe(city: City, path: str) -> None:
    number = city.who["admin"].number
    tell(city, number)
    tell(city, number)
    for width, height in ((320, 700), (1440, 900)):
        window = city.open_window(number, width, height).go(path)
        window.quiet()
        assert window.overflow() <= 0, width
        assert window.axe() == [], width
        assert window.faults == []


@pytest.mark.looks
def test_the_menu_of_a_phone_leads_to_pages_that_exist(city: City) -> None:
    window = city.open_window(city.who["chief"].number, 390, 700).go("/")
    page = window.page
    page.locator(".tabs summary").click()
    links = page.locator(".tabs a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert {"/", "/board/", "/rota/", "/requests", "/messages"} <= set(links)
    box = page.locator(".tabs .more-list").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert window.axe() == []
    for link in links:
        assert page.request.get(window.base + link).status == 200, link
    assert window.faults == []
