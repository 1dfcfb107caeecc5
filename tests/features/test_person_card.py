"""The person card through HTTP: reach first, who else is there, what a stranger is not told."""

import json
from datetime import date
from typing import Any

from tests.stage import Stage
from webapp.core import clock, settings
from webapp.core.db import db, transaction
from webapp.messages.settings import CHIPS, SAY_PLACE
from webapp.plans import service as plans
from webapp.plans.service import Entry, Telephone
from webapp.tasks.models import Task, TaskPerson


def card(stage: Stage, viewer: str, number: str = "121") -> dict[str, Any]:
    answer = stage.api(viewer).get(f"/staff/{number}")
    assert answer.status_code == 200, answer.json
    found: dict[str, Any] = answer.json
    return found


def test_at_home_with_callback_only(stage: Stage) -> None:
    stage.telework("122")
    stage.api("122").post("/me/status", {"state": "available"})
    first = card(stage, "120", "122")["reach_first"]
    assert first == {
        "kind": "callback",
        "number": None,
        "sentence": "本日河野は在宅で、折り返しは11時頃になります。",
        "at": "2026-11-24T11:00:00+09:00",
    }


def test_another_section_does_not_hear_where_somebody_is(stage: Stage) -> None:
    stage.telework("122")
    stage.api("122").post("/me/status", {"state": "available"})
    sentence = card(stage, "220", "122")["reach_first"]["sentence"]
    assert sentence == "本日河野は席を離れて勤務しており、折り返しは11時頃になります。"
    with transaction():
        settings.put(SAY_PLACE, False, by=None, now=clock.now())
    assert "在宅" not in card(stage, "120", "122")["reach_first"]["sentence"]


def test_on_leave_the_next_working_day_for_colleagues_and_no_word_of_why(stage: Stage) -> None:
    stage.plan("121", Entry(510, 1035, "leave"))
    colleague, stranger = card(stage, "122"), card(stage, "220")
    assert colleague["reach_first"]["sentence"] == (
        "本日桜井は不在にしております。折り返しは11月25日（水）以降になります。"
    )
    assert "25日" not in stranger["reach_first"]["sentence"]
    assert "leave" not in json.dumps(stranger)
    assert "休" not in json.dumps(stranger, ensure_ascii=False)


def test_the_booked_telephone_of_now_wins(stage: Stage) -> None:
    stage.telework("121")
    with transaction():
        plans.put_reach(
            stage.ids["121"],
            date(2026, 11, 24),
            [Telephone(600, 720, "070-5555-0001", "transfer")],
            source="loan:1",
        )
    stage.settle()
    stage.api("121").post("/me/status", {"state": "available"})
    first = card(stage, "122")["reach_first"]
    assert (first["kind"], first["number"]) == ("transfer", "070-5555-0001")


def test_who_else_is_there_those_of_the_same_work_first(stage: Stage) -> None:
    with transaction():
        task = Task(unit_id=stage.units["W11"], name="入所の審査", changed_at=clock.now())
        task.people = [
            TaskPerson(staff_id=stage.ids["121"], role="main"),
            TaskPerson(staff_id=stage.ids["131"], role="sub"),
        ]
        db.session.add(task)
    stage.api("122").post("/me/status", {"state": "dnd"})
    others = card(stage, "100")["others"]
    found = [(row["staff"], row["role"], row["tasks"]) for row in others]
    assert found == [("131", "主担・副担", ["入所の審査"]), ("120", "同じ係", [])]
    outside = card(stage, "220")["others"]
    assert "place" not in outside[0]


def test_the_memo_of_the_card(stage: Stage) -> None:
    assert card(stage, "220")["memo"]["chips"][0] == "折り返しお願いします"
    assert card(stage, "121")["memo"] is None  # oneself
    with transaction():
        settings.put(CHIPS, "至急\n" + "長" * 30, by=None, now=clock.now())
    assert card(stage, "220")["memo"]["chips"] == ["至急", "長" * 20]


def test_somebody_who_does_not_work_here(stage: Stage) -> None:
    assert stage.api("220").get("/staff/99999").status_code == 404
