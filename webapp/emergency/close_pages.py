"""緊急時: the end, with what is still in force offered to be taken back; and the record."""

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.refusals import Conflict, Refusal, RuleBroken
from webapp.emergency import access, closing, deploying, lent, queries, reducing
from webapp.emergency.access import Seen
from webapp.emergency.blueprint import bp, form_of, seen, since, words
from webapp.emergency.forms import CloseForm
from webapp.emergency.rules import Act


@bp.get("/emergency/<int:emergency_id>/close")
def close(emergency_id: int) -> Any:
    return _close_page(emergency_id)


def _close_page(emergency_id: int, fault: Refusal | None = None) -> Any:
    with snapshot():
        found, now = seen(emergency_id), clock.now()
        access.require(Act.CLOSE, found.actor, found.emergency.unit_id, found.tree)
        row = found.emergency
        if row.ended_at is not None:
            if fault:
                flash(fault.message, "error")
            return redirect(url_for("emergency.one", emergency_id=row.id))
        tallies = queries.tallies(found.tops, row.id, found.tree, now=now)
        page = render_template(
            "emergency/close.html",
            row=row,
            scope=access.scope_name(row.unit_id, found.tree),
            deployments=deploying.standing(row.id, now=now),
            reductions=reducing.standing(row.id, now=now),
            orders=lent.standing(row.id, now=now),
            total=queries.total(tallies),
            since=since(row.began_at, now),
            message=fault.message if fault else "",
            **words(found.actor),
        )
    return page, fault.status if fault else 200


@bp.post("/emergency/<int:emergency_id>/close")
def close_now(emergency_id: int) -> Any:
    found, now = seen(emergency_id), clock.now()
    access.require(Act.CLOSE, found.actor, found.emergency.unit_id, found.tree)
    try:
        body = form_of(CloseForm)
        wanted = closing.Wanted(tuple(body.recall), tuple(body.reopen), tuple(body.withdraw))
        with transaction():
            closing.close(emergency_id, wanted, revision=body.revision, actor=found.actor, now=now)
    except (RuleBroken, Conflict) as fault:
        return _close_page(emergency_id, fault)
    flash(_("緊急時を終えました。記録を残しました。"), "done")
    return redirect(url_for("emergency.one", emergency_id=emergency_id))


def record_page(found: Seen, now: datetime) -> Any:
    """Counts of one's own units alone where one led a part; everybody else reads that it is over."""
    row = found.emergency
    own = {node.code for node in found.units(Act.TALLY)}
    record = row.record
    return render_template(
        "emergency/record.html",
        row=row,
        record=record,
        units=[each for each in record.get("units", ()) if found.whole or each["code"] in own],
        found=found,
        since=since(row.began_at, row.ended_at or now),
        **words(found.actor),
    )
