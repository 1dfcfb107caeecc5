"""What the requests keep of a person, for their own page."""

from typing import Any

from sqlalchemy import select

from webapp.accounts import owndata
from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.presence import queries as presence
from webapp.requests.fields import local
from webapp.requests.models import RequestPreset, TeleworkRequest
from webapp.requests.rules import STATE_WORDS, State
from webapp.requests.wording import KIND_WORDS


def requests(staff_id: int) -> list[dict[str, Any] | str]:
    places = presence.labels()["place"]
    query = select(TeleworkRequest).filter_by(staff_id=staff_id)
    return [
        {
            "実施日": row.day.isoformat(),
            "時間": f"{clock_of(row.start_minute)}〜{clock_of(row.end_minute)}",
            "勤務場所": places.get(row.place, row.place),
            "場所の種類": KIND_WORDS.get(row.place_kind, "") if row.place == "home" else None,
            "拠点": row.site,
            "業務内容": "、".join(row.work.splitlines()),
            "連絡先": row.contact,
            "持ち出す資料": row.carried,
            "そのほかの項目": "、".join(f"{name}: {text}" for name, text in row.more.items()),
            "状態": STATE_WORDS[State(row.state)],
            "申請": local(row.filed_at),
            "決定": f"{row.decider} {local(row.decided_at)}" if row.decided_at else None,
            "理由": row.reason,
            "条件": row.condition,
            "報告": row.report_note,
            "注意": "、".join(warning["words"] for warning in row.warnings),
        }
        for row in db.session.scalars(query.order_by(TeleworkRequest.day, TeleworkRequest.id))
    ]


def presets(staff_id: int) -> list[dict[str, Any] | str]:
    query = select(RequestPreset).filter_by(staff_id=staff_id).order_by(RequestPreset.id)
    return [
        {
            "名前": row.name,
            "業務内容": row.fields.get("work", ""),
            "連絡先": row.fields.get("contact", ""),
            "最後に使った": local(row.used_at),
        }
        for row in db.session.scalars(query)
    ]


owndata.register("テレワークの申請", requests)
owndata.register("申請の「いつもの」", presets)
