"""Day events (辞令交付, 研修): days on which nobody of the unit is 未報告. Inside a transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select

from webapp.accounts.access import Actor
from webapp.core import audit
from webapp.core.db import db
from webapp.core.refusals import NotFound, RuleBroken
from webapp.org import queries as org
from webapp.org.rules import UnitTree
from webapp.plans import access
from webapp.plans.models import DayEvent
from webapp.realtime import outbox

AHEAD = timedelta(days=400)
MOST_DAYS = 31


@dataclass(frozen=True, slots=True)
class Wish:
    """unit_id None = everybody; start and end None = the whole day."""

    unit_id: int | None
    first: date
    name: str
    last: date | None = None
    start: int | None = None
    end: int | None = None


def add(wish: Wish, *, actor: Actor, now: datetime) -> list[DayEvent]:
    """One a working day. Raises NotAllowed, RuleBroken."""
    access.require_event(actor, wish.unit_id)
    days = _days(wish, org.today(now))
    if (wish.start is None) != (wish.end is None) or (
        wish.start is not None and wish.end is not None and wish.end <= wish.start
    ):
        fault = "開始と、それより後の終了を入れるか、両方を空にしてください"
        raise RuleBroken("時間を確かめてください。", {"end": fault})
    rows = [_row(wish, day, actor, now) for day in days if not _is_there(wish, day)]
    if not rows:
        raise RuleBroken("登録されています。", {"name": "同じ日に同じ名前の行事があります"})
    db.session.add_all(rows)
    db.session.flush()
    _tell(wish.unit_id, days, now)
    _record(actor, "plan.event", wish.unit_id, rows, now)
    return rows


def _days(wish: Wish, today: date) -> list[date]:
    last = wish.last or wish.first
    if not today <= wish.first <= today + AHEAD:
        right = f"{today.isoformat()}（今日）から {(today + AHEAD).isoformat()} までにしてください"
        raise RuleBroken("日付を確かめてください。", {"date": right})
    if not wish.first <= last < wish.first + timedelta(days=MOST_DAYS):
        right = f"はじめの日から{MOST_DAYS}日以内にしてください"
        raise RuleBroken("日付を確かめてください。", {"last": right})
    business = org.business_calendar()
    days = business.business_days(wish.first, last) if last > wish.first else [wish.first]
    if not days:
        raise RuleBroken("日付を確かめてください。", {"last": "この期間に開庁日がありません"})
    return days


def _is_there(wish: Wish, day: date) -> bool:
    query = select(DayEvent.id).filter_by(unit_id=wish.unit_id, day=day, name=wish.name)
    return db.session.scalar(query) is not None


def _row(wish: Wish, day: date, actor: Actor, now: datetime) -> DayEvent:
    return DayEvent(
        unit_id=wish.unit_id,
        day=day,
        start_minute=wish.start,
        end_minute=wish.end,
        name=wish.name,
        made_at=now,
        made_by=actor.staff_id,
    )


def remove(event_id: int, *, actor: Actor, now: datetime) -> DayEvent:
    """Raises NotFound, also for who may not keep events there."""
    row = db.session.get(DayEvent, event_id)
    if row is None or not _may(actor, row.unit_id):
        raise NotFound("この行事は見つかりません。")
    db.session.delete(row)
    db.session.flush()
    _tell(row.unit_id, [row.day], now)
    _record(actor, "plan.event_remove", row.unit_id, [row], now)
    return row


def _may(actor: Actor, unit_id: int | None) -> bool:
    if actor.roles & access.EVERYWHERE:
        return True
    tree = org.current_tree()
    return unit_id is not None and unit_id in {n.id for n in access.event_units(actor, tree)}


def _tell(unit_id: int | None, days: Iterable[date], now: datetime) -> None:
    """Whoever was 未報告 is not any more, or is again; days to come show nothing yet."""
    today = org.today(now)
    if today not in days:
        return
    if unit_id is None:
        ids = org.posted_staff_ids(today, known_at=now)
    else:
        below = org.current_tree().subtree_ids(unit_id)
        ids = {posting.staff_id for posting in org.postings_in(below, today, known_at=now)}
    outbox.touch("staff", ids)


def _record(
    actor: Actor, action: str, unit_id: int | None, rows: list[DayEvent], now: datetime
) -> None:
    node = org.current_tree().by_id(unit_id) if unit_id is not None else None
    detail = {"from": rows[0].day.isoformat(), "to": rows[-1].day.isoformat()}
    audit.record(actor, action, unit_code=node.code if node else None, detail=detail, now=now)


# --- reading --------------------------------------------------------------------------------


def coming(unit_ids: Iterable[int], *, today: date, everybody: bool) -> list[DayEvent]:
    """From today on, of these units (and of everybody), in order of the day."""
    of_unit = DayEvent.unit_id.in_(list(unit_ids))
    where = or_(of_unit, DayEvent.unit_id.is_(None)) if everybody else of_unit
    query = select(DayEvent).where(DayEvent.day >= today, where)
    return list(db.session.scalars(query.order_by(DayEvent.day, DayEvent.id)))


def above_and_below(unit_ids: Iterable[int], tree: UnitTree) -> set[int]:
    """The units whose events somebody of these units lives under, and those below."""
    found: set[int] = set()
    for unit_id in unit_ids:
        found |= {node.id for node in tree.path(unit_id)} | tree.subtree_ids(unit_id)
    return found
