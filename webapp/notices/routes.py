"""Pages: how one wants to be told, and the plain forms that put news away."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

from webapp.accounts.access import Actor, current_actor
from webapp.accounts.blueprint import browser_only
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.sitemap import page_exists
from webapp.notices import queries, rules, service
from webapp.notices import webhook_access as webhooks
from webapp.notices.forms import ids_of
from webapp.notices.rules import Choice, Quiet

bp = Blueprint("notices", __name__)

WHY_QUIET = {
    Quiet.UNWANTED: "いまは出しません（下の設定で止めています）。",
    Quiet.DND: "いまは出しません（応答不可にしています）。",
    Quiet.OFF: "いまは出しません（勤務時間の外です）。",
    Quiet.LEAVE: "いまは出しません（休暇等です）。",
    Quiet.BREAK: "いまは出しません（休憩中です）。",
    Quiet.OUT: "いまは出しません（中抜け中です）。",
    Quiet.LEFT: "いまは出しません（終業を報告しました）。",
}


@bp.get("/me/notices")
def choice_page() -> Any:
    actor, now = browser_only(current_actor()), clock.now()
    with snapshot():
        choice = queries.choice_of(actor.staff_id)
        quiet = queries.quiet_of([actor.staff_id], now=now)[actor.staff_id]
        return render_template(
            "notices/choice.html",
            nav="account",
            choice=choice,
            why=WHY_QUIET[quiet] if quiet else "",
            groups=[
                (group.value, rules.WORDS[group], group in choice.muted) for group in rules.MUTABLE
            ],
            keeps_webhooks=_keeps_webhooks(actor),
        )


def _keeps_webhooks(actor: Actor) -> bool:
    return actor.may_admin or bool(webhooks.own_units(actor))


@bp.post("/me/notices")
def choose() -> Any:
    actor = browser_only(current_actor())
    heard = set(request.form.getlist("heard"))
    choice = Choice(
        pop_up="pop_up" in request.form,
        outside_hours="outside_hours" in request.form,
        muted=frozenset(group for group in rules.MUTABLE if group.value not in heard),
    )
    with transaction():
        service.choose(actor.staff_id, choice)
        service.look_again([actor.staff_id])
    flash(_("お知らせの受け取り方を決めました。"), "done")
    return redirect("/me/notices", 303)


# --- putting away ---------------------------------------------------------------------------


@bp.post("/me/notices/read")
def read() -> Any:
    """Those named; without a name none, since a page may be older than what came meanwhile."""
    actor, now = current_actor(), clock.now()
    with transaction():
        service.mark_read(actor.staff_id, ids_of(request.form.getlist("notice")), now=now)
    return redirect(_back(), 303)


def _back() -> str:
    """Where the form stood: a page of ours, never an address elsewhere."""
    wanted = request.form.get("next", "")
    ours = not wanted.startswith(("//", "/\\")) and page_exists(wanted)
    return wanted if ours else "/"
