"""Noting shortages, telling who leads, and taking one on (対応する)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.core import audit, settings
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotAllowed, NotFound
from webapp.coverage import queries
from webapp.coverage.episodes import Noted, Seen, alert_due_at, turn
from webapp.coverage.models import Shortage
from webapp.coverage.queries import UnitCover
from webapp.coverage.rules import Level
from webapp.coverage.settings import ALERT_AFTER
from webapp.notices import webhooks
from webapp.org import queries as org
from webapp.org.models import Staff, Unit
from webapp.realtime import outbox

ALERT = "alert"  # the topic of what those who lead are told; by shortage


def seen_in(found: UnitCover) -> list[Seen]:
    shown = []
    for day in found.cover.positions:
        shorts = [day.short, *day.later] if day.short and day.short not in day.later else day.later
        shown += [
            Seen(
                day.post.id,
                found.instant(short.start),
                found.instant(short.end),
                short.missing,
                short.level,
            )
            for short in shorts
            if short is not None
        ]
    return shown


def open_shortages(unit_ids: Iterable[int]) -> list[Shortage]:
    query = select(Shortage).where(Shortage.over_at.is_(None), Shortage.unit_id.in_(list(unit_ids)))
    return list(db.session.scalars(query.order_by(Shortage.starts_at, Shortage.id)))


def noted(row: Shortage) -> Noted:
    return Noted(
        row.id,
        row.position_id,
        row.starts_at,
        row.ends_at,
        row.missing,
        row.level,
        row.seen_at,
        row.alerted_level,
        row.taken_by is not None,
    )


def needs_noting(unit_id: int, found: UnitCover | None, *, now: datetime) -> bool:
    """Whether anything is to be written: asked outside a transaction, since mostly nothing is."""
    rows = open_shortages([unit_id])
    if found is None:
        return bool(rows)
    step = turn([noted(row) for row in rows], seen_in(found))
    wait = _wait(unit_id)
    return (
        bool(step.new or step.over)
        or any(_differs(one, seen) for one, seen in step.on)
        or any((due := alert_due_at(one, wait)) and due <= now for one, _ in step.on)
    )


def _differs(one: Noted, seen: Seen) -> bool:
    return (one.starts_at, one.ends_at, one.missing, one.level) != (
        seen.starts_at,
        seen.ends_at,
        seen.missing,
        seen.level.value,
    )


def _wait(unit_id: int) -> timedelta:
    path = [node.code for node in org.current_tree().path(unit_id)]
    return timedelta(seconds=settings.value(ALERT_AFTER, path))


def hold(unit_ids: Iterable[int]) -> None:
    """Until the transaction ends nobody else notes shortages of these units (on SQLite there is one writer anyway)."""
    held = select(Unit.id).where(Unit.id.in_(list(unit_ids))).order_by(Unit.id)
    db.session.execute(held.with_for_update(key_share=True))


def note(unit_id: int, found: UnitCover | None, *, now: datetime) -> None:
    """Write what is new of a unit's shortages, and tell what is due. Inside a transaction, under `hold`."""
    rows = {row.id: row for row in open_shortages([unit_id])}
    step = turn([noted(row) for row in rows.values()], seen_in(found) if found else [])
    for shortage_id in step.over:
        rows[shortage_id].over_at = now
        rows[shortage_id].ends_at = min(rows[shortage_id].ends_at, now)
    for one, seen in step.on:
        _move(rows[one.id], seen)
    for seen in step.new:
        row = _new(unit_id, found, seen, now) if found else None
        if row is not None:
            rows[row.id] = row
    for row in rows.values():
        due = alert_due_at(noted(row), _wait(unit_id)) if row.over_at is None else None
        if found is not None and due is not None and due <= now:
            _tell(row, now=now)


def _move(row: Shortage, seen: Seen) -> None:
    if seen.missing > row.missing and seen.level is not Level.AHEAD:
        row.alerted_level = ""  # worse than what was told
    row.starts_at, row.ends_at = seen.starts_at, seen.ends_at
    row.missing, row.level = seen.missing, seen.level.value


