"""More of the day: the meeting, the list of reports, 中抜け, a 終業 taken back, no JavaScript, an import looked at."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.browser.conftest import City, Window
from webapp.core import clock
from webapp.org import queries as org

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def on_phone(city: City, who: str = "member", **more: Any) -> Window:
    return city.open_window(city.who[who].number, 390, 844, has_touch=True, is_mobile=True, **more)


def tile(window: Window, name: str) -> Any:
    return window.page.locator(".who", has_text=name).first


def giant(window: Window, text: str) -> Any:
    return window.page.get_by_role("button", name=re.compile(text))


def settled(window: Window) -> None:
    """A second tap within a second belongs to the first one."""
    window.page.wait_for_timeout(1_100)


def started(city: City) -> Window:
    phone = on_phone(city).go("/").live()
    giant(phone, "始業を報告").click()
    giant(phone, "終業を報告").wait_for()
    settled(phone)
    return phone


def test_the_meeting_goes_on_by_arrow_and_shows_what_is_written_meanwhile(city: City) -> None:
    chief = city.open_window(city.who["chief"].number).go("/standup/").live()
    name = chief.page.locator("#now-name")
    first = name.inner_text()
    chief.page.keyboard.press("ArrowRight")
    assert name.inner_text() != first
    chief.page.keyboard.press("ArrowLeft")
    assert name.inner_text() == first
    phone = on_phone(city).go("/").live()
    phone.page.locator("summary", has_text="朝の予定").click()
    phone.page.get_by_label("きょうすること").fill("入園案内の改訂")
    phone.page.get_by_role("button", name="書きこむ").first.click()
    mine = chief.page.locator("#people .person", has_text=city.who["member"].name)
    mine.filter(has_text="入園案内の改訂").wait_for()
    assert name.inner_text() == first
    assert chief.faults == phone.faults == []


def test_reports_confirmed_in_bulk_and_put_back(city: City) -> None:
    business = org.business_calendar()
    day = clock.to_tokyo(clock.now()).date() - timedelta(days=1)
    while not business.is_business_day(day):
        day -= timedelta(days=1)
    chief = city.open_window(city.who["chief"].number)
    chief.go("/board/")
    unit = chief.page.url.rsplit("/", 1)[-1]
    chief.go(f"/reports/day/{unit}?date={day.isoformat()}")
    page = chief.page
    page.get_by_role("button", name=re.compile("人をまとめて確認")).click()
    page.get_by_role("button", name="まとめて戻す").wait_for()
    assert page.get_by_role("button", name=re.compile("^確認（")).count() == 0
    page.get_by_role("button", name="まとめて戻す").click()
    page.get_by_role("button", name=re.compile("人をまとめて確認")).wait_for()
    assert chief.faults == []


def test_out_and_back_seen_on_the_board(city: City) -> None:
    chief = city.open_window(city.who["chief"].number).go("/board/").live()
    phone = started(city)
    name = city.who["member"].name
    giant(phone, "^中抜け").click()
    phone.page.get_by_role("button", name="中抜けを報告").click()
    giant(phone, "戻りました").wait_for()
    assert phone.page.evaluate("document.activeElement.tagName") != "BODY"
    tile(chief, name).filter(has_text=re.compile(r"中抜け.*まで", re.DOTALL)).wait_for()
    settled(phone)
    giant(phone, "戻りました").click()
    tile(chief, name).filter(has_text="連絡可能").wait_for()
    assert phone.faults == chief.faults == []


def test_a_tap_after_a_second_counts_though_the_page_is_still_fetching(city: City) -> None:
    """The board's own news may show the next step long before the tap that made it has finished."""
    phone = on_phone(city).go("/").live()
    phone.page.evaluate(
        """() => {
            const stock = window.fetch;
            window.fetch = async (path, ...more) => {
                const answer = await stock(path, ...more);
                const held = String(path).includes("punches") ? 900 : 0;
                await new Promise((go) => setTimeout(go, held));
                return answer;
            };
        }"""
    )
    giant(phone, "始業を報告").click()
    giant(phone, "終業を報告").wait_for()
    settled(phone)
    giant(phone, "^中抜け").click()
    phone.page.get_by_role("button", name="中抜けを報告").click()
    giant(phone, "戻りました").wait_for()
    assert phone.faults == []


def test_an_end_reported_by_mistake_is_taken_back(city: City) -> None:
    """A double tap is one report; the way back stays on the page when the news has gone."""
    phone = on_phone(city).go("/").live()
    giant(phone, "始業を報告").dblclick(delay=120)
    giant(phone, "終業を報告").wait_for()
    settled(phone)
    phone.page.get_by_text("勤務場所を変える").click()
    giant(phone, "終業を報告").click()
    phone.page.get_by_role("heading", name="おつかれさまでした").wait_for()
    settled(phone)
    phone.page.get_by_role("button", name="終業を取り消す").click()
    giant(phone, "終業を報告").wait_for()
    answer = phone.page.evaluate("fetch('/api/v1/me/punches').then((r) => r.json())")
    kinds = [punch["kind"] for punch in answer["punches"] if not punch.get("voided_at")]
    assert kinds.count("start") == 1
    assert phone.faults == []


def test_a_change_of_place_shows_at_once_and_keeps_a_begun_line(city: City) -> None:
    phone = started(city)
    phone.page.locator("#home .state", has_text="取り込み中").click()
    phone.page.locator("#note").fill("あと5分")
    phone.page.get_by_text("勤務場所を変える").click()
    phone.page.locator(".move .chip", has_text="在庁").click()
    phone.page.locator(".hello", has_text="在庁").wait_for()
    assert phone.page.locator(".move[open]").count() == 0
    assert phone.page.locator("#note").input_value() == "あと5分"


def test_without_javascript_a_day_can_be_reported(city: City) -> None:
    phone = on_phone(city, java_script_enabled=False).go("/")
    page = phone.page
    giant(phone, "始業を報告").click()
    page.locator("#home .state", has_text="取り込み中").click()
    page.get_by_role("button", name="正午").first.click()
    page.get_by_role("heading", name="取り込み中").wait_for()
    page.locator("summary", has_text="朝の予定").click()
    page.get_by_label("きょうすること").fill("窓口の応援")
    page.get_by_role("button", name="書きこむ").first.click()
    page.locator("#home-today", has_text="窓口の応援").wait_for()
    giant(phone, "終業を報告").click()
    page.get_by_role("button", name="終業を取り消す").click()
    giant(phone, "終業を報告").wait_for()


def test_an_import_is_looked_at_before_anything_changes(city: City) -> None:
    admin = city.open_window(city.who["admin"].number).go("/admin/import")
    page = admin.page

    def choose(text: str) -> None:
        page.locator(".chip", has_text="閉庁日").click()
        page.set_input_files(
            "input[type=file]",
            {"name": "heichoubi.csv", "mimeType": "text/csv", "buffer": text.encode("cp932")},
        )
        page.get_by_role("button", name="違いを確かめる").click()

    choose("日付,理由\n2026/13/40,システム更新\n")
    page.get_by_text(re.compile("誤りが 1 件あります。何も変えていません。")).wait_for()
    page.get_by_role("link", name="直したファイルを選ぶ").click()
    choose("日付,理由\n2027-02-03,システム更新\n")
    page.get_by_role("button", name="取り込む", exact=True).click()
    admin.go("/admin/closures")
    page.locator("main", has_text="システム更新").wait_for()
    assert admin.faults == []
