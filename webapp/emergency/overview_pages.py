"""緊急時: the overview (also on a calm day) and beginning one. Plain forms; nothing needs a script."""

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts import access as accounts
from webapp.accounts.access import Actor, current_actor
from webapp.core import clock, settings
from webapp.core.db import db, snapshot, transaction
from webapp.core.refusals import Conflict, Refusal, RuleBroken
from webapp.emergency import access, queries, reducing, service
from webapp.emergency.blueprint import bp, form_of, since, words
from webapp.emergency.forms import BeginForm
from webapp.emergency.models import Emergency, EmergencyAct
from webapp.emergency.rules import Act
from webapp.emergency.settings import MOST_REMINDERS, NAMES, REMIND_EVERY
from webapp.org import queries as org
from webapp.org.rules import UnitNode


@bp.get("/emergency")
def overview() -> Any:
    """Also on a calm day: what it does, who may begin it, and where."""
    with snapshot():
        actor, now = current_actor(), clock.now()
        tree = org.current_tree()
        opened = [
            row
            for one in queries.open_ones()
            if (row := db.session.get(Emergency, one.id)) and _sees(row, actor)
        ]
        own = access.own_scopes(Act.BEGIN, actor, tree)
        return render_template(
            "emergency/overview.html",
            opened=[_card(row, now) for row in opened],
            closed=[_card(row, now) for row in queries.closed_ones() if _leads(row, actor)],
            own=[_choice(node) for node in own],
            further=[_choice(n) for n in access.scopes(Act.BEGIN, actor, tree) if n not in own],
            left=[a for a in reducing.standing(now=now) if _may_reopen(a, actor)],
            evening=bool(access.scopes(Act.EVENING, actor, tree)),
            may_order=bool(access.scopes(Act.ORDER, actor, tree)),
            **words(actor),
        )


def _sees(row: Emergency, actor: Actor) -> bool:
    found = access.seen(row, actor)
    return found.leads or access.may_at(Act.SEE, actor, row.unit_id, found.tree)


def _leads(row: Emergency, actor: Actor) -> bool:
    return access.seen(row, actor).leads


def _may_reopen(act: EmergencyAct, actor: Actor) -> bool:
    """What outlasted its emergency; while that is open it stands on its page."""
    row = db.session.get_one(Emergency, act.emergency_id)
    return row.ended_at is not None and access.seen(row, actor).may_anywhere(Act.REDUCE)


def _card(row: Emergency, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "text": row.text,
        "scope": access.scope_name(row.unit_id, org.current_tree()),
        "began_at": row.began_at,
        "ended_at": row.ended_at,
        "since": since(row.began_at, row.ended_at or now),
    }


def _choice(node: UnitNode | None) -> dict[str, str]:
    if node is None:
        return {"code": "", "name": access.CITY_WORD}
    return {"code": node.code, "name": node.name}


@bp.get("/emergency/new")
def new() -> Any:
    return _new_page(_scope_asked(request.args.get("unit", "")))


def _scope_asked(code: str) -> UnitNode | None:
    """Raises NotAllowed, NotFound."""
    node = accounts.unit_or_404(code) if code else None
    tree = org.current_tree()
    access.require(Act.BEGIN, current_actor(), node.id if node else None, tree)
    return node


def _new_page(node: UnitNode | None, fault: Refusal | None = None) -> Any:
    with snapshot():
        unit_id, tree, now = node.id if node else None, org.current_tree(), clock.now()
        page = render_template(
            "emergency/new.html",
            scope=access.scope_name(unit_id, tree),
            code=node.code if node else "",
            people=len(queries.staff_ids_in(unit_id, now=now)),
            names=settings.value(NAMES),
            remind=settings.value(REMIND_EVERY),
            most=settings.value(MOST_REMINDERS),
            typed=request.form,
            errors=fault.fields if fault else {},
            message=fault.message if fault else "",
            **words(current_actor()),
        )
    return page, fault.status if fault else 200


@bp.post("/emergency/new")
def begin() -> Any:
    actor, now = current_actor(), clock.now()
    node = _scope_asked(request.form.get("unit", ""))
    try:
        body = form_of(BeginForm)
        with transaction():
            row = service.begin(body.wanted(node.id if node else None), actor=actor, now=now)
    except (RuleBroken, Conflict) as fault:
        return _new_page(node, fault)
    flash(_("緊急時を始めました。全員に知らせました。"), "done")
    return redirect(url_for("emergency.one", emergency_id=row.id))
