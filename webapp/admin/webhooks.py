"""Webhooks: 管理者 keep all of them, a 所属長 those of the own 課 (the same pages, without the menu)."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import Actor, current_actor
from webapp.admin.blueprint import bp, page
from webapp.core import clock
from webapp.core.db import transaction
from webapp.core.refusals import Refusal, RuleBroken
from webapp.notices import sending
from webapp.notices import webhook_access as access
from webapp.notices import webhook_keeping as keeping
from webapp.notices.models import Webhook
from webapp.notices.webhook_forms import wish_of
from webapp.notices.webhook_rules import EVENTS, FORMS, TEST, TOO_MANY_FAILURES, target_of
from webapp.org import queries as org


def _keeper() -> Actor:
    actor = current_actor()
    access.require_keeper(actor)
    return actor


@bp.get("/admin/webhooks")
def webhooks() -> Any:
    return _list(_keeper())


def _list(actor: Actor, fault: Refusal | None = None) -> Any:
    tree = org.current_tree()
    return page(
        "webhooks",
        actor,
        at="webhooks",
        status=fault.status if fault else 200,
        hooks=[(hook, tree.by_id(hook.unit_id or 0)) for hook in access.kept_by(actor)],
        **_form_words(actor, fault),
    )


def _form_words(actor: Actor, fault: Refusal | None) -> dict[str, Any]:
    whole = [("", _("全庁"))] if actor.may_admin else []
    return {
        "units": whole + [(unit.code, unit.name) for unit in access.own_units(actor)],
        "events": EVENTS,
        "event_words": EVENTS | {TEST: _("テスト")},
        "forms": list(FORMS.items()),
        "most": TOO_MANY_FAILURES,
        "site_of": lambda hook: target_of(hook.url).site,
        "fault": fault.message if fault else "",
        "errors": fault.fields if fault else {},
        "typed": request.form if fault else {},
        "typed_events": request.form.getlist("events") if fault else None,
    }


@bp.post("/admin/webhooks")
def add_webhook() -> Any:
    actor = _keeper()
    try:
        wish = wish_of(request.form, actor, keeps_url=False)
    except RuleBroken as fault:
        return _list(actor, fault)
    with transaction():
        hook, secret = keeping.add(wish, base=request.host_url, actor=actor, now=clock.now())
    return _one(actor, hook, secret=secret, status=201)


# --- one ------------------------------------------------------------------------------------


@bp.get("/admin/webhooks/<int:webhook_id>")
def webhook(webhook_id: int) -> Any:
    actor = _keeper()
    return _one(actor, access.kept_or_404(webhook_id, actor))


def _one(
    actor: Actor,
    hook: Webhook,
    fault: Refusal | None = None,
    *,
    secret: str = "",
    status: int = 200,
) -> Any:
    unit = org.current_tree().by_id(hook.unit_id or 0)
    return page(
        "webhook",
        actor,
        at="webhooks",
        status=fault.status if fault else status,
        hook=hook,
        unit=unit,
        secret=secret,
        log=keeping.log_of(hook),
        maker=org.names_of([hook.made_by] if hook.made_by else []).get(hook.made_by or 0, ""),
        **_form_words(actor, fault),
    )


@bp.post("/admin/webhooks/<int:webhook_id>")
def change_webhook(webhook_id: int) -> Any:
    actor = _keeper()
    hook = access.kept_or_404(webhook_id, actor)
    try:
        wish = wish_of(request.form, actor, keeps_url=True)
        with transaction():
            keeping.change(webhook_id, wish, revision=_revision(), actor=actor, now=clock.now())
    except Refusal as fault:
        return _one(actor, access.kept_or_404(hook.id, actor), fault)
    flash(_("変えました。"), "done")
    return redirect(url_for("admin.webhook", webhook_id=webhook_id), 303)


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@bp.post("/admin/webhooks/<int:webhook_id>/<any(pause, resume):what>")
def switch_webhook(webhook_id: int, what: str) -> Any:
    actor = _keeper()
    with transaction():
        keeping.switch(webhook_id, on=what == "resume", actor=actor, now=clock.now())
    flash(_("送信を再開しました。") if what == "resume" else _("送信を止めました。"), "done")
    return redirect(url_for("admin.webhook", webhook_id=webhook_id), 303)


@bp.post("/admin/webhooks/<int:webhook_id>/secret")
def renew_webhook_secret(webhook_id: int) -> Any:
    actor = _keeper()
    with transaction():
        hook, secret = keeping.renew_secret(webhook_id, actor=actor, now=clock.now())
    return _one(actor, hook, secret=secret, status=201)


@bp.post("/admin/webhooks/<int:webhook_id>/test")
def try_webhook(webhook_id: int) -> Any:
    """Waits for the other side, five seconds at most; nothing of the database is held meanwhile."""
    actor = _keeper()
    with transaction():
        trial = keeping.begin_trial(webhook_id, actor=actor, now=clock.now())
    outcome = sending.deliver(trial)
    with transaction():
        sending.note(trial, outcome, now=clock.now())
    if outcome.good:
        flash(_("届きました（%(status)s）。", status=outcome.status), "done")
    else:
        flash(_("届きませんでした。%(why)s。", why=outcome.fault), "error")
    return redirect(url_for("admin.webhook", webhook_id=webhook_id), 303)


@bp.post("/admin/webhooks/<int:webhook_id>/remove")
def remove_webhook(webhook_id: int) -> Any:
    actor = _keeper()
    with transaction():
        name = keeping.remove(webhook_id, actor=actor, now=clock.now())
    flash(_("Webhook「%(name)s」を消しました。", name=name), "done")
    return redirect(url_for("admin.webhooks"), 303)
