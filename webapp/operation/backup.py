"""A backup of the whole database while the server runs: one consistent instant, and no writer waits for it.

One read transaction does for both databases: the snapshot of SQLite's WAL, and REPEATABLE READ of PostgreSQL. Rows
instead of pages, so that either restores into either, damage of the file is not carried along, and the reading back
can be compared row by row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy.engine import Connection

from webapp.core import clock, facts
from webapp.core.db import db
from webapp.operation import archive, tables
from webapp.operation.archive import BackupFault, Heard, Manifest

LAST = "backup_at"  # the fact `doctor` reads the age from
LINEAGE = "lineage"


def take(path: Path, *, now: datetime, heard: Heard) -> Manifest:
    """Write it. Raises BackupFault; whatever happens, the name holds a whole backup or what it held before."""
    if path.exists() and not archive.is_backup(path):
        raise BackupFault(
            f"{path} は在席のバックアップではないため、上書きしません。別の名前にしてください"
        )
    with _instant() as connection:
        said = _facts(connection)
        shapes = tables.kept_shapes(connection)
        with archive.writing(path, heard) as out:
            manifest = Manifest(
                version=version("zaiseki"),
                revision=_revision(connection),
                epoch=said.get("epoch", ""),
                lineage=said.get(LINEAGE) or said.get("epoch", ""),
                database=connection.dialect.name,
                taken_at=clock.to_tokyo(now).isoformat(timespec="seconds"),
                tables={
                    shape.name: out.table(
                        shape.name, shape.columns, tables.lines(connection, shape)
                    )
                    for shape in shapes
                },
                sequences=tables.sequences(connection, shapes),
            )
            out.manifest(manifest)
    return manifest


@contextmanager
def _instant() -> Iterator[Connection]:
    """A connection that sees one state of the database for as long as it reads."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        yield connection


def _revision(connection: Connection) -> str:
    return str(connection.exec_driver_sql(f"SELECT version_num FROM {tables.REVISION}").scalar())  # noqa: S608


def _facts(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, value FROM database_fact")
    return {name: value for name, value in rows}  # noqa: C416 dict() takes no rows


def note(*, now: datetime) -> None:
    """Remember that there is one; inside a transaction."""
    facts.put(LAST, now.isoformat())


def last_at() -> datetime | None:
    """When the last one was taken, as far as this database knows."""
    said = facts.get(LAST)
    return datetime.fromisoformat(said) if said else None
