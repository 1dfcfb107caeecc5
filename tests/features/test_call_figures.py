"""Calls on the page of burdens: the unit for all, oneself against the mean, names for who leads, few are masked."""

from typing import Any

import pytest

from tests.stage import Stage
from webapp.core import clock


@pytest.fixture
def calls(stage: Stage, at: Any) -> None:
    """121 took three calls and 130 one; five were called back after 10, 20, 30, 40 and 50 minutes."""
    writers = ("121", "121", "121", "130", "220")
    for minutes, by in zip((10, 20, 30, 40, 50), writers, strict=True):
        at("10:20")
        memo = stage.api(by).post("/messages", {"to": "122"}).json["id"]
        at(f"{10 + (20 + minutes) // 60}:{(20 + minutes) % 60:02d}")
        done = stage.api("122").call("PATCH", f"/messages/{memo}", json={"state": "called"})
        assert done.status_code == 200
    at("11:20")


def figures(stage: Stage, number: str, unit: str = "W11") -> dict[str, Any]:
    answer = stage.api(number, "self unit:read").get(f"/units/{unit}/burden?days=7")
    found: dict[str, Any] = answer.json["calls"]
    return found


@pytest.mark.usefixtures("calls")
def test_totals_for_all_and_oneself_against_the_mean(stage: Stage) -> None:
    mine = figures(stage, "121")
    assert (mine["taken"], mine["received"], mine["called"]) == (4, 5, 5)
    assert mine["callback_minutes"] == 30
    assert mine["mine"]["taken"] == 3
    assert mine["mine"]["rate"] == pytest.approx(mine["mine"]["taken"] / mine["mine"]["days"], 0.01)
    assert mine["mean"] == mine["per_person_day"]
    assert mine["people"] == []  # others' numbers are for who leads


@pytest.mark.usefixtures("calls")
def test_names_for_who_leads_in_the_order_of_the_board(stage: Stage) -> None:
    rows = figures(stage, "100")["people"]
    assert [row["staff"] for row in rows] == ["100", "110", "120", "130", "121", "131", "122"]
    assert {row["staff"]: row["taken"] for row in rows}["121"] == 3


@pytest.mark.usefixtures("calls")
def test_a_mean_of_three_people_would_be_a_name(stage: Stage) -> None:
    assert figures(stage, "121", "W12")["mean"] is None


def test_few_call_backs_have_no_median(stage: Stage) -> None:
    memo = stage.api("121").post("/messages", {"to": "122"}).json["id"]
    stage.api("122").call("PATCH", f"/messages/{memo}", json={"state": "called"})
    assert figures(stage, "100")["callback_minutes"] is None


def test_days_at_home_are_no_days_at_the_telephone_of_the_office(stage: Stage) -> None:
    before = figures(stage, "121")["mine"]["days"]
    stage.telework("121")
    assert figures(stage, "121")["mine"]["days"] == pytest.approx(before - 1)


@pytest.mark.usefixtures("calls")
def test_the_page_shows_them(stage: Stage) -> None:
    page = stage.browser("121").get("/rota/W11/fairness?days=7").text
    assert "電話の取次" in page
    assert "今井 哲也" not in page
    assert "今井 哲也" in stage.browser("100").get("/rota/W11/fairness?days=7").text
    assert stage.browser("220").get("/rota/W11/fairness").status_code == 403


@pytest.mark.usefixtures("calls")
def test_what_is_erased_still_counts(stage: Stage, at: Any) -> None:
    from webapp.core.db import transaction
    from webapp.messages import retention
    from webapp.messages.models import PhoneMemo

    before = figures(stage, "100")
    with transaction() as session:
        for memo in session.query(PhoneMemo):
            memo.done_at = clock.now().replace(year=2025)
        retention.forget(now=clock.now())
    assert figures(stage, "100") == before
