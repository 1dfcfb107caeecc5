"""Reading claims and connections, and the policy of a unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from webapp.core import settings
from webapp.core.db import db
from webapp.presence.facts import Claim, Policy, Reason, ReportDuty, Source, State
from webapp.presence.models import Connection, StatusClaim
from webapp.presence.settings import (
    AUTO_AWAY,
    PLACE_LABELS,
    REACH,
    REASONS,
    REPORT_DUTY,
    REPORT_GRACE,
    STATE_LABELS,
)


def claim_of(row: StatusClaim) -> Claim:
    return Claim(
        Source(row.source),
        State(row.state),
        row.since,
        row.until,
        row.note,
        Reason(row.reason) if row.reason else None,
    )


def claims_of(staff_ids: Sequence[int]) -> dict[int, tuple[Claim, ...]]:
    found: dict[int, tuple[Claim, ...]] = {}
    query = select(StatusClaim).where(StatusClaim.staff_id.in_(staff_ids))
    for row in db.session.scalars(query.order_by(StatusClaim.since, StatusClaim.id)):
        found[row.staff_id] = (*found.get(row.staff_id, ()), claim_of(row))
    return found


@dataclass(frozen=True, slots=True)
class Line:
    connected: bool = False
    lost_at: datetime | None = None


def connections_of(staff_ids: Sequence[int]) -> dict[int, Line]:
    query = select(Connection.staff_id, Connection.connected, Connection.lost_at)
    rows = db.session.execute(query.where(Connection.staff_id.in_(staff_ids)))
    return {staff_id: Line(connected, lost_at) for staff_id, connected, lost_at in rows}


def policy_of(path: Sequence[str]) -> Policy:
    """The settings in force for a unit (its codes from the top down)."""
    auto_away = settings.value(AUTO_AWAY, path)
    return Policy(
        ReportDuty(settings.value(REPORT_DUTY, path)),
        timedelta(minutes=settings.value(REPORT_GRACE, path)),
        timedelta(minutes=auto_away) if auto_away else None,
    )


def labels() -> dict[str, dict[str, str]]:
    """The words on screen: the standard ones, with the local ones over them."""
    return {
        "state": dict(STATE_LABELS.choices) | settings.value(STATE_LABELS),
        "place": dict(PLACE_LABELS.choices) | settings.value(PLACE_LABELS),
        "reason": dict(REASONS),
        "reach": dict(REACH),
    }
