"""The audit trail: changes on behalf of others and of the organisation. Own states leave no trail."""

from datetime import datetime
from typing import Any, Protocol

from webapp.core.db import db
from webapp.core.models import AuditEntry


class Acting(Protocol):
    """Whoever acts: a signed-in person, or the command line (staff_id None)."""

    @property
    def staff_id(self) -> int | None: ...
    @property
    def name(self) -> str: ...


def record(
    actor: Acting | None,
    action: str,
    *,
    staff_id: int | None = None,
    unit_code: str | None = None,
    detail: dict[str, Any] | None = None,
    now: datetime,
    visible_at: datetime | None = None,
) -> None:
    """Add an entry inside the transaction of the change. No texts, numbers or secrets in `detail`."""
    db.session.add(
        AuditEntry(
            at=now,
            actor_id=actor.staff_id if actor else None,
            actor_name=actor.name if actor else "コマンド",
            action=action,
            staff_id=staff_id,
            unit_code=unit_code,
            detail=detail or {},
            visible_at=visible_at,
        )
    )
