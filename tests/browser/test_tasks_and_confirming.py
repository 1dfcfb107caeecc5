"""The task sheet and the confirmer's day as people use them: dialog, conflict, undo, two taps on a phone."""

import re
from typing import Any

import pytest

from tests.browser.conftest import City, Window

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PAGES = (
    "/tasks/",
    "/tasks/D03010/new",
    "/tasks/D03010/files",
    "/tasks/D03010/print",
    "/tasks/D03010/ask",
    "/tasks/D03010/ask?q=証明",
    "/tasks/D03010?order=1",
)


def wide(city: City, who: str = "coordinator", width: int = 1440) -> Window:
    return city.open_window(city.who[who].number, width, 900)


@pytest.mark.parametrize("width", [1440, 390, 320])
@pytest.mark.looks
def test_every_page_is_clean(city: City, width: int) -> None:
    """No console or policy error, nothing from outside, WCAG 2.2 AA, no sideways scroll."""
    window = wide(city, width=width)
    for path in PAGES:
        window.go(path)
        window.quiet()
        assert window.page.title().endswith("在席"), path
        assert window.overflow() <= 0, (path, width)
        if width != 390:
            assert window.axe() == [], path
    lead = wide(city, "lead", width).go("/reports/confirm")
    lead.quiet()
    assert lead.overflow() <= 0
    assert lead.axe() == []
    assert window.faults == lead.faults == []


def row(window: Window, name: str) -> Any:
    return window.page.locator("#tasks tbody tr", has=window.page.get_by_text(name, exact=True))


def edit(window: Window, name: str) -> Any:
    row(window, name).get_by_role("link", name="直す").click()
    box = window.page.locator("dialog#task-dialog[open]")
    box.wait_for()
    return box


def test_a_line_is_edited_beside_the_sheet(city: City) -> None:
    window = wide(city).go("/tasks/")
    box = edit(window, "例規・様式の改正")
    assert window.axe() == []
    box.get_by_label("業務名").fill("")
    box.get_by_role("button", name="保存する").click()  # the browser asks for it itself
    assert box.is_visible()
    box.get_by_label("業務名").fill("例規・様式の改正")
    box.get_by_label("副担").fill("だれか")
    box.get_by_role("button", name="保存する").click()
    box.get_by_text("この所属にいません").wait_for()
    assert window.axe() == []
    box.get_by_label("副担").fill("")
    box.get_by_text("名簿から選ぶ").nth(1).click()
    box.locator("[data-people=subs] .chip", has_text="坂本 隆").click()
    assert box.get_by_label("副担").input_value() == "坂本 隆"
    box.get_by_role("button", name="保存する").click()
    window.page.get_by_text("「例規・様式の改正」を保存しました").first.wait_for()
    assert "坂本 隆" in row(window, "例規・様式の改正").inner_text()
    assert [f for f in window.faults if "422" not in f] == []


def test_who_saves_second_sees_both_and_loses_nothing(city: City) -> None:
    first, second = wide(city).go("/tasks/"), wide(city).go("/tasks/")
    boxes = [edit(window, "契約と予算") for window in (first, second)]
    boxes[0].get_by_label("処理の時期").fill("毎月と10月")
    boxes[1].get_by_label("処理の時期").fill("随時")
    boxes[0].get_by_role("button", name="保存する").click()
    first.page.get_by_text("「契約と予算」を保存しました").first.wait_for()
    boxes[1].get_by_role("button", name="保存する").click()
    box = second.page.locator("dialog#task-dialog[open]")
    box.get_by_text("ほかの人が保存しました").wait_for()
    assert "毎月と10月" in box.inner_text()
    assert box.get_by_label("処理の時期").input_value() == "随時"
    assert second.axe() == []
    box.get_by_role("button", name="保存する").click()
    second.page.get_by_text("「契約と予算」を保存しました").first.wait_for()
    assert "随時" in row(second, "契約と予算").inner_text()


def test_a_removal_is_undone(city: City) -> None:
    window = wide(city).go("/tasks/")
    edit(window, "人口動態調査").get_by_role("button", name="表から外す").click()
    toast = window.page.locator(".toast", has_text="表から外しました")
    toast.wait_for()
    assert row(window, "人口動態調査").count() == 0
    toast.get_by_role("button", name="元に戻す").click()
    row(window, "人口動態調査").wait_for()
    assert window.faults == []


def test_the_sheet_by_keyboard(city: City) -> None:
    window = wide(city).go("/tasks/")
    link = row(window, "電話での問合せ").get_by_role("link", name="直す")
    link.focus()
    window.page.keyboard.press("Enter")
    window.page.locator("dialog#task-dialog[open]").wait_for()
    assert window.page.evaluate("document.activeElement.id") == "task-title"
    window.page.keyboard.press("Escape")
    window.page.locator("dialog#task-dialog[open]").wait_for(state="detached")
    assert "直す" in window.page.evaluate("document.activeElement.textContent")


def test_the_sheet_without_a_script(city: City) -> None:
    window = city.open_window(city.who["coordinator"].number, java_script_enabled=False)
    window.go("/tasks/")
    window.page.locator("#tasks").get_by_role("link", name=re.compile("電話での問合せ")).click()
    window.page.get_by_label("処理の時期").fill("開庁日")
    window.page.get_by_role("button", name="保存する").click()
    assert "開庁日" in row(window, "電話での問合せ").inner_text()


def test_confirming_on_a_phone_takes_two_taps_and_is_undone(city: City) -> None:
    phone = city.open_window(city.who["lead"].number, 390, 844, has_touch=True, is_mobile=True).go(
        "/reports/confirm"
    )  # the first tap is the way here
    phone.live()
    whole = phone.page.get_by_role("button", name=re.compile("まとめて確認")).first
    count = re.search(r"\d+", whole.inner_text())
    assert count
    whole.tap()
    toast = phone.page.locator(".toast", has_text=f"{count[0]}人の報告を確認しました")
    toast.wait_for()
    assert phone.page.get_by_role("button", name=re.compile("まとめて確認")).count() == 0
    toast.get_by_role("button", name="元に戻す").tap()
    phone.page.get_by_role("button", name=re.compile("まとめて確認")).first.wait_for()
    one = phone.page.locator(".confirm-one").first
    box = one.get_by_role("button", name="確認").bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 44
    one.get_by_role("button", name="確認").tap()
    phone.page.locator(".toast", has_text="1人の報告を確認しました").wait_for()
    assert phone.faults == []


def test_a_report_from_elsewhere_comes_in_by_itself(city: City) -> None:
    lead = city.open_window(city.who["lead"].number).go("/reports/confirm").live()
    name = city.who["member"].name
    lead.page.locator(".confirm-one.is-missing", has_text=name).wait_for()
    phone = city.open_window(city.who["member"].number, 390, 844).go("/").live()
    phone.page.get_by_role("button", name=re.compile("始業を報告")).click()
    lead.page.locator(".confirm-one.is-working", has_text=name).wait_for()
    assert lead.faults == []
