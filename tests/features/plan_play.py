"""What the tests of the planned day have in common: a Thursday to come, forms, what is stored."""

from datetime import date
from typing import Any

from sqlalchemy import select

from tests.doors import post
from tests.stage import Stage
from webapp.core.db import db
from webapp.plans.models import PlannedSegment

THURSDAY = date(2026, 11, 26)


def send(stage: Stage, viewer: str, path: str, form: dict[str, Any] | None = None) -> Any:
    return post(stage.browser(viewer), path, form)


def add(stage: Stage, viewer: str, number: str, **fields: Any) -> Any:
    form = {"date": THURSDAY.isoformat(), "kind": "home", "extent": "whole"} | fields
    return send(stage, viewer, f"/plan/day/{number}/add", form)


def stored(stage: Stage, number: str, day: date = THURSDAY) -> list[str]:
    """What is planned for a day, as "home 510-1035 四ツ谷 (manual)"."""
    db.session.rollback()
    query = select(PlannedSegment).filter_by(staff_id=stage.ids[number], day=day)
    return [
        f"{row.kind} {row.start_minute}-{row.end_minute}"
        + (f" {row.site}" if row.site else "")
        + f" ({row.source})"
        for row in db.session.scalars(query.order_by(PlannedSegment.id))
    ]
