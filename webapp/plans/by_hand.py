"""A day planned by hand: by the person, or by a colleague on their behalf; and taking it back. Inside a transaction.

What is added lies above what was entered before (rules.laid); what it hides completely is taken away with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.core import audit
from webapp.core.audit import Acting
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.plans import queries, spans
from webapp.plans.models import PlannedSegment
from webapp.plans.rules import Kind, Origin
from webapp.plans.service import Entry
from webapp.plans.spans import DayHours, Extent
from webapp.realtime import outbox

SOURCE = Origin.MANUAL.value
MOST_DAYS = 62  # filled in one go
BACK, AHEAD = timedelta(days=31), timedelta(days=400)
UNDO_FOR = timedelta(seconds=60)  # ten on the screen, more where the page is slow or has no script

# Kinds that say where somebody is; of those the upper hides the lower.
KINDS = (Kind.OFFICE, Kind.HOME, Kind.SATELLITE, Kind.MOBILE, Kind.TRIP, Kind.LEAVE, Kind.MEETING)
WITH_SITE = frozenset({Kind.SATELLITE, Kind.TRIP, Kind.MOBILE})


@dataclass(frozen=True, slots=True)
class Wish:
    """start and end count with Extent.HOURS alone. last: the same on every working day until then."""

    first: date
    kind: Kind
    extent: Extent
    start: int | None = None
    end: int | None = None
    site: str | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A stored stretch, as an undo needs it."""

    id: int
    start: int
    end: int
    kind: str
    site: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One day before and after: what an undo restores, and by what it knows that nobody came between."""

    day: date
    before: tuple[Line, ...]
    after: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Done:
    staff_id: int
    at: datetime
    steps: tuple[Step, ...]
    left_out: int = 0  # days without working hours


def lines_of(staff_id: int, day: date) -> tuple[Line, ...]:
    query = select(PlannedSegment).filter_by(staff_id=staff_id, day=day, source=SOURCE)
    rows = db.session.scalars(query.order_by(PlannedSegment.id))
    return tuple(Line(r.id, r.start_minute, r.end_minute, r.kind, r.site) for r in rows)


def add(staff_id: int, wish: Wish, *, actor: Acting, now: datetime) -> Done:
    """Raises RuleBroken with the field that does not fit."""
    days = _days(wish, org.today(now))
    _in_turn(staff_id)
    hours = queries.day_hours(staff_id, days, now=now)
    wanted = {day: entry for day in days if (entry := _entry(wish, hours.get(day))) is not None}
    if not wanted:
        raise _no_hours(wish)
    steps = []
    for day, entry in wanted.items():
        before = lines_of(staff_id, day)
        kept = [line for line in before if not _hidden(line, entry)]
        _write(staff_id, day, before, [*kept, _new(entry)])
        steps.append(Step(day, before, lines_of(staff_id, day)))
    _tell(staff_id, wanted, actor, now)
    return Done(staff_id, now, tuple(steps), len(days) - len(wanted))


def remove(staff_id: int, segment_id: int, *, actor: Acting, now: datetime) -> Done:
    """Raises NotFound: gone already, or not entered by hand."""
    _in_turn(staff_id)
    row = db.session.get(PlannedSegment, segment_id)
    if row is None or row.staff_id != staff_id or row.source != SOURCE:
        raise NotFound("この予定は、もう取り消されています。")
    before = lines_of(staff_id, row.day)
    _write(staff_id, row.day, before, [line for line in before if line.id != segment_id])
    _tell(staff_id, [row.day], actor, now)
    return Done(staff_id, now, (Step(row.day, before, lines_of(staff_id, row.day)),))


def undo(done: Done, *, actor: Acting, now: datetime) -> None:
    """Raises Conflict when it is too late, or somebody entered something since."""
    _in_turn(done.staff_id)
    if not done.at <= now <= done.at + UNDO_FOR:
        raise Conflict("元に戻せる時間を過ぎました。予定の一覧から取り消してください。")
    for step in done.steps:
        if lines_of(done.staff_id, step.day) != step.after:
            raise Conflict("その後に予定が変わったので、元に戻せません。予定を確かめてください。")
    for step in done.steps:
        _write(done.staff_id, step.day, step.after, step.before)
    _tell(done.staff_id, [step.day for step in done.steps], actor, now)


# --- the days and minutes meant -------------------------------------------------------------


def _days(wish: Wish, today: date) -> list[date]:
    if not today - BACK <= wish.first <= today + AHEAD:
        right = f"{(today - BACK).isoformat()} から {(today + AHEAD).isoformat()} までの日にしてください"
        raise RuleBroken("日付を確かめてください。", {"date": right})
    last = wish.last or wish.first
    if last < wish.first:
        raise RuleBroken("日付を確かめてください。", {"last": "はじめの日より後の日にしてください"})
    count = (last - wish.first).days + 1
    if count > MOST_DAYS:
        right = f"一度に{MOST_DAYS}日までにしてください"
        raise RuleBroken("日付を確かめてください。", {"last": right})
    days = [wish.first + timedelta(days=n) for n in range(count)]
    business = org.business_calendar()
    return days if count == 1 else [day for day in days if business.is_business_day(day)]


def _entry(wish: Wish, hours: DayHours | None) -> Entry | None:
    if wish.extent is Extent.HOURS:
        start, end = wish.start, wish.end
        if start is None or end is None or not 0 <= start < end <= spans.MIDNIGHT:
            fault = "開始より後の時刻を入れてください（例 13:00〜15:00）"
            raise RuleBroken(
                "時間を確かめてください。", {"end" if start is not None else "start": fault}
            )
        return Entry(start, end, wish.kind.value, _site(wish))
    span = spans.span_of(wish.extent, hours) if hours else None
    return Entry(*span, wish.kind.value, _site(wish)) if span else None


def _site(wish: Wish) -> str | None:
    return (wish.site or None) if wish.kind in WITH_SITE else None


def _no_hours(wish: Wish) -> RuleBroken:
    right = "勤務時間のない日です。「時間を指定」で開始と終了を入れてください"
    if wish.last and wish.last > wish.first:
        right = "この期間に勤務日がありません。日付を確かめてください"
    return RuleBroken("予定を入れられません。", {"extent": right})


# --- writing --------------------------------------------------------------------------------


def _new(entry: Entry) -> Line:
    return Line(0, entry.start, entry.end, entry.kind, entry.site)


def _hidden(line: Line, entry: Entry) -> bool:
    """What the new one covers completely, and its own like: the same meeting twice is one."""
    if line.kind == entry.kind == Kind.MEETING:
        return (line.start, line.end) == (entry.start, entry.end)
    if Kind.MEETING in (line.kind, entry.kind):
        return False
    return entry.start <= line.start and line.end <= entry.end


def _in_turn(staff_id: int) -> None:
    """Who enters something for the same person at the same moment comes after."""
    query = select(Staff.id).where(Staff.id == staff_id)
    db.session.execute(query.with_for_update(key_share=True))


def _write(staff_id: int, day: date, before: Sequence[Line], wanted: Sequence[Line]) -> None:
    """A line that comes back takes its old id where that is free: its place among the other sources."""
    staying = {line.id for line in wanted}
    for line in before:
        if line.id not in staying:
            row = db.session.get(PlannedSegment, line.id)
            if row is not None:
                db.session.delete(row)
    db.session.flush()
    there = {line.id for line in before}
    for line in wanted:
        if line.id not in there:
            db.session.add(PlannedSegment(**_values(staff_id, day, line)))
            db.session.flush()


def _values(staff_id: int, day: date, line: Line) -> dict[str, Any]:
    values: dict[str, Any] = {
        "staff_id": staff_id,
        "day": day,
        "start_minute": line.start,
        "end_minute": line.end,
        "kind": line.kind,
        "site": line.site,
        "source": SOURCE,
        "origin": Origin.MANUAL.value,
    }
    if line.id and db.session.get(PlannedSegment, line.id) is None:
        values["id"] = line.id
    return values


def _tell(staff_id: int, days: Iterable[date], actor: Acting, now: datetime) -> None:
    outbox.touch("staff", staff_id)
    if actor.staff_id != staff_id:
        dates = sorted(days)
        detail = {"from": dates[0].isoformat(), "to": dates[-1].isoformat()}
        audit.record(actor, "plan.day", staff_id=staff_id, detail=detail, now=now)
