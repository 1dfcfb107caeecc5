"""The parts of the engine that count and take turns: wheel, crew, admission, rooms, phantoms."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import socketio

from webapp.realtime.admission import LEAST, MOST, Admission
from webapp.realtime.crew import Crew
from webapp.realtime.engine import TownHallServer
from webapp.realtime.manager import TownHallManager
from webapp.realtime.patience import Patience
from webapp.realtime.wheel import SLOT_S, Wheel


def test_ten_thousand_on_a_wheel_are_a_few_at_a_time() -> None:
    wheel: Wheel[int] = Wheel(25)
    for one in range(10_000):
        wheel.add(one)
    assert {len(slot) for slot in wheel.slots} == {20}


def test_each_has_its_turn_once_a_round_also_when_the_loop_was_late() -> None:
    wheel: Wheel[int] = Wheel(15)
    for one in range(500):
        wheel.add(one)
    turns: Counter[int] = Counter()
    now = 1_000.0
    wheel.due(now)
    for step in (0.05, 0.31, 2.0, 0.05, 7.0) * 4:
        now += step
        for slot in wheel.due(now):
            turns.update(list(wheel.slots[slot]))
    assert set(turns.values()) <= {2, 3}
    wheel.discard(3)
    wheel.discard(3)
    assert len(wheel) == 499
    assert len(wheel.due(now + 3_600)) == round(15 / SLOT_S)  # never more than one round


def crew_of(work: Callable[[str], None], most: int) -> tuple[Crew[str], list[Any], list[float]]:
    spawned: list[Any] = []
    pauses: list[float] = []
    crew = Crew(work, spawn=spawned.append, pause=pauses.append, most=most, turn_s=0.0)
    return crew, spawned, pauses


def test_a_crew_takes_no_more_hands_than_it_has_and_breathes() -> None:
    done: list[str] = []
    crew, spawned, pauses = crew_of(done.append, 2)
    for one in "abcde":
        crew.add(one)
    assert len(spawned) == 2
    for run in spawned:
        run()
    assert done == list("abcde")
    assert len(pauses) == 5
    crew.add("f")
    assert len(spawned) == 3


def test_one_that_fails_does_not_end_the_work() -> None:
    done: list[str] = []

    def work(one: str) -> None:
        if one == "a":
            raise RuntimeError(one)
        done.append(one)

    crew, spawned, _ = crew_of(work, 1)
    crew.add("a")
    crew.add("b")
    spawned[0]()
    assert done == ["b"]


def test_admission_gives_way_when_the_loop_is_late_and_feels_its_way_back() -> None:
    door = Admission()
    before = door.limit
    door.note(0.5, 100)
    assert door.limit < before
    for _ in range(50):
        door.note(0.5, 100)
    assert door.limit == LEAST
    door.note(0.0, 0)
    assert door.limit == LEAST  # nobody asks for more
    for _ in range(500):
        door.note(0.0, int(door.limit))
    assert door.limit == MOST
    assert door.has_room(MOST - 1)
    assert not door.has_room(MOST)
    door.closed = True
    assert not door.has_room(0)
    assert {door.refuse() for _ in range(100)} == {1, 2, 3, 4}
    assert door.refused == 100


# --- rooms --------------------------------------------------------------------------------------


def server_with(manager: Any, kind: Any = TownHallServer) -> Any:
    return kind(
        async_mode="threading", client_manager=manager, async_handlers=False, transports="websocket"
    )


def joined(server: Any, *rooms: str) -> str:
    sid: str = server.manager.connect(f"eio{len(server.environ)}", "/")
    server.environ[f"eio{len(server.environ)}"] = {}
    for room in rooms:
        server.enter_room(sid, room)
    return sid


class Looked(dict[str, Any]):
    """Rooms that count how often somebody looks through all of them."""

    through = 0

    def copy(self) -> Any:
        self.through += 1
        return super().copy()


@pytest.mark.parametrize(("manager", "scans"), [(TownHallManager(), 0), (socketio.Manager(), 5)])
def test_a_leaver_is_taken_out_of_its_own_rooms_only(manager: Any, scans: int) -> None:
    server = server_with(manager)
    sids = [joined(server, f"W{number}:full", "all") for number in range(6)]
    manager.rooms["/"] = Looked(manager.rooms["/"])
    for sid in sids[:5]:
        manager.disconnect(sid, "/")
    assert manager.rooms["/"].through == scans
    assert [sid for sid, _ in manager.get_participants("/", "all")] == [sids[5]]
    assert list(manager.get_participants("/", "W1:full")) == []


def test_everybody_can_be_addressed_alone_without_a_room_of_their_own() -> None:
    manager = TownHallManager()
    server = server_with(manager)
    sid = joined(server, "W1:full")
    assert list(manager.get_participants("/", sid)) == [(sid, "eio0")]
    assert manager.room_names() == ["W1:full"]
    assert manager.get_rooms(sid, "/") == sorted([sid, "W1:full"])


@pytest.mark.parametrize(("kind", "left"), [(TownHallServer, []), (socketio.Server, ["W1:full"])])
def test_an_ill_disconnect_handler_leaves_no_phantom(kind: Any, left: list[str]) -> None:
    manager = socketio.Manager()
    server = server_with(manager, kind)
    server.eio.logger.disabled = True

    def ill(*_: Any) -> None:
        raise RuntimeError

    server.on("connect", lambda *_: None)
    server.on("disconnect", ill)
    joined(server, "W1:full")
    server.eio._trigger_event("disconnect", "eio0", "transport close", run_async=False)
    assert [room for room in manager.rooms.get("/", {}) if room == "W1:full"] == left


def test_phantoms_are_found() -> None:
    manager = TownHallManager()
    server = server_with(manager)
    sid = joined(server, "W1:full")
    assert manager.phantoms({"eio0": object()}) == []
    assert manager.phantoms({}) == [sid]


def test_what_is_not_socket_io_ends_the_connection() -> None:
    """The stock server writes a traceback into the log for each, and lets the client go on."""
    server = server_with(TownHallManager())
    closed: list[str] = []
    server.eio.disconnect = closed.append
    for number, data in enumerate(["9", "2" * 200, '2{"a":', "2" + "[" * 5_000, "51-[]", "2[[]]"]):
        server._handle_eio_connect(f"eio{number}", {})
        server._handle_eio_message(f"eio{number}", data)
    assert closed[:5] == [f"eio{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("seen", "now", "needed"),
    [
        ([], 5, False),
        ([(0, 0)], 1, False),
        ([(0, 0), (1, 4)], 2, True),
        ([(0, 0), (1, 4)], 30.9, True),
        ([(0, 0), (1, 4)], 31, False),  # who was turned away has come again by now, or does not
        ([(0, 0), (1, 4), (20, 4), (30, 5)], 59, True),
        ([(t, t) for t in range(0, 400, 10)], 309, True),
        ([(t, t) for t in range(0, 400, 10)], 310, False),  # a flood must not keep the gone
        ([(0, 0), (1, 4), (400, 5)], 401, True),  # another rush
    ],
)
def test_patience(seen: list[tuple[float, int]], now: float, needed: bool) -> None:
    patience = Patience()
    for when, count in seen:
        if when <= now:
            patience.note({"a": count, "b": 0}, when)
    assert patience.is_needed(now) is needed
