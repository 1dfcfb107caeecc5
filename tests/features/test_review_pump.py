"""The pump and the jobs: what fails is tried again by itself and stops nobody else."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from sqlalchemy.exc import OperationalError

from tests.stage import Stage
from webapp import jobs
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.realtime import pump as pumping
from webapp.realtime import versions
from webapp.realtime.pump import Frame, Pump, Rendered


class Desk:
    """Renders ids to one frame each; some cannot be rendered, some cannot be sent."""

    def __init__(self, bad: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        self.bad = bad
        self.sent: list[int] = []

    def render(self, ids: Sequence[int]) -> Rendered:
        if self.bad & set(ids):
            raise RuntimeError("this one cannot be rendered")
        return Rendered([Frame(str(key), "rows", {"id": key}) for key in ids])

    def emit(self, _event: str, payload: dict[str, Any], _room: str) -> None:
        self.sent.append(payload["id"])


@pytest.fixture
def pump(stage: Stage) -> Pump:
    return Pump(stage.app)


def test_one_that_cannot_be_rendered_stops_no_other(pump: Pump) -> None:
    desk, notes = Desk({3}), Desk()
    pump.register("staff", desk.render)
    pump.register("notes", notes.render)
    pump.deliver_with(desk.emit)
    pump.mark("staff", range(1, 300))
    pump.mark("notes", [1000])
    while pump.flush():
        pass
    assert sorted(desk.sent) == [1, 2, *range(4, 300), 1000]


def test_an_outage_is_told_once_costs_one_try_a_second_and_loses_nothing(
    pump: Pump, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With the database gone every try waits for it: no halving to find a culprit among 64."""
    desk, tries, is_gone = Desk(), [], [True]

    def render(ids: Sequence[int]) -> Rendered:
        tries.append(len(ids))
        if is_gone[0]:
            raise OperationalError("SELECT", {}, psycopg2.OperationalError("refused"))
        return desk.render(ids)

    pump.register("staff", render)
    pump.deliver_with(desk.emit)
    pump.mark("staff", range(64))
    began = clock.monotonic()
    for second in range(3):
        monkeypatch.setattr(clock, "monotonic", lambda at=began + 2 * second: at)
        pump.flush()
        pump.flush()
    assert tries == [64, 64, 64]
    assert len([r for r in caplog.records if r.name == "webapp.trouble"]) == 1
    is_gone[0] = False
    monkeypatch.setattr(clock, "monotonic", lambda: began + 60)
    pump.flush()
    assert sorted(desk.sent) == list(range(64))
    assert "works again" in caplog.text


def test_it_is_tried_again(pump: Pump, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk({3})
    pump.register("staff", desk.render)
    pump.deliver_with(desk.emit)
    pump.mark("staff", [3])
    pump.flush()
    desk.bad = set()
    pump.flush()
    assert desk.sent == []
    later = clock.monotonic() + pumping.RETRY_S
    monkeypatch.setattr(clock, "monotonic", lambda: later)
    pump.flush()
    assert desk.sent == [3]


def test_a_room_that_cannot_be_reached_stops_no_other(pump: Pump) -> None:
    desk = Desk()

    def emit(event: str, payload: dict[str, Any], room: str) -> None:
        if room == "1":
            raise OSError("gone")
        desk.emit(event, payload, room)

    pump.register("staff", desk.render)
    pump.deliver_with(emit)
    pump.mark("staff", [1, 2])
    pump.flush()
    assert desk.sent == [2]


def test_who_came_first_is_sent_first(pump: Pump) -> None:
    desk = Desk()
    pump.register("staff", desk.render)
    pump.deliver_with(desk.emit)
    pump.mark("staff", [9999])
    pump.mark("staff", range(1, 500))
    pump.flush()
    assert 9999 in desk.sent


def test_the_earlier_of_two_due_times_stands(stage: Stage) -> None:
    """A socket was lost while a row was being rendered: the grace must not wait for noon."""
    stage.settle()
    key = stage.ids["121"]
    now = clock.now()
    with transaction():
        version, _ = versions.read(db.session, "staff", [key])[key]
        versions.reconsider(db.session, "staff", [key])
        versions.set_due(db.session, "staff", {key: (version, now + timedelta(hours=2))})
        versions.set_due(db.session, "staff", {key: (version, now + timedelta(seconds=25))})
    assert versions.due(db.session, "staff", now=now + timedelta(seconds=25)) == [key]


def test_a_failing_job_keeps_no_other_from_its_work(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def broken(_app: object) -> None:
        raise OSError("the folder is gone")

    monkeypatch.setattr(jobs, "every_minute", broken)
    monkeypatch.setattr(jobs, "every_hour", lambda _app: done.append("hour"))
    jobs.one_round(stage.app, hourly=True)
    assert done == ["hour"]


def test_what_one_feature_cannot_forget_keeps_no_other_from_erasing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def broken(*, now: object) -> None:
        raise ValueError("a row nobody thought of")

    def works(*, now: object) -> None:
        done.append("erased")

    monkeypatch.setattr(jobs, "FORGETTING", (broken, works))
    jobs.every_hour(stage.app)
    assert done == ["erased"]


def test_of_topics_whose_renderer_keeps_nothing_nothing_is_remembered(pump: Pump) -> None:
    """Each memo, notice and request of the years would stay in memory, for nobody ever takes it."""
    pump.keeps("staff")
    pump.mark_reconsidered("staff", [1, 2])
    pump.mark_reconsidered("message", range(1_000))
    assert pump.waiting() == 1_002
    assert pump._reconsidered == {"staff": {1, 2}}
    assert pump.take_reconsidered("staff", [2, 3]) == {2}
    assert pump.take_reconsidered("message", [2, 3]) == set()


def test_what_cannot_be_noted_keeps_nothing_else_from_being_sent(
    stage: Stage, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: the rows are out, and what follows from them has no version by which it would be found again."""
    desk, later = Desk(), clock.now() + timedelta(hours=1)

    def full(*_: Any) -> None:
        raise OperationalError("UPDATE", None, Exception("database or disk is full"))

    def rows(ids: Sequence[int]) -> Rendered:
        return Rendered(desk.render(ids).frames, dict.fromkeys(ids, (1, later)))

    pump.register("staff", rows)
    pump.register("coverage", desk.render)
    pump.deliver_with(desk.emit)
    pump.mark("staff", [1])
    pump.mark("coverage", [2])
    monkeypatch.setattr(versions, "set_due", full)
    pump.flush()
    assert desk.sent == [1, 2]
    noted: list[dict[int, Any]] = []
    monkeypatch.setattr(versions, "set_due", lambda _session, _topic, due: noted.append(due))
    monkeypatch.setattr(clock, "monotonic", lambda: float("inf"))
    pump.flush()
    assert noted == [{1: (1, later)}]
