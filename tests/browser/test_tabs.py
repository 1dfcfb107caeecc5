"""Several tabs of one browser: one connection, one sign-in, and none of them green without the server."""

import re
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import City, Window, watch_faults

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# Playwright shows every page as seen: a test turns one away by hand.
TURN_AWAY = """
    window.away = false;
    Object.defineProperty(document, "hidden", {get: () => window.away});
    window.turn = (away) => {
        window.away = away;
        document.dispatchEvent(new Event("visibilitychange"));
    };
"""
ANOTHER_STATE = """(state) => fetch("/api/v1/me/status", {
    method: "POST",
    headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content,
    },
    body: JSON.stringify({state}),
}).then((answer) => answer.status)"""

# Playwright's own waiting evaluates text, which the policy of the page refuses.
SERVED_BY_WORKER = """new Promise((done) => {
    if (navigator.serviceWorker.controller) done();
    else navigator.serviceWorker.addEventListener("controllerchange", () => done());
})"""


def another_tab(window: Window) -> Window:
    tab = Window(window.context.new_page(), window.context, window.base)
    watch_faults(tab, window.base)
    return tab


def metric(city: City, name: str) -> float:
    with urllib.request.urlopen(f"{city.server.url}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


def wait_until(test: Callable[[], Any], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def tile(window: Window, name: str) -> Any:
    return window.page.locator("#board .who", has_text=name).first


def set_state(window: Window, state: str) -> None:
    assert window.page.evaluate(ANOTHER_STATE, state) == 200


def step(window: Window) -> str:
    found: str = window.page.locator("#live").get_attribute("data-step")
    return found


def test_tabs_have_one_connection_that_outlives_each_and_ends_with_the_sign_out(city: City) -> None:
    lead = city.who["lead"]
    first = city.open_window(lead.number).go("/board/").live()
    second = another_tab(first).go("/board/").live()
    third = another_tab(first).go("/messages").live()
    assert metric(city, "zaiseki_sockets") == 1
    set_state(third, "busy")
    for tab in (first, second):
        tile(tab, lead.name).filter(has_text="取り込み中").wait_for(timeout=20_000)
    first.page.close()
    set_state(third, "dnd")
    tile(second, lead.name).filter(has_text="応答不可").wait_for(timeout=20_000)
    assert metric(city, "zaiseki_sockets") == 1
    third.page.locator("form[action='/signout']").first.evaluate("(form) => form.requestSubmit()")
    second.page.wait_for_url("**/signin?**", timeout=15_000)
    assert second.page.locator("#board").count() == 0
    wait_until(lambda: metric(city, "zaiseki_sockets") == 0)
    # What a page asked for at the very moment of the sign-out is refused, as it should be.
    faults = [fault for window in (first, second, third) for fault in window.faults]
    assert [fault for fault in faults if "401" not in fault] == []


def test_another_person_in_the_same_browser_gets_a_page_of_their_own(city: City) -> None:
    """Signed in elsewhere in this browser meanwhile: the old person's page neither goes on nor acts for the new one."""
    first = city.open_window(city.who["chief"].number).go("/").live()
    other = city.open_window(city.who["lead"].number)
    first.context.add_cookies(other.context.cookies())
    city.server.stop()  # a restart: everybody is asked to come back
    assert step(first) == "live"  # calm for the first half minute
    city.server.start()
    first.page.wait_for_selector(f"body[data-viewer='{city.who['lead'].number}']", timeout=30_000)
    first.live()
    assert metric(city, "zaiseki_sockets") == 1


def test_without_a_shared_worker_pages_connect_themselves_and_a_hidden_one_draws_nothing(
    city: City,
) -> None:
    lead = city.who["lead"]
    seen = city.open_window(lead.number)
    seen.context.add_init_script("delete window.SharedWorker;" + TURN_AWAY)
    seen.go("/board/").live()
    away = another_tab(seen).go("/board/").live()
    assert metric(city, "zaiseki_sockets") == 2
    away.page.evaluate("window.turn(true)")
    before = tile(away, lead.name).inner_text()
    set_state(seen, "dnd")
    tile(seen, lead.name).filter(has_text="応答不可").wait_for(timeout=20_000)
    away.page.wait_for_timeout(500)
    assert tile(away, lead.name).inner_text() == before
    away.page.evaluate("window.turn(false)")
    tile(away, lead.name).filter(has_text="応答不可").wait_for(timeout=20_000)
    assert seen.faults == away.faults == []


def test_server_gone_both_tabs_say_so_and_come_back_with_what_happened(city: City) -> None:
    lead = city.who["lead"]
    first = city.open_window(lead.number).go("/board/").live()
    first.page.evaluate(SERVED_BY_WORKER)
    first.page.reload()
    first.live()
    second = another_tab(first).go("/board/").live()
    shown = tile(first, lead.name).inner_text()
    city.server.kill()
    # A reload while it is gone: the board as it was, with its time, and not as if it were current.
    first.page.reload()
    tile(first, lead.name).wait_for()
    assert tile(first, lead.name).inner_text() == shown
    assert step(first) == "stale"
    assert "時点の表示で" in first.page.locator("#stalebar").inner_text()
    city.server.start()
    for tab in (first, second):
        tab.live()
    set_state(first, "busy")
    for tab in (first, second):
        tile(tab, lead.name).filter(has_text="取り込み中").wait_for(timeout=20_000)
    assert metric(city, "zaiseki_sockets") == 1
