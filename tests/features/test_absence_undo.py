"""急な休み taken back within seconds: duties and leave return, nothing half; too late and too often are told."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.features.rota_play import THIS, WIDE, fix_duty, furnish, lead
from tests.features.test_rota_publish import edit_today, publish, rows_of, today
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db
from webapp.plans.models import PlannedSegment
from webapp.rota.absence import SOURCE
from webapp.rota.absence_undo import UNDO

TODAY = date(2026, 11, 24)
NOW = f"/units/W11/rotas/{THIS}"
ABSENT = {"staff": "121", "date": TODAY.isoformat(), "leave": True}


@pytest.fixture
def posts(stage: Stage) -> dict[str, int]:
    return furnish(stage)


def leaves(stage: Stage) -> int:
    db.session.rollback()
    query = db.session.query(PlannedSegment)
    return query.filter_by(staff_id=stage.ids["121"], source=SOURCE).count()


def gone(stage: Stage, taker: str = "122") -> list[str]:
    """121 is ill, 122 takes what is left; what the page keeps to take it back."""
    told = lead(stage).post("/units/W11/absence", ABSENT).json
    tokens = [told["undo"]]
    for duty in told["duties"]:
        answer = lead(stage).post("/units/W11/absence/assign", {"duty": duty["duty"], "to": taker})
        assert answer.status_code == 200, answer.json
        tokens.append(answer.json["undo"])
    stage.settle()
    return tokens


def undo(stage: Stage, tokens: list[Any], number: str = "130") -> Any:
    answer = stage.api(number, WIDE).post("/units/W11/absence/undo", {"undo": tokens})
    stage.settle()
    return answer


def test_duties_and_leave_return(stage: Stage, posts: dict[str, int]) -> None:
    edit_today(stage, 0, put=[today(posts["窓口"], "13:00", "14:30", "121")])
    publish(stage, NOW, 1)
    before = stage.row("121")
    tokens = gone(stage)
    assert (rows_of(stage, "121"), rows_of(stage, "122")) == ([], [(780, 870)])
    assert stage.row("121")["place"] == "leave"
    assert undo(stage, tokens).json == {"duties": 1, "leave": True}
    assert (rows_of(stage, "121"), rows_of(stage, "122")) == ([(780, 870)], [])
    assert leaves(stage) == 0
    after = stage.row("121")
    assert {**after, "version": 0} == {**before, "version": 0}
    week = lead(stage).get(NOW).json
    assert ([c["staff"] for c in week["cells"]], week["status"]) == (["121"], "fixed")


def test_the_leave_alone(stage: Stage, posts: dict[str, int]) -> None:
    told = lead(stage).post("/units/W11/absence", ABSENT).json
    assert leaves(stage) == 1
    assert undo(stage, [told["undo"]]).json == {"duties": 0, "leave": True}
    assert leaves(stage) == 0
    only = lead(stage).post("/units/W11/absence", ABSENT | {"leave": False}).json
    assert only["undo"] is None


def test_too_late_and_all_or_nothing(stage: Stage, posts: dict[str, int]) -> None:
    fix_duty(stage, posts["窓口"], "121", TODAY, "13:00", "14:30")
    tokens = gone(stage)
    clock.freeze(clock.now() + UNDO + timedelta(seconds=1))
    late = undo(stage, tokens)
    assert late.status_code == 409
    assert "元に戻せる時間を過ぎました" in late.json["error"]["message"]
    assert (rows_of(stage, "121"), leaves(stage)) == ([], 1)


def test_somebody_has_changed_the_duty_since(stage: Stage, posts: dict[str, int]) -> None:
    for start, end in (("13:00", "14:00"), ("15:00", "16:00")):
        fix_duty(stage, posts["窓口"], "121", TODAY, start, end)
    tokens = gone(stage)
    first = min(rows_of(stage, "122"))
    row = _duty(stage, "122", first[0])
    moved = lead(stage).post("/units/W11/absence/assign", {"duty": row, "to": "131"})
    assert moved.status_code == 200
    refused = undo(stage, tokens)
    assert refused.status_code == 409
    assert "何も戻していません" in refused.json["error"]["message"]
    assert (rows_of(stage, "122"), rows_of(stage, "131")) == ([(900, 960)], [first])
    assert leaves(stage) == 1


def _duty(stage: Stage, number: str, start: int) -> int:
    from webapp.duties.models import Duty

    row = db.session.query(Duty.id).filter_by(staff_id=stage.ids[number], start_minute=start)
    found = row.scalar()
    db.session.rollback()
    assert isinstance(found, int)
    return found


def test_twice_is_told_and_changes_nothing(stage: Stage, posts: dict[str, int]) -> None:
    fix_duty(stage, posts["窓口"], "121", TODAY, "13:00", "14:30")
    tokens = gone(stage)
    assert undo(stage, tokens).status_code == 200
    assert undo(stage, tokens).status_code == 409
    assert rows_of(stage, "121") == [(780, 870)]


def test_only_who_did_it_with_what_the_page_was_given(stage: Stage, posts: dict[str, int]) -> None:
    fix_duty(stage, posts["窓口"], "121", TODAY, "13:00", "14:30")
    tokens = gone(stage)
    assert undo(stage, tokens, "100").status_code == 422  # leads too, but did not do it
    assert undo(stage, tokens, "122").status_code == 403
    assert undo(stage, ["forged", *tokens[1:]]).status_code == 422
    assert undo(stage, [tokens[1] + "x"]).status_code == 422
    assert undo(stage, []).status_code == 422
    assert (rows_of(stage, "121"), leaves(stage)) == ([], 1)
