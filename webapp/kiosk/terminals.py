"""Terminals: made, bound to the device that opens them first, unbound, renewed, revoked. Secrets are kept as hashes."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from webapp.accounts.access import Actor
from webapp.accounts.queries import hashed
from webapp.core import audit
from webapp.core.db import db
from webapp.core.limits import Limit
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.kiosk import queries
from webapp.kiosk.models import Kiosk
from webapp.org.rules import UnitNode

MOST_PER_UNIT = 10
MOST_PEOPLE = 80
# Taps of one terminal: a morning's queue fits in, a stuck key does not.
TAPS = Limit("kiosk", 40, 60.0, "続けて操作しすぎています。")


@dataclass(frozen=True, slots=True)
class Made:
    kiosk: Kiosk
    token: str


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def make(unit: UnitNode, name: str, *, asks_pin: bool, actor: Actor, now: datetime) -> Made:
    """Inside a transaction. The token is worth nothing before a device opens its address."""
    if len(queries.kiosks_of(unit.id)) >= MOST_PER_UNIT:
        message = f"1つの所属に{MOST_PER_UNIT}台までです。使っていないものを取り消してください"
        raise RuleBroken("これ以上は作れません。", {"name": message})
    if len(queries.people_of(unit, now=now)) > MOST_PEOPLE:
        message = f"{MOST_PEOPLE}人を超える所属では作れません。下の係ごとに作ってください"
        raise RuleBroken("これ以上は並べられません。", {"name": message})
    token = new_secret()
    kiosk = Kiosk(
        unit_id=unit.id,
        name=name,
        token_hash=hashed(token),
        asks_pin=asks_pin,
        made_at=now,
        made_by=actor.staff_id,
    )
    db.session.add(kiosk)
    db.session.flush()
    _tell_audit(actor, "kiosk.create", kiosk, unit, now)
    return Made(kiosk, token)


def revoke(kiosk_id: int, unit: UnitNode, *, actor: Actor, now: datetime) -> Kiosk:
    """At once: the next poll of the open page is refused. Inside a transaction."""
    kiosk = _own(kiosk_id, unit)
    kiosk.revoked_at = now
    _tell_audit(actor, "kiosk.revoke", kiosk, unit, now)
    return kiosk


def unbind(kiosk_id: int, unit: UnitNode, *, actor: Actor, now: datetime) -> Kiosk:
    """The same address, another device: the next one to open it."""
    kiosk = _own(kiosk_id, unit)
    kiosk.device_hash = kiosk.bound_at = None
    _tell_audit(actor, "kiosk.unbind", kiosk, unit, now)
    return kiosk


def renew(kiosk_id: int, unit: UnitNode, *, actor: Actor, now: datetime) -> Made:
    """A new address; the old one and its device are out at once."""
    kiosk, token = _own(kiosk_id, unit), new_secret()
    kiosk.token_hash = hashed(token)
    kiosk.device_hash = kiosk.bound_at = None
    _tell_audit(actor, "kiosk.renew", kiosk, unit, now)
    return Made(kiosk, token)


def _own(kiosk_id: int, unit: UnitNode) -> Kiosk:
    kiosk = db.session.get(Kiosk, kiosk_id, with_for_update=True)
    if kiosk is None or kiosk.unit_id != unit.id:
        raise NotFound("この共有端末は見つかりません。")
    if kiosk.revoked_at is not None:
        raise Conflict("この共有端末は、もう取り消されています。")
    return kiosk


def _tell_audit(actor: Actor, action: str, kiosk: Kiosk, unit: UnitNode, now: datetime) -> None:
    audit.record(actor, action, unit_code=unit.code, detail={"kiosk": kiosk.id}, now=now)


# --- the device -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Itself:
    """The terminal as the one who acts, for the trail."""

    name: str
    staff_id: None = None


def bind(kiosk: Kiosk, *, now: datetime) -> str | None:
    """The secret for this device's cookie; None = another was first. Inside a transaction."""
    secret = new_secret()
    free = (Kiosk.id == kiosk.id, Kiosk.device_hash.is_(None), Kiosk.revoked_at.is_(None))
    taken = db.session.execute(
        update(Kiosk)
        .where(*free)
        .values(device_hash=hashed(secret), bound_at=now, seen_at=now)
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:  # type: ignore[attr-defined]
        return None
    db.session.refresh(kiosk)
    who = Itself(f"共有端末 {kiosk.name}")
    audit.record(who, "kiosk.bind", detail={"kiosk": kiosk.id}, now=now)
    return secret


def is_its_device(kiosk: Kiosk, secret: str) -> bool:
    return bool(
        secret and kiosk.device_hash and hmac.compare_digest(hashed(secret), kiosk.device_hash)
    )


def note_seen(kiosk_id: int, *, now: datetime) -> None:
    db.session.execute(update(Kiosk).where(Kiosk.id == kiosk_id).values(seen_at=now))


def limit_taps(kiosk_id: int, *, at: float) -> None:
    """at: monotonic seconds. Raises TooMany."""
    TAPS.require(kiosk_id, at=at)
