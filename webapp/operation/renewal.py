"""What a restored database must not carry over from its moment: an epoch, sign-ins, secrets that were withdrawn since.

- The epoch is new: versions have fallen, and every client fetches its boards again.
- Nobody is signed in, and one-time codes are void: who signed out, was locked out or used a code since would come back.
- Tokens, shared terminals and calendar addresses withdrawn since the backup must stay so. The replaced database says
  which those are, as long as it can be read and is of the same line; where it cannot, all are withdrawn, unless the
  administrator knows better (`--keep-tokens`). Passwords changed since are kept as changed, by the same evidence.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from webapp.accounts.models import Account, ApiToken
from webapp.core.models import DatabaseFact
from webapp.kiosk.models import Kiosk
from webapp.operation.archive import Manifest
from webapp.operation.backup import LINEAGE
from webapp.operation.replacing import Target
from webapp.rota.models import CalendarFeed

HANDED_OUT: dict[str, Any] = {
    "APIトークン": ApiToken,
    "共有端末": Kiosk,
    "カレンダーの購読先": CalendarFeed,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of the replaced database: hashes still good, by word; passwords with the instant they were chosen."""

    good: dict[str, frozenset[str]]
    passwords: dict[int, tuple[str | None, datetime]]


@dataclass(frozen=True, slots=True)
class Renewed:
    """withdrawn: by word, how many were good in the backup and are so no longer; sure: there was evidence."""

    epoch: str
    withdrawn: dict[str, int]
    passwords: int
    sure: bool


def evidence(target: Target, manifest: Manifest) -> Evidence | None:
    """None: nothing can be known of what was withdrawn since the backup."""
    with target.reading() as engine:
        if engine is None:
            return None
        try:
            with engine.connect() as connection:
                return _read(connection) if _line(connection) == manifest.lineage else None
        except SQLAlchemyError:  # no such tables, a damaged page
            return None


def _line(connection: Connection) -> str | None:
    query = select(DatabaseFact.name, DatabaseFact.value)
    said = {name: value for name, value in connection.execute(query)}  # noqa: C416
    return said.get(LINEAGE) or said.get("epoch")


def _read(connection: Connection) -> Evidence:
    good = {
        word: frozenset(
            connection.scalars(select(model.token_hash).where(model.revoked_at.is_(None)))
        )
        for word, model in HANDED_OUT.items()
    }
    chosen = select(Account.staff_id, Account.password_hash, Account.password_changed_at)
    rows = connection.execute(chosen)
    return Evidence(good, {staff_id: (hashed, at) for staff_id, hashed, at in rows if at})


def renew(
    connection: Connection,
    manifest: Manifest,
    known: Evidence | None,
    *,
    keep: bool,
    now: datetime,
) -> Renewed:
    """Inside the transaction that ends the building of the new database."""
    epoch = secrets.token_hex(8)
    _put_fact(connection, "epoch", epoch)
    _put_fact(connection, LINEAGE, manifest.lineage)
    connection.execute(update(Account).values(code_hash=None, code_expires_at=None))
    withdrawn = {
        word: _withdraw(connection, model, known.good[word] if known else None, now=now)
        for word, model in HANDED_OUT.items()
        if known or not keep
    }
    passwords = _keep_passwords(connection, known.passwords if known else {})
    return Renewed(epoch, withdrawn, passwords, known is not None)


def _put_fact(connection: Connection, name: str, value: str) -> None:
    insert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    table: Table = DatabaseFact.__table__  # type: ignore[assignment]
    new = insert(table).values(name=name, value=value)
    connection.execute(
        new.on_conflict_do_update(index_elements=["name"], set_={"value": new.excluded.value})
    )


def _withdraw(
    connection: Connection, model: Any, good: Iterable[str] | None, *, now: datetime
) -> int:
    held = connection.execute(select(model.id, model.token_hash).where(model.revoked_at.is_(None)))
    ended = [key for key, hashed in held if good is None or hashed not in good]
    for key in ended:
        connection.execute(update(model).where(model.id == key).values(revoked_at=now))
    return len(ended)


def _keep_passwords(connection: Connection, chosen: dict[int, tuple[str | None, datetime]]) -> int:
    query = select(Account.staff_id, Account.password_changed_at)
    older = [
        staff_id
        for staff_id, at in connection.execute(query)
        if staff_id in chosen and (at is None or at < chosen[staff_id][1])
    ]
    for staff_id in older:
        hashed, at = chosen[staff_id]
        connection.execute(
            update(Account)
            .where(Account.staff_id == staff_id)
            .values(password_hash=hashed, password_changed_at=at)
        )
    return len(older)
