"""The same wish again is the first answer again: answers kept by the key their sender gave, for seven days.

An answer lost on the way (a crash, a network) leaves nobody knowing whether it was done; asking again must be safe.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from webapp.attendance import rules
from webapp.attendance.models import IdempotencyKey
from webapp.core.db import db
from webapp.core.refusals import RuleBroken
from webapp.org.models import Staff


def fingerprint(body: Any) -> str:
    """Equal JSON gives an equal hash, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def take_turns(staff_id: int) -> None:
    """Two requests of one person take turns, also where writers run in parallel.

    Not the stronger FOR UPDATE: two colleagues who report for each other at once would wait for each other's row
    (made_by refers to it), and one of them would be shot.
    """
    turn = select(Staff.id).where(Staff.id == staff_id)
    db.session.execute(turn.with_for_update(key_share=True))


def answered(staff_id: int, key: str, body_hash: str, *, now: datetime) -> dict[str, Any] | None:
    """The answer given before; the person's turn is taken. RuleBroken if the key came with another body."""
    kept = db.session.get(IdempotencyKey, (staff_id, key))
    if kept is None:
        return None
    if kept.made_at < now - rules.KEYS_LIVE:
        db.session.delete(kept)
        db.session.flush()
        return None
    if kept.body_hash != body_hash:
        raise RuleBroken(
            "この Idempotency-Key は別の内容で使われています。",
            {"Idempotency-Key": "内容を変えるときは新しい値にしてください"},
        )
    return kept.answer


def keep(staff_id: int, key: str, body_hash: str, answer: dict[str, Any], *, now: datetime) -> None:
    db.session.add(
        IdempotencyKey(staff_id=staff_id, key=key, body_hash=body_hash, answer=answer, made_at=now)
    )


def made(
    staff_id: int, key: str, body_hash: str, make: Callable[[], int], *, now: datetime
) -> tuple[int, bool]:
    """(id of what `make` writes, whether it was there already). Who got no answer presses again, and nothing is written
    twice. What was written is kept in one place only, so the answer kept is the id.
    """
    take_turns(staff_id)
    kept = answered(staff_id, key, body_hash, now=now)
    if kept is not None:
        return int(kept["id"]), True
    made_id = make()
    keep(staff_id, key, body_hash, {"id": made_id}, now=now)
    return made_id, False


def forget_old_keys(*, now: datetime) -> None:
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.made_at < now - rules.KEYS_LIVE))
