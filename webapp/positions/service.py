"""Changing positions, what they need, and when they are open. Inside a transaction; who may is decided at the edge."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.core import audit, facts
from webapp.core.audit import Acting
from webapp.core.db import db
from webapp.core.refusals import NotFound, RuleBroken
from webapp.org import queries as org
from webapp.positions import handover, stored
from webapp.positions.models import DayLock, DemandBand, OpeningHours, Position, PositionFeed
from webapp.positions.stored import Overtaken
from webapp.positions.wanted import BandWanted, LockWanted, OpeningWanted, PositionWanted
from webapp.realtime import outbox

STAMP = "positions"
# {position, first day, last day} → ids of the people on duty there. Lent by the duties, which stand above.
OnDuty = Callable[[int, date, date], Collection[int]]
_on_duty: list[OnDuty] = []


def lend(on_duty: OnDuty) -> None:
    _on_duty[:] = [on_duty]


def people_on_duty(position_id: int, first: date, last: date) -> set[int]:
    return {staff_id for ask in _on_duty for staff_id in ask(position_id, first, last)}


def changed(unit_ids: Iterable[int], *, now: datetime) -> None:
    """Boards of these units, and of the units their positions are at home with today, show other coverage."""
    facts.restamp(STAMP)
    today = org.today(now)
    outbox.touch("coverage", {handover.home_of(unit_id, today) for unit_id in unit_ids})


def _note(actor: Acting | None, action: str, unit_id: int, *, now: datetime, **detail: Any) -> None:
    unit = org.current_tree().by_id(handover.home_of(unit_id, org.today(now)))
    code = unit.code if unit else None
    audit.record(actor, f"positions.{action}", unit_code=code, detail=detail, now=now)


# --- positions -----------------------------------------------------------------------------------


def add_position(
    unit_id: int, wanted: PositionWanted, *, actor: Acting | None, now: datetime
) -> Position:
    """Raises RuleBroken, also for a name the unit has already."""
    _check(wanted, unit_id, now=now)
    last = max((row.sort_order for row in stored.rows_of(unit_id, org.today(now))), default=-1)
    row = Position(unit_id=unit_id, sort_order=last + 1)
    fill_position(row, wanted)
    db.session.add(row)
    db.session.flush()
    changed([unit_id], now=now)
    _note(actor, "add", unit_id, now=now, position=row.id, name=row.name)
    return row


def change_position(
    row: Position, wanted: PositionWanted, *, version: str, actor: Acting | None, now: datetime
) -> bool:
    """True if anything changed. Raises Overtaken where somebody saved since the form was opened."""
    before = stored.position_wanted(row)
    if before.version not in (version, wanted.version):
        raise Overtaken(before)
    if before.version == wanted.version:
        return False
    _check(wanted, row.unit_id, now=now, but=row)
    fill_position(row, wanted)
    db.session.flush()
    changed([row.unit_id], now=now)
    if before.name != wanted.name:
        today = org.today(now)
        outbox.touch("staff", people_on_duty(row.id, today, today))
    fields = [
        name for name in PositionWanted.__slots__ if getattr(before, name) != getattr(wanted, name)
    ]
    _note(actor, "change", row.unit_id, now=now, position=row.id, name=row.name, fields=fields)
    return True


def _check(
    wanted: PositionWanted, unit_id: int, *, now: datetime, but: Position | None = None
) -> None:
    faults = wanted.faults()
    today = org.today(now)
    twins = stored.rows_of(handover.home_of(unit_id, today), today)
    if any(row.name == wanted.name for row in twins if row is not but):
        faults["name"] = (
            f"「{wanted.name}」はもうあります。別の名前にしてください（例 {wanted.name}2）"
        )
    if faults:
        raise RuleBroken("入力内容を確かめてください。", faults)


def fill_position(row: Position, wanted: PositionWanted) -> None:
    row.name, row.kind, row.staffed = wanted.name, wanted.kind.value, wanted.staffed.value
    row.site, row.skills = wanted.site, sorted(wanted.skills)
    row.burden, row.contractor = wanted.burden, wanted.contractor
    kept = {feed.unit_id: feed for feed in row.feeds}
    row.feeds = [
        kept.get(unit_id) or PositionFeed(unit_id=unit_id) for unit_id in sorted(set(wanted.feeds))
    ]


def move_position(row: Position, by: int, *, now: datetime) -> None:
    """One place up (−1) or down (+1) among the positions of its unit."""
    today = org.today(now)
    rows = stored.rows_of(handover.home_of(row.unit_id, today), today)
    at = rows.index(row)
    to = min(max(at + by, 0), len(rows) - 1)
    rows.insert(to, rows.pop(at))
    for place, each in enumerate(rows):
        each.sort_order = place
    db.session.flush()
    changed([row.unit_id], now=now)


def end_position(row: Position, on: date, *, actor: Acting | None, now: datetime) -> None:
    """`on` is the first day without it; its past stays."""
    if on < org.today(now):
        raise RuleBroken("入力内容を確かめてください。", {"on": "きょう以後の日付にしてください"})
    row.ended_on = on
    db.session.flush()
    changed([row.unit_id], now=now)
    _note(actor, "end", row.unit_id, now=now, position=row.id, name=row.name, day=on.isoformat())


def reopen_position(row: Position, *, actor: Acting | None, now: datetime) -> None:
    """Raises RuleBroken if another position has taken its name meanwhile."""
    _check(stored.position_wanted(row), row.unit_id, now=now, but=row)
    row.ended_on = None
    db.session.flush()
    changed([row.unit_id], now=now)
    _note(actor, "reopen", row.unit_id, now=now, position=row.id, name=row.name)


# --- demand --------------------------------------------------------------------------------------


def put_band(
    position: Position,
    wanted: BandWanted,
    *,
    band: DemandBand | None = None,
    version: str = "",
    actor: Acting | None,
    now: datetime,
) -> DemandBand:
    """A new band, or `band` as wanted. Whether it lies in the opening hours is asked before, of `demand_check`."""
    if faults := wanted.faults():
        raise RuleBroken("入力内容を確かめてください。", faults)
    if band is None:
        band = DemandBand(position_id=position.id)
        db.session.add(band)
    else:
        before = stored.band_wanted(band)
        if before.version not in (version, wanted.version):
            raise Overtaken(before)
    fill_band(band, wanted)
    db.session.flush()
    changed([position.unit_id], now=now)
    _note(actor, "demand", position.unit_id, now=now, position=position.id, name=position.name)
    return band


def fill_band(band: DemandBand, wanted: BandWanted) -> None:
    band.weekdays = 0 if wanted.day else wanted.weekdays
    band.day, band.lock_id = wanted.day, wanted.lock_id
    band.start_minute, band.end_minute = wanted.start, wanted.end
    band.need, band.ideal, band.experienced = wanted.need, wanted.ideal, wanted.experienced
    band.burden = wanted.burden


def remove_band(
    position: Position, band: DemandBand, *, actor: Acting | None, now: datetime
) -> None:
    db.session.delete(band)
    db.session.flush()
    changed([position.unit_id], now=now)
    _note(actor, "demand", position.unit_id, now=now, position=position.id, name=position.name)


def replace_demand(
    position: Position, bands: Iterable[BandWanted], *, actor: Acting | None, now: datetime
) -> None:
    """All its bands but those of 期間で増やす; for files, templates and copies."""
    for old in stored.band_rows([position.id]):
        if old.lock_id is None:
            db.session.delete(old)
    db.session.flush()
    for wanted in bands:
        put_band(position, replace(wanted, lock_id=None), actor=actor, now=now)


# --- opening hours ---------------------------------------------------------------------------------


def put_opening(
    unit_id: int,
    wanted: OpeningWanted,
    *,
    row: OpeningHours | None = None,
    version: str = "",
    actor: Acting | None,
    now: datetime,
) -> OpeningHours:
    if faults := wanted.faults():
        raise RuleBroken("入力内容を確かめてください。", faults)
    _adopt(unit_id, wanted.applies_to, now=now)
    if row is None:
        row = _twin(unit_id, wanted) or OpeningHours(unit_id=unit_id)
        db.session.add(row)
    else:
        before = stored.opening_wanted(row)
        if before.version not in (version, wanted.version):
            raise Overtaken(before)
    row.applies_to, row.site, row.note = wanted.applies_to, wanted.site, wanted.note
    row.weekdays, row.day = (0 if wanted.day else wanted.weekdays), wanted.day
    row.start_minute, row.end_minute = wanted.start, wanted.end
    db.session.flush()
    _hours_changed(unit_id, actor=actor, now=now)
    return row


def _twin(unit_id: int, wanted: OpeningWanted) -> OpeningHours | None:
    """Saying the same hours twice is no second row."""
    query = select(OpeningHours).filter_by(
        unit_id=unit_id,
        applies_to=wanted.applies_to,
        site=wanted.site,
        weekdays=0 if wanted.day else wanted.weekdays,
        day=wanted.day,
        start_minute=wanted.start,
        end_minute=wanted.end,
    )
    return db.session.scalars(query).first()


def _adopt(unit_id: int, applies_to: str, *, now: datetime) -> None:
    """Hours taken over from a unit that is no more become the unit's own before they change: none is lost."""
    from_before = stored.opening_lines(unit_id, org.today(now)).get(applies_to, [])
    for row in from_before:
        row.unit_id = unit_id


