"""報告: the part that is written by itself. Times come from the reports of start and end, what was done from the
evening note, 確認 from the confirmation of the day; two questions are left to the person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.attendance import confirmations
from webapp.attendance import queries as attendance
from webapp.attendance.models import Punch
from webapp.core import calendar, settings
from webapp.core.db import db
from webapp.core.refusals import NotAllowed, RuleBroken
from webapp.org import queries as org
from webapp.presence.facts import PunchKind
from webapp.realtime import outbox
from webapp.requests import access, form_settings, known
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import State
from webapp.requests.settings import OVERTIME
from webapp.requests.telling import TOPIC
from webapp.requests.units import path_of
from webapp.standup import queries as standup
from webapp.standup.rules import Half

LATE = timedelta(minutes=15)  # a 終業 that much after the day's hours is asked about
ASKED_FOR = timedelta(days=31)
DAY_END = 24 * 60


@dataclass(frozen=True, slots=True)
class Report:
    """outs: (left, back or None). pause: the break of the day in minutes. asks: which questions are still open."""

    started_at: datetime | None = None
    ended_at: datetime | None = None
    outs: tuple[tuple[datetime, datetime | None], ...] = ()
    pause: tuple[int, int] | None = None
    done: tuple[str, ...] = ()
    carried_over: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    asks: frozenset[str] = frozenset()


def report_of(row: TeleworkRequest, *, now: datetime) -> Report:
    """What is known so far; before the day everything is empty."""
    if row.day > org.today(now):
        return Report()
    punches = attendance.punches_on(row.staff_id, row.day)
    note = standup.note(row.staff_id, row.day, Half.EVENING)
    confirmed = confirmations.confirmations_on([row.staff_id], row.day).get(row.staff_id)
    names = org.names_of([confirmed.confirmed_by]) if confirmed else {}
    hours = _hours(row, now)
    ended_at = _last(punches, PunchKind.END)
    return Report(
        started_at=_first(punches, PunchKind.START),
        ended_at=ended_at,
        outs=_outs(punches),
        pause=hours.pause,
        done=tuple(note.lines) if note else (),
        carried_over=tuple(note.carried_over) if note else (),
        links=tuple(note.links) if note else (),
        confirmed_by=names.get(confirmed.confirmed_by, "") if confirmed else "",
        confirmed_at=confirmed.confirmed_at if confirmed else None,
        asks=_asks(row, ended_at, hours.end, now),
    )


def _first(punches: Sequence[Punch], kind: PunchKind) -> datetime | None:
    return next((punch.at for punch in punches if punch.kind == kind), None)


def _last(punches: Sequence[Punch], kind: PunchKind) -> datetime | None:
    """The 終業 that stands: none where work went on afterwards."""
    last = next((p for p in reversed(punches) if p.kind in (PunchKind.START, kind)), None)
    return last.at if last is not None and last.kind == kind else None


def _outs(punches: Sequence[Punch]) -> tuple[tuple[datetime, datetime | None], ...]:
    found: list[tuple[datetime, datetime | None]] = []
    for punch in punches:
        if punch.kind == PunchKind.BREAK_OUT:
            found.append((punch.at, None))
        elif punch.kind == PunchKind.BREAK_IN and found and found[-1][1] is None:
            found[-1] = (found[-1][0], punch.at)
    return tuple(found)


def _hours(row: TeleworkRequest, now: datetime) -> known.Hours:
    """As allotted with the request, else the ordinary ones."""
    if row.hours_start is not None and row.hours_end is not None:
        pause = None
        if row.break_start is not None and row.break_end is not None:
            pause = (row.break_start, row.break_end)
        return known.Hours(row.hours_start, row.hours_end, pause)
    held = org.postings_of([row.staff_id], row.day, known_at=now)
    found = org.hours_on(row.day, held).get(row.staff_id)
    if found is None:
        return known.USUAL
    return known.Hours(found.start, found.end, next(iter(found.breaks), None))


def _asks(
    row: TeleworkRequest, ended_at: datetime | None, end: int, now: datetime
) -> frozenset[str]:
    if State(row.state) is not State.APPROVED:
        return frozenset()
    path = path_of(row.unit_id)
    found = set()
    late = ended_at is not None and ended_at > calendar.at_minute(row.day, end) + LATE
    if late and row.overtime_ordered is None and _is_asked("overtime", path):
        found.add("overtime")
    over = ended_at is not None or row.day < org.today(now)
    if over and row.carries and row.returned_items is None and _is_asked("returned", path):
        found.add("returned")
    return frozenset(found)


def _is_asked(name: str, path: Sequence[str]) -> bool:
    if name == "overtime" and settings.value(OVERTIME, path) == "free":
        return False
    return bool(settings.value(form_settings.FIELDS[name], path) != "no")


# --- what the person answers ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """None = not answered now. note ≤ 200 characters."""

    overtime: bool | None = None
    returned: bool | None = None
    note: str | None = None


def answer(row: TeleworkRequest, given: Answer, *, actor: Actor, now: datetime) -> None:
    """Inside a transaction, the row under lock. NotAllowed for others; RuleBroken before the day."""
    if not access.enters(row, actor, now=now):
        raise NotAllowed("報告を書けるのは、本人と、代わりに入力した人です。")
    if State(row.state) is not State.APPROVED or row.day > org.today(now):
        raise RuleBroken("報告は、承認された申請の実施日から書けます。")
    if given.overtime is not None:
        row.overtime_ordered = given.overtime
    if given.returned is not None:
        row.returned_items = given.returned
    if given.note is not None:
        row.report_note = given.note
    row.revision += 1
    outbox.touch(TOPIC, row.id)


def open_questions(staff_id: int, *, now: datetime) -> list[tuple[TeleworkRequest, frozenset[str]]]:
    """The person's approved requests of the last month with a question still open, the oldest first."""
    today = org.today(now)
    query = select(TeleworkRequest).where(
        TeleworkRequest.staff_id == staff_id,
        TeleworkRequest.state == State.APPROVED.value,
        TeleworkRequest.day.between(today - ASKED_FOR, today),
    )
    rows = [row for row in db.session.scalars(query.order_by(TeleworkRequest.day)) if _may_ask(row)]
    punches = attendance.punches_between(staff_id, today - ASKED_FOR, today) if rows else {}
    asked = ((row, _asked_of(row, punches.get(row.day, ()), now)) for row in rows)
    return [(row, asks) for row, asks in asked if asks]


def _asked_of(row: TeleworkRequest, punches: Sequence[Punch], now: datetime) -> frozenset[str]:
    """The day's hours are looked up only where a 終業 could be late: the first page of a day asks for a month."""
    ended_at = _last(punches, PunchKind.END)
    may_be_late = ended_at is not None and _is_asked("overtime", path_of(row.unit_id))
    end = _hours(row, now).end if may_be_late else DAY_END
    return _asks(row, ended_at, end, now)


def _may_ask(row: TeleworkRequest) -> bool:
    """Without looking at the reports: whether any question can be open."""
    return row.overtime_ordered is None or (row.carries and row.returned_items is None)
