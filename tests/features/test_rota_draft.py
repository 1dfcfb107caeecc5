"""The draft of a rota: seen by whom, changed by whom, step by step, and what is refused with which words."""

from datetime import date
from typing import Any

import pytest

from tests.features.rota_play import (
    MONDAY,
    NEXT,
    PATH,
    THIS,
    WIDE,
    cell,
    fix_duty,
    furnish,
    lead,
    put,
    who,
)
from tests.stage import CAST, Stage
from webapp.core import clock, facts
from webapp.core.db import db, transaction
from webapp.org.models import Posting
from webapp.plans.service import Entry


@pytest.fixture
def posts(stage: Stage) -> dict[str, int]:
    return furnish(stage)


def test_an_empty_week_shows_what_is_open(stage: Stage, posts: dict[str, int]) -> None:
    week = lead(stage).get(PATH).json
    assert (week["status"], week["revision"], week["slot_minutes"]) == ("none", 0, 30)
    assert [day["closed"] for day in week["days"]][5:] == ["土曜日", "日曜日"]
    assert week["days"][0]["labels"] == ["月末"]
    assert {person["staff"] for person in week["people"]} == {"120", "121", "122", "130", "131"}
    assert week["figures"]["uncovered_minutes"] == 5 * (450 + 525)
    assert {row["reasons"][0] for row in week["open"]} == {"free"}


def test_who_may_see_and_who_may_change(stage: Stage, posts: dict[str, int]) -> None:
    change = {"revision": 0, "put": [cell(posts["電話"], 0, "08:30", "09:30", "121")]}
    assert stage.api("220", WIDE).get(PATH).status_code == 403
    assert stage.api("121", WIDE).get(PATH).json["may"]["edit"] is False
    assert stage.api("121", WIDE).post(f"{PATH}/edit", change).status_code == 403
    assert stage.api("130").post(f"{PATH}/edit", change).status_code == 403  # scope self alone
    assert lead(stage).get(PATH).json["revision"] == 0
    assert stage.api("100", WIDE).post(f"{PATH}/edit", change).status_code == 200


def test_a_cell_put_and_taken_out(stage: Stage, posts: dict[str, int]) -> None:
    week = put(stage, 0, cell(posts["窓口"], 1, "09:00", "10:30", "121", pinned=True))
    assert week.status_code == 200
    (made,) = week.json["cells"]
    assert (made["pinned"], made["changed"], week.json["revision"]) == (True, False, 1)
    unpinned = lead(stage).post(f"{PATH}/edit", {"revision": 1, "unpin": [made["id"]]}).json
    assert unpinned["cells"][0] == made | {"pinned": False}
    empty = lead(stage).post(f"{PATH}/edit", {"revision": 2, "remove": [made["id"]]}).json
    assert (empty["cells"], empty["revision"]) == ([], 3)


def test_undo_and_redo_as_often_as_there_are_steps(stage: Stage, posts: dict[str, int]) -> None:
    put(stage, 0, cell(posts["電話"], 0, "08:30", "09:30", "121"))
    put(stage, 1, cell(posts["電話"], 0, "09:30", "10:30", "122"))
    full = who(lead(stage).get(PATH))
    seen = []
    for revision, way in ((2, "undo"), (3, "undo"), (4, "redo"), (5, "redo")):
        answer = lead(stage).post(f"{PATH}/{way}", {"revision": revision})
        seen.append(who(answer))
    assert [len(cells) for cells in seen] == [1, 0, 1, 2]
    assert seen[-1] == full
    week = answer.json
    assert (week["redo"], week["undo"]["what"]) == (None, "redo")
    refused = lead(stage).post(f"{PATH}/redo", {"revision": 6})
    assert refused.status_code == 422


def test_a_week_nobody_has_begun_has_an_empty_history(stage: Stage, posts: dict[str, int]) -> None:
    assert lead(stage).get(f"{PATH}/history").json == {"steps": []}


