"""Errors of the machine below us, by what they mean to people: the database gone, the disk full, Redis gone …

The drivers say it in many ways; the sentence and the advice are the same wherever the error comes up.
"""

import sqlite3
from dataclasses import dataclass
from errno import ENOSPC
from typing import Any

import psycopg2
import redis
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from webapp.core.db import DatabaseBusy


@dataclass(frozen=True, slots=True)
class Outage:
    """code: for programs; words: for whoever runs the server; people: what a user reads; retry_s: when to try again."""

    code: str
    words: str
    people: str
    retry_s: int = 5


GONE = Outage(
    "database_gone",
    "データベースに接続できません。サーバーが動いているか、ネットワークと ZAISEKI_DATABASE_URL を確かめてください",
    "データベースに接続できません。しばらくしてから、もう一度お試しください。",
)
FULL = Outage(
    "disk_full",
    "ディスクがいっぱいで、データベースに書き込めません。空きを作ってください（古いバックアップ、ログ）",
    "サーバーのディスクがいっぱいで、保存できませんでした。情報政策の担当に知らせてください。",
    30,
)
READ_ONLY = Outage(
    "read_only",
    "データベースが読み取り専用です。ファイルの権限か、PostgreSQL の待機系につないでいないかを確かめてください",
    "いまは見ることだけができます。保存はできませんでした。しばらくしてから、もう一度お試しください。",
    30,
)
BUSY = Outage(
    "database_busy",
    "データベースが混んでいます（書き込みの順番や接続の空きを待ちきれませんでした）",
    "混み合っています。しばらくしてからもう一度お試しください。",
    2,
)
DAMAGED = Outage(
    "database_damaged",
    "データベースのファイルが壊れています。止めて、ファイルを写しておいてから、zaiseki restore で復元してください",
    "データベースに問題が起きました。保存できませんでした。情報政策の担当に知らせてください。",
    60,
)
REDIS = Outage(
    "redis_gone",
    "Redis に接続できません（ほかのプロセスの変更が1秒ほど遅れて届きます）。"
    "Redis が動いているか、ZAISEKI_REDIS_URL を確かめてください",
    "混み合っています。しばらくしてからもう一度お試しください。",
)

# Two at once at the same rows, as PostgreSQL says it: they waited for each other, or one found itself overtaken, and
# was told to begin again.
OVERTAKEN = frozenset({"40001", "40P01"})
# And where nobody had thought of it: the same row made twice, or one that another has just taken away.
UNFORESEEN = frozenset({"23505", "23503"})

_BY_STATE = {"53100": FULL, "53300": BUSY, "25006": READ_ONLY, "55P03": BUSY, "57014": BUSY}
_BY_TEXT = (
    ("disk is full", FULL),
    ("no space left", FULL),
    ("disk i/o error", FULL),  # what SQLite says of a log or an index that could not grow
    ("readonly database", READ_ONLY),
    ("database is locked", BUSY),
    ("malformed", DAMAGED),
    ("not a database", DAMAGED),
)


def recognised(error: BaseException) -> Outage | None:
    """Which outage this is; None for anything else, a fault of our own above all."""
    if isinstance(error, DatabaseBusy | PoolTimeout):
        return BUSY
    if isinstance(error, redis.ConnectionError | redis.TimeoutError):
        return REDIS
    if isinstance(error, OSError) and error.errno == ENOSPC:
        return FULL
    if isinstance(error, PendingRollbackError):
        return GONE
    said = _said_by_driver(error)
    return _of_database(error, said) if said is not None else None


def collided(error: BaseException) -> bool:
    """Whether somebody else's change came in between: whoever tries again finds how it stands now."""
    return sqlstate(error) in OVERTAKEN or _is_unforeseen(error)


def _is_unforeseen(error: BaseException) -> bool:
    return isinstance(error, StaleDataError | ObjectDeletedError) or sqlstate(error) in UNFORESEEN


def _said_by_driver(error: BaseException) -> BaseException | None:
    """What sqlite3 or psycopg2 raised, wrapped by SQLAlchemy or not: statements run on a plain cursor are not."""
    if isinstance(error, DBAPIError):
        return error.orig
    return error if isinstance(error, sqlite3.Error | psycopg2.Error) else None


def _of_database(error: BaseException, said: BaseException) -> Outage | None:
    state = sqlstate(error)
    if state in _BY_STATE:
        return _BY_STATE[state]
    text = str(said).lower()
    for part, outage in _BY_TEXT:
        if part in text:
            return outage
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return GONE if lost or _is_gone(error, said, state) else None


def _is_gone(error: BaseException, said: BaseException, state: str | None) -> bool:
    """Errors of operation without a state, or of the classes connection, resources and operator."""
    if isinstance(said, sqlite3.Error):
        return "unable to open" in str(said)
    operating = (
        OperationalError,
        InterfaceError,
        psycopg2.OperationalError,
        psycopg2.InterfaceError,
    )
    if not isinstance(error, operating):
        return False
    return state is None or state[:2] in {"08", "53", "57", "58"}


def sqlstate(error: BaseException) -> str | None:
    """Five characters of PostgreSQL; psycopg2 calls them pgcode."""
    said: Any = _said_by_driver(error)
    found: str | None = getattr(said, "pgcode", None) or getattr(said, "sqlstate", None)
    return found