def _new(unit_id: int, found: UnitCover, seen: Seen, now: datetime) -> Shortage:
    row = Shortage(
        position_id=seen.position_id,
        unit_id=unit_id,
        day=found.on,
        starts_at=seen.starts_at,
        ends_at=seen.ends_at,
        missing=seen.missing,
        level=seen.level.value,
        seen_at=now,
        alerted_level="",
    )
    db.session.add(row)
    db.session.flush()
    return row


def _tell(row: Shortage, *, now: datetime) -> None:
    row.alerted_at, row.alerted_level = now, row.level
    outbox.touch(ALERT, row.id)
    if row.level != Level.LONG.value:  # that it goes on is no news to another system
        webhooks.happened("shortage", row.unit_id, now=now)


def next_alert_at(unit_id: int) -> datetime | None:
    """When the next waiting alert of the unit is due."""
    dues = [alert_due_at(noted(row), _wait(unit_id)) for row in open_shortages([unit_id])]
    return min((due for due in dues if due is not None), default=None)


# --- 対応する -------------------------------------------------------------------------------


def take(position_id: int, *, actor: Actor, now: datetime) -> Shortage:
    """Say that one is on it. NotFound, NotAllowed; Conflict with the name of who was quicker."""
    row = _current(position_id)
    if not access.leads_duties(actor, row.unit_id, org.current_tree()):
        raise NotAllowed("不足への対応は、所属長・係長・代決者・当番調整担当ができます。")
    if row.taken_by == actor.staff_id:
        return row
    if row.taken_by is not None:
        name = org.names_of([row.taken_by]).get(row.taken_by, "")
        raise Conflict(f"{name}さんが先に対応しています。")
    row.taken_by, row.taken_at = actor.staff_id, now
    audit.record(
        actor,
        "shortage.take",
        unit_code=_code(row.unit_id),
        detail={"position": position_id, "from": row.starts_at.isoformat()},
        now=now,
    )
    outbox.touch(queries.TOPIC, row.unit_id)
    return row


def give_back(position_id: int, *, actor: Actor) -> Shortage:
    """Undo 対応する; only who said it."""
    row = _current(position_id)
    if row.taken_by != actor.staff_id:
        raise Conflict("この不足への対応は、あなたのものではありません。")
    row.taken_by = row.taken_at = None
    outbox.touch(queries.TOPIC, row.unit_id)
    return row


def _current(position_id: int) -> Shortage:
    """The shortage of a position that is on the board: the present one, else the next."""
    query = select(Shortage).where(Shortage.over_at.is_(None), Shortage.position_id == position_id)
    held = query.order_by(Shortage.starts_at).limit(1).with_for_update()
    row = db.session.scalars(held.execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound("この持ち場に、いま不足はありません。")
    return row


def _code(unit_id: int) -> str | None:
    node = org.current_tree().by_id(unit_id)
    return node.code if node else None


@dataclass(frozen=True, slots=True)
class Taker:
    number: str
    name: str


def takers(rows: Sequence[Shortage]) -> dict[int, Taker]:
    """{shortage id: who said 対応する} of those taken on."""
    ids = {row.taken_by for row in rows if row.taken_by is not None}
    names = org.names_of(ids)
    numbers = dict(
        db.session.execute(select(Staff.id, Staff.number).where(Staff.id.in_(ids))).all()
    )
    return {
        row.id: Taker(numbers.get(row.taken_by, ""), names.get(row.taken_by, ""))
        for row in rows
        if row.taken_by is not None
    }


def short_by_unit() -> dict[int, int]:
    """{unit id: positions that fall short now}; noted by whichever process saw it."""
    query = (
        select(Shortage.unit_id, func.count(Shortage.position_id.distinct()))
        .where(Shortage.over_at.is_(None), Shortage.level != Level.AHEAD.value)
        .group_by(Shortage.unit_id)
    )
    return {unit_id: count for unit_id, count in db.session.execute(query)}  # noqa: C416
