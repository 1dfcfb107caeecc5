"""Forgetting plans of long ago. Inside a transaction."""

from datetime import date, datetime, timedelta

from sqlalchemy import delete

from webapp.core import settings
from webapp.core.db import db
from webapp.org import queries as org
from webapp.plans import calendars
from webapp.plans.models import DayEvent, PlannedHours, PlannedReach, PlannedSegment, WeeklyPlan
from webapp.plans.settings import PLANS_KEPT


def forget(*, now: datetime) -> None:
    """What lies further back than the setting says, and previews of calendars nobody came back to."""
    before = kept_from(org.today(now), settings.value(PLANS_KEPT))
    for table in (PlannedSegment, PlannedHours, PlannedReach, DayEvent):
        db.session.execute(delete(table).where(table.day < before))
    db.session.execute(delete(WeeklyPlan).where(WeeklyPlan.ends_on < before))
    calendars.forget_previews(now=now)


def kept_from(today: date, months: int) -> date:
    """The first of the month so many months ago."""
    first = today.replace(day=1)
    for _ in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    return first
