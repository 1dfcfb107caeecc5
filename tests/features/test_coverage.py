"""Coverage on the board: what causes a frame, who reads names, alerts, 対応する. 保育課 W11 with its two 係."""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest

from tests.stage import CAST, Person, Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.duties import service as duties
from webapp.duties.models import Duty
from webapp.plans.service import Entry

CHIEF, LEAD, MEMBER, OTHER = "100", "120", "122", "220"
AT_WORK = ("100", "110", "120", "121", "122", "130", "131")


def entry(stage: Stage, name: str = "窓口", viewer: str = CHIEF) -> dict[str, Any]:
    board = stage.api(viewer).get("/boards/W11").json
    return next(one for one in board["coverage"] if one["name"] == name)


def lamps(sent: list[tuple[str, dict[str, Any], str]], name: str = "窓口") -> list[dict[str, Any]]:
    """The lamp in every `coverage` frame to the full room."""
    return [
        one
        for event, payload, room in sent
        if event == "coverage" and room == "W11:full"
        for one in payload["coverage"]
        if one["name"] == name
    ]


@pytest.fixture
def counter(stage: Stage) -> int:
    """窓口, 当番制, two needed from 9:00 to 16:30; 121 and 122 are on it from 10:00 to 12:00."""
    position = stage.position("窓口", staffed="duty", need=2, hours=(540, 990))
    stage.duty(position, "121", 600, 720)
    stage.duty(position, "122", 600, 720)
    return position


def report_elsewhere(stage: Stage) -> None:
    assert stage.api("121").punch("start", "s", place="home").status_code == 201


def out(stage: Stage) -> None:
    stage.api("121").punch("start", "s", place="office")
    stage.api("121").punch("break_out", "o")


def out_until(stage: Stage) -> None:
    stage.api("121").punch("start", "s", place="office")
    back = (clock.now() + timedelta(minutes=30)).astimezone(UTC).isoformat()
    stage.api("121").punch("break_out", "o", return_at=back)


def away(stage: Stage) -> None:
    stage.api("121").post("/me/status", {"state": "away"})


def leave(stage: Stage) -> None:
    stage.plan("121", Entry(510, 1035, "leave"))


def end(stage: Stage) -> None:
    stage.api("121").punch("start", "s", place="office")
    stage.api("121").punch("end", "e")


def duty_gone(stage: Stage) -> None:
    with transaction():
        row = db.session.query(Duty).filter_by(staff_id=stage.ids["121"]).one()
        duties.take_off(row)


CAUSES: dict[str, Callable[[Stage], None]] = {
    "a report from elsewhere": report_elsewhere,
    "中抜け": out,
    "中抜け with a return": out_until,
    "退席中": away,
    "leave": leave,
    "終業": end,
    "a duty taken off": duty_gone,
}


@pytest.mark.parametrize("name", CAUSES)
def test_whoever_goes_is_missing_at_once(stage: Stage, counter: int, name: str) -> None:
    assert entry(stage)["now"]["missing"] == 0
    with stage.frames() as sent:
        CAUSES[name](stage)
    assert lamps(sent)[-1]["now"]["missing"] == 1
    assert lamps(sent)[-1] == entry(stage)


def test_dnd_takes_somebody_from_the_telephone_but_not_from_a_counter(stage: Stage) -> None:
    window, phone = (
        stage.position("窓口", staffed="duty"),
        stage.position("電話", kind="phone", staffed="duty"),
    )
    stage.duty(window, "121", 600, 720)
    stage.duty(phone, "131", 600, 720)
    with stage.frames() as sent:
        for number in ("121", "131"):
            stage.api(number).post("/me/status", {"state": "dnd"})
    assert lamps(sent, "電話")[-1]["now"]["missing"] == 1
    assert entry(stage, "窓口")["now"]["missing"] == 0


