"""確定, and what follows from it: duties, notices, coverage, the board; the past stays; sudden absence in one tap."""

from datetime import date
from typing import Any

import pytest

from tests.features.rota_play import (
    NEXT,
    PATH,
    THIS,
    WIDE,
    cell,
    fix_duty,
    furnish,
    lead,
    put,
)
from tests.stage import Stage
from webapp.core.db import db
from webapp.duties.models import Duty, DutyBreak
from webapp.notices.models import Notice
from webapp.plans.service import Entry

TODAY = date(2026, 11, 24)
NOW = f"/units/W11/rotas/{THIS}"


@pytest.fixture
def posts(stage: Stage) -> dict[str, int]:
    return furnish(stage)


def today(position: int, start: str, end: str, staff: str) -> dict[str, Any]:
    return cell(position, 0, start, end, staff) | {"date": TODAY.isoformat()}


def edit_today(stage: Stage, revision: int, **change: Any) -> Any:
    return lead(stage).post(f"{NOW}/edit", {"revision": revision} | change)


def publish(stage: Stage, path: str, revision: int, **more: Any) -> Any:
    answer = lead(stage).post(f"{path}/publish", {"revision": revision} | more)
    stage.settle()
    return answer


def rows_of(stage: Stage, number: str) -> list[tuple[int, int]]:
    query = db.session.query(Duty).filter_by(staff_id=stage.ids[number])
    found = [(row.start_minute, row.end_minute) for row in query.order_by(Duty.start_minute)]
    db.session.rollback()
    return found


def test_fixing_writes_duties_breaks_and_notices(stage: Stage, posts: dict[str, int]) -> None:
    put(stage, 0, cell(posts["窓口"], 1, "12:00", "13:00", "121"))
    preview = lead(stage).post(f"{PATH}/publish?preview=1", {"revision": 1}).json
    assert (preview["difference"]["added"], rows_of(stage, "121")) == (1, [])
    done = publish(stage, PATH, 1).json
    assert done["notices"] == 1
    assert done["open"]  # fixed with open slots, and it says so
    (person,) = done["difference"]["people"]
    assert (person["staff"], person["added"][0]["name"]) == ("121", "窓口")
    assert rows_of(stage, "121") == [(720, 780)]
    moved = db.session.query(DutyBreak).filter_by(staff_id=stage.ids["121"]).one()
    assert (moved.start_minute, moved.end_minute) == (660, 720)
    (notice,) = db.session.query(Notice).all()
    assert notice.kind == "fixed"
    assert "12/1（火） 12:00〜13:00 窓口" in notice.text
    db.session.rollback()
    week = lead(stage).get(PATH).json
    assert (week["status"], week["revision"]) == ("fixed", 2)
    assert [c["changed"] for c in week["cells"]] == [False]


def test_a_second_fixing_tells_of_changes_alone(stage: Stage, posts: dict[str, int]) -> None:
    put(
        stage,
        0,
        cell(posts["電話"], 1, "08:30", "10:30", "121"),
        cell(posts["電話"], 1, "10:30", "12:00", "122"),
    )
    publish(stage, PATH, 1)
    kept = db.session.query(Duty.id).filter_by(staff_id=stage.ids["122"]).scalar()
    week = lead(stage).get(PATH).json
    mine = next(c["id"] for c in week["cells"] if c["staff"] == "121")
    draft = put(stage, 2, cell(posts["電話"], 1, "08:30", "10:30", "131"), remove=[mine]).json
    assert draft["status"] == "draft"
    assert [c["staff"] for c in draft["cells"] if c["changed"]] == ["131"]
    done = publish(stage, PATH, 3).json
    assert {p["staff"] for p in done["difference"]["people"]} == {"121", "131"}
    assert db.session.query(Duty.id).filter_by(staff_id=stage.ids["122"]).scalar() == kept
    kinds = {row.kind for row in db.session.query(Notice).filter(Notice.id > 2)}
    db.session.rollback()
    assert kinds == {"changed"}


def test_fixing_needs_the_latest_draft(stage: Stage, posts: dict[str, int]) -> None:
    assert publish(stage, PATH, 0).status_code == 422
    put(stage, 0, cell(posts["電話"], 1, "08:30", "10:30", "121"))
    put(stage, 1, cell(posts["電話"], 1, "10:30", "12:00", "122"))
    assert publish(stage, PATH, 1).status_code == 409
    assert rows_of(stage, "121") == []


def test_the_board_and_coverage_follow(stage: Stage, posts: dict[str, int]) -> None:
    """Fixed at 10:20 for today from 10:30 on; at 10:31 the row shows the duty, and the telephone is covered."""
    week = edit_today(stage, 0, put=[today(posts["電話"], "10:30", "12:00", "121")])
    assert week.status_code == 200
    publish(stage, NOW, 1)
    clock_to("10:31")
    stage.settle()
    row = stage.row("121", viewer="100")
    assert row["duty"]["position"] == "電話"
    covered = lead(stage).get("/units/W11/coverage").json["coverage"]
    phone = next(one for one in covered if one["name"] == "電話")
    slots = {slot["from"][11:16]: slot for slot in phone["slots"]}
    assert (slots["10:30"]["present"], slots["12:00"]["present"]) == (1, 0)
    assert phone["no_rota"] is False


