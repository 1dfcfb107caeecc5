"""The line between processes, against a Redis of our own that can fail."""

import contextlib
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from webapp.realtime import wake as wake_module
from webapp.realtime.wake import Wake


class Exchange:
    """As much of Redis as the wake-up uses."""

    def __init__(self) -> None:
        self.ears: list[queue.Queue[bytes]] = []
        self.is_down = False
        self.is_deaf = False
        self.published = 0

    def line(self, _listens: bool) -> Any:
        return _Line(self)


class _Line:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._heard: queue.Queue[bytes] = queue.Queue()
        self._confirmed = False

    def publish(self, _channel: str, data: str) -> None:
        if self._exchange.is_down:
            raise ConnectionError("refused")
        self._exchange.published += 1
        if not self._exchange.is_deaf:
            for ear in self._exchange.ears:
                ear.put(data.encode())

    def pubsub(self, **_: Any) -> "_Line":
        return self

    def subscribe(self, _channel: str) -> None:
        if self._exchange.is_down:
            raise ConnectionError("refused")
        self._exchange.ears.append(self._heard)
        self._confirmed = False

    def get_message(self, timeout: float) -> Any:
        if self._exchange.is_down:
            raise ConnectionError("gone")
        if not self._confirmed:  # redis-py answers None for the confirmation it passes over
            self._confirmed = True
            return None
        try:
            return {"data": self._heard.get(timeout=min(timeout, 0.05))}
        except queue.Empty:
            return None

    def close(self) -> None:
        if self._heard in self._exchange.ears:
            self._exchange.ears.remove(self._heard)


class Threads:
    """Background tasks as in threading mode; they end with the test."""

    def __init__(self) -> None:
        self.over = False

    def start_background_task(self, work: Callable[..., None], *args: Any) -> None:
        def run() -> None:
            with contextlib.suppress(SystemExit):
                work(*args)

        threading.Thread(target=run, daemon=True).start()

    def sleep(self, seconds: float) -> None:
        if self.over:
            raise SystemExit
        time.sleep(min(seconds, 0.02))


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def join(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(wake_module, "DEAD_AFTER_S", 0.3)
    monkeypatch.setattr(wake_module, "ALIVE_S", 0.05)
    server = Threads()

    def joined(name: str) -> tuple[Wake, list[tuple[str, list[int]]]]:
        heard: list[tuple[str, list[int]]] = []
        wake = Wake(name, exchange.line, lambda: "town")
        wake.on("staff", lambda ids: heard.append(("staff", ids)))
        wake.start(server)
        return wake, heard

    yield joined
    server.over = True


def until(test: Callable[[], Any]) -> None:
    end = time.monotonic() + 20
    while not test():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_others_hear_what_one_tells_and_oneself_does_not(join: Any) -> None:
    (a, heard_a), (b, heard_b) = join("a"), join("b")
    until(lambda: a.is_alive() and b.is_alive())
    a.tell("staff", [1, 2])
    until(lambda: heard_b)
    assert heard_b == [("staff", [1, 2])]
    assert heard_a == []


def test_what_is_told_at_once_goes_in_one_message(exchange: Exchange) -> None:
    wake = Wake("a", exchange.line, lambda: "town")
    for staff_id in (1, 2, 2, 3):
        wake.tell("staff", [staff_id])
    assert wake._take() == {"staff": [1, 2, 3]}
    assert wake._take() == {}


def test_an_outage_is_noticed_survived_and_over(join: Any, exchange: Exchange) -> None:
    (a, _), (b, heard) = join("a"), join("b")
    until(lambda: a.is_alive() and b.is_alive())
    exchange.is_down = True
    until(lambda: not a.is_alive())
    a.tell("staff", [1])  # lost: the database knows
    exchange.is_down = False
    until(lambda: a.is_alive() and b.is_alive())
    a.tell("staff", [2])
    until(lambda: ("staff", [2]) in heard)


def test_a_redis_that_takes_everything_and_says_nothing_counts_as_dead(
    join: Any, exchange: Exchange
) -> None:
    (a, _) = join("a")
    until(a.is_alive)
    exchange.is_deaf = True
    until(lambda: not a.is_alive())
    exchange.is_deaf = False
    until(a.is_alive)


def test_unknown_kinds_are_passed_over(exchange: Exchange) -> None:
    """Of a process of a newer version."""
    wake = Wake("a", exchange.line, lambda: "town")
    wake._hear(json.dumps({"from": "b", "kinds": {"new": [1]}}).encode())
