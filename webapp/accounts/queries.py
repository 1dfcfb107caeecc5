"""Who is behind a request: a browser session, or a token."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import select, update

from webapp.accounts.access import Actor
from webapp.accounts.models import Account, ApiToken, SignInSession
from webapp.accounts.rules import Scope
from webapp.core.db import db
from webapp.org import queries as org
from webapp.org.models import Staff


def hashed(secret: str) -> str:
    """Session keys and tokens are long and random: one round of SHA-256 keeps them safe at rest."""
    return hashlib.sha256(secret.encode()).hexdigest()


def actor_for_session(secret: str, *, now: datetime) -> Actor | None:
    query = select(SignInSession).filter_by(key_hash=hashed(secret))
    found = db.session.scalars(query).one_or_none()
    if found is None or found.expires_at <= now:
        return None
    return _actor(
        found.staff_id, now=now, session_id=found.id, must_change_password=found.must_change
    )


def actor_for_token(secret: str, *, now: datetime) -> Actor | None:
    query = select(ApiToken.id, ApiToken.staff_id, ApiToken.scopes, ApiToken.expires_at).where(
        ApiToken.token_hash == hashed(secret), ApiToken.revoked_at.is_(None)
    )
    row = db.session.execute(query).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    scopes = frozenset(Scope(word) for word in row.scopes.split())
    return _actor(row.staff_id, now=now, token_id=row.id, scopes=scopes)


def _actor(
    staff_id: int,
    *,
    now: datetime,
    session_id: int | None = None,
    token_id: int | None = None,
    scopes: frozenset[Scope] | None = None,
    must_change_password: bool = False,
) -> Actor | None:
    """None for who has left: no posting in force, and not the administrator of the set-up."""
    row = db.session.execute(
        select(Staff.number, Account.is_admin, Account.display_name)
        .outerjoin(Account, Account.staff_id == Staff.id)
        .where(Staff.id == staff_id)
    ).one_or_none()
    if row is None:
        return None
    postings = org.postings_of([staff_id], org.today(now), known_at=now).get(staff_id, [])
    if not postings and not row.is_admin:
        return None
    return Actor(
        staff_id=staff_id,
        number=row.number,
        name=postings[0].name if postings else (row.display_name or row.number),
        kana=postings[0].kana if postings else "",
        postings=tuple(postings),
        is_bootstrap_admin=bool(row.is_admin),
        scopes=scopes,
        session_id=session_id,
        token_id=token_id,
        must_change_password=must_change_password,
    )


def note_seen(session_id: int, *, now: datetime) -> bool:
    """Keep 最終利用 roughly true: written at most once a quarter of an hour. Inside a transaction."""
    stale = now - timedelta(minutes=15)
    result = db.session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.seen_at < stale)
        .values(seen_at=now)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]
