"""Replacing the embedded database: a new file beside the old one, checked, then renamed into its place.

A running server is found by SQLite's own locks: whoever has the file open in WAL mode holds a shared lock, so nobody
else can have it for themselves. That needs no list of processes and knows no dead ones.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from webapp.core import clock
from webapp.operation.archive import BackupFault, fsync_folder
from webapp.operation.replacing import STOP_FIRST
from webapp.operation.tables import holds_something

SIDES = ("-wal", "-shm", "-journal")


class SqliteTarget:
    def __init__(self, url: str) -> None:
        path = make_url(url).database
        if not path or path == ":memory:":
            raise BackupFault("ZAISEKI_DATABASE_URL はファイルではありません")
        self.path = Path(path)

    def refuse_if_in_use(self) -> None:
        if self.path.exists():
            with alone(self.path):
                pass

    def holds_something(self) -> bool:
        if not self.path.exists():
            return False
        with self.reading() as engine:
            if engine is None:
                return True
            with engine.connect() as connection:
                return holds_something(connection)

    @contextmanager
    def reading(self) -> Iterator[Engine | None]:
        if not self.path.exists():
            yield None
            return
        engine = create_engine(f"sqlite:///{self.path}", poolclass=NullPool)
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT count(*) FROM sqlite_master"))
                yield_engine: Engine | None = engine
        except DatabaseError:
            yield_engine = None
        try:
            yield yield_engine
        finally:
            engine.dispose()

    @contextmanager
    def scratch(self, *, now: datetime, hold: bool) -> Iterator["SqliteScratch"]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(f".{self.path.name}.restoring")
        with alone(self.path) if hold and self.path.exists() else nullcontext():
            _remove(new)  # of a restore that was interrupted
            new.touch(mode=0o600)
            try:
                yield SqliteScratch(self.path, new, now)
            finally:
                _remove(new)


class SqliteScratch:
    def __init__(self, place: Path, new: Path, now: datetime) -> None:
        self._place, self._new = place, new
        stamp = clock.to_tokyo(now).strftime("%Y%m%d-%H%M%S")
        self._aside = _free(place.with_name(f"{place.name}.replaced-{stamp}"))

    @property
    def url(self) -> str:
        return f"sqlite:///{self._new}"

    @contextmanager
    def without_foreign_keys(self, connection: Connection) -> Iterator[None]:
        """A pragma that counts only between transactions."""
        raw = connection.connection.driver_connection
        assert raw is not None  # noqa: S101 open, as the caller holds it
        raw.execute("PRAGMA foreign_keys=OFF")
        yield
        raw.execute("PRAGMA foreign_keys=ON")

    def check(self, connection: Connection) -> None:
        loose = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if loose is not None:
            raise BackupFault(f"{loose[0]} の {loose[1]} 行目が指す {loose[2]} の行がありません")
        said = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
        if said != "ok":
            raise BackupFault(f"データベースの検査: {said}")

    def settle(self, connection: Connection) -> None:
        connection.rollback()
        raw = connection.connection.driver_connection
        assert raw is not None  # noqa: S101 open, as the caller holds it
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def take_place(self) -> str:
        _like(self._new, self._place)
        _fsync(self._new)
        aside = ""
        if self._place.exists():
            _move_aside(self._place, self._aside)
            aside = str(self._aside)
        self._new.replace(self._place)
        fsync_folder(self._place.parent)
        return aside


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the database for oneself, its write-ahead log taken in. Raises BackupFault if anybody has it open.

    A log that stayed behind would be applied to the file that comes next under this name.
    """
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as held:
        try:
            held.execute("PRAGMA journal_mode=DELETE").fetchall()
            held.execute("BEGIN EXCLUSIVE")
            if held.execute("PRAGMA journal_mode").fetchone() == ("wal",):  # one came in between
                raise sqlite3.OperationalError("busy")
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise BackupFault(
                    f"{path} はほかのプロセスが開いています{_who(path)}。{STOP_FIRST}"
                ) from error
            _refuse_by_list(path)
        except sqlite3.DatabaseError:  # no database any more: it is replaced for that reason
            _refuse_by_list(path)
        yield


def _refuse_by_list(path: Path) -> None:
    """Where the file is too damaged for its locks to say anything."""
    if openers(path):
        raise BackupFault(f"{path} はほかのプロセスが開いています{_who(path)}。{STOP_FIRST}")


def _who(path: Path) -> str:
    found = openers(path)
    return f"（プロセス {', '.join(map(str, found))}）" if found else ""


def openers(path: Path) -> list[int]:
    """Other processes that have this file open, as far as this user may see (Linux)."""
    wanted = str(path.resolve())
    found = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(link.readlink()) == wanted:
                found.add(int(link.parts[2]))
    return sorted(found - {os.getpid()})


def _move_aside(place: Path, aside: Path) -> None:
    """A second name first, so that at no moment there is no database."""
    for side in SIDES:
        left = place.with_name(place.name + side)
        if left.exists():  # of a database too damaged to be opened
            left.rename(aside.with_name(aside.name + side))
    try:
        os.link(place, aside)
    except OSError:  # a file system without second names
        place.rename(aside)


def _like(new: Path, old: Path) -> None:
    """Owner and mode as they were: restored by root, served by another user."""
    model = old if old.exists() else old.parent
    about = model.stat()
    if old.exists():
        new.chmod(about.st_mode & 0o777)
    if os.geteuid() == 0:
        shutil.chown(new, about.st_uid, about.st_gid)


def _fsync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _free(path: Path) -> Path:
    """A name nothing has."""
    found, count = path, 1
    while found.exists():
        count += 1
        found = path.with_name(f"{path.name}-{count}")
    return found


def _remove(path: Path) -> None:
    for name in (path.name, *(path.name + side for side in SIDES)):
        path.with_name(name).unlink(missing_ok=True)
