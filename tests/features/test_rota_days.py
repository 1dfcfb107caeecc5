"""日直 and 出勤班 by the same engine: one slot a day; what stands behind 確定 differs."""

from datetime import date
from typing import Any

import pytest

from tests.features.rota_play import NEXT, WIDE, furnish, lead, minutes
from tests.stage import Stage
from webapp.core import clock, facts, settings
from webapp.core.db import db, transaction
from webapp.duties.models import Duty
from webapp.plans.models import PlannedSegment
from webapp.plans.service import Entry
from webapp.positions.models import DemandBand, OpeningHours, Position
from webapp.rota.planning_settings import DAY_POSITIONS, TEAM_POSITIONS

SATURDAY = date(2026, 12, 5)
BASE = f"/units/W11/rotas/{NEXT}"


@pytest.fixture
def day_posts(stage: Stage) -> dict[str, int]:
    """日直 on Saturday 5 December, 出勤班 of two on working days."""
    furnish(stage)
    with transaction():
        found = {}
        for name, more in (
            ("日直", {"day": SATURDAY, "need": 1, "ideal": 1}),
            ("出勤班", {"weekdays": 31, "need": 2, "ideal": 2}),
        ):
            row = Position(
                unit_id=stage.units["W11"], name=name, kind="other", staffed="duty", skills=[]
            )
            row.bands = [DemandBand(start_minute=540, end_minute=960, **more)]
            db.session.add(row)
            db.session.flush()
            found[name] = row.id
        db.session.add(
            OpeningHours(
                unit_id=stage.units["W11"],
                applies_to="counter",
                day=SATURDAY,
                start_minute=minutes("9:00"),
                end_minute=minutes("16:00"),
            )
        )
        for setting, name in ((DAY_POSITIONS, "日直"), (TEAM_POSITIONS, "出勤班")):
            settings.put(setting, [name], unit_code="W11", by=None, now=clock.now())
        facts.restamp("positions")
    return found


def edit(stage: Stage, kind: str, *cells: dict[str, Any]) -> Any:
    return lead(stage).post(f"{BASE}/edit?kind={kind}", {"revision": 0, "put": list(cells)})


def test_each_kind_has_its_own_positions_and_days(stage: Stage, day_posts: dict[str, int]) -> None:
    names = {
        kind: [p["name"] for p in lead(stage).get(f"{BASE}?kind={kind}").json["positions"]]
        for kind in ("week", "day", "team")
    }
    assert names == {"week": ["窓口", "電話"], "day": ["日直"], "team": ["出勤班"]}
    week = lead(stage).get(f"{BASE}?kind=day").json
    assert [d["date"] for d in week["days"] if d["closed"] is None] == [SATURDAY.isoformat()]
    assert week["slot_minutes"] == 420
    assert lead(stage).get(f"{BASE}?kind=year").status_code == 422


def test_a_saturday_on_duty(stage: Stage, day_posts: dict[str, int]) -> None:
    """Nobody has hours that day; who is away cannot come."""
    stage.plan("122", Entry(0, 1440, "leave"), day=SATURDAY)
    asked = f"kind=day&position={day_posts['日直']}&date={SATURDAY}&from=09:00&to=16:00"
    found = lead(stage).get(f"{BASE}/candidates?{asked}").json
    assert {one["staff"] for one in found["candidates"]} == {"120", "121", "130", "131"}
    row = {"position": str(day_posts["日直"]), "date": SATURDAY.isoformat(), "staff": "121"}
    week = edit(stage, "day", row | {"from": "09:00", "to": "16:00"}).json
    assert (week["open"], week["conflicts"]) == ([], [])
    done = lead(stage).post(f"{BASE}/publish?kind=day", {"revision": 1})
    assert done.status_code == 200
    duty = db.session.query(Duty).one()
    assert (duty.day, duty.staff_id) == (SATURDAY, stage.ids["121"])
    db.session.rollback()
    assert lead(stage).get(f"{BASE}?kind=day").json["status"] == "fixed"
    assert lead(stage).get(BASE).json["status"] == "none"


def test_who_comes_is_planned_at_the_office_and_the_others_at_home(
    stage: Stage, day_posts: dict[str, int]
) -> None:
    on = "2026-12-01"
    stage.plan("131", Entry(510, 1035, "leave"), day=date(2026, 12, 1))
    row = {"position": str(day_posts["出勤班"]), "date": on, "from": "09:00", "to": "16:00"}
    edit(stage, "team", row | {"staff": "121"}, row | {"staff": "122"})
    done = lead(stage).post(f"{BASE}/publish?kind=team", {"revision": 1})
    assert done.status_code == 200
    assert db.session.query(Duty).count() == 0  # a member of the team may take a counter
    plans = {
        row.staff_id: row.kind
        for row in db.session.query(PlannedSegment).filter_by(day=date(2026, 12, 1))
    }
    db.session.rollback()
    kinds = {number: plans.get(stage.ids[number]) for number in ("120", "121", "122", "131")}
    assert kinds == {"120": "home", "121": "office", "122": "office", "131": "leave"}
    week = lead(stage).get(f"{BASE}?kind=team").json
    assert (week["status"], len(week["fixed"])) == ("fixed", 2)
    assert stage.api("121", WIDE).get(f"{BASE}?kind=team").status_code == 200


def test_the_solver_takes_whole_days(stage: Stage, day_posts: dict[str, int]) -> None:
    from webapp.rota.desk import desk_of
    from webapp.rota.rules import RotaKind
    from webapp.rota.solver.engine import solve
    from webapp.rota.solver.problem import read_problem
    from webapp.rota.solver.search import Search
    from webapp.rota.weeks import monday_of

    for kind, slots in ((RotaKind.DAY, 1), (RotaKind.TEAM, 10)):
        desk = desk_of(stage.units["W11"], monday_of(NEXT), now=clock.now(), kind=kind)
        found = solve(read_problem(desk.problem), Search(2.0, 1, tell=lambda line: None))
        plan = found.plan
        assert sum(plan.uncovered(d) for d in plan.facts.D) == 0
        assert sum(len(people) for d in plan.here for p in d for people in p) == slots
