"""Day events: who keeps them, under them nobody is 未報告, and the board of today follows."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.features.plan_play import send
from tests.stage import Stage
from webapp.core.db import db
from webapp.plans.models import DayEvent


def keep(stage: Stage, viewer: str, **fields: Any) -> Any:
    form = {"unit": "W11", "date": "2026-11-24", "name": "辞令交付"} | fields
    return send(stage, viewer, "/plan/events", form)


def kept(stage: Stage) -> list[tuple[int | None, date, str]]:
    db.session.rollback()
    rows = db.session.scalars(select(DayEvent).order_by(DayEvent.day, DayEvent.id))
    return [(row.unit_id, row.day, row.name) for row in rows]


@pytest.mark.parametrize("viewer", ["121", "120", "220", "130"])
def test_who_does_not_lead_keeps_none(stage: Stage, viewer: str) -> None:
    assert keep(stage, viewer).status_code == 403
    assert kept(stage) == []
    assert "行事の日を足す" not in stage.browser(viewer).get("/plan/events").get_data(as_text=True)


@pytest.mark.parametrize(
    ("viewer", "unit"), [("100", "W21"), ("100", "W10"), ("100", ""), ("200", "W11")]
)
def test_a_chief_keeps_none_of_another_unit_or_of_all(stage: Stage, viewer: str, unit: str) -> None:
    assert keep(stage, viewer, unit=unit).status_code == 403
    assert kept(stage) == []


@pytest.mark.parametrize(
    ("viewer", "unit"),
    [("100", "W11"), ("110", "W12"), ("800", "W21"), ("800", ""), ("900", "")],
)
def test_who_may(stage: Stage, viewer: str, unit: str) -> None:
    assert keep(stage, viewer, unit=unit).status_code == 302
    assert kept(stage) == [(stage.units.get(unit), date(2026, 11, 24), "辞令交付")]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "入力してください"),
        ({"name": "あ" * 61}, "60文字以内"),
        ({"date": "2026-11-23"}, "（今日）から"),
        ({"last": "2027-02-01"}, "31日以内"),
        ({"date": "2026-11-28", "last": "2026-11-29"}, "開庁日がありません"),
        ({"start": "9:00"}, "両方を空に"),
        ({"start": "10:00", "end": "9:00"}, "それより後の終了"),
        ({"unit": "W99"}, "所属を選んでください"),
    ],
)
def test_what_does_not_fit(stage: Stage, fields: dict[str, Any], words: str) -> None:
    answer = keep(stage, "800", **fields)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert kept(stage) == []


def test_the_same_event_is_kept_once(stage: Stage) -> None:
    keep(stage, "100", last="2026-11-26")
    assert keep(stage, "100").status_code == 422
    assert [day.day for _unit, day, _name in kept(stage)] == [24, 25, 26]


def test_nobody_is_missing_on_that_day_and_the_board_follows(stage: Stage) -> None:
    stage.telework("121")
    stage.telework("220")
    assert stage.row("121")["state"] == "no_report"
    with stage.frames() as sent:
        keep(stage, "100")
    shown = [
        row
        for event, payload, room in sent
        if event == "rows" and room == "W12:full"
        for row in payload["rows"]
        if row["staff"] == "121"
    ]
    assert shown[-1]["state"] != "no_report"
    assert stage.row("121")["state"] != "no_report"
    assert stage.row("220", viewer="200")["state"] == "no_report"  # another 課


def test_taken_away_again_who_owes_a_report_owes_it(stage: Stage) -> None:
    stage.telework("121")
    keep(stage, "100")
    event_id = db.session.scalars(select(DayEvent.id)).one()
    assert send(stage, "121", f"/plan/events/{event_id}/remove").status_code == 404
    assert send(stage, "200", f"/plan/events/{event_id}/remove").status_code == 404
    with stage.frames():
        assert send(stage, "100", f"/plan/events/{event_id}/remove").status_code == 302
    assert stage.row("121")["state"] == "no_report"


def test_people_read_the_events_of_their_unit(stage: Stage) -> None:
    keep(stage, "100", date="2026-12-01", start="13:00", end="15:00")
    assert "辞令交付 13:00〜15:00" in stage.browser("121").get("/plan/events").get_data(
        as_text=True
    )
    assert "辞令交付 13" not in stage.browser("220").get("/plan/events").get_data(as_text=True)
