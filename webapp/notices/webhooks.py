"""Telling other systems that something happened, never what: rows written inside the transaction of the change.

They are sent later, off the request path (`sending.py`). What a receiver gets, in the words of the README:

    POST to the address, `Content-Type: application/json; charset=utf-8`, at most 5 seconds, no redirects. The body is
    {"event": "memo|request|shortage|emergency|rota|test", "unit": "D03010", "unit_name": "市民課", "count": 1,
     "url": "https://zaiseki.example.lg.jp/messages", "at": "2026-11-24T10:20:00+09:00", "id": "…"}
    (unit and unit_name null = the whole town hall), or, for chat tools, {"text": "取次1件（市民課） https://…"}.
    There is never a name, a number or a word of what it is about in it: who may know follows the link.

    X-Zaiseki-Delivery   the id; a repeat has the same, so take each once
    X-Zaiseki-Timestamp  seconds since 1970; refuse what is more than five minutes old
    X-Zaiseki-Signature  sha256=HEX of HMAC-SHA256(secret, timestamp + "." + body)

    expected = "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()
    hmac.compare_digest(expected, request.headers["X-Zaiseki-Signature"])

    Any 2xx is taken as received. Else it is tried again after 10 seconds, 1 and 10 minutes, 1 and 6 hours, then given
    up; after 20 failures in a row the webhook is switched off and who made it is told. What happens again before the
    first is sent goes with it: "count" says how often. The log of deliveries is kept for 30 days.
"""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.core import clock
from webapp.core.db import db
from webapp.notices.models import Webhook, WebhookDelivery
from webapp.notices.webhook_rules import EVENTS, TEST
from webapp.org import queries as org
from webapp.org.rules import UnitNode

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


def trial(hook: Webhook, *, now: datetime) -> WebhookDelivery:
    """A delivery by which one sees whether it arrives. Inside a transaction."""
    unit = org.current_tree().by_id(hook.unit_id) if hook.unit_id is not None else None
    row = _delivery(hook, TEST, now)
    row.payload = _payload(row, hook, unit, "/", 1)
    db.session.add(row)
    db.session.flush()
    return row


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
