"""The database: one committer, UTC instants, and SQLite set up so that nothing acknowledged is lost.

SQLite measured: `busy_timeout` blocks the whole event loop while it waits, and a deferred transaction that
reads and then writes fails at once when another commit came between. So writers begin with BEGIN IMMEDIATE,
wait cooperatively, and take turns within the process.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask import g
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Engine, MetaData, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, scoped_session
from sqlalchemy.types import TypeDecorator

WRITER = "zaiseki_writer"
BUSY_S = 15.0  # how long a writer waits for another process before it gives up


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant; stored as UTC (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give it a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class DatabaseBusy(Exception):
    """Another process held the write lock of the embedded database for too long."""


def read_cache() -> dict[str, Any]:
    """What this request or tick has read once and keeps; emptied when it reads afresh."""
    if "read_cache" not in g:
        g.read_cache = {}
    kept: dict[str, Any] = g.read_cache
    return kept


_turn = (
    threading.Lock()
)  # green under the event loop: writers of this process queue instead of polling


def session() -> scoped_session[Any]:
    return db.session


@contextmanager
def transaction() -> Iterator[scoped_session[Any]]:
    """The only committer. All of it is written, or nothing.

    What was read before in this request is read afresh: a decision made on an older snapshot would be a race.
    """
    ours = db.session
    if ours.info.get("writing"):
        raise RuntimeError("transactions do not nest: open one at the edge, in a route or command")
    ours.rollback()
    read_cache().clear()
    embedded = db.engine.dialect.name == "sqlite"
    if embedded:
        _turn.acquire()
    try:
        ours.info["writing"] = True
        _begin(ours)
        try:
            yield ours
            ours.commit()
        except BaseException:
            ours.rollback()
            raise
    finally:
        ours.info.pop("writing", None)
        read_cache().clear()
        if embedded:
            _turn.release()


@contextmanager
def snapshot() -> Iterator[scoped_session[Any]]:
    """Reads that belong together see one state of the database, also on PostgreSQL."""
    ours = db.session
    if not ours.info.get("writing"):
        ours.rollback()
        read_cache().clear()
        if db.engine.dialect.name == "postgresql":
            ours.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    yield ours
    if not ours.info.get("writing"):
        ours.rollback()


def _begin(ours: scoped_session[Any]) -> None:
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            ours.connection(execution_options={WRITER: True})
            return
        except OperationalError as error:
            ours.rollback()
            if "locked" not in str(error) and "busy" not in str(error):
                raise
            if time.monotonic() > deadline:
                raise DatabaseBusy from error
            time.sleep(0.005)  # cooperative under the event loop


class Commits:
    """COMMIT of the embedded database waits for the disk, and with it the whole loop: off it where that takes long.

    Measured: 0.2 ms on a good disk, less than handing it to a thread costs; 4 ms (p99 10) on a busy one, so that a
    hundred changes a second kept the loop from everything else for half of the time.
    """

    LONG_S = 0.001
    WEIGHT = 0.1  # of the latest in what they take on the whole

    def __init__(self) -> None:
        self.takes_s = 0.0
        self.run: Callable[..., Any] = lambda function, connection: function(connection)

    def __call__(self, connection: Any) -> None:
        if self.takes_s > self.LONG_S:
            self.run(self._commit, connection)
        else:
            self._commit(connection)

    def _commit(self, connection: Any) -> None:
        began = time.monotonic()
        try:
            connection.commit()
        finally:
            self.takes_s += self.WEIGHT * (time.monotonic() - began - self.takes_s)


commits = Commits()


def commit_off_loop(engine: Engine, run: Callable[..., Any]) -> None:
    """run(function, …) in a thread, while others have the loop. The turn of writing is kept meanwhile."""
    if engine.dialect.name == "sqlite":
        commits.run = run
        engine.dialect.do_commit = commits  # type: ignore[method-assign, assignment]


@event.listens_for(Engine, "connect")
def _set_up_sqlite(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "busy_timeout=0",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        writer = connection.get_execution_options().get(WRITER)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")
