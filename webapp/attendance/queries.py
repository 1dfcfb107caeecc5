"""Reading reports of start and end."""

import calendar as months
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, select

from webapp.attendance.models import Correction, Punch
from webapp.attendance.rules import OpenDay
from webapp.attendance.settings import CLOSED_THROUGH
from webapp.core import clock, settings
from webapp.core.db import db
from webapp.core.reading import among, read
from webapp.presence.day_rules import reported
from webapp.presence.facts import LONGEST_DAY, Place, PunchKind, Report


def report_of(punch: Punch) -> Report:
    return Report(
        PunchKind(punch.kind),
        punch.at,
        Place(punch.place) if punch.place else None,
        punch.site,
        punch.return_at,
    )


def punches_on(staff_id: int, day: date) -> list[Punch]:
    """The standing punches of a business day, in order."""
    query = select(Punch).where(
        Punch.staff_id == staff_id, Punch.business_on == day, Punch.voided_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(Punch.at, Punch.id)))


def punches_between(staff_id: int, first: date, last: date) -> dict[date, list[Punch]]:
    """{business day: its standing reports in order}; days without any are not in it."""
    query = select(Punch).where(
        Punch.staff_id == staff_id,
        Punch.business_on.between(first, last),
        Punch.voided_at.is_(None),
    )
    found: dict[date, list[Punch]] = {}
    for punch in db.session.scalars(query.order_by(Punch.at, Punch.id)):
        found.setdefault(punch.business_on, []).append(punch)
    return found


def _reports() -> Select[*tuple[Any, ...]]:
    punch = Punch.__table__.c
    columns = select(
        punch.staff_id,
        punch.business_on,
        punch.kind,
        punch.at,
        punch.place,
        punch.site,
        punch.return_at,
    )
    own = among(punch.staff_id), among(punch.business_on, "days"), punch.voided_at.is_(None)
    return columns.where(*own).order_by(punch.at, punch.id)


_REPORTS = _reports()


def reports_of(
    staff_ids: Sequence[int], day: date, day_starts_at: datetime
) -> dict[int, tuple[Report, ...]]:
    """{staff id: reports of the day}, with yesterday's before them where that day reaches into this one."""
    by_day: dict[tuple[int, date], list[Report]] = {}
    days = [day - timedelta(days=1), day]
    for staff_id, on, kind, at, place, site, return_at in read(_REPORTS, ids=staff_ids, days=days):
        report = Report(PunchKind(kind), at, Place(place) if place else None, site, return_at)
        by_day.setdefault((staff_id, on), []).append(report)
    found: dict[int, tuple[Report, ...]] = {}
    for (staff_id, on), reports in by_day.items():
        todays = by_day.get((staff_id, day), [])
        if on == day or _reaches(reports, todays, day_starts_at):
            found[staff_id] = tuple(
                sorted((*found.get(staff_id, ()), *reports), key=lambda r: r.at)
            )
    return found


def _reaches(reports: list[Report], todays: list[Report], day_starts_at: datetime) -> bool:
    """Yesterday's day ended after 日替わり, or is open and not simply forgotten.

    Who has begun a new day has left the old one: a forgotten 終業 must not swallow today's 始業.
    """
    so_far = reported(reports, reports[-1].at)
    if so_far.ended_at is not None:
        return so_far.ended_at >= day_starts_at
    if any(report.kind is PunchKind.START for report in todays):
        return False
    return so_far.started_at is not None and so_far.started_at + LONGEST_DAY > day_starts_at


def latest_punch(staff_id: int, *, up_to: datetime) -> Punch | None:
    """The latest standing punch as of an instant: a queue of a phone that was out of reach arrives in its own past."""
    query = select(Punch).where(
        Punch.staff_id == staff_id, Punch.voided_at.is_(None), Punch.at <= up_to
    )
    return db.session.scalars(query.order_by(Punch.at.desc(), Punch.id.desc()).limit(1)).first()


def open_day(staff_id: int, *, before: datetime) -> OpenDay | None:
    """The latest day with reports, if it was begun and not ended."""
    latest = db.session.scalars(
        select(Punch.business_on)
        .where(Punch.staff_id == staff_id, Punch.voided_at.is_(None), Punch.at <= before)
        .order_by(Punch.at.desc())
        .limit(1)
    ).first()
    if latest is None:
        return None
    so_far = reported([report_of(punch) for punch in punches_on(staff_id, latest)], before)
    if not so_far.at_work or so_far.started_at is None:
        return None
    return OpenDay(latest, so_far.started_at)


def closed_through() -> date | None:
    """The last day of the months that are closed."""
    text = settings.value(CLOSED_THROUGH)
    try:
        year, month = (int(part) for part in text.split("-"))
        return date(year, month, months.monthrange(year, month)[1])
    except ValueError:
        return None


def missing_end(staff_id: int, *, today: date, now: datetime | None = None) -> date | None:
    """The latest earlier day (of two weeks) begun and never ended, not yet answered by a correction.

    A night that still runs is not asked for.
    """
    days = unended_days([staff_id], today - timedelta(days=14), today - timedelta(days=1))
    late = (now or clock.now()) - LONGEST_DAY
    open_days = [on for on, started_at in days.get(staff_id, {}).items() if started_at <= late]
    asked = select(Correction.business_on).where(
        Correction.staff_id == staff_id,
        Correction.business_on.in_(open_days),
        Correction.kind == PunchKind.END,
        Correction.decision.is_(None),
    )
    answered = set(db.session.scalars(asked))
    return max((day for day in open_days if day not in answered), default=None)


def unended_days(
    staff_ids: Sequence[int] | None, first: date, last: date
) -> dict[int, dict[date, datetime]]:
    """{staff id: {day begun and never ended: when it began}}; staff_ids None = everybody."""
    query = select(Punch).where(Punch.business_on.between(first, last), Punch.voided_at.is_(None))
    if staff_ids is not None:
        query = query.where(Punch.staff_id.in_(staff_ids))
    by_day: dict[tuple[int, date], list[Report]] = {}
    for punch in db.session.scalars(query.order_by(Punch.at, Punch.id)):
        by_day.setdefault((punch.staff_id, punch.business_on), []).append(report_of(punch))
    found: dict[int, dict[date, datetime]] = {}
    for (staff_id, on), reports in by_day.items():
        so_far = reported(reports, reports[-1].at)
        if so_far.at_work and so_far.started_at is not None:
            found.setdefault(staff_id, {})[on] = so_far.started_at
    return found


def own_punch(staff_id: int, punch_id: int) -> Punch | None:
    punch = db.session.get(Punch, punch_id)
    return punch if punch is not None and punch.staff_id == staff_id else None


def as_json(punch: Punch) -> dict[str, Any]:
    """A punch as the API answers and lists it."""
    return {
        "id": punch.id,
        "kind": punch.kind,
        "place": punch.place,
        "site": punch.site,
        "at": iso(punch.at),
        "received_at": iso(punch.received_at),
        "return_at": iso(punch.return_at),
        "source": punch.source,
        "idempotency_key": punch.idempotency_key,
        "business_on": punch.business_on.isoformat(),
        "flag": punch.flag,
        "note": punch.note,
    }


def iso(instant: datetime | None) -> str | None:
    """ISO 8601 with +09:00."""
    return clock.to_tokyo(instant).isoformat() if instant is not None else None
