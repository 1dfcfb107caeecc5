"""Reports of card readers and 庶務事務 (file, watched folder, HTTP): check first, then one short write.

The same row (職員番号, 日時, 種別, 取込元) is taken once, however often it comes.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from webapp.attendance import cells, queries
from webapp.attendance.cells import Given, Wrong
from webapp.attendance.fitting import Fitted, Key, Standing, fit
from webapp.attendance.models import DayConfirmation, ImportedPunch, Punch
from webapp.attendance.settings import CLOSED_THROUGH
from webapp.core import audit, bulk, settings
from webapp.core.audit import Acting
from webapp.core.csvfile import Table, read_table
from webapp.core.db import db, snapshot, transaction
from webapp.core.refusals import RuleBroken
from webapp.extensions import off_loop
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.presence.facts import PunchKind
from webapp.presence.settings import PLACE_LABELS
from webapp.realtime import outbox

MOST_ROWS = 10_000  # of one POST /punches
CHUNK = 100
TRIES = 3


@dataclass(slots=True)
class Taken:
    """What became of a file."""

    table: Table
    accepted: int = 0
    repeated: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        return bool(self.table.faults)


# --- a file: all or nothing -----------------------------------------------------------------


def check_file(content: bytes, file: str, *, now: datetime) -> Taken:
    """What taking the file in would do; changes nothing."""
    return _file(content, file, actor=None, now=now, write=False)


def take_file(content: bytes, file: str, *, actor: Acting | None, now: datetime) -> Taken:
    """All rows, or with any fault none. Opens its own transaction after everything has been checked."""
    return _file(content, file, actor=actor, now=now, write=True)


def _file(content: bytes, file: str, *, actor: Acting | None, now: datetime, write: bool) -> Taken:
    table = off_loop(read_table, content, file, cells.COLUMNS)
    taken = Taken(table)
    given: list[Given] = []
    with snapshot():
        for one in _understood((row.line, row.cells) for row in table.rows):
            if isinstance(one, Wrong):
                table.fault(one.line, one.column, one.what, one.right)
            else:
                given.append(one)
        people = _people(given, table)
    if table.faults:
        return taken
    if table.ignored:
        taken.notes.append(f"知らない列は読みません: {'、'.join(table.ignored)}")
    if ahead := sum(1 for one in given if one.at > now + timedelta(minutes=10)):
        taken.notes.append(f"これからの日時が {ahead} 行あります。")
    plan = _take(people, file, actor=actor, now=now) if write else _fitted(people)
    taken.accepted, taken.repeated = plan.accepted, plan.repeated
    return taken


def _people(given: Sequence[Given], table: Table) -> dict[int, list[Given]]:
    known = _known_numbers(one.number for one in given)
    people: dict[int, list[Given]] = {}
    for one in given:
        if (wrong := _unfit(one, known)) is not None:
            table.fault(wrong.line, wrong.column, wrong.what, wrong.right)
        else:
            people.setdefault(known[one.number], []).append(one)
    return people


# --- HTTP: each row for itself --------------------------------------------------------------


def take_json(rows: Sequence[Any], *, actor: Acting, now: datetime) -> dict[str, Any]:
    """A list of rows with the keys of the CSV → counts, and the refused rows with their reasons (row 1 = first)."""
    if len(rows) > MOST_ROWS:
        right = f"一度に{MOST_ROWS:,}行までにしてください"
        raise RuleBroken("行が多すぎます。", {"rows": right})
    refused: list[Wrong] = []
    people: dict[int, list[Given]] = {}
    with snapshot():
        understood = list(_understood(_texts(rows, refused)))
        given = [one for one in understood if isinstance(one, Given)]
        refused += [one for one in understood if isinstance(one, Wrong)]
        known = _known_numbers(one.number for one in given)
        for one in given:
            if (wrong := _unfit(one, known)) is not None:
                refused.append(wrong)
            else:
                people.setdefault(known[one.number], []).append(one)
    plan = _take(people, "POST /punches", actor=actor, now=now)
    return {
        "accepted": plan.accepted,
        "repeated": plan.repeated,
        "refused": [
            {"row": one.line, "field": one.column, "message": f"{one.what}。{one.right}。"}
            for one in sorted(refused, key=lambda w: w.line)
        ],
    }


def _texts(rows: Sequence[Any], refused: list[Wrong]) -> Iterator[tuple[int, dict[str, str]]]:
    for line, row in enumerate(rows, start=1):
        if isinstance(row, dict):
            yield line, {str(k): "" if v is None else str(v) for k, v in row.items()}
        else:
            refused.append(Wrong(line, "", "行ではありません", "オブジェクトで送ってください"))


# --- checking -------------------------------------------------------------------------------


def _understood(rows: Iterable[tuple[int, Mapping[str, str]]]) -> Iterator[Given | Wrong]:
    local = {word: code for code, word in settings.value(PLACE_LABELS).items()}
    places = cells.PLACES | {
        word: cells.PLACES[code] for word, code in local.items() if code in cells.PLACES
    }
    for count, (line, row) in enumerate(rows):
        if count % CHUNK == 0:
            time.sleep(0)  # a large file must not hold up the loop it is read beside
        found = cells.read(line, row, places)
        if isinstance(found, Given):
            yield found
        else:
            yield from found


def _known_numbers(numbers: Iterable[str]) -> dict[str, int]:
    wanted = sorted(set(numbers))
    known: dict[str, int] = {}
    for start in range(0, len(wanted), 5000):
        query = select(Staff.number, Staff.id)
        part = query.where(Staff.number.in_(wanted[start : start + 5000]))
        known |= dict(db.session.execute(part).all())
    return known


def _unfit(one: Given, known: Mapping[str, int]) -> Wrong | None:
    if one.number not in known:
        what = f"「{one.number[:20]}」は登録されていません"
        return Wrong(one.line, cells.NUMBER, what, "職員の取込のあとで取り込んでください")
    closed = queries.closed_through()
    if closed is not None and org.business_calendar().business_date(one.at) <= closed:
        what = f"{settings.value(CLOSED_THROUGH)} までは締めてあります"
        return Wrong(one.line, cells.AT, what, "その日の分は修正の申請で直してください")
    return None


# --- fitting and writing --------------------------------------------------------------------


@dataclass(slots=True)
class Plan:
    people: dict[int, Fitted] = field(default_factory=dict)
    stamp: tuple[Any, ...] = ()
    rows: list[bulk.Prepared | None] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return sum(len(fitted.new) for fitted in self.people.values())

    @property
    def repeated(self) -> int:
        return sum(fitted.repeated for fitted in self.people.values())


def _take(
    people: Mapping[int, list[Given]], file: str, *, actor: Acting | None, now: datetime
) -> Plan:
    """Fit outside, write inside: who reports meanwhile waits only for the writing.

    If one of these people reported in between, fit again; at last inside the transaction.
    """
    made_by = actor.staff_id if actor else None
    for _ in range(TRIES):
        plan = _fitted(people)
        if not any(fitted.keys for fitted in plan.people.values()):
            return plan
        _prepare(plan, made_by, now)
        with transaction():
            _lock(plan.people)
            if _stamp(plan.people) == plan.stamp:
                _write(plan, file, actor=actor, now=now)
                return plan
    with transaction():
        _lock(people)
        plan = _fit_all(people)
        _prepare(plan, made_by, now)
        _write(plan, file, actor=actor, now=now)
    return plan


def _fitted(people: Mapping[int, list[Given]]) -> Plan:
    with snapshot():
        return _fit_all(people)


def _fit_all(people: Mapping[int, list[Given]]) -> Plan:
    plan = Plan(stamp=_stamp(people))
    if not people:
        return plan
    calendar = org.business_calendar()
    instants = [one.at for rows in people.values() for one in rows]
    first, last = min(instants), max(instants)
    standing, known = _standing(people, first, last), _known(people, first, last)
    for count, (staff_id, rows) in enumerate(people.items()):
        if count % CHUNK == 0 and not db.session.info.get("writing"):
            time.sleep(0)
        own = standing.get(staff_id, [])
        plan.people[staff_id] = fit(rows, own, known.get(staff_id, frozenset()), calendar)
    return plan


def _parts(ids: Iterable[int]) -> Iterator[list[int]]:
    """In the order of their ids, with a breath between them for the loop this may run beside."""
    wanted = sorted(ids)
    for start in range(0, len(wanted), CHUNK):
        if not db.session.info.get("writing"):
            time.sleep(0)
        yield wanted[start : start + CHUNK]


def _stamp(people: Iterable[int]) -> tuple[Any, ...]:
    """Changes with every report, correction and withdrawal of these people."""
    found = []
    for part in _parts(people):
        query = select(func.max(Punch.id), func.count(Punch.voided_at), func.count(Punch.id))
        keys = select(func.count(ImportedPunch.id)).where(ImportedPunch.staff_id.in_(part))
        punches = db.session.execute(query.where(Punch.staff_id.in_(part))).one()
        found.append((*punches, db.session.scalar(keys)))
    return tuple(found)


def _standing(people: Iterable[int], first: datetime, last: datetime) -> dict[int, list[Standing]]:
    around = (first.date() - timedelta(days=3), last.date() + timedelta(days=3))
    found: dict[int, list[Standing]] = {}
    for part in _parts(people):
        query = select(
            Punch.staff_id,
            Punch.kind,
            Punch.place,
            Punch.site,
            Punch.at,
            Punch.business_on,
            Punch.imported,
            Punch.flag,
            Punch.id,
        ).where(
            Punch.staff_id.in_(part),
            Punch.business_on.between(*around),
            Punch.voided_at.is_(None),
        )
        for p in db.session.execute(query.order_by(Punch.at, Punch.id)):
            one = Standing(
                PunchKind(p.kind), p.place, p.site, p.at, p.business_on, p.imported, p.flag, p.id
            )
            found.setdefault(p.staff_id, []).append(one)
    return found


def _known(people: Iterable[int], first: datetime, last: datetime) -> dict[int, set[Key]]:
    found: dict[int, set[Key]] = {}
    table = ImportedPunch
    for part in _parts(people):
        query = select(table.staff_id, table.at, table.kind, table.source)
        query = query.where(table.staff_id.in_(part), table.at.between(first, last))
        for staff_id, at, kind, source in db.session.execute(query):
            found.setdefault(staff_id, set()).add((at, kind, source))
    return found


def _lock(people: Iterable[int]) -> None:
    """In the order of their ids, so that two imports cannot wait for each other."""
    for part in _parts(people):
        turn = select(Staff.id).where(Staff.id.in_(part)).order_by(Staff.id)
        db.session.execute(turn.with_for_update(key_share=True))


def _prepare(plan: Plan, made_by: int | None, now: datetime) -> None:
    punches = [
        _values(staff_id, one, made_by, now)
        for staff_id, fitted in plan.people.items()
        for one in fitted.new
    ]
    keys = [
        {"staff_id": staff_id, "at": at, "kind": kind, "source": source}
        for staff_id, fitted in plan.people.items()
        for at, kind, source in fitted.keys
    ]
    plan.rows = [bulk.prepare(Punch, punches), bulk.prepare(ImportedPunch, keys)]


def _write(plan: Plan, file: str, *, actor: Acting | None, now: datetime) -> None:
    for prepared in plan.rows:
        bulk.write(prepared)
    _reflag(plan)
    _unconfirm(plan)
    outbox.touch("staff", _shown_now(plan, org.today(now)))
    detail = {"file": file, "accepted": plan.accepted, "repeated": plan.repeated}
    if plan.accepted:
        audit.record(actor, "import.punches", detail=detail, now=now)


def _values(staff_id: int, one: Standing, made_by: int | None, now: datetime) -> dict[str, Any]:
    given = one.given
    return {
        "staff_id": staff_id,
        "business_on": one.business_on,
        "kind": one.kind.value,
        "place": one.place,
        "site": one.site,
        "at": one.at,
        "received_at": now,
        "source": given.source if given else cells.NO_SOURCE,
        "note": given.note if given else "",
        "made_by": made_by,
        "flag": one.flag,
        "imported": True,
    }


def _reflag(plan: Plan) -> None:
    changed = [
        {"id": punch_id, "flag": flag}
        for fitted in plan.people.values()
        for punch_id, flag in fitted.reflagged.items()
    ]
    if changed:
        db.session.execute(update(Punch), changed)


def _unconfirm(plan: Plan) -> None:
    """What changes now was not what was confirmed."""
    days = {(staff_id, on) for staff_id, fitted in plan.people.items() for on in fitted.days}
    if not days:
        return
    between = DayConfirmation.business_on.between(min(d for _, d in days), max(d for _, d in days))
    for found in db.session.scalars(select(DayConfirmation).where(between)):
        if (found.staff_id, found.business_on) in days:
            db.session.delete(found)


def _shown_now(plan: Plan, today: date) -> list[int]:
    """Whose row looks different: last week's card reads change no board."""
    yesterday = today - timedelta(days=1)
    return [
        staff_id
        for staff_id, fitted in plan.people.items()
        if any(on >= yesterday for on in fitted.days)
    ]
