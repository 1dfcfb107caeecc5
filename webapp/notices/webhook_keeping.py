"""Making, changing, pausing, trying and removing webhooks. Inside transactions."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from webapp.accounts.access import Actor
from webapp.core import audit
from webapp.core.db import db
from webapp.core.refusals import Conflict
from webapp.notices import sending, webhooks
from webapp.notices.models import Webhook, WebhookDelivery
from webapp.notices.sending import Sending
from webapp.notices.webhook_access import kept_or_404, require_keeper
from webapp.notices.webhook_forms import Wish
from webapp.notices.webhook_rules import target_of
from webapp.org import queries as org

LOG_SHOWN = 30


def add(wish: Wish, *, base: str, actor: Actor, now: datetime) -> tuple[Webhook, str]:
    """(the webhook, its secret: shown this once). base: see Webhook. wish.url is not None."""
    require_keeper(actor)
    hook = Webhook(
        name=wish.name,
        url=wish.url or "",
        secret=_new_secret(),
        base=base.rstrip("/"),
        unit_id=wish.unit_id,
        events=list(wish.events),
        form=wish.form,
        made_at=now,
        made_by=actor.staff_id,
    )
    db.session.add(hook)
    db.session.flush()
    _record(hook, "add", actor, now)
    return hook, hook.secret


def change(webhook_id: int, wish: Wish, *, revision: int, actor: Actor, now: datetime) -> Webhook:
    hook = _held(webhook_id, revision, actor)
    hook.name, hook.unit_id, hook.form = wish.name, wish.unit_id, wish.form
    hook.events = list(wish.events)
    hook.url = wish.url or hook.url
    _record(hook, "change", actor, now)
    return hook


def switch(webhook_id: int, *, on: bool, actor: Actor, now: datetime) -> Webhook:
    """Pause, or start again with a clean slate."""
    hook = kept_or_404(webhook_id, actor, locked=True)
    if hook.active != on:
        hook.active, hook.failures = on, 0
        hook.revision += 1
        _record(hook, "resume" if on else "pause", actor, now)
    return hook


def renew_secret(webhook_id: int, *, actor: Actor, now: datetime) -> tuple[Webhook, str]:
    """The former one ends at once."""
    hook = kept_or_404(webhook_id, actor, locked=True)
    hook.secret = _new_secret()
    hook.revision += 1
    _record(hook, "renew", actor, now)
    return hook, hook.secret


def remove(webhook_id: int, *, actor: Actor, now: datetime) -> str:
    """With its log; returns the name."""
    hook = kept_or_404(webhook_id, actor, locked=True)
    _record(hook, "remove", actor, now)
    db.session.execute(delete(WebhookDelivery).filter_by(webhook_id=hook.id))
    db.session.delete(hook)
    return hook.name


def begin_trial(webhook_id: int, *, actor: Actor, now: datetime) -> Sending:
    """A trial, to be delivered by the caller after the transaction, and its outcome noted in another."""
    hook = kept_or_404(webhook_id, actor)
    _record(hook, "test", actor, now)
    return sending.own(webhooks.trial(hook, now=now), hook, now=now)


def log_of(hook: Webhook) -> Sequence[WebhookDelivery]:
    """The newest first."""
    query = select(WebhookDelivery).filter_by(webhook_id=hook.id)
    return db.session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(LOG_SHOWN)).all()


def _held(webhook_id: int, revision: int, actor: Actor) -> Webhook:
    hook = kept_or_404(webhook_id, actor, locked=True)
    if hook.revision != revision:
        raise Conflict("ほかの人が先に変えました。いまの内容を確かめて、もう一度直してください。")
    hook.revision += 1
    return hook


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _record(hook: Webhook, what: str, actor: Actor, now: datetime) -> None:
    """Without path and secret: who reads the log of changes could else send in our name, or into the chat."""
    unit = org.current_tree().by_id(hook.unit_id) if hook.unit_id else None
    audit.record(
        actor,
        f"webhook.{what}",
        unit_code=unit.code if unit else None,
        detail={"name": hook.name, "site": target_of(hook.url).site},
        now=now,
    )
