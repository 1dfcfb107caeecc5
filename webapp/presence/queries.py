"""Reading claims and connections, and the policy of a unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.core import settings
from webapp.core.reading import among, read
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

_CLAIM = StatusClaim.__table__
CLAIMS = select(_CLAIM).where(among(_CLAIM.c.staff_id)).order_by(_CLAIM.c.since, _CLAIM.c.id)
_LINE = Connection.__table__.c
_LINES = select(_LINE.staff_id, _LINE.connected, _LINE.lost_at).where(among(_LINE.staff_id))


def claim_of(row: Any) -> Claim:
    """row: a StatusClaim, or its columns."""
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
    for row in read(CLAIMS, ids=staff_ids):
        found[row.staff_id] = (*found.get(row.staff_id, ()), claim_of(row))
    return found


@dataclass(frozen=True, slots=True)
class Line:
    connected: bool = False
    lost_at: datetime | None = None


def connections_of(staff_ids: Sequence[int]) -> dict[int, Line]:
    rows = read(_LINES, ids=staff_ids)
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