def test_history_and_back_to_a_step(stage: Stage, posts: dict[str, int]) -> None:
    put(stage, 0, cell(posts["電話"], 0, "08:30", "09:30", "121"))
    put(stage, 1, cell(posts["電話"], 0, "09:30", "10:30", "122"))
    steps = lead(stage).get(f"{PATH}/history").json["steps"]
    assert [(s["revision"], s["what"], s["added"], s["by"]) for s in steps[:2]] == [
        (2, "edit", 1, "藤原 奈々"),
        (1, "edit", 1, "藤原 奈々"),
    ]
    week = lead(stage).post(f"{PATH}/history/1/restore", {"revision": 2})
    assert [staff for *_, staff in who(week)] == ["121"]
    gone = lead(stage).post(f"{PATH}/history/77/restore", {"revision": 3})
    assert gone.status_code == 404


def test_two_at_once_get_both_versions(stage: Stage, posts: dict[str, int]) -> None:
    put(stage, 0, cell(posts["電話"], 0, "08:30", "09:30", "121"))
    stage.api("100", WIDE).post(
        f"{PATH}/edit", {"revision": 1, "put": [cell(posts["電話"], 1, "08:30", "09:30", "122")]}
    )
    lost = put(stage, 1, cell(posts["窓口"], 2, "09:00", "10:30", "131"))
    assert lost.status_code == 409
    assert lost.json["theirs"]["revision"] == 2
    mine, theirs = lost.json["difference"]["mine"], lost.json["difference"]["theirs"]
    assert [(row["staff"], row["change"]) for row in mine] == [("131", "added")]
    assert [(row["staff"], row["change"]) for row in theirs] == [("122", "added")]
    assert len(lead(stage).get(PATH).json["cells"]) == 2
    whole = lead(stage).call("PUT", PATH, json={"revision": 1, "cells": []})
    assert whole.status_code == 409
    assert [row["change"] for row in whole.json["difference"]["mine"]] == ["removed"]


def test_the_whole_draft_at_once(stage: Stage, posts: dict[str, int]) -> None:
    first = put(stage, 0, cell(posts["電話"], 0, "08:30", "09:30", "121")).json
    cells = [*first["cells"], cell(posts["窓口"], 0, "09:00", "10:30", "122")]
    week = lead(stage).call("PUT", PATH, json={"revision": 1, "cells": cells})
    assert week.status_code == 200
    assert len(week.json["cells"]) == 2
    assert first["cells"][0]["id"] in {c["id"] for c in week.json["cells"]}


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("unknown position", {"position": "999"}, "put.0.position", "持ち場ではありません"),
    ("unknown person", {"staff": "nobody"}, "put.0.staff", "入れる職員ではありません"),
    ("somebody of another section", {"staff": "220"}, "put.0.staff", "入れる職員ではありません"),
    ("a Saturday", {"date": "2026-12-05"}, "put.0.date", "開いていません"),
    ("another week", {"date": "2026-12-08"}, "put.0.date", "2026-11-30〜2026-12-06"),
    ("off the grid", {"from": "09:10"}, "put.0.from", "9:00 か 9:30"),
    ("before the opening", {"from": "08:30"}, "put.0.from", "9:00〜16:30"),
    ("backwards", {"to": "08:00"}, "put.0.to", "より後"),
    ("no time", {"from": "half past"}, "put.0.from", "時刻ではありません"),
]


@pytest.mark.parametrize(("what", "wrong", "field", "words"), REFUSED, ids=[r[0] for r in REFUSED])
def test_bad_cells_say_where_and_what_would_be_right(
    stage: Stage, posts: dict[str, int], what: str, wrong: dict[str, Any], field: str, words: str
) -> None:
    answer = put(stage, 0, cell(posts["窓口"], 0, "09:00", "10:30", "121") | wrong)
    assert answer.status_code == 422
    assert words in answer.json["error"]["fields"][field]
    assert lead(stage).get(PATH).json["revision"] == 0


