"""Addresses of people's calendars: registering, and the round that reads those that are due."""

import random
from datetime import datetime, timedelta

from sqlalchemy import select, update

from webapp.core import audit, settings
from webapp.core.audit import Acting
from webapp.core.db import db, snapshot, transaction
from webapp.core.refusals import Conflict, NotAllowed, RuleBroken
from webapp.org import queries as org
from webapp.plans import calendars, fetching, hosts, ical, replacing
from webapp.plans.fetching import Answer, Failed
from webapp.plans.models import CalendarSource
from webapp.plans.settings import CALENDAR_ADDRESSES, CALENDAR_HOSTS

EVERY = timedelta(minutes=15)
AFTER_FAULT = timedelta(hours=1)
BEING_READ = timedelta(minutes=5)  # a reader that died is followed by the next after this
MOST_A_ROUND = 200


def are_allowed() -> bool:
    return bool(settings.value(CALENDAR_ADDRESSES))


def of_person(staff_id: int) -> CalendarSource | None:
    return db.session.get(CalendarSource, staff_id)


def register(staff_id: int, url: str, *, actor: Acting, now: datetime) -> None:
    """It is read with the next round. Inside a transaction; raises NotAllowed, RuleBroken."""
    if not are_allowed():
        raise NotAllowed("カレンダーのアドレスは、この自治体では使いません。")
    url = url.strip()
    try:
        target = hosts.target_of(url)
    except hosts.Refused as fault:
        raise RuleBroken("アドレスを確かめてください。", {"url": str(fault)}) from None
    if not hosts.might_be_allowed(target, hosts.allowed_of(settings.value(CALENDAR_HOSTS))):
        right = "管理者が認めたホストのアドレスにしてください"
        raise RuleBroken(
            "アドレスを確かめてください。", {"url": f"{target.host} は読めません。{right}"}
        )
    found = of_person(staff_id)
    if found is None:
        found = CalendarSource(staff_id=staff_id, made_at=now)
        db.session.add(found)
    if found.url != url:
        found.url, found.etag, found.read_at, found.fault = url, "", None, ""
    found.next_at = now
    if actor.staff_id != staff_id:
        audit.record(actor, "plan.calendar", staff_id=staff_id, now=now)


def end(staff_id: int, *, actor: Acting, now: datetime) -> None:
    """Nothing is read any more, and what was read of the coming days goes. Inside a transaction."""
    found = of_person(staff_id)
    if found is None:
        return
    db.session.delete(found)
    _forget_read(staff_id, now)
    if actor.staff_id != staff_id:
        audit.record(actor, "plan.calendar", staff_id=staff_id, now=now)


def _forget_read(staff_id: int, now: datetime) -> None:
    first = org.today(now)
    nothing = calendars.Looked(first, first + timedelta(days=calendars.HORIZON), {}, {})
    replacing.write(calendars.difference(staff_id, nothing, calendars.ADDRESS))


def read_again(staff_id: int, *, now: datetime) -> None:
    """With the next round, whatever the server says of changes. Inside a transaction."""
    found = of_person(staff_id)
    if found is not None:
        found.next_at, found.etag = now, ""


# --- the round of the background task -------------------------------------------------------


def due(*, now: datetime) -> list[int]:
    if not are_allowed():
        return []
    query = select(CalendarSource.staff_id).where(CalendarSource.next_at <= now)
    return list(db.session.scalars(query.order_by(CalendarSource.next_at).limit(MOST_A_ROUND)))


def read_one(staff_id: int, *, now: datetime) -> str:
    """Read one person's calendar; returns the fault if it is a new one. Opens its own transactions.

    The network is asked between them, never inside. Of two processes the first to move `next_at` reads.
    """
    with transaction():
        mine = db.session.execute(
            update(CalendarSource)
            .where(CalendarSource.staff_id == staff_id, CalendarSource.next_at <= now)
            .values(next_at=now + BEING_READ)
        )
        found = of_person(staff_id) if mine.rowcount else None  # type: ignore[attr-defined]
        if found is None:
            return ""
        db.session.refresh(found)
        url, etag = found.url, _etag(found, now)
    try:
        answer = fetching.fetch(url, etag, hosts.allowed_of(settings.value(CALENDAR_HOSTS)))
        _take(staff_id, url, answer, now)
    except (Failed, ical.Unreadable) as fault:
        return _note_fault(staff_id, url, str(fault), now)
    except Conflict:
        pass  # taken in elsewhere meanwhile: the next round looks again
    return ""


def _etag(found: CalendarSource, now: datetime) -> str:
    """Once a day it is read whole: the days ahead move on also in a calendar that does not change."""
    same_day = found.read_at is not None and org.today(found.read_at) == org.today(now)
    return found.etag if same_day and not found.fault else ""


def _take(staff_id: int, url: str, answer: Answer, now: datetime) -> None:
    change = None
    if answer.content is not None:
        looked = calendars.look(staff_id, answer.content, now=now)
        with snapshot():
            change = calendars.difference(staff_id, looked, calendars.ADDRESS)
    with transaction():
        found = of_person(staff_id)
        if found is None or found.url != url:
            return  # ended or changed while it was being read
        if change is not None and change.changes_something:
            replacing.write(change)
        found.etag, found.fault, found.read_at = answer.etag, "", now
        found.next_at = now + EVERY + timedelta(seconds=random.randrange(60))


def _note_fault(staff_id: int, url: str, fault: str, now: datetime) -> str:
    with transaction():
        found = of_person(staff_id)
        if found is None or found.url != url:
            return ""
        is_new = not found.fault
        found.fault, found.next_at = fault[:200], now + AFTER_FAULT
    return fault if is_new else ""
