"""Runs of the solver: one at a time, progress, cancel, killed in the middle, taken into the draft, orphans."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from tests.features.rota_play import LEAD, NEXT, PATH, WIDE, cell, furnish, lead, put
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.rota import places, problem_of_unit, running
from webapp.rota.desk import desk_of
from webapp.rota.models import RotaRun
from webapp.rota.rules import RotaKind
from webapp.rota.solver.problem import read_problem
from webapp.rota.weeks import monday_of

PATIENCE_S = 60.0


@pytest.fixture
def posts(stage: Stage) -> dict[str, int]:
    return furnish(stage)


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Runs are queued and nobody begins them."""
    queued: list[int] = []
    monkeypatch.setattr(running, "watch", queued.append)
    return queued


def solve(stage: Stage, revision: int = 0, *, seconds: int = 2, keep: str = "pins") -> Any:
    body = {"revision": revision, "seconds": seconds, "keep": keep}
    return lead(stage).post(f"{PATH}/solve", body)


def until(stage: Stage, run_id: int, *states: str) -> dict[str, Any]:
    """Ask until the run is in one of these states."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        run = lead(stage).get(f"{PATH}/runs/{run_id}").json["run"]
        if run["state"] in states:
            return run
        time.sleep(0.1)
    raise AssertionError(f"still {run}")


def test_a_run_from_asking_to_the_draft(stage: Stage, posts: dict[str, int]) -> None:
    put(stage, 0, cell(posts["窓口"], 1, "09:00", "10:30", "131", pinned=True))
    answer = solve(stage, 1)
    assert answer.status_code == 202
    run = until(stage, answer.json["run"]["id"], "done", "failed")
    assert (run["state"], run["message"]) == ("done", "")
    assert run["figures"]["uncovered_minutes"] == 0
    assert lead(stage).get(PATH).json["revision"] == 1  # nothing of it is in the draft yet
    taken = lead(stage).post(f"{PATH}/runs/{run['id']}/take", {"revision": 1}).json
    assert (taken["revision"], taken["open"], taken["conflicts"]) == (2, [], [])
    assert taken["undo"] == {"what": "solve", "revision": 1}
    assert [c["staff"] for c in taken["cells"] if c["pinned"]] == ["131"]
    assert taken["figures"] == run["figures"]
    assert lead(stage).post(f"{PATH}/runs/{run['id']}/take", {"revision": 2}).status_code == 409
    undone = lead(stage).post(f"{PATH}/undo", {"revision": 2}).json
    assert len(undone["cells"]) == 1


def test_a_killed_solver_leaves_the_draft_alone(
    stage: Stage, posts: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "COMMAND", ("sleep", "60", "#"))
    monkeypatch.setattr(running.Watch, "_spawn", _sleeper)
    put(stage, 0, cell(posts["窓口"], 1, "09:00", "10:30", "131"))
    run_id = solve(stage, 1).json["run"]["id"]
    os.kill(_pid(run_id), signal.SIGKILL)
    run = until(stage, run_id, "failed", "done")
    assert run["state"] == "failed"
    assert "案は変わっていません" in run["message"]
    assert lead(stage).get(PATH).json["revision"] == 1
    monkeypatch.undo()
    assert solve(stage, 1, seconds=1).status_code == 202
    _wait_for_all(stage)


def test_a_run_that_was_taken_for_dead_is_ended(
    stage: Stage, posts: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds no place any more, so it must not take a core either."""
    monkeypatch.setattr(running.Watch, "_spawn", _sleeper)
    run_id = solve(stage).json["run"]["id"]
    pid = _pid(run_id)
    with transaction():
        row = places.live(run_id)
        assert row is not None
        places.end(row, "failed", places.LOST, now=clock.now())
    end = time.monotonic() + PATIENCE_S
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert until(stage, run_id, "failed", "done")["state"] == "failed"