def test_nobody_at_two_positions_by_hand_unless_wanted(stage: Stage, posts: dict[str, int]) -> None:
    put(stage, 0, cell(posts["電話"], 0, "08:30", "10:30", "121"))
    second = cell(posts["窓口"], 0, "10:00", "11:30", "121", pinned=True)
    refused = put(stage, 1, second)
    assert refused.status_code == 422
    assert refused.json["error"]["fields"] == {
        "put.0.staff": "桜井 剛さんは 8:30〜10:30 に電話に入っています"
    }
    forced = put(stage, 1, second, force=True).json
    assert "double" in {conflict["code"] for conflict in forced["conflicts"]}
    publish = lead(stage).post(f"{PATH}/publish", {"revision": 2})
    assert publish.status_code == 422
    assert "桜井 剛" in publish.json["error"]["fields"]["double.0"]


def test_cells_that_are_gone_meanwhile(stage: Stage, posts: dict[str, int]) -> None:
    put(stage, 0, cell(posts["電話"], 0, "08:30", "10:30", "121"))
    answer = lead(stage).post(f"{PATH}/edit", {"revision": 1, "remove": [4711]})
    assert answer.json["error"]["fields"] == {"remove.0": "このコマはもうありません"}


def test_leave_is_a_conflict_and_no_kind_of_it_is_told(stage: Stage, posts: dict[str, int]) -> None:
    put(stage, 0, cell(posts["窓口"], 0, "09:00", "10:30", "121"))
    stage.plan("121", Entry(510, 1035, "leave"), day=MONDAY)
    week = lead(stage).get(PATH).json
    (conflict,) = week["conflicts"]
    assert (conflict["code"], conflict["staff"]) == ("leave", ["121"])
    assert conflict["words"].startswith("11/30（月） 9:00〜10:30 窓口 桜井 剛")
    assert conflict["cells"] == [week["cells"][0]["id"]]


def test_candidates_are_ranked_and_explained(stage: Stage, posts: dict[str, int]) -> None:
    stage.telework("122", day=MONDAY)
    put(stage, 0, cell(posts["電話"], 0, "12:00", "13:00", "121"))
    asked = f"position={posts['窓口']}&date={MONDAY}&from=12:00&to=13:00"
    found = lead(stage).get(f"{PATH}/candidates?{asked}").json
    assert (found["need"], found["present"], found["missing"]) == (1, 0, 1)
    (only,) = found["candidates"]
    assert only["staff"] == "131"
    assert "今週はじめての当番" in only["why"]
    assert (only["break"], only["break_moves"]) == ("11:00〜12:00", True)
    reasons = {group["reason"]: group["people"] for group in found["excluded"]}
    assert reasons["busy"] == ["桜井 剛"]
    assert reasons["off_site"] == ["河野 優"]
    assert set(reasons["exempt"]) == {"池田 綾乃", "近藤 彩"}
    assert set(reasons["skill:保育"]) == {"瀨戸 恵子", "藤原 奈々"}
    refused = lead(stage).get(f"{PATH}/candidates?position=9&date=x&from=a&to=b")
    assert set(refused.json["error"]["fields"]) == {"position", "date", "from", "to"}


def test_who_has_a_noon_already_is_asked_after_who_has_none(
    stage: Stage, posts: dict[str, int]
) -> None:
    """122 carries less over the week than 121, yet had the noon of the Tuesday."""
    put(stage, 0, cell(posts["窓口"], 1, "12:00", "12:30", "122"))
    put(stage, 1, cell(posts["窓口"], 2, "09:00", "11:00", "121"))
    asked = f"position={posts['窓口']}&date={MONDAY}&from=12:00&to=13:00"
    found = lead(stage).get(f"{PATH}/candidates?{asked}").json["candidates"]
    order = [one["staff"] for one in found]
    assert order.index("121") < order.index("122")
    why = {one["staff"]: one["why"] for one in found}
    assert "火曜にも昼の当番がある" in why["122"]
    assert "今週はじめての昼当番" in why["121"]


def test_an_exempt_person_is_in_only_by_hand(stage: Stage, posts: dict[str, int]) -> None:
    week = put(stage, 0, cell(posts["電話"], 0, "08:30", "10:30", "110")).json
    assert "110" in {person["staff"] for person in week["people"]}


# --- last week, templates -------------------------------------------------------------------


