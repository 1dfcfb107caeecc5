"""The weekly pattern of places: dated, every week or every other. Inside a transaction.

A pattern is the whole from its first day on. With a last day it lies between, and the one before goes on afterwards.
The past is never rewritten: what was in force ends the day before.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.core import audit
from webapp.core.audit import Acting
from webapp.core.db import db
from webapp.core.refusals import Conflict, RuleBroken
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.plans.models import WeeklyPlan
from webapp.plans.rules import Kind, recurs, weeks_apart
from webapp.realtime import outbox

AHEAD = timedelta(days=400)
PLACES = (Kind.OFFICE, Kind.HOME, Kind.SATELLITE, Kind.MOBILE, Kind.TRIP)


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One stretch of the pattern. offset: of every other week 0 = the week it begins in, 1 = the one after."""

    weekday: int
    start: int
    end: int
    kind: str
    site: str | None = None
    every: int = 1
    offset: int = 0


def rows_of(staff_id: int) -> list[WeeklyPlan]:
    query = select(WeeklyPlan).filter_by(staff_id=staff_id)
    return list(db.session.scalars(query.order_by(WeeklyPlan.starts_on, WeeklyPlan.id)))


def in_force(rows: Sequence[WeeklyPlan], on: date) -> list[Part]:
    """The pattern of a day, told from the week of that day."""
    begun: dict[tuple[datetime, date | None], date] = {}
    for row in rows:
        key = (row.made_at, row.ends_on)
        begun[key] = min(begun.get(key, row.starts_on), row.starts_on)
    return sorted(
        Part(
            row.weekday,
            row.start_minute,
            row.end_minute,
            row.kind,
            row.site,
            row.every,
            weeks_apart(row.starts_on, on) % 2 if row.every == 2 else 0,
        )
        for row in rows
        if _first(row, begun[row.made_at, row.ends_on]) <= on
        and (row.ends_on is None or on <= row.ends_on)
    )


def _first(row: WeeklyPlan, begun: date) -> date:
    """Every other week from the second on is stored from its first turn, but belongs to what began with it."""
    return max(begun, row.starts_on - timedelta(days=13)) if row.every == 2 else row.starts_on


def stamp(staff_id: int) -> str:
    """By it a page knows whether somebody else has changed the pattern meanwhile."""
    told = "|".join(f"{row.id}:{row.ends_on}" for row in rows_of(staff_id))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def revise(
    staff_id: int,
    parts: Sequence[Part],
    *,
    starts_on: date,
    ends_on: date | None,
    seen: str,
    actor: Acting,
    now: datetime,
) -> None:
    """Raises RuleBroken for days that do not fit, Conflict if the pattern is no longer the one that was seen."""
    _check_days(starts_on, ends_on, org.today(now))
    turn = select(Staff.id).where(Staff.id == staff_id)
    db.session.execute(turn.with_for_update(key_share=True))
    if stamp(staff_id) != seen:
        raise Conflict("ちょうど別の人が週の型を変えました。いまの型を確かめてください。")
    rows = rows_of(staff_id)
    for row in rows:
        _give_way(row, starts_on, ends_on, now)
    for part in parts:
        row = _row(staff_id, part, starts_on, ends_on, actor, now)
        if ends_on is None or row.starts_on <= ends_on:
            db.session.add(row)
    db.session.flush()
    outbox.touch("staff", staff_id)
    if actor.staff_id != staff_id:
        detail = {"from": starts_on.isoformat(), "to": ends_on.isoformat() if ends_on else None}
        audit.record(actor, "plan.weekly", staff_id=staff_id, detail=detail, now=now)


def _check_days(starts_on: date, ends_on: date | None, today: date) -> None:
    if not today <= starts_on <= today + AHEAD:
        right = f"{today.isoformat()}（今日）から {(today + AHEAD).isoformat()} までにしてください"
        raise RuleBroken("日付を確かめてください。", {"starts_on": right})
    if ends_on is not None and ends_on < starts_on:
        raise RuleBroken("日付を確かめてください。", {"ends_on": "始める日より後にしてください"})


def _give_way(row: WeeklyPlan, starts_on: date, ends_on: date | None, now: datetime) -> None:
    """Out of the days of the new pattern; what it has after them goes on."""
    if row.ends_on is not None and row.ends_on < starts_on:
        return
    if ends_on is not None and row.starts_on > ends_on:
        return
    if ends_on is not None and (row.ends_on is None or row.ends_on > ends_on):
        _go_on(row, ends_on + timedelta(days=1), now)
    if row.starts_on < starts_on:
        row.ends_on = starts_on - timedelta(days=1)
    else:
        db.session.delete(row)


def _go_on(row: WeeklyPlan, after: date, now: datetime) -> None:
    """The same stretch from its next turn on, so that every other week stays the same weeks."""
    days = (after + timedelta(days=n) for n in range(14))
    first = next(
        (d for d in days if recurs(row.weekday, row.every, row.starts_on, row.ends_on, d)), None
    )
    if first is None:
        return
    db.session.add(
        WeeklyPlan(
            staff_id=row.staff_id,
            weekday=row.weekday,
            start_minute=row.start_minute,
            end_minute=row.end_minute,
            kind=row.kind,
            site=row.site,
            every=row.every,
            starts_on=first if row.every == 2 else max(after, row.starts_on),
            ends_on=row.ends_on,
            made_at=now,
            made_by=row.made_by,
        )
    )


def _row(
    staff_id: int,
    part: Part,
    starts_on: date,
    ends_on: date | None,
    actor: Acting,
    now: datetime,
) -> WeeklyPlan:
    """The second of every other week begins with its own week: weeks are counted from `starts_on`."""
    monday = starts_on - timedelta(days=starts_on.weekday())
    first = monday + timedelta(days=7) if part.every == 2 and part.offset else starts_on
    return WeeklyPlan(
        staff_id=staff_id,
        weekday=part.weekday,
        start_minute=part.start,
        end_minute=part.end,
        kind=part.kind,
        site=part.site,
        every=part.every,
        starts_on=first,
        ends_on=ends_on,
        made_at=now,
        made_by=actor.staff_id,
    )
