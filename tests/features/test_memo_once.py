"""A memo or question whose answer was lost is sent again: it is there once, whoever presses how often."""

import re
import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.doors import post
from tests.stage import Stage
from webapp.core.db import db
from webapp.messages.models import MemoStep, PhoneMemo, Question

CALL = {"to": "121", "caller": "田中様", "text": "折り返しの件"}
ASKED = {"unit": "W12", "text": "どの様式ですか"}


def write(stage: Stage, key: str = "k1", by: str = "122", **body: Any) -> Any:
    return stage.api(by).post("/messages", CALL | body, headers={"Idempotency-Key": key})


def count(what: Any = PhoneMemo) -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(what)) or 0)


def test_the_same_key_again_is_the_same_memo_as_it_is_now(stage: Stage) -> None:
    first = write(stage)
    assert (first.status_code, first.headers.get("Idempotency-Replayed")) == (201, None)
    changed = stage.api("121").call(
        "PATCH", f"/messages/{first.json['id']}", json={"state": "called"}
    )
    assert changed.status_code == 200
    again = write(stage)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert (again.json["id"], again.json["state"]) == (first.json["id"], "called")
    assert (count(), count(MemoStep)) == (1, 2)


def test_another_text_under_the_same_key_is_refused(stage: Stage) -> None:
    write(stage)
    assert write(stage, text="別の件").status_code == 422
    assert count() == 1


def test_keys_are_each_persons_own_and_apart_from_those_of_reports(stage: Stage) -> None:
    write(stage)
    assert write(stage, by="120").headers.get("Idempotency-Replayed") is None
    assert stage.api("122").punch("start", "k1", place="office").status_code == 201
    assert count() == 2


def test_without_a_key_each_is_one_of_its_own(stage: Stage) -> None:
    for _ in range(2):
        assert stage.api("122").post("/messages", CALL).status_code == 201
    assert count() == 2


@pytest.mark.parametrize("length", [101, 4000])
def test_a_key_beyond_measure_is_refused_in_words(stage: Stage, length: int) -> None:
    answer = write(stage, "k" * length)
    assert (answer.status_code, count()) == (400, 0)
    assert "Idempotency-Key" in answer.json["error"]["fields"]


def test_one_taken_back_meanwhile_stays_so(stage: Stage) -> None:
    memo = write(stage).json["id"]
    assert stage.api("122").call("DELETE", f"/messages/{memo}").status_code == 200
    again = write(stage)
    assert (again.status_code, again.json["id"], count()) == (201, memo, 1)


def test_twins_at_the_same_moment_are_one(stage: Stage) -> None:
    answers: list[Any] = []
    begin, clients = threading.Barrier(6), [stage.api("122") for _ in range(6)]

    def send(api: Any) -> None:
        begin.wait()
        answers.append(api.post("/messages", CALL, headers={"Idempotency-Key": "k1"}))

    threads = [threading.Thread(target=send, args=(api,)) for api in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.json["id"] for answer in answers} == {answers[0].json["id"]}
    assert count() == 1


def test_the_plain_form_sent_twice_is_one_memo(stage: Stage) -> None:
    browser = stage.browser("122")
    page = browser.get("/messages/new?to=121").text
    key = re.search(r'name="key" value="([0-9a-f]{32})"', page)
    assert key is not None
    for _ in range(2):
        answer = post(browser, "/messages/new", CALL | {"key": key[1]})
        assert answer.status_code == 302, answer.text
    assert count() == 1
    post(browser, "/messages/new", CALL | {"key": key[1], "text": "もう1件"})
    assert count() == 2


# --- questions -------------------------------------------------------------------------------


def ask(stage: Stage, key: str = "k1", **body: Any) -> Any:
    return stage.api("122").post("/questions", ASKED | body, headers={"Idempotency-Key": key})


def test_the_same_key_again_is_the_same_question(stage: Stage) -> None:
    first, again = ask(stage), ask(stage)
    assert (first.status_code, first.headers.get("Idempotency-Replayed")) == (201, None)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert (again.json["id"], count(Question)) == (first.json["id"], 1)
    assert ask(stage, text="別の件").status_code == 422
    assert write(stage).headers.get("Idempotency-Replayed") is None  # a memo under the same key
    assert ask(stage, "k2").headers.get("Idempotency-Replayed") is None
    assert count(Question) == 2


def test_the_plain_form_of_a_question_sent_twice_is_one(stage: Stage) -> None:
    browser = stage.browser("122")
    page = browser.get("/questions").text
    key = re.search(r'name="key" value="([0-9a-f]{32})"', page)
    assert key is not None
    for text, questions in (("1つ目", 1), ("1つ目", 1), ("2つ目", 2)):
        answer = post(browser, "/questions", ASKED | {"key": key[1], "text": text})
        assert (answer.status_code, count(Question)) == (302, questions), answer.text
    refused = post(browser, "/questions", ASKED | {"key": key[1], "text": ""}).text
    assert f'name="key" value="{key[1]}"' in refused
