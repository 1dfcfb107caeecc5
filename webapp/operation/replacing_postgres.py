"""Replacing a PostgreSQL database: built in a schema of its own, then the tables change places in one transaction.

A running server is found in pg_stat_activity: any other connection of the same user to this database, from whichever
machine. Tables are moved rather than schemas renamed: `public` often belongs to somebody else.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from webapp.core import clock
from webapp.operation.archive import BackupFault
from webapp.operation.replacing import STOP_FIRST
from webapp.operation.tables import holds_something

SCRATCH = "zaiseki_restoring"
OWN = f"zaiseki restore {os.getpid()}"  # a connection just closed is listed for a moment more
OTHERS = text("""
    SELECT pid, coalesce(host(client_addr), 'local') AS place FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user
      AND application_name <> :own AND backend_type = 'client backend'
""")
# Not what an extension brought along: it stays where it is.
TABLES = text("""
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') AND NOT EXISTS (
        SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname
""")
REFERENCES = text("""
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
    ORDER BY conname
""")


class PostgresTarget:
    def __init__(self, url: str) -> None:
        self.url = url

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"application_name": OWN})
        try:
            yield engine
        except OperationalError as error:
            raise BackupFault(f"データベースに接続できません: {_first_line(error)}") from error
        finally:
            engine.dispose()

    def refuse_if_in_use(self) -> None:
        with self._engine() as engine, engine.connect() as connection:
            refuse_others(connection)

    def holds_something(self) -> bool:
        with self._engine() as engine, engine.connect() as connection:
            return holds_something(connection)

    @contextmanager
    def reading(self) -> Iterator[Engine | None]:
        with self._engine() as engine:
            yield engine

    @contextmanager
    def scratch(self, *, now: datetime, hold: bool) -> Iterator["PostgresScratch"]:
        with self._engine() as engine:
            with engine.begin() as connection:
                _drop_scratch(connection)  # of a restore that was interrupted
                _make_schema(connection)
            try:
                with engine.connect() as holding:
                    if hold:
                        _hold(holding)
                    yield PostgresScratch(self.url, holding, now)
            finally:
                with engine.begin() as connection:
                    _drop_scratch(connection)


class PostgresScratch:
    def __init__(self, url: str, holding: Connection, now: datetime) -> None:
        self._holding, self._now = holding, now
        address = make_url(url)
        options = f"{address.query.get('options', '')} -csearch_path={SCRATCH}".strip()
        self._address = address.update_query_dict({"options": options, "application_name": OWN})

    @property
    def url(self) -> str:
        return self._address.render_as_string(hide_password=False)

    @contextmanager
    def without_foreign_keys(self, connection: Connection) -> Iterator[None]:
        """Taken away and made again, which checks every row; switching them off would need a superuser."""
        with connection.begin():
            references = connection.execute(REFERENCES).all()
            for table, name, _ in references:
                connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield
        with connection.begin():
            for table, name, definition in references:
                connection.exec_driver_sql(
                    f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
                )

    def check(self, connection: Connection) -> None:
        """Constraints hold, or the rows would not be there."""

    def settle(self, connection: Connection) -> None:
        """Committed is on disk."""

    def take_place(self) -> str:
        connection = self._holding
        aside = _free(connection, f"zaiseki_replaced_{clock.to_tokyo(self._now):%Y%m%d_%H%M%S}")
        refuse_others(connection)
        old = connection.scalars(TABLES, {"schema": "public"}).all()
        new = connection.scalars(TABLES, {"schema": SCRATCH}).all()
        quote = connection.dialect.identifier_preparer.quote
        if old:
            connection.exec_driver_sql(f"CREATE SCHEMA {aside}")
        for name in old:
            connection.exec_driver_sql(f"ALTER TABLE public.{quote(name)} SET SCHEMA {aside}")
        for name in new:
            connection.exec_driver_sql(f"ALTER TABLE {SCRATCH}.{quote(name)} SET SCHEMA public")
        connection.commit()
        return f"schema {aside}" if old else ""


def _free(connection: Connection, name: str) -> str:
    """A name no schema has."""
    taken = set(connection.scalars(text("SELECT nspname FROM pg_namespace")))
    found, count = name, 1
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    return found


def _hold(connection: Connection) -> None:
    """A server asks for the revision before anything else: it waits here, and finds the restored database."""
    refuse_others(connection)
    if connection.execute(text("SELECT to_regclass('public.alembic_version')")).scalar():
        connection.exec_driver_sql("LOCK TABLE public.alembic_version IN ACCESS EXCLUSIVE MODE")


def refuse_others(connection: Connection) -> None:
    found = connection.execute(OTHERS, {"own": OWN}).all()
    if found:
        who = ", ".join(f"{place} (PID {pid})" for pid, place in found)
        raise BackupFault(f"データベースに、ほかの接続があります（{who}）。{STOP_FIRST}")


def _make_schema(connection: Connection) -> None:
    try:
        connection.exec_driver_sql(f"CREATE SCHEMA {SCRATCH}")
    except DBAPIError as error:
        raise BackupFault(
            "データベースにスキーマを作れません。管理者で GRANT CREATE ON DATABASE … TO …"
            f" を実行してください（{_first_line(error)}）"
        ) from error


def _drop_scratch(connection: Connection) -> None:
    connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCRATCH} CASCADE")


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
