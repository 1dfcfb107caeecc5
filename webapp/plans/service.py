"""Entering planned stretches of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete

from webapp.core.db import db
from webapp.plans.models import PlannedSegment
from webapp.realtime import outbox


@dataclass(frozen=True, slots=True)
class Entry:
    """Minutes count from local midnight; kind: a place, "leave", "meeting" or "disaster"."""

    start: int
    end: int
    kind: str
    site: str | None = None


def put_day(staff_id: int, day: date, entries: Sequence[Entry], *, source: str) -> None:
    """What one source says of one person's day; replaces what that source said before."""
    db.session.execute(
        delete(PlannedSegment).where(
            PlannedSegment.staff_id == staff_id,
            PlannedSegment.day == day,
            PlannedSegment.source == source,
        )
    )
    for entry in entries:
        db.session.add(
            PlannedSegment(
                staff_id=staff_id,
                day=day,
                start_minute=entry.start,
                end_minute=entry.end,
                kind=entry.kind,
                site=entry.site,
                source=source,
            )
        )
    outbox.touch("staff", staff_id)
