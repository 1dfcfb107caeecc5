"""/messages as plain forms: written, refused with what was typed, handled, moved, taken back; on 自分の今日."""

from typing import Any

import pytest
from sqlalchemy import event

from tests.doors import post
from tests.stage import Stage
from webapp.core.db import db
from webapp.messages.models import PhoneMemo


def write(stage: Stage, by: str = "220", **form: Any) -> Any:
    return post(
        stage.browser(by), "/messages/new", {"to": "121", "chip": "折り返しお願いします"} | form
    )


def only() -> PhoneMemo:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(PhoneMemo).one()


def test_written_handled_and_put_back_without_a_script(stage: Stage) -> None:
    assert write(stage, caller="田中様", wished_time="15:00").status_code == 302
    memo = only()
    mine = stage.browser("121")
    page = mine.get("/messages").text
    assert "田中様" in page
    assert "15:00" in page
    form = {"revision": memo.revision, "tab": "mine"}
    assert post(mine, f"/messages/{memo.id}/called", form).status_code == 302
    late = post(stage.browser("122"), f"/messages/{memo.id}/done", form)
    assert late.status_code == 302
    assert only().state == "called"
    assert post(mine, f"/messages/{memo.id}/open", {"revision": 2}).status_code == 302
    assert only().state == "open"


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({"text": "あ" * 61}, "60文字以内"),
        ({"telephone": "内線です"}, "数字と - で"),
        ({"wished_time": "25:00"}, "15:00 のように"),
        ({"wished_time": "9:00"}, "より後"),
        ({"wished_on": "あした", "wished_time": "9:00"}, "2026-11-25 のように"),
        ({"wished_on": "2026-11-25"}, "時刻も"),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(
    stage: Stage, form: dict[str, str], word: str
) -> None:
    answer = write(stage, caller="山本様", **form)
    assert answer.status_code == 422
    assert word in answer.text
    assert "山本様" in answer.text
    assert db.session.query(PhoneMemo).count() == 0


def test_without_a_person_one_looks_for_one_first(stage: Stage) -> None:
    browser = stage.browser("220")
    assert browser.get("/messages/new").headers["Location"].endswith("/search")
    assert browser.get("/messages/new?to=99999").status_code == 404
    assert "自分あての取次メモは書けません" in browser.get("/messages/new?to=220").text


def test_moved_with_the_page_of_who_is_there(stage: Stage) -> None:
    write(stage)
    memo = only()
    mine = stage.browser("121")
    page = mine.get(f"/messages/{memo.id}/move").text
    assert "河野 優" in page
    assert "小野 亮" not in page  # of another 課
    assert stage.browser("131").get(f"/messages/{memo.id}/move").status_code == 404
    assert stage.browser("220").get(f"/messages/{memo.id}/move").status_code == 403
    other = post(mine, f"/messages/{memo.id}/move", {"to": "220", "revision": 1})
    assert other.status_code == 422
    moved = post(mine, f"/messages/{memo.id}/move", {"to": "122", "revision": 1})
    assert moved.status_code == 302
    assert only().to_id == stage.ids["122"]


def test_taken_back_on_the_page_of_what_one_wrote(stage: Stage) -> None:
    write(stage)
    memo = only()
    assert "取り消す" in stage.browser("220").get("/messages?tab=written").text
    assert post(stage.browser("220"), f"/messages/{memo.id}/take-back").status_code == 302
    assert only().state == "void"
    assert post(stage.browser("131"), f"/messages/{memo.id}/take-back").status_code == 404


@pytest.mark.parametrize("tab", ["mine", "unit", "written", "done", "what"])
def test_an_empty_list_says_what_comes_next(stage: Stage, tab: str) -> None:
    page = stage.browser("121").get(f"/messages?tab={tab}")
    assert page.status_code == 200
    assert 'class="empty"' in page.text


def test_a_page_full_of_memos_asks_the_database_as_often_as_one(stage: Stage) -> None:
    write(stage)
    few = asked_of_database(stage)
    for _ in range(14):
        write(stage)
    assert asked_of_database(stage) <= few + 2


def asked_of_database(stage: Stage) -> int:
    seen: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    mine = stage.browser("121")
    event.listen(db.engine, "before_cursor_execute", listen)
    mine.get("/messages")
    event.remove(db.engine, "before_cursor_execute", listen)
    return len(seen)


def test_on_ones_own_day(stage: Stage) -> None:
    write(stage, telephone="042-555-0123")
    home = stage.browser("121").get("/").text
    assert "取次メモ 1件" in home
    assert "042-555-0123" in home


def test_gone_for_the_day_the_page_asks_who_takes_it(stage: Stage, at: Any) -> None:
    write(stage)
    mine = stage.browser("121")
    assert "きょうの勤務は終わりました" not in mine.get("/messages").text
    stage.api("121").punch("end", "e")
    at("10:30")
    page = mine.get("/messages").text
    assert "未対応の取次が1件残っています" in page
    assert "瀨戸さんに移す" in page