def remove_opening(unit_id: int, row: OpeningHours, *, actor: Acting | None, now: datetime) -> None:
    _adopt(unit_id, row.applies_to, now=now)
    db.session.delete(row)
    db.session.flush()
    _hours_changed(unit_id, actor=actor, now=now)


def _hours_changed(unit_id: int, *, actor: Acting | None, now: datetime) -> None:
    """Hours hold for the units below as well, where these say nothing themselves."""
    changed(org.current_tree().subtree_ids(unit_id) | {unit_id}, now=now)
    _note(actor, "hours", unit_id, now=now)


# --- 期間で増やす -------------------------------------------------------------------------------------


def put_lock(
    unit_id: int,
    wanted: LockWanted,
    *,
    row: DayLock | None = None,
    version: str = "",
    actor: Acting | None,
    now: datetime,
) -> DayLock:
    if faults := wanted.faults():
        raise RuleBroken("入力内容を確かめてください。", faults)
    if row is None:
        row = DayLock(unit_id=unit_id)
        db.session.add(row)
    else:
        before = stored.lock_wanted(row)
        if before.version not in (version, wanted.version):
            raise Overtaken(before)
    row.name, row.starts_on, row.ends_on = wanted.name, wanted.starts_on, wanted.ends_on
    db.session.flush()
    changed([unit_id], now=now)
    _note(actor, "lock", unit_id, now=now, lock=row.id, name=row.name)
    return row


