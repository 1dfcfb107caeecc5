"""The town hall of `tests.stage` behind a real server: the clock runs, so it is put to a working moment by plans."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.live.server import Server
from tests.live.watching import Watcher
from tests.stage import Stage, make_app
from webapp.core import clock


@dataclass
class Live:
    server: Server
    stage: Stage

    @property
    def url(self) -> str:
        return self.server.url

    def token(self, number: str, scopes: str = "self") -> str:
        return self.stage.token(number, scopes)


@pytest.fixture
def live(database_url: str, tmp_path: Path) -> Iterator[Live]:
    clock.unfreeze()
    app = make_app(database_url)
    with app.app_context():
        stage = Stage(app).set_up()
        server = Server(database_url, log=tmp_path / "server.log").start()
        try:
            yield Live(server, stage)
        finally:
            server.stop()


@pytest.fixture
def watch(live: Live) -> Iterator[Any]:
    opened: list[Watcher] = []

    def open_one(number: str | None) -> Watcher:
        opened.append(Watcher(live, number))
        return opened[-1]

    yield open_one
    for watcher in opened:
        watcher.close()
