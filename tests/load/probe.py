"""Asks /healthz again and again from a process of its own, and tells the longest answer at the end.

python -m tests.load.probe PORT: runs until its standard input closes.
"""

import contextlib
import json
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

from tests.load.machine import in_ms

ROOT = Path(__file__).resolve().parents[2]
EVERY_S = 0.02
PATIENCE_S = 60.0
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
def probing(port: int) -> Iterator[dict[str, Any]]:
    """The dictionary is filled when the block ends."""
    found: dict[str, Any] = {}
    command = [sys.executable, "-m", "tests.load.probe", str(port)]
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


def main() -> None:
    probe = Probe(int(sys.argv[1]))
    probe.ask()
    print("ready", flush=True)
    print(json.dumps(probe.run()))


if __name__ == "__main__":
    main()
