"""Restoring: verified before anything is replaced, built beside the database in use, then put in its place at once.

The order is the promise: the file is checked whole, laid into a scratch database of its own migration revision, read
back and compared row by row, migrated up, checked for integrity; only then does it take the place of the old one,
which is kept aside. Whatever fails before that leaves everything as it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from webapp import create_app
from webapp.config import Config
from webapp.core import migrate
from webapp.core.db import db
from webapp.operation import archive, renewal, tables
from webapp.operation.archive import Backup, BackupFault, Heard
from webapp.operation.renewal import Renewed
from webapp.operation.replacing import Scratch, Target
from webapp.operation.replacing_postgres import PostgresTarget
from webapp.operation.replacing_sqlite import SqliteTarget
from webapp.operation.tables import Shape


@dataclass(frozen=True, slots=True)
class Restored:
    """aside: where the replaced database is kept, None where there was none (or with check)."""

    backup: archive.Manifest
    renewed: Renewed
    aside: str | None


@dataclass(frozen=True, slots=True)
class Wish:
    """yes: replace a database with content; check: all but the replacing; keep_tokens: see `renewal`."""

    yes: bool = False
    check: bool = False
    keep_tokens: bool = False


def restore(path: Path, config: Config, wish: Wish, *, now: datetime, heard: Heard) -> Restored:
    """Raises BackupFault with what is wrong and what to do; then nothing has changed."""
    target = target_of(config)
    with archive.opened(path) as backup:
        _refuse_unknown_revision(backup)
        if not wish.check:
            target.refuse_if_in_use()
            if not wish.yes and target.holds_something():
                raise BackupFault(
                    "データベースに内容があります。置き換えるときは --yes を付けてください"
                    "（いまの内容は別の名前で残します）"
                )
        backup.verify(heard)
        evidence = renewal.evidence(target, backup.manifest)
        with target.scratch(now=now, hold=not wish.check) as scratch:
            renewed = _build(backup, config, scratch, wish, evidence, now=now, heard=heard)
            aside = None if wish.check else scratch.take_place()
    return Restored(backup.manifest, renewed, aside)


def target_of(config: Config) -> Target:
    embedded = make_url(config.database_url).get_backend_name() == "sqlite"
    return SqliteTarget(config.database_url) if embedded else PostgresTarget(config.database_url)


def _refuse_unknown_revision(backup: Backup) -> None:
    script = ScriptDirectory.from_config(migrate.alembic_config())
    known = {one.revision for one in script.walk_revisions()}
    if backup.manifest.revision not in known:
        raise BackupFault(
            f"バックアップのデータベースの版 {backup.manifest.revision} は、この在席（版 "
            f"{', '.join(sorted(known)[-1:])} まで）より新しいものです。新しい版の在席で復元してください"
        )


def _build(
    backup: Backup,
    config: Config,
    scratch: Scratch,
    wish: Wish,
    evidence: renewal.Evidence | None,
    *,
    now: datetime,
    heard: Heard,
) -> Renewed:
    """The scratch database as it shall be, through an application of its own."""
    app = create_app(replace(config, database_url=scratch.url, async_mode="threading"))
    with app.app_context():
        try:
            migrate.upgrade(backup.manifest.revision)
            with db.engine.connect() as connection:
                _fill(connection, backup, scratch, heard)
                scratch.check(connection)
            migrate.upgrade()
            with db.engine.begin() as connection:
                renewed = renewal.renew(
                    connection, backup.manifest, evidence, keep=wish.keep_tokens, now=now
                )
            with db.engine.connect() as connection:
                scratch.check(connection)
                scratch.settle(connection)
        except SQLAlchemyError as error:
            raise BackupFault(f"内容を入れられません: {_said(error)}") from error
        finally:
            db.session.remove()
            db.engine.dispose()
    return renewed


def _fill(connection: Connection, backup: Backup, scratch: Scratch, heard: Heard) -> None:
    with connection.begin():
        shapes = {shape.name: shape for shape in tables.kept_shapes(connection)}
    _refuse_other_shape(backup, shapes)
    with scratch.without_foreign_keys(connection), connection.begin():
        tables.empty(connection, shapes.values())
        for name, entry in backup.manifest.tables.items():
            for count, batch in _batches(backup.rows(name)):
                tables.load(connection, shapes[name], entry.columns, batch)
                heard(name, count)
        tables.reset_sequences(connection, shapes.values(), backup.manifest.sequences)
    with connection.begin():
        _compare(connection, backup, shapes, heard)


def _refuse_other_shape(backup: Backup, shapes: dict[str, Shape]) -> None:
    """The revision says which tables there are; a file that says otherwise is not of this product's making."""
    for name, entry in backup.manifest.tables.items():
        if name not in shapes or set(entry.columns) != set(shapes[name].columns):
            raise BackupFault(
                f"{name}: この表は版 {backup.manifest.revision} のデータベースの形と合いません"
            )
    missing = sorted(set(shapes) - set(backup.manifest.tables))
    if missing:
        raise BackupFault(f"バックアップに表がありません: {', '.join(missing)}")


def _batches(rows: Iterator[list[Any]]) -> Iterator[tuple[int, list[list[Any]]]]:
    count = 0
    while batch := list(islice(rows, tables.BATCH)):
        count += len(batch)
        yield count, batch


def _compare(
    connection: Connection, backup: Backup, shapes: dict[str, Shape], heard: Heard
) -> None:
    """Read back what was written: the same lines, or the restore has not happened."""
    for name, entry in backup.manifest.tables.items():
        shape = replace(
            shapes[name],
            columns=tuple(entry.columns),
            kinds=tuple(shapes[name].kind_of(column) for column in entry.columns),
        )
        written = (line.encode() for line in tables.lines(connection, shape))
        count = 0
        for count, (ours, theirs) in enumerate(zip_all(written, backup.lines(name)), 1):
            if ours != theirs:
                raise BackupFault(f"{name}: 書き戻した {count:,}行目がバックアップと一致しません")
        heard(name, count)


def zip_all(
    left: Iterator[bytes], right: Iterator[bytes]
) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Pairs to the end of the longer one."""
    while True:
        pair = next(left, None), next(right, None)
        if pair == (None, None):
            return
        yield pair


def _said(error: SQLAlchemyError) -> str:
    """What the database said, without the statement and its rows (they are personal data)."""
    told = str(getattr(error, "orig", None) or error).strip()
    return " ".join(line.strip() for line in told.splitlines() if "DETAIL" not in line)