def test_a_database_that_is_away_for_a_moment_costs_no_run(
    stage: Stage, posts: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    away: list[str] = []
    live = places.live

    def gone(run_id: int) -> RotaRun | None:
        if len(away) < 3:
            away.append("gone")
            raise OperationalError("SELECT", {}, Exception("server closed the connection"))
        return live(run_id)

    run_id = solve(stage, 0, seconds=2).json["run"]["id"]
    _pid(run_id)
    monkeypatch.setattr(places, "live", gone)
    run = until(stage, run_id, "done", "failed")
    assert (run["state"], len(away)) == ("done", 3)


def _sleeper(self: running.Watch) -> Any:
    """A process that does nothing until somebody ends it."""
    import subprocess
    import tempfile

    self.folder = Path(tempfile.mkdtemp())
    (self.folder / "progress").write_text("")
    (self.folder / "plan.json").write_text("")
    self.process = subprocess.Popen(["sleep", "60"])
    with self.app.app_context(), transaction():
        db.session.query(RotaRun).filter_by(id=self.run_id).update({"pid": self.process.pid})
    return self.process, clock.monotonic() + 60


def _pid(run_id: int) -> int:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        pid = db.session.query(RotaRun.pid).filter_by(id=run_id).scalar()
        db.session.rollback()
        if pid:
            return pid
        time.sleep(0.05)
    raise AssertionError("no process")


def _wait_for_all(stage: Stage) -> None:
    for (run_id,) in db.session.query(RotaRun.id).all():
        db.session.rollback()
        until(stage, run_id, "done", "failed", "cancelled", "taken", "dropped")


def test_cancel_keeps_the_best(stage: Stage, posts: dict[str, int]) -> None:
    run_id = solve(stage, 0, seconds=60).json["run"]["id"]
    _pid(run_id)
    stopped = lead(stage).post(f"{PATH}/runs/{run_id}/cancel").json["run"]
    assert stopped["state"] == "running"  # until the process has written its plan
    run = until(stage, run_id, "cancelled", "failed")
    assert run["state"] == "cancelled"
    dropped = lead(stage).post(f"{PATH}/runs/{run_id}/drop").json["run"]
    assert dropped["state"] == "dropped"
    assert lead(stage).get(PATH).json["run"] is None


def test_one_at_a_time_and_by_whom(
    stage: Stage, posts: dict[str, int], held_back: list[int]
) -> None:
    first = solve(stage).json["run"]
    assert (first["state"], first["progress"]["phase"]) == ("running", "queued")
    second = stage.api("100", WIDE).post(f"{PATH}/solve", {"revision": 0})
    assert second.status_code == 409
    assert "藤原 奈々さんが 10:20 に始めた" in second.json["error"]["message"]
    assert second.json["error"]["fields"] == {"run": str(first["id"])}
    cancelled = lead(stage).post(f"{PATH}/runs/{first['id']}/cancel").json["run"]
    assert cancelled["state"] == "cancelled"
    assert solve(stage).status_code == 202
    assert held_back == [first["id"], first["id"] + 1]


def test_a_plan_for_an_older_draft(
    stage: Stage, posts: dict[str, int], held_back: list[int]
) -> None:
    run_id = solve(stage).json["run"]["id"]
    plan = {"assignments": [cell(posts["電話"], 1, "08:30", "10:30", "121")], "status": "feasible"}
    with transaction():
        db.session.query(RotaRun).filter_by(id=run_id).update({"state": "done", "plan": plan})
    put(stage, 0, cell(posts["電話"], 1, "10:30", "12:00", "122"))
    late = lead(stage).post(f"{PATH}/runs/{run_id}/take", {"revision": 1})
    assert late.status_code == 409
    signs = {(row["staff"], row["change"]) for row in late.json["difference"]["mine"]}
    assert ("121", "added") in signs
    taken = lead(stage).post(f"{PATH}/runs/{run_id}/take", {"revision": 1, "force": True})
    assert [c["staff"] for c in taken.json["cells"]] == ["121"]


def test_a_run_whose_server_is_gone(
    stage: Stage, posts: dict[str, int], held_back: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = solve(stage).json["run"]["id"]
    clock.freeze(clock.now() + timedelta(hours=1))  # a clock that is set says nothing of it
    assert lead(stage).get(f"{PATH}/runs/{run_id}").json["run"]["state"] == "running"
    later(monkeypatch, places.ORPHAN_AFTER_S + 1)
    run = lead(stage).get(f"{PATH}/runs/{run_id}").json["run"]
    assert run["state"] == "failed"
    assert "もう一度" in run["message"]
    assert solve(stage).status_code == 202


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """So long after, by the clock nobody can set."""
    before = clock.monotonic
    monkeypatch.setattr(clock, "monotonic", lambda: before() + seconds)


def test_refused_runs(stage: Stage, posts: dict[str, int], held_back: list[int]) -> None:
    assert stage.api("121", WIDE).post(f"{PATH}/solve", {"revision": 0}).status_code == 403
    assert solve(stage, 3).status_code == 409
    wrong = lead(stage).post(f"{PATH}/solve", {"revision": 0, "keep": "all", "seconds": 0})
    assert set(wrong.json["error"]["fields"]) == {"keep", "seconds"}
    old = lead(stage).post("/units/W11/rotas/2026-W40/solve", {"revision": 0})
    assert old.status_code == 422
    assert lead(stage).get(f"{PATH}/runs/99").status_code == 404
    assert held_back == []


def test_what_the_solver_is_given(stage: Stage, posts: dict[str, int]) -> None:
    """Weights of the day, contract by posted days, nobody exempt, the draft's pins."""
    with transaction():
        desk = desk_of(stage.units["W11"], monday_of(NEXT), now=clock.now())
    found = desk.problem
    read_problem(found)
    bands = {tuple(b["days"]): b["burden"] for b in found["positions"][0]["demand"]}
    assert sorted(bands.values()) == [1.0, 1.2]  # Monday 30 November is the month's last day, too
    assert {person["id"] for person in found["staff"]} == {"120", "121", "122", "130", "131"}
    assert {person["contract_minutes"] for person in found["staff"]} == {2325}
    assert desk.horizon.kind is RotaKind.WEEK
    assert found["seed"] == problem_of_unit.SEED
    assert LEAD in desk.ids
