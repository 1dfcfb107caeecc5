"""Real sockets against the real server: who gets what, when, and what happens to those who may not."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import socketio
from socketio.exceptions import ConnectionError as Refused

from tests.live.conftest import Live
from tests.live.watching import request

pytestmark = pytest.mark.live
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("auth", [None, {}, {"token": "zsk_wrong"}, {"token": 7}])
def test_strangers_get_a_connect_error_and_nothing_else(live: Live, auth: Any) -> None:
    client = socketio.Client(reconnection=False)
    errors: list[Any] = []
    client.on("connect_error", errors.append)
    with pytest.raises(Refused):
        client.connect(live.url, auth=auth, transports=["websocket"])
    client.eio.disconnect()
    assert errors == [{"message": "unauthorized"}]


def test_a_change_is_at_every_watcher_in_the_form_it_may_see(live: Live, watch: Any) -> None:
    chief, colleague, stranger = watch("100"), watch("122"), watch("220")
    assert chief.call("watch", {"units": ["W11"]})["units"] == {
        "W11": "full",
        "W12": "full",
        "W13": "full",
    }
    assert colleague.call("watch", {"units": ["W12"]})["units"] == {"W12": "full"}
    assert stranger.call("watch", {"units": ["W12"]})["units"] == {"W12": "directory"}
    row = request(live, "121", "POST", "/me/status", {"state": "busy", "note": "ひみつの会議"})
    for watcher in (chief, colleague, stranger):
        watcher.wait_for(lambda w: any(r["version"] == row["version"] for r in w.rows("121")))
    assert [r for r in chief.rows("121") if r["version"] == row["version"]] == [row]
    (outside,) = [r for r in stranger.rows("121") if r["version"] == row["version"]]
    assert "ひみつ" not in json.dumps(stranger.events, ensure_ascii=False)
    assert outside["state"] == "busy"
    assert "place" not in outside


def test_unknown_units_are_refused_and_the_others_joined(live: Live, watch: Any) -> None:
    answer = watch("100").call("watch", {"units": ["W12", "NOWHERE"]})
    assert answer["ok"] is False
    assert answer["refused"] == ["NOWHERE"]
    assert answer["units"] == {"W12": "full"}


def test_unwatch_ends_the_rows(live: Live, watch: Any) -> None:
    chief = watch("100")
    chief.call("watch", {"units": ["W12"]})
    chief.call("unwatch", {"units": ["W12"]})
    request(live, "121", "POST", "/me/status", {"state": "dnd"})
    time.sleep(0.5)
    assert chief.rows("121") == []


def test_garbage_is_answered_not_crashed(live: Live, watch: Any) -> None:
    chief = watch("100")
    assert chief.call("watch", "garbage")["ok"] is False
    assert chief.call("watch", {"units": [1, 2]})["ok"] is False
    assert chief.call("watch", {"units": ["W12"]})["ok"] is True


def test_connected_follows_the_socket_with_grace(live: Live, watch: Any) -> None:
    """A report is not a connection: losing the socket changes `connected` after the grace, and nothing else."""
    request(
        live,
        "121",
        "POST",
        "/me/punches",
        {"kind": "start", "place": "home"},
        **{"Idempotency-Key": "a"},
    )
    chief = watch("100")
    chief.call("watch", {"units": ["W12"]})
    mine = watch("121")
    chief.wait_for(lambda w: any(r["connected"] for r in w.rows("121")))
    mine.client.disconnect()
    time.sleep(2)
    assert all(r["connected"] for r in chief.rows("121")[-1:])
    chief.wait_for(lambda w: w.rows("121")[-1]["connected"] is False, seconds=90)
    assert chief.rows("121")[-1]["place"] == "home"


def test_more_than_eight_sockets_close_the_oldest(live: Live, watch: Any) -> None:
    opened = [watch("121") for _ in range(9)]
    assert opened[0].is_closed()
    assert [w.client.connected for w in opened] == [False] + [True] * 8


def test_the_official_javascript_client(live: Live) -> None:
    """Connect, watch, change, receive: with the client the pages use."""
    process = subprocess.run(
        [
            "node",
            str(ROOT / "tests" / "live" / "client.mjs"),
            live.url,
            live.token("121"),
            live.token("100"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )
    assert process.returncode == 0, process.stderr
    seen = json.loads(process.stdout)
    assert seen["ack"]["units"] == {"W12": "full"}
    assert seen["row"] == seen["answer"]


def test_killed_and_back_nothing_acknowledged_is_lost(live: Live, watch: Any) -> None:
    """kill -9 right after the answer: the report is there, versions have not fallen, the port listens at once."""
    punch = request(
        live,
        "121",
        "POST",
        "/me/punches",
        {"kind": "start", "place": "home"},
        **{"Idempotency-Key": "k"},
    )
    before = request(live, "100", "GET", "/boards/W12")
    live.server.kill()
    live.server.start()
    after = request(live, "100", "GET", "/boards/W12")
    listed = request(live, "121", "GET", f"/me/punches?date={punch['business_on']}")
    assert listed["punches"] == [punch]
    assert after["epoch"] == before["epoch"]
    for old, new in zip(before["rows"], after["rows"], strict=True):
        assert new["version"] >= old["version"]


def test_a_message_over_16_kb_closes_the_socket(live: Live, watch: Any) -> None:
    chief = watch("100")
    chief.client.emit("hello", {"visible": True, "padding": "x" * 20_000})
    assert chief.is_closed()
