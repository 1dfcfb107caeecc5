"""Who may read what of coverage and rota; runs belong to their week; publications pass also for what is kept."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.conftest import tokyo
from tests.features.duty_at import give_profile
from tests.features.rota_play import NEXT, PATH, THIS, WIDE, cell, fix_duty, furnish, lead, put
from tests.stage import Person, Stage
from webapp.accounts.queries import actor_for_token
from webapp.core import clock, facts
from webapp.core.db import db, transaction
from webapp.coverage import live
from webapp.plans.service import Entry
from webapp.realtime import outbox
from webapp.rota import running
from webapp.rota.models import RotaRun

At = Callable[[str], Any]
MEMBER = "121"
MONDAY = date(2026, 11, 30)


@pytest.fixture
def posts(stage: Stage) -> dict[str, int]:
    return furnish(stage)


ABOVE = (
    "/units/{}/coverage",
    "/units/{}/telework-room",
    f"/units/{{}}/rotas/{NEXT}",
    "/units/{}/burden",
    "/units/{}/swaps",
)


@pytest.mark.parametrize("path", ABOVE)
def test_the_units_above_the_section_are_not_open_to_its_members(
    stage: Stage, posts: dict[str, int], path: str
) -> None:
    for above in ("W00", "W10"):
        assert stage.api(MEMBER, WIDE).get(path.format(above)).status_code == 403
    for own in ("W11", "W12"):
        assert stage.api(MEMBER, WIDE).get(path.format(own)).status_code == 200


@pytest.mark.parametrize(
    "page",
    ["/rota/W10", "/rota/W10/print", "/rota/W10/fairness", "/rota/W10/swaps", "/telework/W00"],
)
def test_nor_are_their_pages(stage: Stage, posts: dict[str, int], page: str) -> None:
    assert stage.browser(MEMBER).get(page).status_code == 403
    assert (
        stage.browser(MEMBER).get(page.replace("W10", "W11").replace("W00", "W11")).status_code
        == 200
    )


def test_who_only_reads_is_told_what_is_fixed(stage: Stage, posts: dict[str, int]) -> None:
    fix_duty(stage, posts["窓口"], "122", MONDAY, "09:00", "10:30")
    give_profile(stage, "131", max_daily_minutes=60)
    assert put(stage, 0, cell(posts["電話"], 1, "08:30", "09:30", "131")).status_code == 200
    week = stage.api(MEMBER, WIDE).get(PATH).json
    assert [each["staff"] for each in week["cells"]] == ["122"]
    assert (week["status"], week["conflicts"], week["changed_by"]) == ("fixed", [], None)
    told = {person["staff"]: person["load"] for person in week["people"]}
    assert {number for number, load in told.items() if load is not None} == {MEMBER}
    assert not any(person["limits"] for person in week["people"])
    page = stage.browser(MEMBER).get(f"/rota/W11?w={NEXT}").get_data(as_text=True)
    assert f'"id":{lead(stage).get(PATH).json["cells"][-1]["id"]}' not in page.replace(" ", "")
    seen = lead(stage).get(PATH).json
    assert {each["staff"] for each in seen["cells"]} == {"122", "131"}
    assert all(person["load"] for person in seen["people"])
    assert [p["staff"] for p in seen["people"] if p["limits"]] == ["131"]


def test_a_run_belongs_to_its_week(
    stage: Stage, posts: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "watch", lambda run_id: None)
    body = {"revision": 0, "seconds": 2, "keep": "pins"}
    run = lead(stage).post(f"{PATH}/solve", body).json["run"]["id"]
    plan = {
        "status": "optimal",
        "repeatable": True,
        "assignments": [
            {
                "position": str(posts["電話"]),
                "date": MONDAY.isoformat(),
                "from": "08:30",
                "to": "09:30",
                "staff": "131",
            }
        ],
    }
    with transaction():
        row = db.session.get_one(RotaRun, run)
        row.state, row.plan = "done", plan
    other = f"/units/W11/rotas/{THIS}"
    assert lead(stage).get(f"{other}/runs/{run}").status_code == 404
    for act in ("cancel", "drop", "take"):
        answer = lead(stage).post(f"{other}/runs/{run}/{act}", {"revision": 0})
        assert answer.status_code == 404, act
    assert lead(stage).get(other).json["revision"] == 0
    assert lead(stage).post(f"{PATH}/runs/{run}/take?kind=day", {"revision": 0}).status_code == 404
    assert lead(stage).post(f"{PATH}/runs/{run}/take", {"revision": 0}).status_code == 200


def test_a_token_that_only_hands_in_punches_hears_no_alerts(stage: Stage) -> None:
    def rooms(scopes: str) -> set[str]:
        actor = actor_for_token(stage.token("100", scopes), now=clock.now())
        assert actor is not None
        return live.own_rooms(actor)

    assert rooms("punch:write") == set()
    assert "W11:leads" in rooms("self")


def test_a_publication_passes_for_days_that_were_looked_at_before(stage: Stage, at: At) -> None:
    stage.position("窓口", unit="W13", need=3, hours=(540, 990))
    newcomer = Person("139", "新井 翼", "あらい つばさ", "W13")
    with transaction():
        stage.hire(newcomer, starts_on=MONDAY, known_from=tokyo("2026-11-25T00:00"))
        facts.restamp("org")

    def present() -> int:
        path = f"/units/W13/coverage?date={MONDAY.isoformat()}"
        return stage.api("100", WIDE).get(path).json["coverage"][0]["slots"][0]["present"]

    assert present() == 2  # 130 and 131
    assert present() == 2
    at("2026-11-25T09:00")
    assert present() == 3


def test_a_day_to_come_that_is_kept_follows_plans(stage: Stage) -> None:
    stage.position("窓口", unit="W13", need=2, hours=(540, 990))

    def room() -> list[int]:
        answer = stage.api("100", WIDE).get("/units/W13/telework-room?days=8").json
        units = answer["days"][6]["units"]  # Monday
        return [slot["count"] for slot in units["W13"]][:1]

    assert (room(), room()) == ([0], [0])
    with transaction():
        stage.hire(Person("138", "森 光", "もり ひかる", "W13"))
        facts.restamp("org")
        outbox.touch("staff", stage.ids["138"])
    assert room() == [1]
    stage.plan("138", Entry(510, 1035, "leave"), day=MONDAY)
    assert room() == [0]
