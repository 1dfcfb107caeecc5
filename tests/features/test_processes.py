"""Several server processes on one database: who counts as connected, who is buried, what each finds of the others."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.presence import connections
from webapp.presence.connections import GRACE
from webapp.presence.models import Connection, ConnectionLease
from webapp.realtime import outbox, versions
from webapp.realtime.catchup import CatchUp
from webapp.realtime.models import RowVersion, ServerProcess
from webapp.realtime.patience import COMES_AGAIN_S
from webapp.realtime.processes import DEAD_AFTER_S, Processes


def record(process: str, arrived: Any = (), lost: Any = (), out: Any = ()) -> None:
    with transaction():
        connections.record(arrived, lost, out, process=process, now=clock.now())


def state(staff_id: int) -> tuple[bool, bool]:
    """(connected, in the grace)"""
    db.session.rollback()
    row = db.session.scalars(select(Connection).filter_by(staff_id=staff_id)).one()
    db.session.refresh(row)
    return row.connected, row.lost_at is not None


def version(staff_id: int) -> int:
    db.session.rollback()
    return versions.read(db.session, "staff", [staff_id])[staff_id][0]


def processes(stage: Stage, own: str, port: int = 8000) -> Processes:
    made = Processes(stage.app, connections, CatchUp(stage.app, stage.app.extensions["pump"]), None)
    made.id, made.place = own, f"town:127.0.0.1:{port}"
    return made


@pytest.fixture
def one(stage: Stage) -> int:
    return stage.ids["121"]


@pytest.mark.parametrize("last", ["lost", "out"])
def test_the_last_process_to_let_go_ends_the_connection(one: int, last: str) -> None:
    record("a", [one])
    record("b", [one])
    record("a", **{last: [one]})
    assert state(one) == (True, False)
    record("b", **{last: [one]})
    assert state(one) == ((True, True) if last == "lost" else (False, False))


def test_back_within_the_grace_at_another_process_shows_nothing(one: int) -> None:
    record("a", [one])
    before = version(one)
    record("a", lost=[one])
    record("b", [one])
    assert state(one) == (True, False)
    assert version(one) == before


def test_back_after_the_grace_is_a_new_version(one: int, at: Any) -> None:
    record("a", [one])
    before = version(one)
    record("a", lost=[one])
    clock.freeze(clock.now() + GRACE)
    assert connections.let_go(now=clock.now()) == 1
    record("b", [one])
    assert version(one) == before + 2


@pytest.mark.parametrize(("seconds", "gone"), [(0, 0), (24, 0), (25, 1)])
def test_who_does_not_come_back_within_the_grace_is_shown_as_gone(
    one: int, at: Any, seconds: int, gone: int
) -> None:
    record("a", [one])
    before = version(one)
    record("a", lost=[one])
    clock.freeze(clock.now() + timedelta(seconds=seconds))
    assert connections.let_go(now=clock.now()) == gone
    assert state(one)[0] is not bool(gone)
    assert version(one) == before + gone
    assert connections.let_go(now=clock.now()) == 0


def test_nobody_is_let_go_whom_the_servers_turn_away(
    stage: Stage, one: int, monotonic: Any, at: Any
) -> None:
    """A peer's count of handshakes turned away moves: whoever was refused comes again, and stays on the board."""
    own, peer = processes(stage, "own", 8001), processes(stage, "peer", 8002)
    for each in (own, peer):
        each.enter()
    record("own", [one])
    record("own", lost=[one])
    clock.freeze(clock.now() + GRACE)
    with transaction():
        db.session.execute(update(ServerProcess).filter_by(id="peer").values(kept_out=5))
    own.beat()
    own.let_go()
    assert state(one)[0]
    monotonic(COMES_AGAIN_S - 1)
    own.let_go()
    assert state(one)[0]
    monotonic(1)
    own.let_go()
    assert not state(one)[0]


def test_two_processes_see_the_same_person_first(one: int) -> None:
    record("a", [one])
    record("b", [one])
    record("a", [one])
    query = select(ConnectionLease.process_id).filter_by(staff_id=one)
    assert sorted(db.session.scalars(query)) == ["a", "b"]


