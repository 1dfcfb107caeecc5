"""What is kept of a person's duties, for their own page."""

from typing import Any

from sqlalchemy import select

from webapp.accounts import owndata
from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.duties.models import Duty
from webapp.positions.models import Position

_SOURCES = {
    "rota": "当番表",
    "hand": "当日の割り当て",
    "swap": "交代",
    "order": "所属長の指示",
    "help": "窓口応援",
}


def duties(staff_id: int) -> list[dict[str, Any] | str]:
    query = (
        select(Duty, Position.name)
        .join(Position, Position.id == Duty.position_id)
        .where(Duty.staff_id == staff_id)
        .order_by(Duty.day, Duty.start_minute)
    )
    return [
        {
            "日付": row.day.isoformat(),
            "時間": f"{clock_of(row.start_minute)}〜{clock_of(row.end_minute)}",
            "持ち場": name,
            "由来": _SOURCES.get(row.source, row.source),
        }
        for row, name in db.session.execute(query)
    ]


owndata.register("当番", duties)
