"""A second server process on the database of a test, without sockets: what it answers, and what it would send.

Memory kept in modules is of one process: two applications in one process share it, and contradict each other never.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from tests.stage import Apps
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.realtime.catchup import CatchUp
from webapp.rota import places


class Second:
    """As seen from the test; each ask is answered before the next, unless it is only begun."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.tools.second"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
        )

    def begin(self, what: str, **more: Any) -> None:
        assert self._process.stdin is not None
        asked = {"what": what, "now": clock.now().isoformat()} | more
        print(json.dumps(asked), file=self._process.stdin, flush=True)

    def answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the second process is gone"
        return json.loads(line)

    def ask(self, what: str, **more: Any) -> Any:
        self.begin(what, **more)
        return self.answer()

    def get(self, path: str, token: str) -> Any:
        """(status, JSON or text)"""
        status, body = self.ask("get", path=path, token=token)
        return status, body

    def frames(self) -> list[tuple[str, dict[str, Any], str]]:
        """What it sends of all that has changed since it was asked last: (event, payload, room)."""
        return [(event, payload, room) for event, payload, room in self.ask("frames")]

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


class _Process:
    """The other side."""

    def __init__(self) -> None:
        self.apps = Apps()
        self.sent: list[tuple[str, dict[str, Any], str]] = []

    def enter(self, database_url: str) -> None:
        """As one that starts now. The process stays from test to test: it takes seconds to come."""
        self.app = self.apps.on(database_url)
        with self.app.app_context():
            db.engine.dispose()  # the file of the former test may be another
            self.app.extensions["live_board"].load()
        self.pump = self.app.extensions["pump"]
        self.catch_up = CatchUp(self.app, self.pump)
        self.pump.deliver_with(lambda *frame: self.sent.append(frame))

    def get(self, path: str, token: str) -> Any:
        client = self.app.test_client()
        answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
        return answer.status_code, answer.json if answer.is_json else answer.text

    def frames(self) -> Any:
        self.sent.clear()
        self.catch_up._far_at = 0.0  # it looks back as far as it ever does
        self.catch_up.step()
        self.pump.settle()
        return self.sent

    def mark(self, topic: str, key: int) -> None:
        """As one that finds a row whose next due time nobody has worked out."""
        self.pump.mark(topic, [key])

    def begin_run(self, run: int) -> bool:
        with self.app.app_context(), transaction():
            return places.begin(run, now=clock.now())

    def orphaned(self, later: float = 0.0) -> list[int]:
        """later: seconds that this process has looked on."""
        with self.app.app_context(), _after(later):
            return places.orphaned()

    def bury(self, later: float = 0.0) -> list[int]:
        with self.app.app_context(), _after(later), transaction():
            return [row.id for row in places.bury(now=clock.now())]


@contextmanager
def _after(seconds: float) -> Iterator[None]:
    before = clock.monotonic
    clock.monotonic = lambda: before() + seconds
    yield
    clock.monotonic = before


def main() -> None:
    process = _Process()
    for line in sys.stdin:
        asked = json.loads(line)
        clock.freeze(datetime.fromisoformat(asked.pop("now")))
        found = getattr(process, asked.pop("what"))(**asked)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
