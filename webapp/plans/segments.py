"""Taking in a segments file: everything checked first, all or nothing, then one short write.

For each 取込元 and each date in the file the file is the whole of what that source says of the date.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from webapp.core import settings
from webapp.core.csvfile import Table, read_table
from webapp.core.hours import clock_of
from webapp.core.pages import month_day
from webapp.extensions import off_loop
from webapp.org import import_facts, importing
from webapp.org import queries as org
from webapp.org.import_cells import nearest
from webapp.org.import_difference import Change, What
from webapp.org.import_order import Checked, Written, closed
from webapp.org.queries import Hours
from webapp.plans import queries, replacing, segment_cells
from webapp.plans.replacing import Difference, Scope
from webapp.plans.rules import Kind, Planned
from webapp.plans.segment_cells import NUMBER, START, Placed, SegmentRow
from webapp.plans.service import Entry
from webapp.presence.settings import PLACE_LABELS

CHUNK = 100
HINTS = 20  # numbers for which the one that was probably meant is looked for
SHOWN = 1000  # lines of the difference; the counts tell the rest
WORDS = {kind: word for word, kind in reversed(segment_cells.KINDS.items())}
Rows = dict[str, dict[tuple[int, date], list[Placed]]]


def check_segments(checked: Checked, *, today: date) -> None:
    table = off_loop(read_table, checked.order.content, checked.order.file, segment_cells.COLUMNS)
    checked.encoding, checked.rows = table.encoding, len(table.rows)
    if table.ignored:
        checked.notes.append(f"知らない見出しの列は読みませんでした: {'、'.join(table.ignored)}")
    kinds = segment_cells.words(settings.value(PLACE_LABELS))
    read = (segment_cells.read(table, row, kinds) for row in _slowly(table.rows))
    rows = [row for row in read if row is not None]
    numbers = import_facts.staff_ids()
    _check_people(table, rows, numbers)
    by_source = _placed(table, [row for row in rows if row.number in numbers], numbers)
    _check_contradictions(table, by_source)
    if closed(checked, table):
        return
    found = [_difference(source, days) for source, days in by_source.items()]
    _tell(checked, found, by_source, numbers, today)
    checked.write = lambda _taken: _write(found)


def _slowly(items: Iterable[Any]) -> Iterator[Any]:
    for count, item in enumerate(items):
        if count % CHUNK == 0:
            time.sleep(0)  # a large file must not hold up the loop it is read beside
        yield item


def _check_people(table: Table, rows: Iterable[SegmentRow], numbers: Mapping[str, int]) -> None:
    told: dict[str, str] = {}  # looking for the nearest takes its time
    for row in _slowly(rows):
        if row.number not in numbers:
            if row.number not in told and len(told) < HINTS:
                told[row.number] = nearest(row.number, numbers)
            right = told.get(row.number, "")
            table.fault(
                row.line,
                NUMBER,
                f"{row.number} という職員はいません",
                right or "先に職員（staff）を取り込むか、番号を確かめてください",
            )


def _placed(table: Table, rows: list[SegmentRow], numbers: Mapping[str, int]) -> Rows:
    """{取込元: {(staff id, day): rows with their minutes}}; the same row twice is one."""
    whole = _whole_days(rows, numbers)
    found: Rows = {}
    for row in _slowly(rows):
        key = (numbers[row.number], row.day)
        entry = _entry(table, row, whole.get(key))
        of_day = found.setdefault(row.source, {}).setdefault(key, [])
        if entry is not None and not any(entry == one.entry for one in of_day):
            of_day.append(Placed(row, entry))
    return found


def _entry(table: Table, row: SegmentRow, hours: Hours | None) -> Planned | None:
    start, end = row.start, row.end
    if start is None or end is None:
        if hours is not None:
            start, end = hours.start, hours.end
        elif row.kind is Kind.LEAVE:
            start, end = 0, 24 * 60
        else:
            what = "終日ですが、この人のこの日の勤務時間がわかりません"
            table.fault(row.line, START, what, "開始と終了を入れてください（例 8:30、17:15）")
            return None
    return Planned(start, end, row.kind, row.site)


def _whole_days(
    rows: Iterable[SegmentRow], numbers: Mapping[str, int]
) -> dict[tuple[int, date], Hours]:
    """Hours of the people whose rows have no times."""
    wanted: dict[date, set[int]] = {}
    for row in rows:
        if row.start is None:
            wanted.setdefault(row.day, set()).add(numbers[row.number])
    found: dict[tuple[int, date], Hours] = {}
    for day, people in wanted.items():
        time.sleep(0)
        hours = queries.working_hours(sorted(people), day)
        found |= {(staff_id, day): own for staff_id, own in hours.items()}
    return found


def _check_contradictions(table: Table, by_source: Rows) -> None:
    for days in by_source.values():
        for of_day in _slowly(days.values()):
            for one, other in segment_cells.contradictions(of_day):
                what = f"{one.row.line}行目の{_span(one)}と重なっています"
                right = "同じ取込元では、1人の同じ時間に勤務場所・休暇等は1つにしてください"
                table.fault(other.row.line, START, what, right)


def _span(one: Placed) -> str:
    return f"{WORDS[one.entry.kind]} {clock_of(one.entry.start)}〜{clock_of(one.entry.end)}"


def _difference(source: str, days: Mapping[tuple[int, date], list[Placed]]) -> Difference:
    scope = Scope(source, frozenset(day for _, day in days))
    wanted = {key: [_stored(one.entry) for one in of_day] for key, of_day in days.items()}
    return replacing.difference(scope, wanted)


def _stored(entry: Planned) -> Entry:
    return Entry(entry.start, entry.end, entry.kind.value, entry.site)


def _write(found: Iterable[Difference]) -> Written:
    people: set[int] = set()
    for one in found:
        replacing.write(one)
        people |= one.people
    return Written(people, of_org=False)


# --- the difference, as people read it ------------------------------------------------------


def _tell(
    checked: Checked,
    found: list[Difference],
    by_source: Rows,
    numbers: Mapping[str, int],
    today: date,
) -> None:
    new = [row for one in found for row in one.new]
    gone = [segment_id for one in found for segment_id in one.gone]
    checked.changes_something = bool(new or gone)
    checked.counts = {
        "joined": len(new),
        "left": len(gone),
        "unchanged": sum(one.same for one in found),
    }
    _tell_scope(checked, by_source, today)
    of_number = {staff_id: number for number, staff_id in numbers.items()}
    lost = [_values(row) for row in queries.segments_by_id(gone[:SHOWN])]
    people = {row["staff_id"] for row in (*new[:SHOWN], *lost)}
    names = org.names_of(people)
    for what, rows in ((What.JOINED, new[:SHOWN]), (What.LEFT, lost)):
        for row in rows:
            number = of_number.get(row["staff_id"], "")
            name = names.get(row["staff_id"], number)
            before, after = ("", _line(row)) if what is What.JOINED else (_line(row), "")
            checked.changes.append(Change(what, number, name, before, after))
    if max(len(new), len(gone)) > SHOWN:
        checked.notes.append(
            f"一覧は{SHOWN:,}件までです（新しい予定 {len(new):,}件、なくなる予定 {len(gone):,}件）。"
        )


def _values(row: Any) -> dict[str, Any]:
    return {
        "staff_id": row.staff_id,
        "day": row.day,
        "start_minute": row.start_minute,
        "end_minute": row.end_minute,
        "kind": row.kind,
        "site": row.site,
    }


def _line(row: Mapping[str, Any]) -> str:
    span = f"{clock_of(row['start_minute'])}〜{clock_of(row['end_minute'])}"
    site = f"・{row['site']}" if row["site"] else ""
    return f"{month_day(row['day'])} {span} {WORDS[Kind(row['kind'])]}{site}"


def _tell_scope(checked: Checked, by_source: Rows, today: date) -> None:
    for source, days in by_source.items():
        dates = sorted({day for _, day in days})
        checked.notes.append(
            f"「{source}」の {dates[0].isoformat()}〜{dates[-1].isoformat()} のうち"
            f"ファイルにある {len(dates)}日分を、このファイルの内容に置き換えます。"
        )
    past = sum(1 for days in by_source.values() for _, day in days if day < today)
    if past:
        checked.notes.append(f"過ぎた日の予定が {past:,} 件あります。")


importing.register("segments", "予定（休暇・会議など）", check_segments)
