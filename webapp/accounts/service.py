"""Signing in and out, and choosing a password.

Checking and hashing come first, without a transaction; what was seen then is looked at again inside it,
so that of many guesses sent at once only the free ones count.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from webapp.accounts import lockout, passwords, queries
from webapp.accounts.access import Actor
from webapp.accounts.models import Account, SignInSession
from webapp.accounts.password_rules import fault_of
from webapp.accounts.queries import hashed
from webapp.accounts.rules import failures_in_force, lock_after, lock_in_force
from webapp.accounts.settings import PASSWORD_LENGTH, REMEMBER_DAYS, SESSION_HOURS
from webapp.core import audit, settings
from webapp.core.db import db, snapshot
from webapp.core.refusals import Conflict, NotSignedIn, Refusal, RuleBroken, TooMany
from webapp.org import queries as org
from webapp.org.models import Staff

WRONG = "職員番号かパスワードが違います。続けて間違えると、しばらく使えなくなります。"
LOCKED = "続けて間違えたため、しばらく使えません（最長30分）。"
LONGEST_WAIT_S = 30 * 60  # said to everybody alike: how long is left tells about an account


class WrongSecret(Refusal):
    status, code = 401, "unauthorized"

    def __init__(self) -> None:
        super().__init__(WRONG, {"password": WRONG})


class Locked(TooMany):
    def __init__(self) -> None:
        super().__init__(LOCKED, LONGEST_WAIT_S)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed, and where."""

    number: str
    secret: str
    remember: bool = False
    device: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check before the transaction found. staff_id None: nobody who could sign in."""

    staff_id: int | None
    by_password: bool = False
    by_code: bool = False
    seen: str | None = None  # the hash it was checked against
    fresh_hash: str | None = None  # the same password by the present parameters


@dataclass(frozen=True, slots=True)
class SignedIn:
    secret: str
    session_id: int
    remembered: bool
    must_change: bool


# --- signing in -----------------------------------------------------------------------------


def check(attempt: Attempt, *, now: datetime) -> Checked:
    """Compare outside a transaction. Raises Locked, or Busy when too many do so at once."""
    with snapshot():
        account = queries.credentials_for_number(attempt.number, now=now)
    if account is None:
        if lockout.locked_until(attempt.number, now=now):
            raise Locked
        passwords.is_password(None, attempt.secret)
        return Checked(None)
    _refuse_locked(account, now)
    if _code_in_force(account, now) and passwords.is_code(account.code_hash, attempt.secret):
        return Checked(account.staff_id, by_code=True, seen=account.code_hash)
    stored = account.password_hash
    if not passwords.is_password(stored, attempt.secret):
        return Checked(account.staff_id, seen=stored)
    outdated = stored is not None and passwords.is_outdated(stored)
    fresh = passwords.hashed_password(attempt.secret) if outdated else None
    return Checked(account.staff_id, by_password=True, seen=stored, fresh_hash=fresh)


def sign_in(checked: Checked, attempt: Attempt, *, now: datetime) -> SignedIn | Refusal:
    """Inside a transaction. A refusal is returned, not raised: the count of failures is to be kept."""
    if checked.staff_id is None:
        return Locked() if lockout.failed(attempt.number, now=now) else WrongSecret()
    account = _account_locked_for_change(checked.staff_id)
    if lock_in_force(account.locked_until, now=now):
        return Locked()
    if not _still_right(checked, account):
        return _failed(account, now=now)
    account.failures, account.locked_until = 0, None
    account.last_sign_in_at = now
    if checked.by_code:
        account.code_hash = account.code_expires_at = None
    if checked.fresh_hash is not None:
        account.password_hash = checked.fresh_hash
    return open_session(checked.staff_id, attempt, must_change=checked.by_code, now=now)


def open_session(
    staff_id: int, attempt: Attempt, *, must_change: bool = False, now: datetime
) -> SignedIn:
    """A browser signed in, with a secret of its own each time."""
    db.session.execute(
        delete(SignInSession).where(
            SignInSession.staff_id == staff_id, SignInSession.expires_at <= now
        )
    )
    days = int(settings.value(REMEMBER_DAYS))
    remembered = attempt.remember and days > 0
    length = timedelta(days=days) if remembered else timedelta(hours=settings.value(SESSION_HOURS))
    secret = secrets.token_urlsafe(32)
    opened = SignInSession(
        key_hash=hashed(secret),
        staff_id=staff_id,
        created_at=now,
        seen_at=now,
        expires_at=now + length,
        remembered=remembered,
        device=attempt.device[:120],
        address=attempt.address[:64],
        must_change=must_change,
    )
    db.session.add(opened)
    db.session.flush()
    return SignedIn(secret, opened.id, remembered, must_change)


def sign_in_by_header(number: str, attempt: Attempt, *, now: datetime) -> SignedIn:
    """The proxy has signed the person in. Inside a transaction. Raises NotSignedIn for who is unknown here."""
    staff_id = queries.staff_to_sign_in(number, now=now)
    if staff_id is None:
        raise NotSignedIn("この利用者は、在席に登録されていません。管理者に伝えてください。")
    return open_session(staff_id, attempt, now=now)


def _account_locked_for_change(staff_id: int) -> Account:
    query = select(Account).filter_by(staff_id=staff_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _refuse_locked(account: queries.Credentials, now: datetime) -> None:
    if lock_in_force(account.locked_until, now=now):
        raise Locked


def _code_in_force(account: queries.Credentials, now: datetime) -> bool:
    return account.code_expires_at is not None and account.code_expires_at > now


def _still_right(checked: Checked, account: Account) -> bool:
    if checked.by_code:
        return account.code_hash == checked.seen
    return checked.by_password and account.password_hash == checked.seen


def _failed(account: Account, *, now: datetime) -> Refusal:
    so_far = failures_in_force(account.failures, account.locked_until, now=now)
    account.failures = so_far + 1
    account.locked_until = lock_after(account.failures, now=now)
    return WrongSecret() if account.locked_until is None else Locked()


# --- signing out ----------------------------------------------------------------------------


def end_session(actor: Actor, session_id: int | None) -> list[int]:
    """End one's own session. Returns the ids whose sockets have to go. Inside a transaction."""
    query = select(SignInSession).filter_by(id=session_id, staff_id=actor.staff_id)
    found = db.session.scalars(query).one_or_none()
    if found is None:
        return []
    db.session.delete(found)
    return [found.id]