def test_more_sockets_than_one_may_have_over_all_processes(one: int) -> None:
    def holding(process: str, count: int) -> list[int]:
        with transaction():
            return connections.record(
                [one], (), (), process=process, now=clock.now(), sockets=lambda _: count
            )

    assert holding("a", 5) == []
    assert holding("b", 3) == []
    assert holding("b", 4) == [one]
    assert holding("a", 4) == []  # closed its oldest
    assert holding("a", 8) == [one]
    record("b", lost=[one])
    assert holding("a", 8) == []


def test_a_server_that_starts_at_the_place_of_another_gives_its_people_time(
    stage: Stage, one: int
) -> None:
    processes(stage, "old").enter()
    record("old", [one])
    processes(stage, "new").enter()
    assert state(one) == (True, True)
    assert db.session.scalars(select(ServerProcess.id)).all() == ["new"]
    assert connections.holders() == set()
    record("new", [one])
    assert state(one) == (True, False)


def test_people_leased_by_nobody_are_given_time_at_a_start(stage: Stage, one: int) -> None:
    """After a restore, or coming from an older version."""
    with transaction():
        db.session.add(Connection(staff_id=one, connected=True))
    processes(stage, "a").enter()
    assert state(one) == (True, True)


def test_a_start_elsewhere_leaves_the_living_alone(stage: Stage, one: int) -> None:
    processes(stage, "a", 8001).enter()
    record("a", [one])
    processes(stage, "b", 8002).enter()
    assert state(one) == (True, False)


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Moves the monotonic clock on by so many seconds."""
    began = clock.monotonic()
    passed = [0.0]
    monkeypatch.setattr(clock, "monotonic", lambda: began + passed[0])

    def on(seconds: float) -> None:
        passed[0] += seconds

    return on


def test_a_peer_whose_beat_stands_still_is_buried_once(
    stage: Stage, one: int, monotonic: Any
) -> None:
    living, dead, other = (processes(stage, name, port) for name, port in PLACES)
    for each in (living, dead, other):
        each.enter()
    record("dead", [one])
    living.beat()
    other.beat()
    for _ in range(2):
        monotonic((DEAD_AFTER_S - 1) / 2)
        living.beat()
        other.beat()
    assert state(one) == (True, False)
    monotonic(2)
    living.beat()
    assert state(one) == (True, True)
    record("living", [one])
    other.beat()
    assert state(one) == (True, False)
    assert set(db.session.scalars(select(ServerProcess.id))) == {"living", "other"}


PLACES = (("living", 1), ("dead", 2), ("other", 3))


def test_the_first_back_after_an_outage_of_the_database_buries_nobody(
    stage: Stage, one: int, monotonic: Any
) -> None:
    """The others could not count either."""
    a, b = processes(stage, "a", 1), processes(stage, "b", 2)
    for each in (a, b):
        each.enter()
        each.beat()
    record("b", [one])
    a.beat()
    monotonic(60)
    a.beat()
    assert state(one) == (True, False)
    monotonic(DEAD_AFTER_S / 2)
    a.beat()
    monotonic(DEAD_AFTER_S / 2)
    a.beat()
    assert state(one) == (True, True)


def test_a_clock_stepped_by_an_hour_buries_nobody(stage: Stage, one: int, monotonic: Any) -> None:
    a, b = processes(stage, "a", 1), processes(stage, "b", 2)
    a.enter()
    b.enter()
    record("b", [one])
    for step in (0, 60, -60, 0):
        clock.freeze(clock.now() + timedelta(minutes=step))
        b.beat()
        a.beat()
        monotonic(5)
    assert state(one) == (True, False)


def test_who_was_taken_for_dead_enters_again_with_its_people(
    stage: Stage, one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = processes(stage, "a", 1)
    a.enter()
    record("a", [one])
    with transaction():
        db.session.query(ServerProcess).delete()
        connections.release("a", now=clock.now())
    assert state(one) == (True, True)
    monkeypatch.setattr(type(stage.app.extensions["hub"]), "present", lambda _: {one})
    a.beat()
    assert state(one) == (True, False)
    assert db.session.scalars(select(ServerProcess.id)).all() == ["a"]


def test_leaving_gives_time_and_leaves_nothing_behind(stage: Stage, one: int) -> None:
    a = processes(stage, "a", 1)
    a.enter()
    record("a", [one])
    a.leave()
    assert state(one) == (True, True)
    assert db.session.scalars(select(ServerProcess)).all() == []


# --- what the others changed ----------------------------------------------------------------


@pytest.fixture
def catch_up(stage: Stage) -> CatchUp:
    stage.settle()
    made = CatchUp(stage.app, stage.app.extensions["pump"])
    made.step()
    stage.app.extensions["pump"].settle()
    return made


def changed_elsewhere(*staff_ids: int) -> None:
    """As by another process: the database knows, this pump does not."""
    with transaction():
        versions.bump(db.session, "staff", staff_ids, now=clock.now())


def test_what_another_process_changed_is_marked_once(
    stage: Stage, one: int, catch_up: CatchUp
) -> None:
    changed_elsewhere(one)
    assert catch_up.step() == 1
    assert catch_up.step() == 0
    changed_elsewhere(one)
    assert catch_up.step() == 1


def test_what_this_process_showed_is_not_shown_again(
    stage: Stage, one: int, catch_up: CatchUp
) -> None:
    with transaction():
        outbox.touch("staff", one)
    stage.app.extensions["pump"].settle()
    assert catch_up.step() == 0


def test_a_new_process_takes_up_only_what_nobody_has_looked_at(stage: Stage, one: int) -> None:
    stage.settle()
    with transaction():
        outbox.touch("staff", [one, stage.ids["122"]])
    stage.app.extensions["pump"].settle()
    changed_elsewhere(one)  # and its process was killed before it came to it
    fresh = CatchUp(stage.app, stage.app.extensions["pump"])
    fresh.begin()
    assert fresh.step() == 1


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_stepped_clock_opens_no_gap(
    stage: Stage, one: int, catch_up: CatchUp, step: timedelta
) -> None:
    changed_elsewhere(one)
    clock.freeze(clock.now() + step)
    changed_elsewhere(stage.ids["122"])
    assert catch_up.step() == 2


def test_what_is_quite_new_is_left_to_the_wake_up(
    stage: Stage, one: int, catch_up: CatchUp
) -> None:
    changed_elsewhere(one)
    assert catch_up.step(told=True) == 0
    clock.freeze(clock.now() + timedelta(seconds=2))
    assert catch_up.step(told=True) == 1


def test_a_commit_that_took_long_is_found_by_the_longer_look(
    stage: Stage, one: int, catch_up: CatchUp, monotonic: Any
) -> None:
    changed_elsewhere(one)
    with transaction():
        slow = (RowVersion.topic == "staff") & (RowVersion.key == one)
        at = clock.now() - timedelta(seconds=30)
        db.session.execute(update(RowVersion).where(slow).values(made_at=at))
    assert catch_up.step() == 0
    monotonic(11)
    assert catch_up.step() == 1


def test_a_peer_whose_clock_is_an_hour_behind_is_read_all_the_same(
    stage: Stage, one: int, monotonic: Any
) -> None:
    """Without Redis: the rows of the other are dated an hour ago."""
    stage.settle()
    ahead, behind = processes(stage, "ahead", 1), processes(stage, "behind", 2)
    ahead.enter()
    behind.enter()
    ahead.catch_up.step()
    ours = clock.now()
    for _ in range(2):
        clock.freeze(ours - timedelta(hours=1))
        behind.beat()
        clock.freeze(ours)
        ahead.beat()
        ahead._look()
        monotonic(5)
    stage.app.extensions["pump"].settle()
    clock.freeze(ours - timedelta(hours=1))
    changed_elsewhere(one)
    clock.freeze(ours)
    ahead._look()
    assert stage.app.extensions["pump"].waiting() == 1
