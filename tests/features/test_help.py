"""窓口応援: who is asked, the first to accept is on it, everybody else's prompt goes. 保育課 W11 with its two 係."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.stage import Person, Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.duties.models import Duty
from webapp.positions.models import DutyProfile, StaffSkill

CHIEF, ASKER, OTHER = "100", "122", "220"
FREE = (
    "110",
    "120",
    "121",
    "130",
    "131",
)  # all of 保育課 but the chief (see `window`) and the asker


@pytest.fixture
def window(stage: Stage) -> int:
    """窓口, which the 課長 is exempt from."""
    profile(stage, CHIEF, group="exempt")
    return stage.position("窓口", need=2, hours=(540, 990))


def profile(stage: Stage, number: str, **more: Any) -> None:
    with transaction():
        db.session.merge(
            DutyProfile(
                staff_id=stage.ids[number],
                changed_at=clock.now(),
                **({"forbidden": [], "preferences": {}} | more),
            )
        )


def ask(stage: Stage, position: int, who: str = ASKER) -> Any:
    return stage.api(who).post(f"/coverage/{position}/help")


def act(stage: Stage, who: str, call: int, what: str) -> Any:
    return stage.api(who).post(f"/help/{call}/{what}")


def asked(sent: list[tuple[str, dict[str, Any], str]]) -> list[str]:
    """Numbers of those whose pages are asked."""
    return sorted(room.partition(":")[0] for event, _, room in sent if event == "help")


def prompts(stage: Stage, who: str) -> list[int]:
    return [one["id"] for one in stage.api(who).get("/me/alerts").json["help"]]


def duties_of(stage: Stage, number: str) -> list[tuple[int, int, str]]:
    db.session.expire_all()
    rows = db.session.query(Duty).filter_by(staff_id=stage.ids[number]).all()
    return [(row.start_minute, row.end_minute, row.source) for row in rows]


def test_everybody_free_of_the_unit_is_asked_on_their_own_pages(stage: Stage, window: int) -> None:
    with stage.frames() as sent:
        answer = ask(stage, window)
    assert answer.status_code == 201
    assert answer.json["call"]["asked"] == len(FREE)
    assert asked(sent) == sorted(FREE)
    assert all(room.endswith(":person") for event, _, room in sent if event.startswith("help"))
    assert prompts(stage, "121") == [answer.json["call"]["id"]]
    assert prompts(stage, OTHER) == prompts(stage, CHIEF) == []


def busy(stage: Stage) -> None:
    stage.api("121").post("/me/status", {"state": "busy"})


def dnd(stage: Stage) -> None:
    stage.api("121").post("/me/status", {"state": "dnd"})


def home(stage: Stage) -> None:
    stage.api("121").punch("start", "h", place="home")


def on_duty(stage: Stage) -> None:
    stage.duty(stage.position("総合案内", kind="other", staffed="duty"), "121", 600, 720)


def soon_on_duty(stage: Stage) -> None:
    stage.duty(stage.position("総合案内", kind="other", staffed="duty"), "121", 628, 720)


def exempt(stage: Stage) -> None:
    profile(stage, "121", group="exempt")


NOT_ASKED: dict[str, Callable[[Stage], None]] = {
    "取り込み中": busy,
    "応答不可": dnd,
    "at home": home,
    "on duty": on_duty,
    "on duty in eight minutes": soon_on_duty,
    "対象外": exempt,
}


@pytest.mark.parametrize("why", NOT_ASKED)
def test_who_is_not_free_is_left_alone(stage: Stage, window: int, why: str) -> None:
    NOT_ASKED[why](stage)
    with stage.frames() as sent:
        ask(stage, window)
    assert asked(sent) == sorted(set(FREE) - {"121"})


def test_the_position_forbidden_to_somebody_and_the_skill_needed(stage: Stage, window: int) -> None:
    profile(stage, "121", forbidden=[window])
    with stage.frames() as sent:
        ask(stage, window)
    assert "121" not in asked(sent)
    skilled = stage.position("戸籍", skills=("戸籍",))
    with transaction():
        db.session.add(StaffSkill(staff_id=stage.ids["131"], skill="戸籍"))
    with stage.frames() as sent:
        ask(stage, skilled)
    assert asked(sent) == ["131"]


def test_the_telephone_can_be_helped_from_home_only_where_calls_are_put_through(
    stage: Stage,
) -> None:
    phone = stage.position("電話", kind="phone")
    for number in ("121", "130"):  # transfer, callback
        stage.api(number).punch("start", "h", place="home")
    with stage.frames() as sent:
        ask(stage, phone)
    assert "121" in asked(sent)
    assert "130" not in asked(sent)


def test_first_to_accept_has_a_duty_and_all_other_prompts_go(stage: Stage, window: int) -> None:
    call = ask(stage, window).json["call"]["id"]
    with stage.frames() as sent:
        answer = act(stage, "121", call, "accept")
    assert (answer.json["state"], answer.json["helper"]) == ("coming", "桜井 剛")
    assert duties_of(stage, "121") == [(620, 650, "help")]
    over = sorted(room.partition(":")[0] for event, _, room in sent if event == "help_over")
    assert over == sorted(set(FREE) - {"121"})
    assert [p["helper"] for e, p, room in sent if e == "help_call" and room == "122:person"] == [
        "桜井 剛"
    ]
    assert stage.row("121")["duty"]["position"] == "窓口"
    assert all(prompts(stage, number) == [] for number in FREE)


def test_the_second_reads_who_was_quicker(stage: Stage, window: int) -> None:
    call = ask(stage, window).json["call"]["id"]
    assert act(stage, "121", call, "accept").status_code == 200
    late = act(stage, "131", call, "accept")
    assert late.status_code == 409
    assert late.json["error"]["message"] == "桜井 剛さんが先に向かいました。"
    assert duties_of(stage, "131") == []
    assert act(stage, "121", call, "accept").status_code == 200  # a double tap
    assert len(duties_of(stage, "121")) == 1


def test_all_accept_at_the_same_moment_and_one_is_on_it(stage: Stage, window: int) -> None:
    call = ask(stage, window).json["call"]["id"]
    apis = [stage.api(number) for number in FREE]
    with ThreadPoolExecutor(len(apis)) as pool:
        answers = list(pool.map(lambda api: api.post(f"/help/{call}/accept").status_code, apis))
    assert sorted(answers) == [200, 409, 409, 409, 409]
    assert sum(len(duties_of(stage, number)) for number in FREE) == 1


def test_declined_by_all_is_over_and_the_asker_reads_so(stage: Stage, window: int) -> None:
    call = ask(stage, window).json["call"]["id"]
    with stage.frames() as sent:
        for number in FREE:
            assert act(stage, number, call, "decline").status_code == 200
    states = [p["state"] for event, p, room in sent if event == "help_call"]
    assert states[-1] == "nobody"
    with stage.frames() as sent:
        stage.duty(window, "110", 610, 640)
        ask(stage, window)
    assert "110" not in asked(sent)


def test_it_ends_after_five_minutes_by_itself(stage: Stage, window: int) -> None:
    call = ask(stage, window).json["call"]["id"]
    stage.settle()
    with stage.frames() as sent:
        clock.freeze(clock.now() + timedelta(minutes=5))
    assert {room.partition(":")[0] for event, _, room in sent if event == "help_over"} == set(FREE)
    late = act(stage, "121", call, "accept")
    assert late.status_code == 409
    assert "5分" in late.json["error"]["message"]
    assert prompts(stage, "121") == []


def test_called_off_by_who_asked_or_leads_and_by_nobody_else(stage: Stage, window: int) -> None:
    call = ask(stage, window).json["call"]["id"]
    assert stage.api("131").call("DELETE", f"/help/{call}").status_code == 404
    with stage.frames() as sent:
        assert stage.api(CHIEF).call("DELETE", f"/help/{call}").json["state"] == "off"
    assert len([1 for event, _, _ in sent if event == "help_over"]) == len(FREE)
    assert act(stage, "121", call, "accept").status_code == 409


def test_two_who_press_at_one_counter_make_one_call(stage: Stage, window: int) -> None:
    first = ask(stage, window)
    again = ask(stage, window, "121")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["call"]["id"] == again.json["call"]["id"]


def test_nobody_free_says_who_could_be_asked_next(stage: Stage, window: int) -> None:
    until = (clock.now() + timedelta(minutes=20)).isoformat()
    for number in FREE:
        stage.api(number).post(
            "/me/status", {"state": "busy"} | ({"until": until} if number == "130" else {})
        )
    answer = ask(stage, window)
    assert answer.status_code == 200
    assert answer.json["call"] is None
    assert len(answer.json["later"]) == 3
    assert answer.json["later"][0]["name"] == "藤原 奈々"
    assert answer.json["later"][0]["until"] is not None


def test_the_helper_ends_early_and_the_time_spent_counts(
    stage: Stage, window: int, at: Callable[[str], Any]
) -> None:
    call = ask(stage, window).json["call"]["id"]
    act(stage, "121", call, "accept")
    at("10:32")
    assert stage.api("121").get("/me/alerts").json["helping"]["id"] == call
    assert act(stage, "131", call, "end").status_code == 404
    assert act(stage, "121", call, "end").json["state"] == "done"
    assert duties_of(stage, "121") == [(620, 632, "help")]
    assert stage.api("121").get("/me/alerts").json["helping"] is None
    with stage.frames() as sent:
        ask(stage, window)
    assert "121" in asked(sent)


def test_half_an_hour_is_cut_where_the_break_begins(
    stage: Stage, window: int, at: Callable[[str], Any]
) -> None:
    at("11:45")
    call = ask(stage, window).json["call"]["id"]
    act(stage, "121", call, "accept")
    assert duties_of(stage, "121") == [(705, 720, "help")]


def test_the_least_burdened_are_asked_and_at_most_eight(stage: Stage, window: int) -> None:
    with transaction():
        for n in range(6):
            stage.hire(Person(f"60{n}", f"新人 {n}", "しんじん", "W13"))
    stage.settle()
    stage.duty(window, "121", 540, 570)
    with stage.frames() as sent:
        ask(stage, window)
    assert len(asked(sent)) == 8
    assert "121" not in asked(sent)


@pytest.mark.parametrize(
    ("who", "status"), [(ASKER, 201), (CHIEF, 201), ("130", 201), (OTHER, 403)]
)
def test_who_may_ask(stage: Stage, window: int, who: str, status: int) -> None:
    assert ask(stage, window, who).status_code == status


def test_refusals(stage: Stage, window: int, at: Callable[[str], Any]) -> None:
    assert ask(stage, 9999).status_code == 404
    assert ask(stage, stage.position("警備", contractor=True)).status_code == 422
    call = ask(stage, window).json["call"]["id"]
    assert act(stage, OTHER, call, "accept").status_code == 404
    assert act(stage, "121", 9999, "accept").status_code == 404
    assert act(stage, "121", call, "end").status_code in (404, 409)
    codes = [ask(stage, window).status_code for _ in range(4)]
    assert codes[-1] == 429