def end_sessions_of(*staff_ids: int, but: int | None = None) -> list[int]:
    """End all sessions of these people, or all but one. Returns their ids. Inside a transaction."""
    ids: list[int] = []
    for start in range(0, len(staff_ids), 5000):
        part = staff_ids[start : start + 5000]
        query = select(SignInSession.id).where(SignInSession.staff_id.in_(part))
        if but is not None:
            query = query.where(SignInSession.id != but)
        ids += db.session.scalars(query)
    for start in range(0, len(ids), 5000):
        part_of_ids = ids[start : start + 5000]
        db.session.execute(delete(SignInSession).where(SignInSession.id.in_(part_of_ids)))
    return ids


# --- choosing a password --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewPassword:
    current: str
    new: str
    again: str


@dataclass(frozen=True, slots=True)
class CheckedPassword:
    """A new password, hashed; `current` = what the check of the present one found (None: none was asked)."""

    new_hash: str
    seen: str | None
    current: bool | None


def check_new_password(
    wanted: NewPassword, *, actor: Actor, about: list[str], now: datetime
) -> CheckedPassword:
    """Rules and hashes, outside a transaction. Raises RuleBroken at the field, Locked, Busy."""
    minimum = int(settings.value(PASSWORD_LENGTH))
    fields = {}
    if fault := fault_of(wanted.new, minimum=minimum, about=about):
        fields["new"] = fault
    elif wanted.new != wanted.again:
        fields["again"] = "上の新しいパスワードと違います"
    asks_current = not actor.must_change_password
    if asks_current and not wanted.current:
        fields["current"] = "いまのパスワードを入力してください"
    if fields:
        raise RuleBroken("入力内容を確かめてください。", fields)
    with snapshot():
        account = queries.credentials_of(actor.staff_id)
    if account is None:
        return CheckedPassword(passwords.hashed_password(wanted.new), None, current=None)
    _refuse_locked(account, now)
    stored = account.password_hash
    if asks_current and not passwords.is_password(stored, wanted.current):
        return CheckedPassword("", stored, current=False)
    if stored is not None and passwords.is_password(stored, wanted.new):
        raise RuleBroken("入力内容を確かめてください。", {"new": "前と同じパスワードは使えません"})
    new_hash = passwords.hashed_password(wanted.new)
    return CheckedPassword(new_hash, stored, current=True if asks_current else None)


def change_password(
    checked: CheckedPassword, *, actor: Actor, now: datetime
) -> tuple[str, list[int]] | Refusal:
    """(the new secret of this session, ids of the sessions that ended). Inside a transaction.

    A refusal is returned, not raised: the count of failures is to be kept.
    """
    mine = db.session.get(SignInSession, actor.session_id) if actor.session_id else None
    if mine is None:
        return NotSignedIn()
    account = db.session.get(Account, actor.staff_id)
    if account is None:
        account = Account(staff_id=actor.staff_id)
        db.session.add(account)
        db.session.flush()
    account = _account_locked_for_change(actor.staff_id)
    if checked.current is False or account.password_hash != checked.seen:
        refused = _failed(account, now=now)
        return refused if isinstance(refused, Locked) else _wrong_current()
    account.password_hash, account.password_changed_at = checked.new_hash, now
    account.code_hash = account.code_expires_at = account.locked_until = None
    account.failures = 0
    secret = secrets.token_urlsafe(32)
    mine.key_hash, mine.must_change, mine.seen_at = hashed(secret), False, now
    ended = end_sessions_of(actor.staff_id, but=mine.id)
    audit.record(actor, "account.password", staff_id=actor.staff_id, now=now)
    return secret, ended


def _wrong_current() -> RuleBroken:
    return RuleBroken("入力内容を確かめてください。", {"current": "いまのパスワードが違います"})


# --- the first administrator ----------------------------------------------------------------


def make_admin(number: str, name: str, new_hash: str, *, reset: bool, now: datetime) -> list[int]:
    """Somebody who may do the set-up before there are postings. Raises Conflict. Inside a transaction."""
    staff = org.staff_by_number(number)
    if staff is None:
        staff = Staff(number=number)
        db.session.add(staff)
        db.session.flush()
    account = db.session.get(Account, staff.id)
    if account is not None and account.password_hash is not None and not reset:
        raise Conflict(
            f"職員番号 {number} にはもうパスワードがあります。決め直すときは --reset を付けてください。"
        )
    if account is None:
        account = Account(staff_id=staff.id)
        db.session.add(account)
    account.password_hash, account.password_changed_at = new_hash, now
    account.is_admin, account.display_name = True, name
    account.code_hash = account.code_expires_at = account.locked_until = None
    account.failures = 0
    db.session.flush()
    audit.record(None, "account.admin", staff_id=staff.id, now=now)
    return end_sessions_of(staff.id)
