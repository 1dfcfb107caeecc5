"""What presence keeps of a person, for their own page: only what is in force."""

from typing import Any

from sqlalchemy import select

from webapp.accounts import owndata
from webapp.core.db import db
from webapp.core.pages import day_and_time
from webapp.presence import queries
from webapp.presence.models import Connection, StatusClaim


def claims(staff_id: int) -> list[dict[str, Any] | str]:
    words = queries.labels()
    query = select(StatusClaim).filter_by(staff_id=staff_id).order_by(StatusClaim.since)
    return [
        {
            "状態": words["state"].get(row.state, row.state),
            "理由": words["reason"].get(row.reason) if row.reason else None,
            "ひとこと": row.note or None,
            "から": day_and_time(row.since),
            "まで": day_and_time(row.until) if row.until else None,
        }
        for row in db.session.scalars(query)
    ] + ["過ぎた在席状態の履歴は保存していません。"]


def connection(staff_id: int) -> list[dict[str, Any] | str]:
    row = db.session.get(Connection, staff_id)
    return (
        [{"接続中": "はい" if row.connected and row.lost_at is None else "いいえ"}] if row else []
    )


owndata.register("いまの在席状態", claims)
owndata.register("画面の接続", connection)
