"""Checks of the database: reachable, of a version that will do, migrated, backed up, shared only where it may be."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import create_engine, inspect, make_url, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from webapp.config import Config
from webapp.core import clock, facts, migrate
from webapp.core.outages import recognised
from webapp.operation import backup
from webapp.operation.doctor_machine import MIB, apart
from webapp.operation.findings import Finding, fault, good, note, warning
from webapp.realtime.models import ServerProcess

OLDEST_SQLITE = (3, 35)  # RETURNING
# Two connections that check-point at one moment may damage the file, very rarely: https://sqlite.org/wal.html#walresetbug
MENDED_SQLITE = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
OLDEST_POSTGRES, SUPPORTED_POSTGRES = 13, 14
WAL_WARNS = 256 * MIB
BACKUP_WARNS = timedelta(hours=26)  # a day, and a night in which it ran late
ALIVE = timedelta(minutes=2)


def findings(config: Config) -> Iterator[Finding]:
    """Inside an application context."""
    try:
        yield from _version(config)
        current = migrate.current_revision()
    except SQLAlchemyError as error:
        outage = recognised(error)
        yield fault(
            "データベース", outage.words if outage else f"接続できません（{type(error).__name__}）"
        )
        return
    yield migrated(current, migrate.newest_revision())
    if current == migrate.newest_revision():
        yield backup_age(backup.last_at(), clock.now(), demonstration=facts.is_demonstration())
        yield from _processes(config)


def _version(config: Config) -> Iterator[Finding]:
    url = make_url(config.database_url)
    if url.get_backend_name() == "sqlite":
        yield sqlite_version(sqlite3.sqlite_version_info)
        wal = Path(f"{url.database}-wal")
        yield wal_size(wal.stat().st_size if wal.is_file() else 0)
        return
    patience = {"connect_timeout": 5, "options": "-c statement_timeout=5000"}
    engine = create_engine(url, poolclass=NullPool, connect_args=patience)
    with engine.connect() as connection:
        yield postgres_version(int(connection.scalar(text("SHOW server_version_num")) or 0))
        yield durable(*_durability(connection))
        yield connections(int(connection.scalar(text("SHOW max_connections")) or 0))
        before = clock.now()
        theirs = connection.scalar(text("SELECT clock_timestamp()"))
        yield apart(before + (clock.now() - before) / 2 - clock.offset(), theirs or before)


def _durability(connection: Connection) -> tuple[str, str]:
    return (
        str(connection.scalar(text("SHOW fsync"))),
        str(connection.scalar(text("SHOW synchronous_commit"))),
    )


def sqlite_version(version: tuple[int, ...]) -> Finding:
    told = ".".join(map(str, version))
    if version < OLDEST_SQLITE:
        return fault("SQLite", f"版 {told}。3.35 以上の Python で入れ直してください")
    if not _is_mended(version):
        return note(
            "SQLite",
            f"版 {told}。ごくまれにファイルを壊す不具合（WAL-reset、3.51.3 で修正）があります。"
            "15分ごとのバックアップを欠かさず、Python を新しくするときに更新してください",
        )
    return good("SQLite", f"版 {told}")


def _is_mended(version: tuple[int, ...]) -> bool:
    series = [one for one in MENDED_SQLITE if one[:2] == version[:2]]
    return version >= (series[0] if series else MENDED_SQLITE[-1])


def postgres_version(number: int) -> Finding:
    major = number // 10_000
    if major < OLDEST_POSTGRES:
        return fault("PostgreSQL", f"版 {major}。{OLDEST_POSTGRES} 以上にしてください")
    if major < SUPPORTED_POSTGRES:
        return warning("PostgreSQL", f"版 {major} は保守が終わっています。新しい版にしてください")
    return good("PostgreSQL", f"版 {major}")


def durable(fsync: str, synchronous_commit: str) -> Finding:
    """What is acknowledged is on disk: a promise that only the server's settings can keep."""
    name = "PostgreSQL の書き込みの確かさ"
    if fsync != "on" or synchronous_commit == "off":
        return fault(
            name,
            f"fsync={fsync}, synchronous_commit={synchronous_commit}。両方 on にしてください"
            "（停電のとき、受け付けた報告が消えます）",
        )
    return good(name)


def connections(limit: int) -> Finding:
    name = "PostgreSQL の接続数"
    if limit < 50:
        return warning(
            name, f"max_connections={limit}。1プロセス 20 と控え 10 を足した数以上にしてください"
        )
    return good(name, f"max_connections={limit}（1プロセスが 20 まで使います）")


def wal_size(size: int) -> Finding:
    """It grows while something reads for a long time, a backup or a forgotten sqlite3 shell."""
    name = "SQLite の追記ログ（-wal）"
    if size > WAL_WARNS:
        return warning(
            name,
            f"{size / MIB:,.0f} MB。開いたままの sqlite3 などがないか確かめ、サーバーを再起動してください",
        )
    return good(name, f"{size / MIB:,.0f} MB")


def migrated(current: str | None, newest: str | None) -> Finding:
    if current == newest:
        return good("データベース", f"版 {current}")
    told = "空です" if current is None else f"版 {current} は古い版です（今は {newest}）"
    return fault("データベース", f"{told}。zaiseki migrate を実行してください")


def backup_age(last: datetime | None, now: datetime, *, demonstration: bool) -> Finding:
    name = "バックアップ"
    if demonstration:
        return note(name, "デモのため見ません")
    if last is None:
        return warning(
            name, "まだありません。zaiseki backup を定時に実行してください（deploy/README.md）"
        )
    told = f"最後は {clock.to_tokyo(last):%Y-%m-%d %H:%M}"
    if now - last > BACKUP_WARNS:
        return warning(
            name, f"{told}。止まっています。systemctl status zaiseki-backup.timer を見てください"
        )
    return good(name, told)


def _processes(config: Config) -> Iterator[Finding]:
    engine = current_app.extensions["sqlalchemy"].engines[None]
    with engine.connect() as connection:
        if not inspect(connection).has_table(ServerProcess.__tablename__):
            return
        query = select(ServerProcess.place).where(ServerProcess.seen_at > clock.now() - ALIVE)
        places = sorted(set(connection.scalars(query)))
    embedded = make_url(config.database_url).get_backend_name() == "sqlite"
    yield processes(places, embedded=embedded, redis=bool(config.redis_url))


def processes(places: list[str], *, embedded: bool, redis: bool) -> Finding:
    name = "動いているサーバー"
    told = ", ".join(places) or "なし"
    if len(places) > 1 and embedded:
        return fault(
            name, f"{told}。SQLite では1つにしてください。増やすなら PostgreSQL と Redis が要ります"
        )
    if len(places) > 1 and not redis:
        return fault(name, f"{told}。2つ以上なら ZAISEKI_REDIS_URL を、すべてに設定してください")
    return good(name, told)
