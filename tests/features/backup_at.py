"""Databases to back up and to restore into: files, and databases of a real PostgreSQL."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg2
from flask import Flask
from sqlalchemy import create_engine, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from tests.stage import lay_down, make_app
from tests.tools.postgres import PostgresTemplates
from webapp.config import Config
from webapp.core import clock, migrate
from webapp.core.db import db
from webapp.operation import archive, backup, tables
from webapp.operation.restore import Restored, Wish, restore


def quiet(_table: str, _rows: int) -> None:
    pass


@dataclass
class Place:
    """A database by its address."""

    url: str

    @contextmanager
    def app(self) -> Iterator[Flask]:
        app = make_app(self.url)
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.connect() as connection:
            yield connection
        engine.dispose()

    def migrated(self, revision: str = "head") -> "Place":
        with self.app():
            migrate.upgrade(revision)
        return self

    def content(self) -> dict[str, list[str]]:
        """Every row of every table that is kept, in the form of the backup."""
        with self.connected() as connection:
            shapes = tables.kept_shapes(connection)
            return {shape.name: list(tables.lines(connection, shape)) for shape in shapes}

    def fact(self, name: str) -> str | None:
        with self.connected() as connection:
            rows = connection.exec_driver_sql("SELECT name, value FROM database_fact")
            return {key: value for key, value in rows}.get(name)  # noqa: C416

    def change(self, statement: str) -> int:
        with self.connected() as connection:
            done = connection.exec_driver_sql(statement)
            connection.commit()
            return done.rowcount

    def ask(self, query: str) -> list[Any]:
        with self.connected() as connection:
            return list(connection.exec_driver_sql(query))

    def back_up(self, path: Path) -> Path:
        with self.app():
            backup.take(path, now=clock.now(), heard=quiet)
        return path

    def restore(self, path: Path, **wish: bool) -> Restored:
        config = Config(database_url=self.url, secret_key="x" * 32, async_mode="threading")
        return restore(path, config, Wish(**wish), now=clock.now(), heard=quiet)


@dataclass
class Files:
    """The embedded kind."""

    folder: Path
    staged: Path
    numbers: Any = field(default_factory=itertools.count)

    def empty(self) -> Place:
        return Place(f"sqlite:///{self.folder / f'place{next(self.numbers)}.db'}")

    def stage(self) -> Place:
        path = self.folder / f"place{next(self.numbers)}.db"
        lay_down(self.staged, path)
        return Place(f"sqlite:///{path}")


class Servers:
    """The PostgreSQL kind: the stage is a template database."""

    _numbers = itertools.count()

    def __init__(self, templates: PostgresTemplates, fill: Callable[[str], None]) -> None:
        self._templates = templates
        self._made: list[str] = []
        self._template = self._create()
        Place(self._url(self._template)).migrated()
        fill(self._url(self._template))

    def _url(self, name: str) -> str:
        return self._templates._url(name)

    def _create(self, template: str = "template0") -> str:
        name = f"place{next(self._numbers)}"
        self._templates._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
        self._made.append(name)
        return name

    def empty(self) -> Place:
        return Place(self._url(self._create()))

    def stage(self) -> Place:
        return Place(self._url(self._create(self._template)))

    def clear(self) -> None:
        for name in self._made:
            self._templates._run(f"DROP DATABASE {name} WITH (FORCE)")


def garbled(path: Path, at: int) -> Path:
    """The same file with eight of its bytes turned over."""
    data = bytearray(path.read_bytes())
    for number in range(at, min(at + 8, len(data))):
        data[number] ^= 0xFF
    broken = path.with_name(f"garbled-{at}.zip")
    broken.write_bytes(data)
    return broken


def cut(path: Path, length: int) -> Path:
    broken = path.with_name(f"cut-{length}.zip")
    broken.write_bytes(path.read_bytes()[:length])
    return broken


def altered(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Whole and sealed, but its manifest says something else."""
    new = path.with_name("altered.zip")
    with archive.opened(path) as old, archive.writing(new, quiet) as out:
        for name, entry in old.manifest.tables.items():
            out.table(name, entry.columns, (line.decode() for line in old.lines(name)))
        said = asdict(old.manifest)
        change(said)
        out._packed.writestr(archive.MANIFEST, json.dumps(said))
    return new


def without_rows(path: Path, table: str) -> Path:
    """Whole and sealed, but a table of it is empty."""
    new = path.with_name("loose.zip")
    with archive.opened(path) as old, archive.writing(new, quiet) as out:
        entries = {}
        for name, entry in old.manifest.tables.items():
            rows = [] if name == table else [line.decode() for line in old.lines(name)]
            entries[name] = out.table(name, entry.columns, rows)
        out.manifest(replace(old.manifest, tables=entries))
    return new


@contextmanager
def a_server_on(place: Place) -> Iterator[None]:
    """What a running server holds: a connection that does nothing just now."""
    url = make_url(place.url)
    if url.get_backend_name() == "sqlite":
        with place.connected() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM staff").all()
            connection.rollback()
            yield
        return
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    held = psycopg2.connect(plain)
    try:
        yield
    finally:
        held.close()
