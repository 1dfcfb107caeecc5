"""Reading the planned stretches of a day."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from webapp.core import calendar
from webapp.core.db import db
from webapp.plans.models import PlannedSegment
from webapp.presence.facts import Place, Reason, Stretch

_SAYS_NO_PLACE = {"meeting": Reason.MEETING, "disaster": Reason.DISASTER}


def stretches_of(staff_ids: Sequence[int], day: date) -> dict[int, tuple[Stretch, ...]]:
    """{staff id: the day's planned stretches}, later entered ones last (they win)."""
    query = select(PlannedSegment).where(
        PlannedSegment.day == day, PlannedSegment.staff_id.in_(staff_ids)
    )
    found: dict[int, tuple[Stretch, ...]] = {}
    for row in db.session.scalars(query.order_by(PlannedSegment.id)):
        found[row.staff_id] = (*found.get(row.staff_id, ()), _stretch(row))
    return found


def _stretch(row: PlannedSegment) -> Stretch:
    reason = _SAYS_NO_PLACE.get(row.kind)
    return Stretch(
        calendar.at_minute(row.day, row.start_minute),
        calendar.at_minute(row.day, row.end_minute),
        None if reason else Place(row.kind),
        reason,
        row.site,
        own=True,
    )
