"""Who the hub takes for connected, and what a client can make it keep."""

from collections.abc import Iterator
from typing import Any

import pytest
from socketio.exceptions import ConnectionRefusedError as Refused

from tests.stage import Stage
from webapp.accounts import queries
from webapp.core import clock, trouble
from webapp.realtime import handlers
from webapp.realtime.rounds import FAILED_S, Rounds
from webapp.realtime.sockets import Hub


@pytest.fixture(autouse=True)
def no_trouble() -> Iterator[None]:
    trouble.forget_all()
    yield
    trouble.forget_all()


@pytest.fixture
def hub(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Hub:
    found: Hub = stage.app.extensions["hub"]

    def authenticate(auth: Any) -> Any:
        return queries.actor_for_token(auth["token"], now=clock.now())

    monkeypatch.setattr(found.ports, "authenticate", authenticate)
    return found


def came(hub: Hub, token: str) -> str:
    manager = hub.server.server.manager
    sid: str = manager.connect("eio-members", "/")
    hub.connect(sid, {"token": token})
    return sid


def test_who_could_not_be_let_in_is_not_taken_for_connected(
    stage: Stage, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database went in the middle of it: the client is refused and comes again."""

    def gone(_subject: Any) -> set[str]:
        raise RuntimeError("gone")

    monkeypatch.setattr(hub.ports, "own_rooms", gone)
    manager = hub.server.server.manager
    sid = manager.connect("eio-members", "/")
    monkeypatch.setattr(handlers, "request", type("Request", (), {"sid": sid}))
    with pytest.raises(Refused):
        handlers._connect(hub, {"token": stage.token("121")})
    manager.disconnect(sid, "/")
    assert sid not in hub
    assert stage.ids["121"] not in hub.present()
    assert len(hub.beats) == 0


def test_codes_that_nobody_has_are_not_remembered(stage: Stage, hub: Hub) -> None:
    """A client may name what it likes, as often as it likes."""
    sid = came(hub, stage.token("100"))
    try:
        hub.watch(sid, ["W11"])
        hub.unwatch(sid, [f"X{number}" for number in range(50)])
        (member,) = [one for one in hub.members() if one.sid == sid]
        assert member.left_out == set()
        assert member.rooms
        hub.unwatch(sid, ["W12"])
        assert "W12" in member.left_out
        assert "W12" not in member.rooms
    finally:
        hub.disconnect(sid)
        hub.server.server.manager.disconnect(sid, "/")


def test_a_round_that_fails_again_and_again_is_told_once(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    waits: list[float] = []

    class Enough(BaseException):
        pass

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > 5:
            raise Enough

    def ill() -> float:
        raise RuntimeError("ill")

    def unwritten() -> None:
        raise RuntimeError("nowhere to write")

    rounds = Rounds(hub)
    monkeypatch.setattr(rounds, "_sleep", sleep)
    with pytest.raises(Enough):
        rounds._for_ever(ill)
    assert waits == [0.0] + [FAILED_S] * 5
    monkeypatch.setattr(hub, "write_connections", unwritten)
    assert {rounds.pump() for _ in range(5)} == {FAILED_S}
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 2
    assert set(trouble.current()) == {"round of sockets: ill", "writing connections"}
