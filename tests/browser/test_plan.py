"""The week of a unit and the day by hand in Chromium: keyboard, phone, paper, axe, two windows."""

import re
from datetime import timedelta

import pytest

from tests.browser.conftest import City, Window
from webapp.core import calendar
from webapp.org import queries as org

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

WEEK = "/plan/D05020"  # 保育課


def clean(window: Window) -> None:
    assert window.axe() == []
    assert window.overflow() <= 0
    assert window.faults == []


def test_the_week_by_keyboard_and_as_planned(city: City) -> None:
    chief = city.open_window(city.who["chief"].number).go(WEEK)
    page = chief.page
    today = org.today()
    assert page.locator("th.is-today").inner_text().startswith(f"{today.month}/{today.day}")
    words = page.locator(".top .sub").inner_text()
    monday = today - timedelta(days=today.weekday())
    assert calendar.wareki(monday) in words
    clean(chief)
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**?w=*")
    assert calendar.wareki(monday + timedelta(days=7)) in page.locator(".top .sub").inner_text()
    assert page.locator(".week-event").first.inner_text().startswith("人権研修")
    assert page.locator(".week-part.is-own").count() > 5
    clean(chief)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("!document.querySelector('.week-event')")
    assert page.locator("th.is-today").count() == 1


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.looks
def test_the_week_on_a_phone_is_a_list_of_days(city: City, width: int) -> None:
    phone = city.open_window(city.who["member"].number, width, 844).go(WEEK)
    page = phone.page
    assert not page.locator(".week-table").is_visible()
    assert page.locator(".week-days h2").count() == 5
    assert page.get_by_text(re.compile("ふだんどおり在庁です")).first.is_visible()
    page.locator(".week-days nav a[aria-current]").click()
    assert page.locator(".week-days h2", has_text="今日").is_visible()
    clean(phone)


@pytest.mark.looks
def test_the_week_fits_on_paper_across(city: City) -> None:
    chief = city.open_window(city.who["chief"].number).go(WEEK)
    page = chief.page
    page.emulate_media(media="print")
    assert page.locator(".week-table").is_visible()
    assert not page.locator(".week-days").is_visible()
    assert not page.locator("[data-print]").is_visible()
    assert "令和" in page.locator(".top .sub").inner_text()
    paper = page.pdf(prefer_css_page_size=True)
    size = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)
    assert size
    assert float(size[1]) > float(size[2])  # A4 across
    assert len(re.findall(rb"/Type /Page\b", paper)) <= 2


def test_a_day_by_hand_its_undo_and_the_board_in_another_window(city: City) -> None:
    member = city.who["member"]
    board = city.open_window(city.who["chief"].number).go("/board/D05020").live()
    shown = board.page.locator(".who", has_text=member.name.split()[0]).first
    phone = city.open_window(member.number, 390, 844).go("/plan/day/me")
    page = phone.page
    clean(phone)
    assert not page.locator("[data-hours]").is_visible()
    page.locator("label.chip", has_text="サテライト").click()
    assert page.locator("#f-site").is_visible()
    page.locator("#f-site").fill("若草駅前")
    page.get_by_role("button", name="予定を入れる").click()
    toast = page.locator(".toast", has_text="サテライト を入れました")
    toast.wait_for()
    assert "サテライト・若草駅前" in page.locator(".plan-parts").inner_text()
    board.page.wait_for_function(
        "(name) => [...document.querySelectorAll('.who')].some("
        "(who) => who.textContent.includes(name) && who.textContent.includes('若草駅前'))",
        arg=member.name.split()[0],
    )
    assert "若草駅前" in shown.inner_text()
    toast.get_by_role("button", name="元に戻す").click()
    page.locator(".toast", has_text="元に戻しました").wait_for()
    assert "若草駅前" not in page.locator(".plan-parts").inner_text()
    clean(phone)


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.looks
def test_the_other_pages_of_the_plan(city: City, width: int) -> None:
    chief = city.open_window(city.who["chief"].number, width, 900)
    for path in ("/plan/me", "/plan/calendar/me", "/plan/events", "/plan/day/me"):
        chief.go(path)
        assert chief.axe() == [], path
        assert chief.overflow() <= 0, path
    assert chief.faults == []


def test_without_a_script_a_day_is_entered_and_taken_back(city: City) -> None:
    member = city.who["member"]
    window = city.open_window(member.number, 390, 844, java_script_enabled=False)
    day = (org.today() + timedelta(days=1)).isoformat()
    page = window.go(f"/plan/day/{member.number}?date={day}").page
    page.locator("label.chip", has_text="休暇等").click()
    page.locator("label.chip", has_text="午前").click()
    page.get_by_role("button", name="予定を入れる").click()
    assert "休暇等" in page.locator(".plan-parts").inner_text()
    page.get_by_role("button", name="元に戻す").click()
    assert "休暇等" not in page.locator(".plan-parts").inner_text()