def test_last_week_is_laid_down_as_far_as_it_fits(stage: Stage, posts: dict[str, int]) -> None:
    fix_duty(stage, posts["電話"], "121", date(2026, 11, 25), "8:30", "10:30")
    fix_duty(stage, posts["電話"], "122", date(2026, 11, 26), "8:30", "10:30")
    stage.plan("122", Entry(510, 570, "leave"), day=date(2026, 12, 3))
    week = lead(stage).post(f"{PATH}/copy", {"revision": 0, "from": THIS})
    assert who(week) == [
        ("2026-12-02", "08:30", "10:30", "121"),
        ("2026-12-03", "09:30", "10:30", "122"),
    ]
    (left,) = week.json["left_out"]
    assert (left["person"], left["from"], left["to"]) == ("河野 優", "08:30", "09:30")
    assert left["words"] == "休暇など"
    empty = lead(stage).post(f"{PATH}/copy", {"revision": 1, "from": "2026-W40"})
    assert empty.status_code == 422
    assert len(lead(stage).get(PATH).json["cells"]) == 2


def test_a_template_is_kept_and_applied(stage: Stage, posts: dict[str, int]) -> None:
    put(stage, 0, cell(posts["電話"], 2, "08:30", "10:30", "121"))
    kept = lead(stage).post("/units/W11/rota-templates", {"name": "A週", "week": NEXT})
    assert kept.status_code == 201
    twice = lead(stage).post("/units/W11/rota-templates", {"name": "A週", "week": NEXT})
    assert "もうあります" in twice.json["error"]["fields"]["name"]
    (template,) = lead(stage).get("/units/W11/rota-templates").json["templates"]
    after = "/units/W11/rotas/2026-W50"
    week = lead(stage).post(f"{after}/templates/{template['id']}/apply", {"revision": 0})
    assert who(week) == [("2026-12-09", "08:30", "10:30", "121")]
    assert lead(stage).call("DELETE", f"/units/W11/rota-templates/{template['id']}").json == {
        "templates": []
    }


# --- the first of April ---------------------------------------------------------------------


def moves_away(stage: Stage, number: str, on: date, *, published_at: Any) -> None:
    """From that day on the person is posted in 窓口係 of 市民課."""
    with transaction():
        held = db.session.query(Posting).filter_by(staff_id=stage.ids[number]).one()
        held.closed_on, held.closed_known_from = date.fromordinal(on.toordinal() - 1), published_at
        stage.hire(
            CAST[number],
            unit_id=stage.units["W22"],
            starts_on=on,
            known_from=published_at,
        )
        facts.restamp("org")


def test_what_a_leaver_held_is_open_from_that_day(stage: Stage, posts: dict[str, int]) -> None:
    """One posted elsewhere from Wednesday: their cells stay in view, count as open, and cannot be fixed."""
    put(
        stage,
        0,
        cell(posts["窓口"], 1, "09:00", "10:30", "121"),
        cell(posts["窓口"], 2, "09:00", "10:30", "121"),
    )
    before = lead(stage).get(PATH).json["figures"]["uncovered_minutes"]
    moves_away(stage, "121", date(2026, 12, 2), published_at=clock.now())
    week = lead(stage).get(PATH).json
    assert week["gone"] == ["121"]
    assert [c["code"] for c in week["conflicts"]] == ["gone"]
    assert week["figures"]["uncovered_minutes"] == before + 90
    published = lead(stage).post(f"{PATH}/publish", {"revision": 1}).json
    assert [row["date"] for row in published["left_open"]] == ["2026-12-02"]
    assert [row["date"] for row in lead(stage).get(PATH).json["fixed"]] == ["2026-12-01"]


def test_an_unpublished_posting_is_not_shown(stage: Stage, posts: dict[str, int]) -> None:
    put(stage, 0, cell(posts["窓口"], 2, "09:00", "10:30", "121"))
    later = clock.now().replace(year=2027)
    moves_away(stage, "121", date(2026, 12, 2), published_at=later)
    week = lead(stage).get(PATH).json
    assert (week["gone"], week["conflicts"]) == ([], [])
