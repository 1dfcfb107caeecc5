"""Forgetting requests: where to reach somebody some months after the day, everything some years later."""

from datetime import date, datetime, time

from sqlalchemy import delete, select, update

from webapp.core import calendar, clock, settings
from webapp.core.db import db
from webapp.org import queries as org
from webapp.plans.retention import kept_from as first_of_month
from webapp.requests.models import RequestPreset, TeleworkRequest
from webapp.requests.settings import CONTACT_MONTHS, KEPT_YEARS


def forget(*, now: datetime) -> None:
    """Inside a transaction. Steps and exchanges asked for go with their request."""
    today = org.today(now)
    before = kept_from(today, settings.value(KEPT_YEARS))
    _forget_requests(before)
    _forget_presets(before)
    _forget_contacts(first_of_month(today, settings.value(CONTACT_MONTHS)))


def kept_from(today: date, years: int) -> date:
    """The first day whose 年度 has not been over for so many years."""
    return date(calendar.fiscal_year(today) - years, 4, 1)


def _forget_requests(before: date) -> None:
    """A change may be kept longer than what it changed: it stands alone then."""
    old = select(TeleworkRequest.id).where(TeleworkRequest.day < before)
    changes = update(TeleworkRequest).where(TeleworkRequest.changes_id.in_(old))
    db.session.execute(changes.values(changes_id=None))
    db.session.execute(delete(TeleworkRequest).where(TeleworkRequest.day < before))


def _forget_presets(before: date) -> None:
    """Of those who file no more: `used_at` is when it was last kept, not when a request last began with it."""
    filing = select(TeleworkRequest.staff_id)
    old = RequestPreset.used_at < datetime.combine(before, time(), clock.TOKYO)
    unused = delete(RequestPreset).where(old, RequestPreset.staff_id.not_in(filing))
    db.session.execute(unused)


def _forget_contacts(before: date) -> None:
    """The revision stays: nothing anybody decides on is different."""
    past = update(TeleworkRequest).where(
        TeleworkRequest.day < before, TeleworkRequest.contact != ""
    )
    db.session.execute(past.values(contact=""))
