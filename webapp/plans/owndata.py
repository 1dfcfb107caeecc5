"""What the plans keep of a person, for their own page. The kind of leave is not stored."""

from typing import Any

from sqlalchemy import select

from webapp.accounts import owndata
from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.plans.models import PlannedSegment
from webapp.presence import queries as presence

_MORE = {"meeting": "会議", "disaster": "災害配備"}


def segments(staff_id: int) -> list[dict[str, Any] | str]:
    places = presence.labels()["place"]
    query = select(PlannedSegment).filter_by(staff_id=staff_id)
    return [
        {
            "日付": row.day.isoformat(),
            "時間": f"{clock_of(row.start_minute)}〜{clock_of(row.end_minute)}",
            "区分": places.get(row.kind) or _MORE.get(row.kind, row.kind),
            "拠点": row.site,
            "取込元": row.source,
        }
        for row in db.session.scalars(query.order_by(PlannedSegment.day, PlannedSegment.id))
    ]


owndata.register("予定", segments)
