"""The engine under a real server: what a connection costs, who is cut off, and going down without losing anything."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import pytest

from tests.live.conftest import Live
from tests.live.test_strangers import frame, is_closed, knock
from tests.live.watching import request
from tests.stage import CAST

pytestmark = [pytest.mark.live, pytest.mark.one_process]
ROOT = Path(__file__).resolve().parents[2]
KB_A_CONNECTION = 45


def figures(live: Live) -> dict[str, float]:
    with urllib.request.urlopen(f"{live.url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {
        name: float(value) for name, value in (line.split() for line in lines if line[:2] == "za")
    }


def wait_until(done: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def sign_in(live: Live, number: str, watched: str | None = None) -> socket.socket:
    """A raw connection of a person, as cheap as it gets."""
    line, _ = knock(live)
    line.sendall(frame(b"40" + json.dumps({"token": live.token(number)}).encode()))
    if watched:
        line.sendall(frame(b"42" + json.dumps(["watch", {"units": [watched]}]).encode()))
    return line


@pytest.fixture
def lines() -> Iterator[list[socket.socket]]:
    opened: list[socket.socket] = []
    yield opened
    for line in opened:
        line.close()


def test_a_connection_costs_about_half_of_a_stock_one(
    live: Live, lines: list[socket.socket]
) -> None:
    """Of so few, with what else the server keeps of who comes: 30 KB against 80 (of ten thousand: the bench). The first
    of each person stay: what whole crowds leave behind when they go would be room for the next, whatever a connection
    costs. The median of seven crowds: other work of the server takes a megabyte now and then."""
    assert live.server.process is not None
    memory = psutil.Process(live.server.process.pid).memory_info

    def crowd() -> float:
        before = memory().rss
        for number in CAST:
            lines.append(sign_in(live, number, "W12"))
        wait_until(lambda: figures(live)["zaiseki_sockets"] == len(lines))
        return (memory().rss - before) / 1024 / len(CAST)

    crowd()
    costs = [crowd() for _ in range(7)]
    assert median(costs) < KB_A_CONNECTION, costs
    assert figures(live)["zaiseki_people_connected"] == len(CAST)


def test_who_does_not_read_delays_nobody_and_is_cut_off(
    live: Live, watch: Any, lines: list[socket.socket]
) -> None:
    chief = watch("100")
    chief.call("watch", {"units": ["W12"]})
    stalled = sign_in(live, "122")
    lines.append(stalled)
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    stop = time.monotonic() + 60
    try:
        while figures(live)["zaiseki_slow_cut_off_total"] == 0:
            assert time.monotonic() < stop
            for number in range(50):
                names = [f"{number}-{other}-{'x' * 290}" for other in range(50)]
                text = json.dumps(["watch", {"units": names}]).encode()
                stalled.sendall(frame(b"420" + text))
            time.sleep(0.3)
    except OSError:
        pass
    wait_until(lambda: figures(live)["zaiseki_slow_cut_off_total"] == 1)
    assert figures(live)["zaiseki_queued_bytes"] == 0
    row = request(live, "121", "POST", "/me/status", {"state": "busy"})
    chief.wait_for(lambda w: any(r["version"] == row["version"] for r in w.rows("121")))


@pytest.mark.parametrize(
    "garbage", [b"\xff" * 40, frame(b"nonsense"), frame(b"42{"), frame(b"\xff\xfe"), b"\x81\x01a"]
)
def test_garbage_ends_its_connection_and_nothing_else(
    live: Live, watch: Any, garbage: bytes
) -> None:
    chief = watch("100")
    line = sign_in(live, "121")
    with line:
        line.sendall(garbage)
        assert is_closed(line, seconds=5)
    assert chief.call("watch", {"units": ["W12"]})["ok"]
    assert "Traceback" not in (live.server.log or Path(os.devnull)).read_text()


def test_thousands_lost_at_once_are_gone_at_once(live: Live, lines: list[socket.socket]) -> None:
    for number in list(CAST) * 8:
        lines.append(sign_in(live, number))
    wait_until(lambda: figures(live)["zaiseki_sockets"] == len(lines))
    for line in lines:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        line.close()
    wait_until(lambda: figures(live)["zaiseki_sockets"] == 0)
    now = figures(live)
    assert now["zaiseki_connections"] == now["zaiseki_people_connected"] == 0
    assert now["zaiseki_phantoms_total"] == 0


@pytest.mark.parametrize("mode", ["eventlet", "threading"])
def test_going_down_answers_what_is_in_flight_and_tells_clients(
    live: Live, watch: Any, mode: str
) -> None:
    """SIGTERM: the request under way is answered and committed, clients hear `drain`, the process ends with 0."""
    if mode == "threading":
        live.server.stop()
        live.server.mode = mode
        live.server.start()
    chief = watch("100")
    answers: list[Any] = []
    punch = {"kind": "start", "place": "home"}
    slow = _Slowly(live, "121", "/me/punches", punch, answers)
    slow.begin()
    assert live.server.process is not None
    live.server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    slow.finish()
    assert live.server.process.wait(10) == 0
    assert answers == [201]
    wait_until(lambda: not chief.client.connected)
    (told,) = [data for event, data in chief.events if event == "drain"]
    assert told["spread_s"] >= 1
    live.server.start()
    listed = request(live, "121", "GET", "/me/punches")["punches"]
    assert [one["kind"] for one in listed] == ["start"]


def test_who_sends_a_request_by_the_byte_is_shown_out(live: Live) -> None:
    """The stock server's timeout begins anew with each byte."""
    with socket.create_connection(("127.0.0.1", live.server.port), timeout=5) as line:
        line.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(50):
            try:
                line.sendall(b"x")
            except OSError:
                return
            time.sleep(0.5)
    pytest.fail("it was still listened to")


class _Slowly:
    """A request whose body is on its way while the server is told to stop."""

    def __init__(self, live: Live, number: str, path: str, body: Any, answers: list[Any]) -> None:
        self._answers, self._body = answers, json.dumps(body).encode()
        self._line = socket.create_connection(("127.0.0.1", live.server.port), timeout=10)
        self._head = (
            f"POST /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: d\r\n"
            f"Authorization: Bearer {live.token(number)}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(self._body)}\r\n\r\n"
        ).encode()

    def begin(self) -> None:
        self._line.sendall(self._head + self._body[:5])
        time.sleep(0.5)

    def finish(self) -> None:
        with self._line:
            self._line.sendall(self._body[5:])
            self._answers.append(int(self._line.recv(4096).split()[1]))


def test_the_official_javascript_client_hears_the_drain(live: Live) -> None:
    script = (
        "import { io } from 'socket.io-client';"
        "const s = io(process.argv[1], {auth: {token: process.argv[2]}, transports: ['websocket'],"
        " reconnection: false});"
        "s.on('connect', () => console.log('connected'));"
        "s.on('drain', (word) => console.log(JSON.stringify(word)));"
        "s.on('disconnect', (why) => { console.log(why); process.exit(0); });"
    )
    command = ["node", "--input-type=module", "-e", script, live.url, live.token("121")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        said = [client.stdout.readline().strip()]
        too_late = threading.Timer(60, client.kill)
        too_late.start()
        assert live.server.process is not None
        live.server.process.terminate()
        said += [line.strip() for line in client.stdout]
        too_late.cancel()
        assert said == ["connected", '{"spread_s":1}', "transport close"]
        assert client.wait(30) == 0
    assert live.server.process.wait(10) == 0
