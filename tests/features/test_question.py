"""質問箱 through HTTP: strangers refused; told to who is there first; answered, resolved, opened again, forgotten."""

from datetime import timedelta
from typing import Any

import pytest

from tests.doors import post
from tests.stage import Stage
from webapp import jobs
from webapp.core import clock, settings
from webapp.core.db import db, transaction
from webapp.messages import jobs as minute
from webapp.messages.models import Answer, Question
from webapp.messages.settings import QUESTION_WAIT
from webapp.notices.models import Notice
from webapp.plans.service import Entry

TEXT = "復職証明の日付は、消印の日でよいですか"


def api(stage: Stage, number: str) -> Any:
    return stage.api(number, "self unit:read")


def asked(stage: Stage, number: str = "121", unit: str = "W11") -> dict[str, Any]:
    answer = api(stage, number).post("/questions", {"unit": unit, "text": TEXT})
    assert answer.status_code == 201, answer.json
    found: dict[str, Any] = answer.json
    return found


def settle(stage: Stage, number: str, question: int, state: str, revision: int = 0) -> Any:
    body = {"state": state} | ({"revision": revision} if revision else {})
    return api(stage, number).call("PATCH", f"/questions/{question}", json=body)


def told(stage: Stage, number: str) -> list[str]:
    found = api(stage, number).get("/me/notices").json["notices"]
    return [row["text"] for row in found if row["kind"] == "question"]


def again() -> None:
    db.session.rollback()
    db.session.expire_all()


def test_only_the_asked_unit_knows_of_it(stage: Stage) -> None:
    question = asked(stage, unit="W12")["id"]
    for number in ("131", "100", "220", "900"):
        assert api(stage, number).get(f"/questions/{question}").status_code == 404
        body = {"text": "知っています"}
        assert api(stage, number).post(f"/questions/{question}/answers", body).status_code == 404
        assert settle(stage, number, question, "resolved").status_code == 404
        assert api(stage, number).get("/questions").json["questions"] == []
    assert api(stage, "122").get(f"/questions/{question}").status_code == 200
    assert db.session.query(Answer).count() == 0


def test_one_asks_ones_own_kakari_or_section(stage: Stage) -> None:
    for unit in ("W21", "W00", "W13", "nowhere"):
        answer = api(stage, "121").post("/questions", {"unit": unit, "text": TEXT})
        assert answer.status_code == 422
        assert "unit" in answer.json["error"]["fields"]
    assert asked(stage, unit="W12")["unit_name"] == "入所係"
    assert asked(stage, unit="W11")["unit_name"] == "保育課"


@pytest.mark.parametrize("text", ["", "   ", "あ" * 501])
def test_what_is_no_question(stage: Stage, text: str) -> None:
    answer = api(stage, "121").post("/questions", {"unit": "W12", "text": text})
    assert answer.status_code == 422
    assert "text" in answer.json["error"]["fields"]


def test_who_is_there_is_told_first_and_the_others_when_nobody_answers(
    stage: Stage, at: Any
) -> None:
    stage.api("122").post("/me/status", {"state": "dnd"})
    stage.plan("131", Entry(510, 1035, "leave"))
    question = asked(stage)["id"]
    assert told(stage, "120") == ["質問が1件あります。"]
    assert told(stage, "122") == told(stage, "131") == told(stage, "121") == []
    assert api(stage, "122").get("/questions").json["open"] == 0
    at("10:34")
    minute.every_minute(now=clock.now())
    assert told(stage, "122") == []
    at("10:35")
    for _ in range(2):
        minute.every_minute(now=clock.now())
    assert told(stage, "122") == told(stage, "131") == ["まだ回答のない質問があります。"]
    assert told(stage, "120") == ["質問が1件あります。"]
    assert api(stage, "122").get("/questions").json["open"] == 1
    assert api(stage, "121").get(f"/questions/{question}").json["told_all"]


def test_an_answer_in_time_spares_the_others(stage: Stage, at: Any) -> None:
    stage.api("122").post("/me/status", {"state": "dnd"})
    with transaction():
        settings.put(QUESTION_WAIT, 5, unit_code="W11", by=None, now=clock.now())
    question = asked(stage)["id"]
    api(stage, "120").post(f"/questions/{question}/answers", {"text": "様式第3号です"})
    at("11:00")
    minute.every_minute(now=clock.now())
    assert told(stage, "122") == []
    assert told(stage, "120") == []  # settled: nobody has to read it any more
    assert told(stage, "121") == ["あなたの質問に回答がありました。"]