def test_the_clock_alone_changes_the_lamp(
    stage: Stage, counter: int, at: Callable[[str], Any]
) -> None:
    """The crew goes at 12:00 and nobody comes: the lamp turns without anybody's tap."""
    assert entry(stage)["short"]["level"] == "ahead"
    with stage.frames() as sent:
        at("12:00")
    assert lamps(sent)[-1]["now"]["missing"] == 2
    assert lamps(sent)[-1]["short"]["level"] == "now"
    with stage.frames() as sent:
        at("12:15")
    assert lamps(sent)[-1]["short"]["level"] == "long"


def test_a_break_by_the_clock_leaves_a_position_of_whoever_is_there(
    stage: Stage, at: Callable[[str], Any]
) -> None:
    stage.position("受付", need=3)
    assert entry(stage, "受付")["now"]["missing"] == 0
    with stage.frames() as sent:
        at("12:00")
    assert lamps(sent, "受付")[-1]["now"]["present"] == 0
    with stage.frames() as sent:
        at("13:00")
    assert lamps(sent, "受付")[-1]["now"]["missing"] == 0


def test_no_fixed_rota_falls_back_and_says_so(stage: Stage) -> None:
    stage.position("窓口", staffed="duty", need=2)
    found = entry(stage)
    assert found["no_rota"] is True
    assert found["now"]["missing"] == 0


def test_an_overdue_report_is_missing_and_only_leads_read_the_name(
    stage: Stage, counter: int
) -> None:
    stage.telework("121")
    assert entry(stage)["now"]["missing"] == 1
    assert entry(stage)["unseen"] == 1
    names = {
        viewer: stage.api(viewer).get("/boards/W11").json["missing"]
        for viewer in (CHIEF, LEAD, MEMBER, OTHER)
    }
    assert names[CHIEF][str(counter)] == [{"staff": "121", "name": "桜井 剛", "why": "no_report"}]
    assert names[LEAD] == names[CHIEF]
    assert names[MEMBER] == names[OTHER] == {}


def test_names_go_to_the_rooms_of_leads_alone(stage: Stage, counter: int) -> None:
    with stage.frames() as sent:
        away(stage)
    named = {room for event, _, room in sent if event == "missing"}
    assert named
    assert {room.rpartition(":")[2] for room in named} == {"leads"}
    others = [p for event, p, room in sent if event in ("coverage", "alert")]
    assert "桜井" not in str(others)


def test_the_board_says_what_one_leads(stage: Stage, counter: int) -> None:
    leads = {v: stage.api(v).get("/boards/W11").json["leads"] for v in (CHIEF, LEAD, MEMBER, OTHER)}
    assert leads[CHIEF] == ["W11", "W12", "W13"]
    assert leads[LEAD] == ["W11", "W12"]
    assert leads[MEMBER] == leads[OTHER] == []


# --- alerts ---------------------------------------------------------------------------------


def alerts(sent: list[tuple[str, dict[str, Any], str]]) -> list[tuple[str, str]]:
    return [(p["level"], room) for event, p, room in sent if event == "alert"]


def test_an_alert_waits_and_is_told_once_a_level(
    stage: Stage, counter: int, at: Callable[[str], Any]
) -> None:
    clock.freeze(clock.now() + timedelta(minutes=1))
    stage.settle()
    with stage.frames() as sent:
        away(stage)
    assert alerts(sent) == []
    with stage.frames() as sent:
        clock.freeze(clock.now() + timedelta(seconds=21))
    assert ("now", "W11:leads") in alerts(sent)
    with stage.frames() as sent:
        clock.freeze(clock.now() + timedelta(minutes=1))
    assert alerts(sent) == []
    with stage.frames() as sent:
        clock.freeze(clock.now() + timedelta(minutes=15))
    assert {level for level, _ in alerts(sent)} == {"long"}


def test_a_gap_between_two_taps_is_never_told(stage: Stage, counter: int) -> None:
    clock.freeze(clock.now() + timedelta(minutes=1))
    stage.settle()
    away(stage)
    stage.settle()
    clock.freeze(clock.now() + timedelta(seconds=10))
    stage.api("121").post("/me/status", {"state": "auto"})
    with stage.frames() as sent:
        clock.freeze(clock.now() + timedelta(minutes=2))
    assert alerts(sent) == []