def remove_lock(row: DayLock, *, actor: Acting | None, now: datetime) -> None:
    """With its bands; what is needed ordinarily stays."""
    unit_id, lock_id, name = row.unit_id, row.id, row.name
    db.session.delete(row)
    db.session.flush()
    changed([unit_id], now=now)
    _note(actor, "lock", unit_id, now=now, lock=lock_id, name=name)


# --- loading ---------------------------------------------------------------------------------------


def position_of(unit_id: int, position_id: int, *, now: datetime) -> Position:
    """A position at home with the unit today. Raises NotFound."""
    row = db.session.get(Position, position_id)
    if row is None or handover.home_of(row.unit_id, org.today(now)) != unit_id:
        raise NotFound("この持ち場は見つかりません。")
    return row


def band_of(position: Position, band_id: int) -> DemandBand:
    band = db.session.get(DemandBand, band_id)
    if band is None or band.position_id != position.id:
        raise NotFound("この必要数は、もう消されています。")
    return band


def opening_of(unit_id: int, opening_id: int, *, now: datetime) -> OpeningHours:
    for rows in stored.opening_lines(unit_id, org.today(now)).values():
        for row in rows:
            if row.id == opening_id:
                return row
    raise NotFound("この時間は、もう消されています。")


def lock_of(unit_id: int, lock_id: int, *, now: datetime) -> DayLock:
    row = db.session.get(DayLock, lock_id)
    if row is None or handover.home_of(row.unit_id, org.today(now)) != unit_id:
        raise NotFound("この期間は、もう消されています。")
    return row


FAR = timedelta(days=366)


def duties_left(row: Position, on: date) -> int:
    """How many people are on fixed duty there from a day on."""
    return len(people_on_duty(row.id, on, on + FAR))
