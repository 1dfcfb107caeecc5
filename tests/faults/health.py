"""Asks /healthz and /readyz all the time from a thread of its own: how long it took, and what was said."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

EVERY_S = 0.05
READY_EVERY_S = 0.4
PATIENCE_S = 60.0


@dataclass
class Health:
    port: int
    longest: float = 0.0  # seconds until /healthz had answered
    asked: int = 0
    down: int = 0
    said: dict[str, int] = field(default_factory=dict)  # words of /readyz
    longest_ready: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> "Health":
        self._threads = [
            threading.Thread(target=self._run, args=(ask, every), daemon=True)
            for ask, every in ((self._alive, EVERY_S), (self._ready, READY_EVERY_S))
        ]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE_S + 5)

    def _run(self, ask: Any, every_s: float) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        while not self._over.wait(every_s):
            try:
                ask(line)
            except (OSError, http.client.HTTPException, ValueError):
                line.close()
        line.close()

    def _alive(self, line: http.client.HTTPConnection) -> None:
        self.asked += 1
        began = time.monotonic()
        try:
            line.request("GET", "/healthz")
            line.getresponse().read()
        except (ConnectionError, http.client.HTTPException):
            self.down += 1
            raise
        finally:
            took = time.monotonic() - began
        self.longest = max(self.longest, took)

    def _ready(self, line: http.client.HTTPConnection) -> None:
        began = time.monotonic()
        try:
            line.request("GET", "/readyz")
            answer = line.getresponse()
            body = json.loads(answer.read())
        except TimeoutError:
            self._note(f"no answer in {PATIENCE_S:.0f} s")
            raise
        self.longest_ready = max(self.longest_ready, time.monotonic() - began)
        if answer.status != 200:
            for name, words in (body.get("faults") or {"?": "no words"}).items():
                self._note(f"{answer.status} {name}: {words}")

    def _note(self, words: str) -> None:
        self.said[words] = self.said.get(words, 0) + 1

    def take(self) -> dict[str, Any]:
        """What was seen since the last time."""
        found = {
            "healthz_longest_s": round(self.longest, 2),
            "readyz_longest_s": round(self.longest_ready, 2),
            "readyz_said": dict(self.said),
        }
        self.longest = self.longest_ready = 0.0
        self.said = {}
        return found


def is_ready(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", "/readyz")
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def figure(port: int, name: str) -> float:
    """One of /metrics; -1 if it is not there."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        line.request("GET", "/metrics")
        text = line.getresponse().read().decode()
    finally:
        line.close()
    for row in text.splitlines():
        if row.startswith(f"{name} "):
            return float(row.split()[1])
    return -1.0
