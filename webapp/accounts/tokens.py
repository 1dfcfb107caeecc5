"""API tokens: shown once, kept as hashes, never worth more than their person."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from webapp.accounts.access import Actor
from webapp.accounts.models import ApiToken
from webapp.accounts.queries import hashed
from webapp.accounts.rules import Scope, scopes_of
from webapp.core import audit
from webapp.core.db import db
from webapp.core.refusals import NotFound, RuleBroken
from webapp.org import queries as org

PREFIX = "zsk_"
MOST_OWN = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """A token as it is asked for; days 0 = until it is revoked."""

    label: str
    scopes: frozenset[Scope]
    days: int = 0


def new_secret() -> str:
    """32 random bytes behind a mark by which scanners for leaked secrets know them."""
    return PREFIX + secrets.token_urlsafe(32)


def create_many(staff_ids: Iterable[int], wish: Wish, *, now: datetime) -> dict[int, str]:
    """{staff id: a new token}, in one insert. Inside a transaction."""
    made = {staff_id: new_secret() for staff_id in staff_ids}
    if not made:
        return made
    common = {
        "scopes": " ".join(scope for scope in Scope if scope in wish.scopes),
        "label": wish.label,
        "created_at": now,
        "expires_at": now + timedelta(days=wish.days) if wish.days else None,
    }
    db.session.execute(
        insert(ApiToken),
        [
            {"staff_id": staff_id, "token_hash": hashed(secret)} | common
            for staff_id, secret in made.items()
        ],
    )
    detail = {"count": len(made), "scopes": common["scopes"]}
    audit.record(None, "token.create", detail=detail, now=now)
    return made


def create_own(wish: Wish, *, actor: Actor, now: datetime) -> str:
    """Inside a transaction. Raises RuleBroken for scopes the person has no use of."""
    allowed = set(scopes_of(actor.roles))
    if not wish.scopes or not wish.scopes <= allowed:
        raise RuleBroken("入力内容を確かめてください。", {"scopes": "できることを選んでください"})
    if len(own_tokens(actor.staff_id, now=now)) >= MOST_OWN:
        message = f"トークンは{MOST_OWN}個までです。使っていないものを取り消してください"
        raise RuleBroken("これ以上は作れません。", {"label": message})
    secret = new_secret()
    db.session.add(
        ApiToken(
            staff_id=actor.staff_id,
            token_hash=hashed(secret),
            scopes=" ".join(scope for scope in Scope if scope in wish.scopes),
            label=wish.label,
            created_at=now,
            expires_at=now + timedelta(days=wish.days) if wish.days else None,
        )
    )
    detail = {"scopes": " ".join(sorted(wish.scopes))}
    audit.record(actor, "token.create", staff_id=actor.staff_id, detail=detail, now=now)
    return secret


def own_tokens(staff_id: int, *, now: datetime) -> list[ApiToken]:
    """Those still good, the newest first."""
    query = select(ApiToken).where(ApiToken.staff_id == staff_id, ApiToken.revoked_at.is_(None))
    found = db.session.scalars(query.order_by(ApiToken.id.desc()))
    return [token for token in found if token.expires_at is None or token.expires_at > now]


def revoke_own(token_id: int, *, actor: Actor, now: datetime) -> list[int]:
    """Returns the ids whose sockets have to go. Inside a transaction. Raises NotFound."""
    query = select(ApiToken).filter_by(id=token_id, staff_id=actor.staff_id, revoked_at=None)
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("このトークンは見つかりません。")
    found.revoked_at = now
    audit.record(actor, "token.revoke", staff_id=actor.staff_id, now=now)
    return [found.id]


def revoke_all_of(staff_id: int, *, now: datetime) -> list[int]:
    query = select(ApiToken.id).where(ApiToken.staff_id == staff_id, ApiToken.revoked_at.is_(None))
    ids = list(db.session.scalars(query))
    db.session.execute(update(ApiToken).where(ApiToken.id.in_(ids)).values(revoked_at=now))
    return ids


@dataclass(frozen=True, slots=True)
class Posted:
    staff_id: int
    number: str
    unit_code: str


def everybody_today(*, now: datetime) -> list[Posted]:
    """Who works here today, with the code of the 本務."""
    today = org.today(now)
    ids = sorted(org.posted_staff_ids(today, known_at=now))
    tree = org.current_tree()
    found = []
    for staff_id, postings in org.postings_of(ids, today, known_at=now).items():
        unit = tree.by_id(postings[0].unit_id)
        found.append(Posted(staff_id, postings[0].number, unit.code if unit else ""))
    return sorted(found, key=lambda who: who.number)
