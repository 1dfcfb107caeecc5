"""Reading requests of people and days."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import func, select

from webapp.attendance.models import DayConfirmation
from webapp.core.db import db
from webapp.org import queries as org
from webapp.org.models import Posting
from webapp.requests.models import RequestPreset, TeleworkRequest
from webapp.requests.rules import IN_FORCE, State

PRESETS_EACH = 8


def in_force_between(
    staff_id: int, first: date, last: date, *, but: Iterable[int] = ()
) -> list[TeleworkRequest]:
    """What stands in the way of a second request, or counts in the week. but: ids left out."""
    query = select(TeleworkRequest).where(
        TeleworkRequest.staff_id == staff_id,
        TeleworkRequest.day.between(first, last),
        TeleworkRequest.state.in_([state.value for state in IN_FORCE]),
        TeleworkRequest.id.not_in(list(but)),
    )
    return list(db.session.scalars(query.order_by(TeleworkRequest.day, TeleworkRequest.id)))


def beside(row: TeleworkRequest) -> set[int]:
    """Of what this one changes, and of its changes: only one of them holds in the end."""
    changes = db.session.scalars(
        select(TeleworkRequest.id).where(TeleworkRequest.changes_id == row.id)
    )
    return {*changes, *([row.changes_id] if row.changes_id is not None else [])}


def of_filing(filing: str) -> list[TeleworkRequest]:
    query = select(TeleworkRequest).filter_by(filing=filing)
    return list(db.session.scalars(query.order_by(TeleworkRequest.day)))


def by_ids(ids: Iterable[int]) -> list[TeleworkRequest]:
    query = select(TeleworkRequest).where(TeleworkRequest.id.in_(list(ids)))
    return list(db.session.scalars(query.order_by(TeleworkRequest.day, TeleworkRequest.id)))


def of_person(staff_id: int, *, since: date) -> list[TeleworkRequest]:
    query = select(TeleworkRequest).where(
        TeleworkRequest.staff_id == staff_id, TeleworkRequest.day >= since
    )
    return list(db.session.scalars(query.order_by(TeleworkRequest.day, TeleworkRequest.id)))


def listed(
    staff_id: int | None,
    *,
    unit_ids: Iterable[int] | None = None,
    state: str | None = None,
    first: date | None = None,
    last: date | None = None,
    most: int,
    now: datetime,
) -> list[TeleworkRequest]:
    """Of a person, or of those posted in units today wherever they filed (人事異動); the latest day first."""
    query = select(TeleworkRequest)
    if staff_id is not None:
        query = query.where(TeleworkRequest.staff_id == staff_id)
    if unit_ids is not None:
        here = select(Posting.staff_id).where(
            Posting.unit_id.in_(list(unit_ids)), org.in_force(Posting, org.today(now), now)
        )
        query = query.where(TeleworkRequest.staff_id.in_(here))
    if state is not None:
        query = query.where(TeleworkRequest.state == state)
    if first is not None:
        query = query.where(TeleworkRequest.day >= first)
    if last is not None:
        query = query.where(TeleworkRequest.day <= last)
    order = (TeleworkRequest.day.desc(), TeleworkRequest.id.desc())
    return list(db.session.scalars(query.order_by(*order).limit(most)))


def day_or_none(text: str | None) -> date | None:
    """ValueError for what is no date."""
    return date.fromisoformat(text) if text else None


def latest_of(staff_id: int) -> TeleworkRequest | None:
    """The last one filed that was not taken back: what the next one is most likely like."""
    query = select(TeleworkRequest).where(
        TeleworkRequest.staff_id == staff_id,
        TeleworkRequest.state != State.WITHDRAWN.value,
    )
    order = (TeleworkRequest.filed_at.desc(), TeleworkRequest.id.desc())
    return db.session.scalars(query.order_by(*order).limit(1)).first()


def approved_on(staff_id: int, day: date) -> list[TeleworkRequest]:
    query = select(TeleworkRequest).where(
        TeleworkRequest.staff_id == staff_id,
        TeleworkRequest.day == day,
        TeleworkRequest.state == State.APPROVED.value,
    )
    return list(db.session.scalars(query.order_by(TeleworkRequest.start_minute)))


def presets_of(staff_id: int) -> Sequence[RequestPreset]:
    """The latest used first."""
    query = select(RequestPreset).filter_by(staff_id=staff_id)
    order = (RequestPreset.used_at.desc(), RequestPreset.id.desc())
    return db.session.scalars(query.order_by(*order).limit(PRESETS_EACH)).all()


def planned_work(staff_id: int, day: date) -> list[str]:
    """業務内容 of the day's approved requests, one a line: what pre-fills 朝の予定."""
    lines = [line for row in approved_on(staff_id, day) for line in row.work.splitlines()]
    return [line.strip() for line in lines if line.strip()]


def naming_to_confirm(staff_id: int, first: date, last: date) -> int:
    """How many approved days name this person 在席確認者 and are not confirmed yet."""
    confirmed = select(DayConfirmation.staff_id).where(
        DayConfirmation.staff_id == TeleworkRequest.staff_id,
        DayConfirmation.business_on == TeleworkRequest.day,
    )
    query = select(func.count(TeleworkRequest.id)).where(
        TeleworkRequest.confirmer_id == staff_id,
        TeleworkRequest.day.between(first, last),
        TeleworkRequest.state == State.APPROVED.value,
        ~confirmed.exists(),
    )
    return db.session.scalar(query) or 0
