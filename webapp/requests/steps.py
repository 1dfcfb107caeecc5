"""The trail of a request, and what each step has to remember to be taken back. Inside transactions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from webapp.core.db import db
from webapp.realtime import outbox
from webapp.requests.models import RequestStep, TeleworkRequest
from webapp.requests.telling import TOPIC

LONGEST_NOTE = 200
_PLAIN = (
    "state",
    "extent",
    "start_minute",
    "end_minute",
    "decided_by",
    "decided_as",
    "decider",
    "condition",
    "reason",
    "short_minutes",
    "reviewed_by",
    "proposal",
)
_TIMES = ("decided_at", "reviewed_at")

STEP_WORDS = {
    "filed": "申請",
    "changed": "内容を変更",
    "approved": "承認",
    "refused": "不承認",
    "returned": "差し戻し",
    "withdrawn": "取下げ",
    "proposed": "別の時間を提案",
    "declined": "提案を断る",
    "taken": "提案を受ける",
    "asked": "当番の交代を打診",
    "swapped": "当番の交代が成立",
    "nobody": "当番を代わる人なし",
    "undone": "元に戻す",
    "oral": "口頭で承認",
    "order": "指示",
    "superseded": "一括指示により終了",
    "recalled": "指示の取下げ",
    "replaced": "変更の承認により終了",
    "reviewed": "後閲",
}


def snapshot(row: TeleworkRequest) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    for name in _TIMES:
        at: datetime | None = getattr(row, name)
        found[name] = at.isoformat() if at else None
    return found


def restore(row: TeleworkRequest, before: Mapping[str, Any]) -> None:
    for name in _PLAIN:
        setattr(row, name, before[name])
    for name in _TIMES:
        text = before[name]
        setattr(row, name, datetime.fromisoformat(text) if text else None)


def took(
    row: TeleworkRequest,
    what: str,
    *,
    by: int | None,
    now: datetime,
    before: Mapping[str, Any],
    note: str = "",
) -> RequestStep:
    """One more step: the revision rises, and whoever has the request open hears of it."""
    row.revision += 1
    step = RequestStep(
        request_id=row.id,
        what=what,
        by_id=by,
        at=now,
        note=note[:LONGEST_NOTE],
        before=dict(before),
    )
    db.session.add(step)
    db.session.flush()
    outbox.touch(TOPIC, row.id)
    return step
