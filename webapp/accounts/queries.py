"""Who is behind a request: a browser session, or a token."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, String, bindparam, or_, select, update

from webapp.accounts.access import Actor
from webapp.accounts.last_use import STALE_AFTER
from webapp.accounts.models import Account, ApiToken, SignInSession
from webapp.accounts.rules import Scope
from webapp.core import facts
from webapp.core.db import db
from webapp.core.prepared import Given, Prepared, Row
from webapp.org import queries as org
from webapp.org.models import Staff


def hashed(secret: str) -> str:
    """Session keys and tokens are long and random: one round of SHA-256 keeps them safe at rest."""
    return hashlib.sha256(secret.encode()).hexdigest()


def staff_to_sign_in(number: str, *, now: datetime) -> int | None:
    """Who has this number and works here today (or set the installation up)."""
    row = db.session.execute(
        select(Staff.id, Account.is_admin)
        .outerjoin(Account, Account.staff_id == Staff.id)
        .where(Staff.number == number)
    ).one_or_none()
    if row is None:
        return None
    here = org.postings_of([row.id], org.today(now), known_at=now)
    return row.id if row.is_admin or row.id in here else None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a check outside a transaction needs of an account."""

    staff_id: int
    password_hash: str | None
    code_hash: str | None
    code_expires_at: datetime | None
    locked_until: datetime | None


def credentials_for_number(number: str, *, now: datetime) -> Credentials | None:
    staff_id = staff_to_sign_in(number, now=now)
    return credentials_of(staff_id) if staff_id is not None else None


def credentials_of(staff_id: int) -> Credentials | None:
    query = select(
        Account.staff_id,
        Account.password_hash,
        Account.code_hash,
        Account.code_expires_at,
        Account.locked_until,
    )
    row = db.session.execute(query.where(Account.staff_id == staff_id)).one_or_none()
    return Credentials(*row) if row is not None else None


class SessionRow(NamedTuple):
    """A browser's sign-in as it stands in the database."""

    id: int
    staff_id: int
    expires_at: datetime
    must_change: bool
    seen_at: datetime
    number: str
    is_admin: bool | None
    display_name: str | None


class TokenRow(NamedTuple):
    """A token that is not revoked, as it stands in the database."""

    id: int
    staff_id: int
    scopes: str
    expires_at: datetime | None
    number: str
    is_admin: bool | None
    display_name: str | None


_PERSON = (Staff.number, Account.is_admin, Account.display_name)
SECRET = bindparam("secret", type_=String)  # hashed


def by_session() -> Select[*tuple[Any, ...]]:
    """A `SessionRow` of the hashed :secret; whoever asks may add columns, to be read in the same statement."""
    columns = (
        SignInSession.id,
        SignInSession.staff_id,
        SignInSession.expires_at,
        SignInSession.must_change,
        SignInSession.seen_at,
        *_PERSON,
    )
    people = select(*columns).join(Staff, Staff.id == SignInSession.staff_id)
    return people.outerjoin(Account, Account.staff_id == Staff.id).where(
        SignInSession.key_hash == SECRET
    )


def by_token() -> Select[*tuple[Any, ...]]:
    """A `TokenRow` of the hashed :secret, unless it is revoked; more columns as above."""
    columns = (ApiToken.id, ApiToken.staff_id, ApiToken.scopes, ApiToken.expires_at, *_PERSON)
    people = select(*columns).join(Staff, Staff.id == ApiToken.staff_id)
    return people.outerjoin(Account, Account.staff_id == Staff.id).where(
        ApiToken.token_hash == SECRET, ApiToken.revoked_at.is_(None)
    )


_SESSION = Prepared(lambda _: by_session().add_columns(facts.as_text()))
_TOKEN = Prepared(lambda _: by_token().add_columns(facts.as_text()))


def actor_for_session(secret: str, *, now: datetime) -> Actor | None:
    row = _read(_SESSION, {"secret": hashed(secret)})
    return actor_of_session(SessionRow(*row), now=now) if row else None


def actor_for_token(secret: str, *, now: datetime) -> Actor | None:
    row = _read(_TOKEN, {"secret": hashed(secret)})
    return actor_of_token(TokenRow(*row), now=now) if row else None


def _read(statement: Prepared, given: Given) -> Row | None:
    """Who it is and the facts by which all caches go, in one statement: the first of every request.

    Where a reading is open already, its own facts hold: what it reads of an older state must not be kept under stamps
    that are newer.
    """
    row = statement.row(db.engine, given)
    if row is None:
        return None
    if not (db.session.registry.has() and db.session().in_transaction()):
        facts.take(row[-1])
    return row[:-1]


def actor_of_session(row: SessionRow, *, now: datetime) -> Actor | None:
    """None: over, or the person has left."""
    if row.expires_at <= now:
        return None
    return _actor(
        row,
        now=now,
        session_id=row.id,
        must_change_password=row.must_change,
        seen_at=row.seen_at,
    )


def actor_of_token(row: TokenRow, *, now: datetime) -> Actor | None:
    """None: over, or the person has left."""
    if row.expires_at is not None and row.expires_at <= now:
        return None
    scopes = frozenset(Scope(word) for word in row.scopes.split())
    return _actor(row, now=now, token_id=row.id, scopes=scopes)


def _actor(row: SessionRow | TokenRow, *, now: datetime, **more: Any) -> Actor | None:
    """None for who has left: no posting in force, and not the administrator of the set-up."""
    postings = org.postings_today(row.staff_id, now=now)
    if not postings and not row.is_admin:
        return None
    return Actor(
        staff_id=row.staff_id,
        number=row.number,
        name=postings[0].name if postings else (row.display_name or row.number),
        kana=postings[0].kana if postings else "",
        postings=postings,
        is_bootstrap_admin=bool(row.is_admin),
        **more,
    )


def sessions_in_force(ids: set[int], *, now: datetime) -> set[int]:
    """Those of these that still hold."""
    query = select(SignInSession.id).where(
        SignInSession.id.in_(ids), SignInSession.expires_at > now
    )
    return set(db.session.scalars(query))


def tokens_in_force(ids: set[int], *, now: datetime) -> set[int]:
    query = select(ApiToken.id).where(
        ApiToken.id.in_(ids),
        ApiToken.revoked_at.is_(None),
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
    )
    return set(db.session.scalars(query))


def note_seen(session_ids: Sequence[int], *, now: datetime) -> None:
    """Keep 最終利用 roughly true. Inside a transaction."""
    stale = now - STALE_AFTER
    db.session.execute(
        update(SignInSession)
        .where(SignInSession.id.in_(session_ids), SignInSession.seen_at < stale)
        .values(seen_at=now)
    )


def is_remembered(session_id: int | None) -> bool:
    query = select(SignInSession.remembered).where(SignInSession.id == session_id)
    return bool(db.session.scalar(query))


def words_about(actor: Actor) -> list[str]:
    """What a password must not be made of."""
    words = {actor.number, actor.name, actor.kana}
    words |= {word for posting in actor.postings for word in (posting.name, posting.kana)}
    return sorted(word for word in words if word)


def sessions_of(staff_id: int, *, now: datetime) -> list[SignInSession]:
    """Browsers signed in, the last used first."""
    query = select(SignInSession).where(
        SignInSession.staff_id == staff_id, SignInSession.expires_at > now
    )
    return list(db.session.scalars(query.order_by(SignInSession.seen_at.desc())))


def password_changed_at(staff_id: int) -> datetime | None:
    return db.session.scalar(
        select(Account.password_changed_at).where(Account.staff_id == staff_id)
    )