def clock_to(text: str) -> None:
    from datetime import datetime

    from webapp.core import clock

    clock.freeze(datetime.fromisoformat(f"2026-11-24T{text}+09:00"))


def test_open_pages_hear_of_it(stage: Stage, posts: dict[str, int]) -> None:
    with stage.frames() as sent:
        put(stage, 0, cell(posts["電話"], 1, "08:30", "10:30", "121"))
        stage.settle()
        publish(stage, PATH, 1)
    told = [(payload["revision"], room) for event, payload, room in sent if event == "rota"]
    assert told == [(1, "W11:leads"), (2, "W11:leads"), (2, "W11:full")]
    assert next(payload["week"] for event, payload, _ in sent if event == "rota") == NEXT


# --- the past -------------------------------------------------------------------------------


def test_what_is_past_stays(stage: Stage, posts: dict[str, int]) -> None:
    """10:20: a duty since 8:30 goes on to the next slot; from there the plan counts."""
    fix_duty(stage, posts["電話"], "121", TODAY, "8:30", "12:00")
    (held,) = lead(stage).get(NOW).json["cells"]
    refused = edit_today(stage, 0, remove=[held["id"]])
    assert "過ぎた" in refused.json["error"]["fields"]["put"]
    week = edit_today(
        stage,
        0,
        put=[
            today(posts["電話"], "08:30", "10:30", "121") | {"id": held["id"]},
            today(posts["電話"], "10:30", "12:00", "122"),
        ],
    )
    assert week.status_code == 200
    publish(stage, NOW, 1)
    assert rows_of(stage, "121") == [(510, 630)]
    assert rows_of(stage, "122") == [(630, 720)]


def test_help_of_the_moment_is_no_part_of_the_rota(stage: Stage, posts: dict[str, int]) -> None:
    helped = fix_duty(stage, posts["電話"], "131", TODAY, "14:10", "14:40")
    db.session.query(Duty).filter_by(id=helped).update({"source": "help"})
    db.session.commit()
    edit_today(stage, 0, put=[today(posts["電話"], "10:30", "12:00", "121")])
    week = lead(stage).get(NOW).json
    gone = [c["id"] for c in week["cells"] if c["staff"] == "131"]
    edit_today(stage, 1, remove=gone)
    publish(stage, NOW, week["revision"] + bool(gone))
    assert rows_of(stage, "131") == [(850, 880)]


# --- sudden absence -------------------------------------------------------------------------


def test_sudden_absence_shows_who_could_take_it(stage: Stage, posts: dict[str, int]) -> None:
    duty = fix_duty(stage, posts["窓口"], "121", TODAY, "13:00", "14:30")
    asked = {"staff": "121", "date": TODAY.isoformat()}
    assert stage.api("122", WIDE).post("/units/W11/absence", asked).status_code == 403
    found = lead(stage).post("/units/W11/absence", asked).json
    (left,) = found["duties"]
    assert (left["duty"], left["from"], left["to"]) == (duty, "13:00", "14:30")
    assert {one["staff"] for one in left["candidates"]} == {"122", "131"}
    stranger = lead(stage).post("/units/W11/absence", asked | {"staff": "220"})
    assert stranger.status_code == 404


def test_one_tap_hands_the_duty_over(stage: Stage, posts: dict[str, int]) -> None:
    edit_today(stage, 0, put=[today(posts["窓口"], "13:00", "14:30", "121")])
    publish(stage, NOW, 1)
    lead(stage).post(
        "/units/W11/absence", {"staff": "121", "date": TODAY.isoformat(), "leave": True}
    )
    assert stage.row("121")["place"] == "leave"
    duty = db.session.query(Duty.id).filter_by(staff_id=stage.ids["121"]).scalar()
    db.session.rollback()
    unfit = lead(stage).post("/units/W11/absence/assign", {"duty": duty, "to": "120"})
    assert "保育の技能がない" in unfit.json["error"]["fields"]["to"]
    done = lead(stage).post("/units/W11/absence/assign", {"duty": duty, "to": "122"})
    assert done.status_code == 200
    stage.settle()
    assert (rows_of(stage, "121"), rows_of(stage, "122")) == ([], [(780, 870)])
    week = lead(stage).get(NOW).json
    assert [c["staff"] for c in week["cells"]] == ["122"]
    assert week["status"] == "fixed"
    told = {row.staff_id for row in db.session.query(Notice).filter_by(kind="changed")}
    db.session.rollback()
    assert told == {stage.ids["121"], stage.ids["122"]}
    again = lead(stage).post("/units/W11/absence/assign", {"duty": duty, "to": "131"})
    assert again.status_code in (409, 422)


def test_a_position_fed_by_another_unit(stage: Stage, posts: dict[str, int]) -> None:
    """Who has a duty elsewhere cannot be had here at the same time."""
    from webapp.positions.models import PositionFeed

    db.session.add(PositionFeed(position_id=posts["電話"], unit_id=stage.units["W22"]))
    db.session.commit()
    stage.plan("220", Entry(510, 1035, "office"), day=date(2026, 12, 1))
    week = lead(stage).get(PATH).json
    assert "220" in {person["staff"] for person in week["people"]}
    refused = put(stage, 0, cell(posts["窓口"], 1, "09:00", "10:30", "220"))
    assert "この持ち場の職員ではありません" in refused.json["error"]["fields"]["put.0.staff"]
