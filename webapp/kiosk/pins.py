"""暗証番号 for shared terminals. Checked before the transaction, counted inside it, as passwords are."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy import select

from webapp.accounts import passwords
from webapp.accounts.access import Actor
from webapp.accounts.rules import failures_in_force, lock_after, lock_in_force
from webapp.core import audit
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotAllowed, Refusal, RuleBroken, TooMany
from webapp.kiosk.models import KioskPin
from webapp.kiosk.rules import pin_fault

NONE_YET = (
    "暗証番号がまだありません。サインインできる端末で「共有端末の暗証番号」"
    "（/me/kiosk-pin）をひらいて決めてください。"
)
WRONG = "暗証番号が違います。続けて間違えると、しばらく使えなくなります。"


class WrongPin(NotAllowed):
    def __init__(self) -> None:
        super().__init__(WRONG)
        self.fields = {"pin": WRONG}


def locked(until: datetime, *, now: datetime) -> TooMany:
    seconds = ceil((until - now).total_seconds())
    message = f"続けて間違えたため、あと{ceil(seconds / 60)}分は使えません。"
    return TooMany(message + "お急ぎのときは係長に伝えてください。", seconds)


def plain(typed: str) -> str:
    """Full-width digits are digits."""
    return unicodedata.normalize("NFKC", typed).strip()


@dataclass(frozen=True, slots=True)
class Checked:
    """seen: the hash it was compared with."""

    staff_id: int
    seen: str
    fits: bool


def check(staff_id: int, typed: str, *, now: datetime) -> Checked:
    """Outside a transaction: hashing takes its time. Raises who is locked or has none."""
    row = db.session.get(KioskPin, staff_id)
    if row is None:
        raise Conflict(NONE_YET)
    if until := lock_in_force(row.locked_until, now=now):
        raise locked(until, now=now)
    return Checked(staff_id, row.pin_hash, passwords.is_password(row.pin_hash, plain(typed)))


def count(checked: Checked, *, now: datetime) -> Refusal | None:
    """Inside a transaction. A refusal is returned, not raised: the failure is to be kept."""
    row = _row(checked.staff_id)
    if row is None or row.pin_hash != checked.seen:
        return WrongPin()
    if until := lock_in_force(row.locked_until, now=now):
        return locked(until, now=now)  # of guesses sent at once only the free ones count
    if checked.fits:
        row.failures, row.locked_until = 0, None
        return None
    row.failures = failures_in_force(row.failures, row.locked_until, now=now) + 1
    row.locked_until = lock_after(row.failures, now=now)
    return WrongPin() if row.locked_until is None else locked(row.locked_until, now=now)


def _row(staff_id: int) -> KioskPin | None:
    query = select(KioskPin).where(KioskPin.staff_id == staff_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def hashed_pin(pin: str, again: str, *, number: str) -> str:
    """Outside a transaction. Raises RuleBroken naming the field."""
    pin, again = plain(pin), plain(again)
    fault = pin_fault(pin, number)
    if fault is not None:
        raise RuleBroken("入力内容を確かめてください。", {"pin": fault})
    if pin != again:
        raise RuleBroken("入力内容を確かめてください。", {"again": "上と同じ番号を入れてください"})
    return passwords.hashed_password(pin)


def choose(pin_hash: str, *, actor: Actor, now: datetime) -> None:
    """One's own; a lock ends with it. Inside a transaction."""
    db.session.merge(
        KioskPin(
            staff_id=actor.staff_id,
            pin_hash=pin_hash,
            failures=0,
            locked_until=None,
            changed_at=now,
        )
    )


def remove(staff_id: int, *, actor: Actor, now: datetime) -> bool:
    """One's own, or reset by who leads the unit. True if there was one. Inside a transaction."""
    row = _row(staff_id)
    if row is None:
        return False
    db.session.delete(row)
    if actor.staff_id != staff_id:
        audit.record(actor, "kiosk.pin_reset", staff_id=staff_id, now=now)
    return True
