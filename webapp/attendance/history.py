"""One's own reports of a month, day by day, with what was taken back, corrected and is waiting."""

import calendar as months
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.attendance import queries, service
from webapp.attendance.models import Correction, DayConfirmation, Punch
from webapp.core.calendar import days
from webapp.core.db import db
from webapp.org import queries as org
from webapp.presence.day_rules import reported
from webapp.presence.facts import LONGEST_DAY


@dataclass(slots=True)
class Line:
    punch: Punch
    may_take_back: bool
    correction: Correction | None = None  # waiting for this report


@dataclass(slots=True)
class HistoryDay:
    on: date
    closed: str | None
    lines: list[Line] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    confirmation: DayConfirmation | None = None
    missing_end: bool = False

    @property
    def standing(self) -> list[Line]:
        return [line for line in self.lines if line.punch.voided_at is None]

    @property
    def is_empty(self) -> bool:
        return not self.lines and not self.corrections


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    days: tuple[HistoryDay, ...]
    names: dict[int, str]
    before: date
    after: date | None
    is_closed: bool


def month_of(text: str | None, *, today: date) -> date:
    """The first day of 2026-11; of this month where nothing readable was asked for."""
    try:
        first = date.fromisoformat(f"{text}-01") if text else today.replace(day=1)
    except ValueError:
        first = today.replace(day=1)
    return min(first, today.replace(day=1))


def month(staff_id: int, first: date, *, now: datetime) -> Month:
    today = org.today(now)
    last = min(first.replace(day=months.monthrange(first.year, first.month)[1]), today)
    business = org.business_calendar()
    found = {on: HistoryDay(on, business.closed_because(on)) for on in days(first, last)}
    _fill(found, staff_id, first, last, now)
    involved = {p for day in found.values() for p in _involved(day)}
    after = (first + timedelta(days=31)).replace(day=1)
    return Month(
        first,
        tuple(sorted(found.values(), key=lambda day: day.on, reverse=True)),
        org.names_of(involved),
        (first - timedelta(days=1)).replace(day=1),
        after if after <= today else None,
        service.is_closed(first),
    )


def _fill(
    found: dict[date, HistoryDay], staff_id: int, first: date, last: date, now: datetime
) -> None:
    mine = [Punch.staff_id == staff_id, Punch.business_on.between(first, last)]
    for punch in db.session.scalars(select(Punch).where(*mine).order_by(Punch.at, Punch.id)):
        line = Line(punch, service.may_take_back(punch, now=now))
        found[punch.business_on].lines.append(line)
    asked = [Correction.staff_id == staff_id, Correction.business_on.between(first, last)]
    for correction in db.session.scalars(select(Correction).where(*asked).order_by(Correction.id)):
        day = found[correction.business_on]
        day.corrections.append(correction)
        for line in day.lines:
            if correction.decision is None and line.punch.id == correction.punch_id:
                line.correction = correction
    table = DayConfirmation
    seen = [table.staff_id == staff_id, table.business_on.between(first, last)]
    for confirmation in db.session.scalars(select(table).where(*seen)):
        found[confirmation.business_on].confirmation = confirmation
    for day in found.values():
        day.missing_end = _misses_end(day, now)


def _misses_end(day: HistoryDay, now: datetime) -> bool:
    reports = [queries.report_of(line.punch) for line in day.standing]
    if not reports:
        return False
    so_far = reported(reports, now)
    asked = any(c.kind == "end" and c.decision is None for c in day.corrections)
    begun = so_far.started_at
    return so_far.at_work and not asked and begun is not None and now >= begun + LONGEST_DAY


def _involved(day: HistoryDay) -> Iterable[int]:
    for line in day.lines:
        yield from (i for i in (line.punch.made_by, line.punch.voided_by) if i is not None)
    for correction in day.corrections:
        yield from (i for i in (correction.asked_by, correction.decided_by) if i is not None)
    if day.confirmation is not None:
        yield day.confirmation.confirmed_by