def open_now(stage: Stage, viewer: str) -> list[dict[str, Any]]:
    found = stage.api(viewer).get("/me/alerts").json["alerts"]
    return [one for one in found if one["level"] != "ahead"]


def shortage(stage: Stage) -> None:
    away(stage)
    stage.settle()
    clock.freeze(clock.now() + timedelta(seconds=21))
    stage.settle()


def test_what_is_open_is_there_on_every_page_for_leads_alone(stage: Stage, counter: int) -> None:
    shortage(stage)
    for viewer, count in ((CHIEF, 1), (LEAD, 1), (MEMBER, 0), (OTHER, 0), ("200", 0), ("900", 0)):
        assert len(open_now(stage, viewer)) == count, viewer
    stage.api("121").post("/me/status", {"state": "auto"})
    stage.settle()
    assert open_now(stage, CHIEF) == []


# --- 対応する -------------------------------------------------------------------------------


def test_take_undo_and_who_was_quicker(stage: Stage, counter: int) -> None:
    shortage(stage)
    write = "self unit:write"
    assert stage.api(MEMBER, write).post(f"/coverage/{counter}/take").status_code == 403
    answer = stage.api(CHIEF, write).post(f"/coverage/{counter}/take")
    taken = answer.json["coverage"][0]["short"]["taken"]
    assert (taken["by"], taken["staff"]) == (CAST[CHIEF].name, CHIEF)
    second = stage.api(LEAD, write).post(f"/coverage/{counter}/take")
    assert second.status_code == 409
    assert "池田 綾乃" in second.json["error"]["message"]
    assert open_now(stage, LEAD) == []
    assert stage.api(LEAD, write).call("DELETE", f"/coverage/{counter}/take").status_code == 409
    assert stage.api(CHIEF, write).call("DELETE", f"/coverage/{counter}/take").status_code == 200
    assert len(open_now(stage, LEAD)) == 1


def test_the_city_lists_shortages_now_first(stage: Stage, counter: int) -> None:
    with transaction():
        for n in range(320):
            stage.hire(Person(f"5{n:04}", f"職員 {n}", "しょくいん", "W22", reach="none"))
    stage.settle()
    stage.position("電話", unit="W21", kind="phone", need=2, skills=("手話",))
    shortage(stage)
    board = stage.api(CHIEF).get("/boards/W00").json
    listed = [(one["unit"], one["name"], one["level"]) for one in board["shortages"]]
    assert [level for _, _, level in listed[:2]] == ["long", "now"]
    assert {level for _, _, level in listed[2:]} == {"ahead"}
    assert {(unit, name) for unit, name, _ in listed[:2]} == {("W11", "窓口"), ("W21", "電話")}
    assert board["shortages"][0]["missing"] == 2
    assert board["counts"]["short"] == 2


# --- テレワーク可能 -------------------------------------------------------------------------


def test_the_page_of_the_coming_two_weeks(stage: Stage, counter: int) -> None:
    page = stage.browser(MEMBER).get("/telework/W11")
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    assert html.count('scope="col"') == 15
    assert "きょう" in html
    assert stage.browser(OTHER).get("/telework/W11").status_code == 403
    assert "まだ持ち場がありません" in stage.browser("200").get("/telework/W21").get_data(
        as_text=True
    )


def test_a_days_telework_room_counts_only_who_could_stand_there(stage: Stage) -> None:
    """Seven at the office, two needed: five may go; a position nobody has the skill for leaves none to go."""
    stage.position("窓口", need=2)
    room = stage.api(MEMBER, "self unit:read").get("/units/W11/telework-room?days=1").json
    at_eleven = next(
        one for one in room["days"][0]["units"]["W11"] if one["from"][11:16] == "11:00"
    )
    assert at_eleven["count"] == len(AT_WORK) - 2
    stage.position("戸籍", skills=("戸籍",), hours=(600, 720))
    room = stage.api(MEMBER, "self unit:read").get("/units/W11/telework-room?days=1").json
    at_eleven = next(
        one for one in room["days"][0]["units"]["W11"] if one["from"][11:16] == "11:00"
    )
    assert at_eleven["count"] == 0