def test_nobody_is_there_so_everybody_is_told(stage: Stage, at: Any) -> None:
    at("12:30")  # everybody is on a break
    asked(stage, unit="W12")
    assert told(stage, "122") == ["質問が1件あります。"]


def test_no_notice_says_what_was_asked(stage: Stage) -> None:
    question = asked(stage)["id"]
    api(stage, "120").post(f"/questions/{question}/answers", {"text": "様式第3号です"})
    texts = [row.text for row in db.session.query(Notice)]
    assert texts
    assert not any("復職" in text or "様式" in text for text in texts)


def test_answered_resolved_by_its_asker_and_opened_again(stage: Stage, at: Any) -> None:
    question = asked(stage)["id"]
    more = api(stage, "121").post(f"/questions/{question}/answers", {"text": "4月の分です"})
    assert more.json["state"] == "open"  # a word of the asker is no answer
    answered = api(stage, "131").post(f"/questions/{question}/answers", {"text": "様式第3号です"})
    assert (answered.json["state"], len(answered.json["answers"])) == ("answered", 2)
    assert settle(stage, "131", question, "resolved").status_code == 403
    assert settle(stage, "121", question, "resolved", 1).status_code == 409
    assert settle(stage, "121", question, "resolved", 3).json["state"] == "resolved"
    assert settle(stage, "121", question, "resolved", 3).status_code == 200  # a double tap
    late = api(stage, "131").post(f"/questions/{question}/answers", {"text": "もう一つ"})
    assert late.status_code == 409
    at("2026-12-01 10:00")
    assert settle(stage, "131", question, "open").status_code == 403
    assert settle(stage, "121", question, "open").json["state"] == "answered"
    assert "質問がもう一度開かれました。" in told(stage, "131")


def test_asker_and_unit_hear_live_and_no_word_goes_by_the_socket(stage: Stage) -> None:
    with stage.frames() as sent:
        question = asked(stage, unit="W12")["id"]
    frames = [frame for frame in sent if frame[0] == "question"]
    assert {room for _, _, room in frames} == {"120:person", "121:person", "122:person"}
    assert all(payload == {"id": question, "state": "open"} for _, payload, _ in frames)


def test_search_finds_answers_of_ones_own_units(stage: Stage) -> None:
    question = asked(stage)["id"]
    api(stage, "131").post(f"/questions/{question}/answers", {"text": "様式第3号です"})
    settle(stage, "121", question, "resolved")
    for number, found in (("130", [question]), ("220", [])):
        rows = api(stage, number).get("/questions?q=第3号 復職").json["questions"]
        assert [row["id"] for row in rows] == found
    assert api(stage, "130").get("/questions?q=%25").json["questions"] == []


def test_forgotten_some_time_after(stage: Stage) -> None:
    resolved, waiting = asked(stage)["id"], asked(stage)["id"]
    settle(stage, "121", resolved, "resolved")
    clock.freeze(clock.now() + timedelta(days=91))
    jobs.every_hour(stage.app)
    again()
    assert [row.id for row in db.session.query(Question)] == [waiting]
    clock.freeze(clock.now() + timedelta(days=100))
    jobs.every_hour(stage.app)
    again()
    assert db.session.query(Question).count() == 0


def test_the_page_works_as_a_plain_form(stage: Stage) -> None:
    browser = stage.browser("121")
    done = post(browser, "/questions", {"unit": "W12", "text": TEXT})
    assert done.status_code == 302
    question = db.session.query(Question).one().id
    assert TEXT in stage.browser("122").get("/questions").text
    assert TEXT not in stage.browser("131").get("/questions").text
    colleague = stage.browser("122")
    empty = post(colleague, f"/questions/{question}/answers", {"text": ""})
    assert empty.status_code == 422
    path = f"/questions/{question}/answers"
    assert post(colleague, path, {"text": "様式第3号です"}).status_code == 302
    assert "様式第3号です" in browser.get("/questions").text
    settled = post(browser, f"/questions/{question}/settle", {"state": "resolved"})
    assert settled.status_code == 302
    assert TEXT in browser.get("/questions?tab=resolved").text
    assert post(stage.browser("131"), path, {"text": "x"}).status_code == 404
