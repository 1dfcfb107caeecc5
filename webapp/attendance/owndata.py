"""What is stored on a person's reports of start and end: 自分について保存されている情報."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from webapp.accounts import owndata
from webapp.attendance.models import Correction, DayConfirmation, IdempotencyKey, Punch
from webapp.attendance.rules import (
    CHANNEL_WORDS,
    DECISION_WORDS,
    FLAG_WORDS,
    KIND_WORDS,
    REASON_WORDS,
)
from webapp.core import clock
from webapp.core.db import db
from webapp.org import queries as org
from webapp.presence import queries as presence

Record = dict[str, Any]


def punches(staff_id: int) -> Sequence[Record]:
    query = select(Punch).where(Punch.staff_id == staff_id).order_by(Punch.at, Punch.id)
    found = list(db.session.scalars(query))
    names = org.names_of({i for p in found for i in (p.made_by, p.voided_by) if i is not None})
    places = presence.labels()["place"]
    return [
        _told(
            {
                "日": p.business_on.isoformat(),
                "種別": KIND_WORDS[p.kind],  # type: ignore[index]
                "日時": _local(p.at),
                "受付": _local(p.received_at),
                "勤務場所": places.get(p.place or ""),
                "拠点": p.site,
                "戻る予定": _local(p.return_at),
                "取込元": p.source,
                "受けた方法": CHANNEL_WORDS.get(p.channel or "")
                or ("共有端末" if p.channel == "kiosk" else None),
                "入力した人": names.get(p.made_by or 0),
                "補足": p.note,
                "確かめること": FLAG_WORDS.get(p.flag or ""),
                "取り消した日時": _local(p.voided_at),
                "取り消した人": names.get(p.voided_by or 0),
            }
        )
        for p in found
    ]


def asked(staff_id: int) -> Sequence[Record]:
    """One's own, and those one asked for a colleague."""
    mine = or_(Correction.staff_id == staff_id, Correction.asked_by == staff_id)
    found = list(db.session.scalars(select(Correction).where(mine).order_by(Correction.id)))
    names = org.names_of({i for c in found for i in (c.staff_id, c.decided_by) if i is not None})
    return [
        _told(
            {
                "だれの": names.get(c.staff_id),
                "日": c.business_on.isoformat(),
                "種別": KIND_WORDS[c.kind],  # type: ignore[index]
                "前": _local(c.old_at),
                "後": _local(c.new_at) or "取り消す",
                "理由": REASON_WORDS[c.reason],  # type: ignore[index]
                "補足": c.note,
                "申請": _local(c.asked_at),
                "結果": DECISION_WORDS[c.decision],  # type: ignore[index]
                "決めた人": names.get(c.decided_by or 0),
                "決めた日時": _local(c.decided_at),
                "ひとこと": c.decision_note,
            }
        )
        for c in found
    ]


def confirmations(staff_id: int) -> Sequence[Record]:
    query = select(DayConfirmation).where(DayConfirmation.staff_id == staff_id)
    found = list(db.session.scalars(query.order_by(DayConfirmation.business_on)))
    names = org.names_of({c.confirmed_by for c in found})
    return [
        {
            "日": c.business_on.isoformat(),
            "確認した人": names.get(c.confirmed_by, ""),
            "日時": _local(c.confirmed_at),
        }
        for c in found
    ]


def keys(staff_id: int) -> Sequence[str]:
    """Kept for seven days, so that what was sent twice is one."""
    query = select(IdempotencyKey.made_at).where(IdempotencyKey.staff_id == staff_id)
    made = db.session.scalars(query.order_by(IdempotencyKey.made_at))
    return [f"{_local(at)} の送信の控え（7日で消えます）" for at in made]


def _told(record: Record) -> Record:
    return {word: value for word, value in record.items() if value}


def _local(instant: datetime | None) -> str | None:
    return clock.to_tokyo(instant).strftime("%Y-%m-%d %H:%M") if instant else None


owndata.register("始業・終業の報告", punches)
owndata.register("報告の修正の申請", asked)
owndata.register("報告の確認", confirmations)
owndata.register("報告の控え", keys)
