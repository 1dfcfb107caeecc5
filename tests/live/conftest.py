"""The town hall of `tests.stage` behind a real server: the clock runs, so it is put to a working moment by plans."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.live.nursery import Nursery
from tests.live.server import Server
from tests.live.watching import Watcher
from tests.stage import Stage, lay_down, make_app
from tests.tools.postgres import PostgresTemplates
from tests.tools.redis import RedisServer
from webapp.core import clock
from webapp.core.db import db


@dataclass
class Live:
    server: Server  # where clients connect
    stage: Stage
    other: Server  # where changes are made: the same one, or a second process on the same database

    @property
    def url(self) -> str:
        return self.server.url

    def token(self, number: str, scopes: str = "self") -> str:
        return self.stage.token(number, scopes)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test with one process on SQLite, and with two on PostgreSQL and Redis."""
    if "processes" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("one_process") is not None
        metafunc.parametrize("processes", ["one"] if alone else ["one", "two"], scope="session")


@pytest.fixture(scope="session")
def processes(request: pytest.FixtureRequest) -> str:
    text: str = request.param
    return text


@pytest.fixture(scope="session")
def staged_now(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stage set up by the clock of the machine, since it is the servers' as well."""
    clock.unfreeze()
    return Stage.template(template, tmp_path_factory.mktemp("live") / "stage.db")


@pytest.fixture(scope="session")
def live_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresTemplates]:
    templates = PostgresTemplates.or_skip(tmp_path_factory.mktemp("live-postgres"))
    clock.unfreeze()
    Stage.fill(templates.fresh())
    templates.keep("stage")
    yield templates
    templates.stop()


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@pytest.fixture
def live(
    processes: str, request: pytest.FixtureRequest, nursery: Nursery, tmp_path: Path
) -> Iterator[Live]:
    clock.unfreeze()
    environ: dict[str, str] = {}
    if processes == "one":
        file = tmp_path / "zaiseki.db"
        lay_down(request.getfixturevalue("staged_now"), file)
        url = f"sqlite:///{file}"
    else:
        url = request.getfixturevalue("live_postgres").fresh("stage")
        environ["ZAISEKI_REDIS_URL"] = request.getfixturevalue("redis").url
    servers = [
        Server(url, environ=environ, log=tmp_path / f"server{number}.log", nursery=nursery)
        for number in range(2 if processes == "two" else 1)
    ]
    app = make_app(url)
    with app.app_context():
        try:
            for server in servers:
                server.start()
            yield Live(servers[0], Stage(app).resume(), servers[-1])
        finally:
            for server in servers:
                server.kill()  # nobody needs its good-bye, which takes seconds
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def watch(live: Live) -> Iterator[Any]:
    opened: list[Watcher] = []

    def open_one(number: str | None) -> Watcher:
        opened.append(Watcher(live, number))
        return opened[-1]

    yield open_one
    for watcher in opened:
        watcher.close()
