"""One-time codes for people, and what an administrator may do to an account.

A code is made and hashed before the transaction, handed over once, and kept as a hash only.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select, update

from webapp.accounts import passwords, service, tokens
from webapp.accounts.access import Actor
from webapp.accounts.models import Account, SignInSession
from webapp.accounts.rules import lock_in_force
from webapp.accounts.settings import CODE_DAYS
from webapp.core import audit, settings
from webapp.core.db import db
from webapp.extensions import off_loop
from webapp.org import queries as org


class Standing(StrEnum):
    NONE = "none"  # neither password nor code
    CODE = "code"  # a code waits
    EXPIRED = "expired"  # a code waited too long
    PASSWORD = "password"  # noqa: S105 a word for a standing


@dataclass(frozen=True, slots=True)
class Holder:
    """A person and how their account stands."""

    staff_id: int
    number: str
    name: str
    kana: str
    title: str
    unit_id: int | None
    unit_name: str
    standing: Standing
    code_expires_at: datetime | None
    locked_until: datetime | None
    last_sign_in_at: datetime | None

    @property
    def needs_code(self) -> bool:
        return self.standing in {Standing.NONE, Standing.EXPIRED}


@dataclass(frozen=True, slots=True)
class Slip:
    staff_id: int
    number: str
    name: str
    unit_name: str
    code: str
    expires_at: datetime


# --- reading --------------------------------------------------------------------------------


def holders(*, now: datetime) -> list[Holder]:
    """Everybody who works here today, in 建制順 and the order of a board; the 本務 counts."""
    tree, today = org.current_tree(), org.today(now)
    accounts = _accounts()
    found: dict[int, Holder] = {}
    for posting in org.postings_in([node.id for node in tree.nodes], today, known_at=now):
        if posting.staff_id in found and not posting.is_main:
            continue
        found[posting.staff_id] = _holder(posting, accounts.get(posting.staff_id), now)
    return sorted(found.values(), key=lambda who: tree.place(who.unit_id or 0))


def _accounts() -> dict[int, Account]:
    return {account.staff_id: account for account in db.session.scalars(select(Account))}


def _holder(posting: org.PersonPosting, account: Account | None, now: datetime) -> Holder:
    path = [node.name for node in org.current_tree().path(posting.unit_id)]
    return Holder(
        posting.staff_id,
        posting.number,
        posting.name,
        posting.kana,
        posting.title,
        posting.unit_id,
        " ".join(path[-2:]),
        _standing(account, now),
        account.code_expires_at if account is not None else None,
        lock_in_force(account.locked_until, now=now) if account is not None else None,
        account.last_sign_in_at if account is not None else None,
    )


def _standing(account: Account | None, now: datetime) -> Standing:
    if account is None:
        return Standing.NONE
    if account.code_hash is not None and account.code_expires_at is not None:
        return Standing.CODE if account.code_expires_at > now else Standing.EXPIRED
    return Standing.PASSWORD if account.password_hash is not None else Standing.NONE


def holder_of(number: str, *, now: datetime) -> Holder | None:
    """Who works here today under this number, or set the installation up."""
    staff = org.staff_by_number(number)
    if staff is None:
        return None
    account = db.session.get(Account, staff.id)
    held = org.postings_of([staff.id], org.today(now), known_at=now).get(staff.id)
    if held:
        return _holder(held[0], account, now)
    if account is None or not account.is_admin:
        return None
    return Holder(
        staff.id,
        number,
        account.display_name or number,
        "",
        "",
        None,
        "",
        _standing(account, now),
        account.code_expires_at,
        lock_in_force(account.locked_until, now=now),
        account.last_sign_in_at,
    )


def below(people: Iterable[Holder], unit_id: int) -> list[Holder]:
    wanted = org.current_tree().subtree_ids(unit_id)
    return [who for who in people if who.unit_id in wanted]


def signed_in_count(staff_id: int, *, now: datetime) -> int:
    query = select(func.count(SignInSession.id)).where(
        SignInSession.staff_id == staff_id, SignInSession.expires_at > now
    )
    return int(db.session.scalar(query) or 0)


# --- making codes ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Batch:
    """Codes made and hashed, not yet in force."""

    slips: list[Slip]
    hashes: dict[int, str]
    expires_at: datetime


def prepare(people: Sequence[Holder], *, now: datetime) -> Batch:
    """Outside a transaction: 1,393 hashes take most of a second."""
    expires = now + timedelta(days=int(settings.value(CODE_DAYS)))
    slips = [
        Slip(who.staff_id, who.number, who.name, who.unit_name, passwords.new_code(), expires)
        for who in people
    ]
    hashes = off_loop(_hash_all, slips)
    return Batch(slips, hashes, expires)


def _hash_all(slips: list[Slip]) -> dict[int, str]:
    return {slip.staff_id: passwords.hashed_code(slip.code) for slip in slips}


def put_in_force(
    batch: Batch,
    *,
    actor: Actor,
    reset: bool = False,
    unit_code: str | None = None,
    now: datetime,
) -> tuple[list[Slip], list[int]]:
    """(the slips to hand over, ids of the sessions that ended). Inside a transaction.

    A code replaces the code before it, with `reset` the password too; without, who has chosen a password
    meanwhile keeps it and gets no slip.
    """
    kept = dict(db.session.execute(select(Account.staff_id, Account.password_hash)).all())
    slips = [slip for slip in batch.slips if reset or kept.get(slip.staff_id) is None]
    values = [
        {
            "staff_id": slip.staff_id,
            "code_hash": batch.hashes[slip.staff_id],
            "code_expires_at": batch.expires_at,
            "password_hash": None,
            "failures": 0,
            "locked_until": None,
        }
        for slip in slips
    ]
    if not slips:
        return [], []
    _write(values, kept)
    audit.record(
        actor,
        "account.code",
        staff_id=slips[0].staff_id if len(slips) == 1 else None,
        unit_code=unit_code,
        detail={"人数": len(slips)},
        now=now,
    )
    return slips, service.end_sessions_of(*(slip.staff_id for slip in slips)) if reset else []


def _write(values: list[dict[str, Any]], known: Container[int]) -> None:
    """Two statements, however many people."""
    old = [row for row in values if row["staff_id"] in known]
    bare = {"is_admin": False, "display_name": ""}
    new = [row | bare for row in values if row["staff_id"] not in known]
    if old:
        db.session.execute(update(Account), old)
    if new:
        db.session.execute(insert(Account), new)


# --- an administrator's hand ----------------------------------------------------------------


def unlock(who: Holder, *, actor: Actor, now: datetime) -> None:
    """Inside a transaction."""
    db.session.execute(
        update(Account)
        .where(Account.staff_id == who.staff_id)
        .values(failures=0, locked_until=None)
    )
    audit.record(actor, "account.unlock", staff_id=who.staff_id, now=now)


def sign_out_everywhere(who: Holder, *, actor: Actor, now: datetime) -> tuple[list[int], list[int]]:
    """(ids of sessions, ids of tokens) that ended. Inside a transaction."""
    sessions = service.end_sessions_of(who.staff_id)
    revoked = tokens.revoke_all_of(who.staff_id, now=now)
    detail = {"端末": len(sessions), "トークン": len(revoked)}
    audit.record(actor, "account.signout", staff_id=who.staff_id, detail=detail, now=now)
    return sessions, revoked
