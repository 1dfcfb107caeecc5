"""Filing on a phone in three taps, what is said while typing, without a script, and A4 on paper."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.browser.conftest import City
from webapp.core.db import db
from webapp.org.queries import staff_by_number
from webapp.requests.models import TeleworkRequest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PAGES = ("/requests/new", "/requests/own", "/requests/1", "/requests/1/paper", "/requests/4/edit")


def filed(city: City) -> list[TeleworkRequest]:
    """Of the person who signs in as 職員, the newest first."""
    db.session.rollback()
    staff = staff_by_number(city.who["member"].number)
    assert staff is not None
    query = select(TeleworkRequest).filter_by(staff_id=staff.id)
    return list(db.session.scalars(query.order_by(TeleworkRequest.id.desc())))


def test_three_taps_on_a_phone(city: City) -> None:
    """申請 → 新しく申請する → 申請する: the rest is filled in as the last time, on the next possible day."""
    before = len(filed(city))
    phone = city.open_window(city.who["member"].number, 390, 844, has_touch=True).go("/")
    page = phone.page
    page.locator('.tabs a[href="/requests"]').tap()
    page.get_by_role("link", name="新しく申請する").tap()
    assert "終日 在宅" in page.locator("[data-summary]").inner_text()
    page.get_by_role("button", name="申請する", exact=True).tap()
    page.wait_for_url("**/requests/own")
    found = filed(city)
    assert len(found) == before + 1
    assert (found[0].state, found[0].extent, found[0].warnings) == ("waiting", "whole", [])
    assert "入園案内の改訂" in found[0].work
    assert phone.faults == []


def test_what_is_said_while_typing(city: City) -> None:
    window = city.open_window(city.who["member"].number).go("/requests/new")
    page = window.page
    page.locator('label:has(input[value="parents"])').click()
    page.wait_for_selector('[data-says="place_kind"] .is-note')
    page.locator("label.chip", has_text="時間").click()
    page.fill("[name=from]", "15:00")
    page.fill("[name=to]", "13:00")
    page.wait_for_selector('[data-says="to"] .bad')
    page.fill("[name=to]", "16:30")
    page.wait_for_selector('[data-says="to"] .bad', state="detached")
    page.wait_for_function(
        "document.querySelector('[data-summary]').textContent.includes('15:00〜16:30')"
    )
    assert window.axe() == []
    assert window.faults == []


def test_it_works_without_a_script(city: City) -> None:
    """A warning is shown first, with all that was typed; pressing again files it."""
    before = len(filed(city))
    window = city.open_window(city.who["member"].number, java_script_enabled=False)
    page = window.go("/requests/new").page
    page.locator('label:has(input[value="parents"])').click()
    page.fill("[name=work]", "保育料の通知の見直し")
    page.get_by_role("button", name="申請する", exact=True).click()
    assert "注意を確かめてから" in page.inner_text("main")
    assert page.input_value("[name=work]") == "保育料の通知の見直し"
    page.get_by_role("button", name="申請する", exact=True).click()
    found = filed(city)
    assert len(found) == before + 1
    assert (found[0].place_kind, found[0].work) == ("parents", "保育料の通知の見直し")


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.looks
def test_the_pages_fit_and_are_accessible(city: City, width: int) -> None:
    window = city.open_window(city.who["member"].number, width, 844)
    for path in PAGES:
        window.go(path)
        for fold in window.page.locator("main details > summary").all():
            fold.click()
        assert window.overflow() <= 0, path
        assert window.axe() == [], path
    assert window.faults == []


@pytest.mark.looks
def test_three_requests_are_three_sheets(city: City) -> None:
    window = city.open_window(city.who["member"].number)
    window.go("/requests/paper?id=1&id=2&id=3")
    content: Any = window.page.pdf(prefer_css_page_size=True)
    assert b"/Count 3" in content
    assert window.faults == []
