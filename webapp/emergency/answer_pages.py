"""緊急時: the bar for pages that were open before, and answering in one tap, also for a colleague who telephoned."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import current_actor
from webapp.accounts.forms import own_path
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.refusals import Conflict
from webapp.emergency import asking, checks
from webapp.emergency.blueprint import bp, form_of, seen
from webapp.emergency.forms import AnswerForm
from webapp.emergency.rules import answer_words


@bp.get("/emergency/bar")
def bar() -> Any:
    """The bar alone, for pages that were open before."""
    with snapshot():
        return render_template(
            "emergency/bar.html", who=current_actor(), bar_next=own_path(request.args.get("at"))
        )


@bp.post("/emergency/<int:emergency_id>/answer")
def answer(emergency_id: int) -> Any:
    """One's own, or a colleague's as heard on the telephone."""
    found, now = seen(emergency_id), clock.now()
    body = form_of(AnswerForm)
    staff_id, name = checks.answering(found, body.staff, now=now)
    channel = "self" if staff_id == found.actor.staff_id else "phone"
    try:
        with transaction():
            asking.answer(
                emergency_id,
                staff_id,
                body.answer,
                body.minutes,
                channel=channel,
                actor=found.actor,
                now=now,
            )
    except Conflict as fault:
        flash(fault.message, "error")
    else:
        said = answer_words(body.answer, body.minutes)
        whose = _("%(name)s さんの回答を", name=name) if channel == "phone" else ""
        flash(_("%(whose)s「%(said)s」で受け付けました。", whose=whose, said=said), "done")
    if request.headers.get("X-Bar"):
        return bar()
    return redirect(own_path(body.next or url_for("emergency.one", emergency_id=emergency_id)))
