"""Check and write of patterns, staff-hours and closures: they hold from now on."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import delete, or_, select

from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.core.models import Closure
from webapp.org import import_facts as facts_of
from webapp.org import import_write as write
from webapp.org import queries
from webapp.org.import_difference import Change, What, counted
from webapp.org.import_hours import (
    CLOSURE_COLUMNS,
    PATTERN_COLUMNS,
    STAFF_HOURS_COLUMNS,
    ClosureRow,
    DayHours,
    StaffHoursRow,
    merged_hours,
    read_closures,
    read_patterns,
    read_staff_hours,
)
from webapp.org.import_order import Checked, Written, closed, opened
from webapp.org.models import Posting, Staff, StaffHours, WorkPattern, WorkPatternDay

_DAYS = "月火水木金土日"


def _text(hours: Iterable[DayHours]) -> str:
    """月・火・水 8:30〜17:15 / 木 9:00〜12:00."""
    by_span: dict[str, list[str]] = {}
    for day in sorted(hours, key=lambda day: day.weekday):
        span = f"{clock_of(day.start)}〜{clock_of(day.end)}"
        by_span.setdefault(span, []).append(_DAYS[day.weekday])
    return " / ".join(f"{'・'.join(days)} {span}" for span, days in by_span.items())


def _change(code: str, name: str, old: str, new: str) -> Change:
    what = What.CHANGED if old else What.JOINED
    return Change(what, code, name, old, new)


def _tell(checked: Checked, changes: list[Change], of: int) -> None:
    checked.changes = changes
    checked.counts = counted(changes) | {"unchanged": of - len(changes)}
    checked.changes_something = bool(changes)


# ---- patterns


def check_patterns(checked: Checked, *, today: date) -> None:
    table = opened(checked, PATTERN_COLUMNS)
    rows = read_patterns(table)
    if closed(checked, table):
        return
    wanted: dict[str, set[DayHours]] = {}
    for row in rows:
        wanted.setdefault(row.name, set()).add(row.hours)
    held = _held_patterns()
    changed = {name: days for name, days in wanted.items() if held.get(name) != days}
    changes = [
        _change(name, name, _text(held.get(name, ())), _text(days))
        for name, days in changed.items()
    ]
    _tell(checked, changes, len(wanted))
    if others := sorted(set(held) - set(wanted)):
        checked.notes.append(f"ファイルにない区分はそのまま残ります: {'、'.join(others)}")
    checked.write = lambda _taken: _write_patterns(changed, today)


def _held_patterns() -> dict[str, set[DayHours]]:
    found: dict[str, set[DayHours]] = {name: set() for name in facts_of.pattern_names()}
    query = select(WorkPattern.name, WorkPatternDay).join(WorkPattern.days)
    for name, day in db.session.execute(query):
        found[name].add(_hours(day, day.core_start, day.core_end))
    return found


def _hours(
    day: WorkPatternDay | StaffHours, core_start: int | None = None, core_end: int | None = None
) -> DayHours:
    pause = (day.break_start, day.break_end)
    return DayHours(day.weekday, day.start_minute, day.end_minute, *pause, core_start, core_end)


def _write_patterns(changed: dict[str, set[DayHours]], today: date) -> Written:
    for name, days in changed.items():
        pattern = db.session.scalars(select(WorkPattern).filter_by(name=name)).one_or_none()
        if pattern is None:
            pattern = WorkPattern(name=name)
            db.session.add(pattern)
            db.session.flush()
        db.session.execute(delete(WorkPatternDay).where(WorkPatternDay.pattern_id == pattern.id))
        write.insert_all(
            WorkPatternDay,
            [
                {"pattern_id": pattern.id, "core_start": day.core_start, "core_end": day.core_end}
                | _stored(day)
                for day in days
            ],
        )
        db.session.expire(pattern)
    return Written(_working_by(list(changed), today))


def _stored(day: DayHours) -> dict[str, Any]:
    return {
        "weekday": day.weekday,
        "start_minute": day.start,
        "end_minute": day.end,
        "break_start": day.break_start,
        "break_end": day.break_end,
    }


def _working_by(patterns: list[str], today: date) -> set[int]:
    query = select(Posting.staff_id).where(
        Posting.pattern_name.in_(patterns),
        Posting.starts_on <= today,
        or_(Posting.closed_on.is_(None), Posting.closed_on >= today),
    )
    return set(db.session.scalars(query))


# ---- staff-hours


def check_staff_hours(checked: Checked, *, today: date) -> None:
    table = opened(checked, STAFF_HOURS_COLUMNS)
    numbers = facts_of.staff_ids()
    if not numbers and table.rows:
        table.rows.clear()
        table.fault(
            1, "職員番号", "職員がまだ取り込まれていません", "先に職員（staff）を取り込んでください"
        )
    rows = read_staff_hours(table, numbers)
    if closed(checked, table):
        return
    wanted: dict[str, list[StaffHoursRow]] = {}
    for row in rows:
        wanted.setdefault(row.number, []).append(row)
    held = _held_hours(set(wanted))
    after = {
        number: merged_hours(held.get(number, []), of_person, today=today)
        for number, of_person in wanted.items()
    }
    changed = {
        number: new for number, new in after.items() if set(held.get(number, [])) != set(new)
    }
    names = queries.names_of([numbers[number] for number in changed])
    changes = [
        _change(
            number,
            names.get(numbers[number], number),
            _text({row.hours for row in held.get(number, [])}),
            _text({row.hours for row in new}),
        )
        for number, new in changed.items()
    ]
    _tell(checked, changes, len(wanted))
    checked.write = lambda _taken: _write_hours({numbers[n]: new for n, new in changed.items()})


def _held_hours(numbers: set[str]) -> dict[str, list[StaffHoursRow]]:
    found: dict[str, list[StaffHoursRow]] = {}
    query = select(Staff.number, StaffHours).join(Staff, Staff.id == StaffHours.staff_id)
    for number, row in db.session.execute(query):
        if number in numbers:
            found.setdefault(number, []).append(
                StaffHoursRow(number, _hours(row), row.starts_on, row.ends_on)
            )
    return found


def _write_hours(after: dict[int, list[StaffHoursRow]]) -> Written:
    for part in write.chunks(list(after)):
        db.session.execute(delete(StaffHours).where(StaffHours.staff_id.in_(part)))
    rows = [
        {"staff_id": staff_id, "starts_on": row.starts_on, "ends_on": row.ends_on}
        | _stored(row.hours)
        for staff_id, new in after.items()
        for row in new
    ]
    write.insert_all(StaffHours, rows)
    return Written(set(after))


# ---- closures


def check_closures(checked: Checked, *, today: date) -> None:
    table = opened(checked, CLOSURE_COLUMNS)
    rows = read_closures(table)
    if closed(checked, table):
        return
    held = {
        (row.site, row.day, row.start_minute): row for row in db.session.scalars(select(Closure))
    }
    changed = []
    changes = []
    for row in rows:
        old = held.get((row.site, row.day, row.start))
        if old is None or (old.end_minute, old.reason) != (row.end, row.reason):
            changed.append(row)
            before = old.reason or "閉庁" if old else ""
            changes.append(_change(row.day.isoformat(), row.site or "全庁", before, row.reason))
    _tell(checked, changes, len(rows))
    checked.write = lambda _taken: _write_closures(changed, today)


def _write_closures(rows: list[ClosureRow], today: date) -> Written:
    for row in rows:
        query = select(Closure).filter_by(site=row.site, day=row.day, start_minute=row.start)
        closure = db.session.scalars(query).one_or_none()
        if closure is None:
            closure = Closure(site=row.site, day=row.day, start_minute=row.start)
            db.session.add(closure)
        closure.end_minute, closure.reason = row.end, row.reason
    if any(row.day == today for row in rows):
        return Written(queries.posted_staff_ids(today, known_at=None))
    return Written()
