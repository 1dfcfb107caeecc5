"""Telling other systems that something happened, never what: rows written inside the transaction of the change.

They are sent later, off the request path (`sending.py`).
"""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.core import clock
from webapp.core.db import db
from webapp.notices.models import Webhook, WebhookDelivery
from webapp.org import queries as org
from webapp.org.rules import UnitNode

EVENTS = {
    "memo": "取次",
    "request": "申請",
    "shortage": "不足",
    "emergency": "緊急時",
    "rota": "当番表の確定",
}
_PAGES = {
    "memo": "/messages",
    "request": "/requests",
    "shortage": "/board/{unit}",
    "emergency": "/emergency",
    "rota": "/rota/{unit}",
}


def happened(
    event: str, unit_id: int | None, *, now: datetime, path: str | None = None, count: int = 1
) -> int:
    """One delivery for each webhook that hears of this event in this unit or above; returns how many.

    event: a key of EVENTS. unit_id None = the whole town hall. path: the page that tells more, a path of this site
    without anything of a person in it; None = the page of all such things. Inside a transaction.
    """
    if event not in EVENTS:
        raise ValueError(f"no event of webhooks: {event!r}")
    hooks = _listening(event, unit_id)
    unit = org.current_tree().by_id(unit_id) if hooks and unit_id is not None else None
    for hook in hooks:
        row = _delivery(hook, event, now)
        row.payload = _payload(row, hook, unit, path or _page(event, unit), count)
        db.session.add(row)
    return len(hooks)


def _listening(event: str, unit_id: int | None) -> list[Webhook]:
    hooks = list(db.session.scalars(select(Webhook).filter_by(active=True)))
    if not hooks:
        return []
    above = {None, unit_id}
    if unit_id is not None:
        above |= {node.id for node in org.current_tree().path(unit_id)}
    return [hook for hook in hooks if event in hook.events and hook.unit_id in above]


def _delivery(hook: Webhook, event: str, now: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        webhook_id=hook.id,
        key=secrets.token_hex(16),
        event=event,
        made_at=now,
        next_at=now,
    )


def _page(event: str, unit: UnitNode | None) -> str:
    page = _PAGES[event]
    return page.format(unit=unit.code) if unit else page.replace("/{unit}", "/")


def _payload(
    row: WebhookDelivery, hook: Webhook, unit: UnitNode | None, path: str, count: int
) -> dict[str, Any]:
    return {
        "event": row.event,
        "unit": unit.code if unit else None,
        "unit_name": unit.name if unit else None,
        "count": count,
        "url": f"{hook.base}{path}",
        "at": clock.to_tokyo(row.made_at).isoformat(timespec="seconds"),
        "id": row.key,
    }
