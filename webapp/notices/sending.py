"""Sending what `webhooks.happened` wrote: outside every transaction, each delivery by one process at a time.

A row is claimed by compare-and-set, which also counts the try and lets the claim lapse: a process that dies while it
sends leaves a row that another takes up later, under the same key, so that the receiver can tell a repeat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update

from webapp.core import clock, settings
from webapp.core.db import db
from webapp.notices import posting, service
from webapp.notices.models import Webhook, WebhookDelivery
from webapp.notices.posting import PostFault
from webapp.notices.settings import ALLOWED_HOSTS
from webapp.notices.webhook_rules import (
    TEST,
    TOO_MANY_FAILURES,
    TargetFault,
    body_of,
    next_try,
    signature,
    succeeded,
    target_of,
)
from webapp.org import queries as org

CLAIM_S = 60  # longer than any post takes
MOST_AT_ONCE = 20  # of one webhook in one round
LONGEST_FAULT = 200
AGENT = "Zaiseki-Webhook/1"


@dataclass(frozen=True, slots=True)
class Sending:
    """A claimed delivery, with all that is needed to send it: nothing is asked of the database meanwhile."""

    delivery_id: int
    webhook_id: int
    tries: int
    url: str
    secret: str
    form: str
    key: str
    payload: dict[str, Any]
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    status: int | None
    fault: str = ""

    @property
    def good(self) -> bool:
        return succeeded(self.status)


def due_webhooks(*, now: datetime) -> list[int]:
    """Ids of the webhooks with something to send; mostly none."""
    query = select(WebhookDelivery.webhook_id).where(*_due(now)).distinct()
    return list(db.session.scalars(query))


def _due(now: datetime) -> tuple[Any, ...]:
    return (WebhookDelivery.state == "waiting", WebhookDelivery.next_at <= now)


def claim(webhook_id: int, *, now: datetime) -> Sending | None:
    """The next delivery of this webhook, ours alone for a minute; None where there is none. Inside a transaction."""
    hook = db.session.get(Webhook, webhook_id)
    for row in _waiting(webhook_id, now):
        if hook is None or not hook.active:
            _end(row, "failed", now, "停止中のため送りませんでした")
        elif _won(row, now):
            _fold_in(row)
            return _sending(row, hook)
    return None


def own(row: WebhookDelivery, hook: Webhook, *, now: datetime) -> Sending:
    """A row just made, sent by whoever made it. Inside the same transaction."""
    row.tries, row.next_at = 1, now + timedelta(seconds=CLAIM_S)
    return _sending(row, hook)


def _waiting(webhook_id: int, now: datetime) -> Sequence[WebhookDelivery]:
    query = select(WebhookDelivery).where(*_due(now), WebhookDelivery.webhook_id == webhook_id)
    oldest = query.order_by(WebhookDelivery.id).limit(MOST_AT_ONCE)
    return db.session.scalars(oldest.execution_options(populate_existing=True)).all()


def _won(row: WebhookDelivery, now: datetime) -> bool:
    """Compare-and-set on the count of tries: of two processes that read the same row one goes on."""
    lapses = now + timedelta(seconds=CLAIM_S)
    taken = _execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == row.id, WebhookDelivery.tries == row.tries, *_due(now))
        .values(tries=row.tries + 1, next_at=lapses)
        .execution_options(synchronize_session=False)
    )
    if taken:
        db.session.refresh(row)
    return taken == 1


def _fold_in(row: WebhookDelivery) -> None:
    """What happened again before the first was sent goes with it as one: 「申請12件」."""
    if row.tries > 1 or row.event == TEST:
        return
    same = select(WebhookDelivery).where(
        WebhookDelivery.webhook_id == row.webhook_id,
        WebhookDelivery.event == row.event,
        WebhookDelivery.state == "waiting",
        WebhookDelivery.tries == 0,
        WebhookDelivery.id > row.id,  # two that fold into each other would wait for each other
    )
    for other in db.session.scalars(same):
        if other.payload["unit"] != row.payload["unit"]:
            continue
        gone = delete(WebhookDelivery).where(
            WebhookDelivery.id == other.id, WebhookDelivery.tries == 0
        )
        if _execute(gone):
            db.session.expunge(other)
            count = row.payload["count"] + other.payload["count"]
            row.payload = row.payload | {"count": count}


def _sending(row: WebhookDelivery, hook: Webhook) -> Sending:
    return Sending(
        delivery_id=row.id,
        webhook_id=hook.id,
        tries=row.tries,
        url=hook.url,
        secret=hook.secret,
        form=hook.form,
        key=row.key,
        payload=dict(row.payload),
        allowed=tuple(settings.value(ALLOWED_HOSTS)),
    )


def deliver(sending: Sending) -> Outcome:
    """The post itself, outside every transaction. Never raises."""
    body = body_of(sending.payload, sending.form)
    timestamp = int(
        (clock.now() - clock.offset()).timestamp()
    )  # also in a demonstration the true time
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": AGENT,
        "Connection": "close",
        "X-Zaiseki-Delivery": sending.key,
        "X-Zaiseki-Timestamp": str(timestamp),
        "X-Zaiseki-Signature": f"sha256={signature(sending.secret, timestamp, body)}",
    }
    try:
        status = posting.post(target_of(sending.url), body, headers, allowed=sending.allowed)
    except (PostFault, TargetFault) as fault:
        return Outcome(None, str(fault))
    if 300 <= status < 400:
        return Outcome(status, "別のアドレスへ案内されました。転送先には送りません")
    return Outcome(status, "" if succeeded(status) else f"相手が {status} を返しました")


def note(sending: Sending, outcome: Outcome, *, now: datetime) -> None:
    """What became of it, unless somebody else has taken it up meanwhile. Inside a transaction."""
    row = db.session.get(WebhookDelivery, sending.delivery_id, populate_existing=True)
    if row is None or row.state != "waiting" or row.tries != sending.tries:
        return
    row.status = outcome.status
    if outcome.good:
        _end(row, "sent", now)
    elif row.event == TEST or (again := next_try(row.tries, now=now)) is None:
        _end(row, "failed", now, outcome.fault)
    else:
        row.next_at, row.fault = again, outcome.fault[:LONGEST_FAULT]
    hook = db.session.get(Webhook, sending.webhook_id, populate_existing=True, with_for_update=True)
    if hook is not None and row.event != TEST:
        _count(hook, outcome, now)


def _end(row: WebhookDelivery, state: str, now: datetime, fault: str = "") -> None:
    row.state, row.next_at, row.ended_at, row.fault = state, None, now, fault[:LONGEST_FAULT]


def _count(hook: Webhook, outcome: Outcome, now: datetime) -> None:
    hook.failures = 0 if outcome.good else hook.failures + 1
    if hook.active and hook.failures >= TOO_MANY_FAILURES:
        hook.active = False
        _tell_maker(hook, now)


def _tell_maker(hook: Webhook, now: datetime) -> None:
    """Of who has left since nobody is told; the page of the webhooks shows it all the same."""
    if hook.made_by is None:
        return
    held = org.postings_today(hook.made_by, now=now)
    unit_id = hook.unit_id or (held[0].unit_id if held else None)
    if unit_id is not None and held:
        service.notify(
            [hook.made_by],
            unit_id=unit_id,
            kind="webhook",
            text=f"Webhook「{hook.name}」を止めました。続けて{TOO_MANY_FAILURES}回届きませんでした。",
            link="/admin/webhooks",
            now=now,
        )


def _execute(statement: Any) -> int:
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount
