"""Entering planned stretches, hours and telephones of a day. Inside a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select

from webapp.core.db import db
from webapp.org.queries import Hours
from webapp.plans.models import PlannedHours, PlannedReach, PlannedSegment
from webapp.plans.rules import Origin
from webapp.realtime import outbox


@dataclass(frozen=True, slots=True)
class Entry:
    """Minutes count from local midnight; kind: a place, "leave", "meeting" or "disaster"."""

    start: int
    end: int
    kind: str
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Telephone:
    """A telephone at hand from start to end (minutes): its number, and whether calls can be put through to it."""

    start: int
    end: int
    number: str
    reach: str


def put_day(
    staff_id: int,
    day: date,
    entries: Sequence[Entry],
    *,
    source: str,
    origin: Origin = Origin.IMPORT,
) -> bool:
    """What one source says of one person's day; replaces what that source said before. True if that changed anything.

    What stays the same keeps its place among the other sources: the same file read again each night must not put
    itself above what was entered by hand in between.
    """
    query = select(PlannedSegment).where(
        PlannedSegment.staff_id == staff_id,
        PlannedSegment.day == day,
        PlannedSegment.source == source,
    )
    before = list(db.session.scalars(query))
    missing = list(entries)
    changed = False
    for row in before:
        entry = Entry(row.start_minute, row.end_minute, row.kind, row.site)
        if entry in missing and row.origin == origin.value:
            missing.remove(entry)
        else:
            db.session.delete(row)
            changed = True
    for entry in missing:
        db.session.add(
            PlannedSegment(
                staff_id=staff_id,
                day=day,
                start_minute=entry.start,
                end_minute=entry.end,
                kind=entry.kind,
                site=entry.site,
                source=source,
                origin=origin.value,
            )
        )
    if changed or missing:
        db.session.flush()
        outbox.touch("staff", staff_id)
    return bool(changed or missing)


def put_hours(staff_id: int, day: date, hours: Hours | None, *, source: str) -> None:
    """勤務時間の割振り of one day as one source has it; None takes it back."""
    db.session.execute(
        delete(PlannedHours).where(
            PlannedHours.staff_id == staff_id,
            PlannedHours.day == day,
            PlannedHours.source == source,
        )
    )
    if hours is not None:
        pause = hours.breaks[0] if hours.breaks else (None, None)
        db.session.add(
            PlannedHours(
                staff_id=staff_id,
                day=day,
                start_minute=hours.start,
                end_minute=hours.end,
                break_start=pause[0],
                break_end=pause[1],
                source=source,
            )
        )
    db.session.flush()
    outbox.touch("staff", staff_id)


def put_reach(staff_id: int, day: date, telephones: Sequence[Telephone], *, source: str) -> None:
    """The telephones one source (a booking) gives a person for a day; replaces what it gave before."""
    db.session.execute(
        delete(PlannedReach).where(
            PlannedReach.staff_id == staff_id,
            PlannedReach.day == day,
            PlannedReach.source == source,
        )
    )
    for telephone in telephones:
        db.session.add(
            PlannedReach(
                staff_id=staff_id,
                day=day,
                start_minute=telephone.start,
                end_minute=telephone.end,
                number=telephone.number,
                reach=telephone.reach,
                source=source,
            )
        )
    db.session.flush()
    outbox.touch("staff", staff_id)
