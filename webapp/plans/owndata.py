"""What the plans keep of a person, for their own page. The kind of leave is not stored, nor any title of a calendar."""

from typing import Any

from sqlalchemy import select

from webapp.accounts import owndata
from webapp.core import calendar, clock
from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.plans.models import (
    CalendarDraft,
    CalendarSource,
    PlannedHours,
    PlannedReach,
    PlannedSegment,
    WeeklyPlan,
)
from webapp.presence import queries as presence

_MORE = {"meeting": "会議", "disaster": "災害配備"}
Lines = list[dict[str, Any] | str]


def _place(kind: str) -> str:
    return presence.labels()["place"].get(kind) or _MORE.get(kind, kind)


def _span(row: Any) -> str:
    return f"{clock_of(row.start_minute)}〜{clock_of(row.end_minute)}"


def segments(staff_id: int) -> Lines:
    query = select(PlannedSegment).filter_by(staff_id=staff_id)
    return [
        {
            "日付": row.day.isoformat(),
            "時間": _span(row),
            "区分": _place(row.kind),
            "拠点": row.site,
            "取込元": row.source,
        }
        for row in db.session.scalars(query.order_by(PlannedSegment.day, PlannedSegment.id))
    ]


def pattern(staff_id: int) -> Lines:
    query = select(WeeklyPlan).filter_by(staff_id=staff_id)
    return [
        {
            "曜日": calendar.WEEKDAYS[row.weekday],
            "時間": _span(row),
            "区分": _place(row.kind),
            "拠点": row.site,
            "くり返し": "隔週" if row.every == 2 else "毎週",
            "始め": row.starts_on.isoformat(),
            "終わり": row.ends_on.isoformat() if row.ends_on else None,
        }
        for row in db.session.scalars(query.order_by(WeeklyPlan.starts_on, WeeklyPlan.weekday))
    ]


def hours(staff_id: int) -> Lines:
    query = select(PlannedHours).filter_by(staff_id=staff_id)
    return [
        {"日付": row.day.isoformat(), "勤務時間": _span(row), "もと": row.source}
        for row in db.session.scalars(query.order_by(PlannedHours.day, PlannedHours.id))
    ]


def telephones(staff_id: int) -> Lines:
    query = select(PlannedReach).filter_by(staff_id=staff_id)
    return [
        {"日付": row.day.isoformat(), "時間": _span(row), "電話番号": row.number}
        for row in db.session.scalars(query.order_by(PlannedReach.day, PlannedReach.id))
    ]


def calendars(staff_id: int) -> Lines:
    """The address, and files between preview and taking in."""
    found: Lines = []
    source = db.session.get(CalendarSource, staff_id)
    if source is not None:
        read_at = clock.to_tokyo(source.read_at) if source.read_at else None
        read = f"{read_at:%Y-%m-%d %H:%M}" if read_at else None
        found.append(
            {"アドレス": source.url, "読んだ日時": read, "うまくいかない理由": source.fault}
        )
    query = select(CalendarDraft).filter_by(staff_id=staff_id)
    found += [{"確かめている途中のファイル": row.file_name} for row in db.session.scalars(query)]
    return found


owndata.register("予定", segments)
owndata.register("週の型", pattern)
owndata.register("勤務時間の割振り", hours)
owndata.register("予定の電話", telephones)
owndata.register("カレンダー", calendars)
