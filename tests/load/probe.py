"""Asks /healthz again and again from a process of its own, and tells the longest answer at the end.

python -m tests.load.probe PORT [metrics]: runs until its standard input closes; with `metrics` also the longest lag of
the server's own loop in the last minute, as it says itself, before and after.
"""

import contextlib
import json
import select
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

from tests.load.machine import in_ms

ROOT = Path(__file__).resolve().parents[2]
EVERY_S = 0.02
PATIENCE_S = 60.0
LAG = "zaiseki_loop_lag_seconds_max"
QUESTION = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Probe:
    def __init__(self, port: int) -> None:
        self._port = port
        self._line: socket.socket | None = None

    def ask(self) -> float:
        """Seconds until the whole answer was there."""
        began = monotonic()
        if self._line is None:
            self._line = socket.create_connection(("127.0.0.1", self._port), PATIENCE_S)
        self._line.sendall(QUESTION)
        answer = b""
        while b"}" not in answer:
            part = self._line.recv(4096)
            if not part:
                raise ConnectionError("closed")
            answer += part
        return monotonic() - began

    def run(self) -> dict[str, Any]:
        seconds: list[float] = []
        unanswered = 0
        while not select.select([sys.stdin], [], [], EVERY_S)[0]:
            try:
                seconds.append(self.ask())
            except OSError:
                self._line = None
                unanswered += 1
        return {"asked": len(seconds), "unanswered": unanswered, **in_ms(seconds)}


@contextlib.contextmanager
def probing(port: int, *, metrics: bool = False) -> Iterator[dict[str, Any]]:
    """The dictionary is filled when the block ends."""
    found: dict[str, Any] = {}
    command = [sys.executable, "-m", "tests.load.probe", str(port), *["metrics"] * metrics]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()  # it has its first answer
            yield found
            out, _ = process.communicate(timeout=PATIENCE_S + 10)
            found.update(json.loads(out))
        finally:
            process.kill()


def lag_ms(port: int) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(f"{LAG} "):
                return round(float(line.split()[1]) * 1000, 1)
    raise RuntimeError(f"/metrics has no {LAG}")


def main() -> None:
    port, lag = int(sys.argv[1]), {}
    if "metrics" in sys.argv[2:]:
        lag["loop_lag_before_ms"] = lag_ms(port)
    probe = Probe(port)
    probe.ask()
    print("ready", flush=True)
    found = probe.run()
    if lag:
        lag["loop_lag_max_ms"] = lag_ms(port)
    print(json.dumps(found | lag))


if __name__ == "__main__":
    main()
