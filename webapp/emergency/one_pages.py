"""緊急時: the page of one, with its tally; what is asked changed, the silent reminded."""

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.core import clock, settings
from webapp.core.db import db, snapshot, transaction
from webapp.core.refusals import Conflict, NotFound, Refusal, RuleBroken
from webapp.emergency import (
    access,
    asking,
    close_pages,
    deploying,
    lent,
    people,
    queries,
    recording,
    reducing,
    service,
)
from webapp.emergency.access import Seen
from webapp.emergency.blueprint import bp, form_of, seen, since, unit_asked, who, words
from webapp.emergency.forms import ChangeForm
from webapp.emergency.models import EmergencyAct
from webapp.emergency.queries import UnitTally
from webapp.emergency.rules import Act, may_undo
from webapp.emergency.settings import MOST_REMINDERS
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.positions import queries as positions


@bp.get("/emergency/<int:emergency_id>")
def one(emergency_id: int) -> Any:
    return _one_page(emergency_id)


def _one_page(emergency_id: int, fault: Refusal | None = None) -> Any:
    with snapshot():
        found, now = seen(emergency_id), clock.now()
        row = found.emergency
        if row.ended_at is not None:
            return close_pages.record_page(found, now)
        template = "emergency/lead.html" if found.leads else "emergency/member.html"
        shown = {
            "found": found,
            "row": row,
            "scope": access.scope_name(row.unit_id, found.tree),
            "since": since(row.began_at, now),
            "began_by": who([row.began_by]).get(row.began_by or 0, ""),
            "colleagues": people.colleagues(row, found.actor, now=now),
            "errors": fault.fields if fault else {},
            "message": fault.message if fault else "",
            "typed": request.form,
        }
        if found.leads:
            shown |= _lead_words(found, now)
        page = render_template(template, **shown, **words(found.actor))
    return page, fault.status if fault else 200


def _lead_words(found: Seen, now: datetime) -> dict[str, Any]:
    row = found.emergency
    own = {node.id for node in found.units(Act.TALLY)}
    return _tally_words(found, now) | {
        "deployments": _deployments(found, now),
        "reductions": [act for act in reducing.standing(row.id, now=now) if _concerns(act, found)],
        "orders": [line for line in lent.standing(row.id, now=now) if line.units & own],
        "has_orders": lent.any_lent(),
        "lines": recording.lines(queries.acts_of(row.id)) if found.whole else [],
        "may": {act.value: found.may_anywhere(act) for act in Act},
        "may_whole": {act.value: found.may(act) for act in Act},
        "undo": _undo(found, now),
    }


def _tally_words(found: Seen, now: datetime) -> dict[str, Any]:
    row, unit = found.emergency, unit_asked(found)
    tallies = queries.tallies(found.tops, row.id, found.tree, now=now)
    count = queries.total(tallies)
    chosen = unit or (found.tops[0] if count.people <= people.MOST_SHOWN else None)
    rows = people.rows_of(row, _below(found, chosen), now=now) if chosen else []
    most = settings.value(MOST_REMINDERS)
    return {
        "row": row,
        "found": found,
        "tallies": _near(tallies, unit, found),
        "total": count,
        "unit": chosen if len(rows) <= people.MOST_SHOWN else None,
        "chosen": unit,
        "rows": rows if len(rows) <= people.MOST_SHOWN else [],
        "reminders": row.reminders,
        "most": most,
        "may": {act.value: found.may_anywhere(act) for act in Act},
        "now": now,
    }


def _near(tallies: list[UnitTally], unit: UnitNode | None, found: Seen) -> list[UnitTally]:
    """A unit asked for with what lies above and below it; else the tree down to the 課."""
    if unit is None:
        return [each for each in tallies if each.depth < 3]
    near = {node.id for node in found.tree.path(unit.id)} | found.tree.subtree_ids(unit.id)
    return [each for each in tallies if each.unit.id in near]


def _below(found: Seen, node: UnitNode) -> list[UnitNode]:
    if len(found.tops) > 1 and node is found.tops[0] and not request.values.get("unit"):
        return found.units(Act.TALLY)
    return found.tree.subtree(node.id)


def _deployments(found: Seen, now: datetime) -> list[dict[str, Any]]:
    """Those standing, with the people one may recall."""
    units = [node.id for node in found.units(Act.DEPLOY)]
    mine = {person.staff_id for person in queries.people_in(units, now=now)}
    listed = []
    for each in deploying.standing(found.emergency.id, now=now):
        known = [i for i in each.people if i in mine]
        names = org.names_of(known)
        numbers = queries.numbers_of(known)
        if known:
            people_ = [{"number": numbers[i], "name": names.get(i, "")} for i in known]
            listed.append({"standing": each, "people": people_})
    return listed


def _concerns(act: EmergencyAct, found: Seen) -> bool:
    units = {node.id for node in found.units(Act.REDUCE)}
    posts = positions.posts_by_id(act.detail["positions"])
    return any(post.unit_id in units for post in posts.values())


def _undo(found: Seen, now: datetime) -> dict[str, str] | None:
    """What one did a moment ago and can take back with one tap: words and where the form goes."""
    text = request.args.get("act", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    act = db.session.get(EmergencyAct, int(text))
    if act is None or act.emergency_id != found.emergency.id or act.undone_at is not None:
        return None
    if not may_undo(act.at, by_me=act.by_id == found.actor.staff_id, now=now):
        return None
    routes = {
        "deploy": "emergency.recall_all",
        "reduce": "emergency.reopen",
        "close": "emergency.reopen",
    }
    if act.kind not in routes:
        return None
    where = url_for(routes[act.kind], emergency_id=found.emergency.id, act_id=act.id)
    return {"words": recording.act_words(act), "action": where}


@bp.get("/emergency/<int:emergency_id>/tally")
def tally(emergency_id: int) -> Any:
    """The part of the page that moves."""
    with snapshot():
        found, now = seen(emergency_id), clock.now()
        if not found.leads:
            raise NotFound
        return render_template("emergency/tally.html", **_tally_words(found, now))


@bp.post("/emergency/<int:emergency_id>/change")
def change(emergency_id: int) -> Any:
    found, now = seen(emergency_id), clock.now()
    access.require(Act.CHANGE, found.actor, found.emergency.unit_id, found.tree)
    try:
        body = form_of(ChangeForm)
        with transaction():
            service.change(
                emergency_id, body.change(), revision=body.revision, actor=found.actor, now=now
            )
    except (RuleBroken, Conflict) as fault:
        return _one_page(emergency_id, fault)
    flash(_("変えました。"), "done")
    return redirect(url_for("emergency.one", emergency_id=emergency_id))


@bp.post("/emergency/<int:emergency_id>/remind")
def remind(emergency_id: int) -> Any:
    found, now = seen(emergency_id), clock.now()
    unit = unit_asked(found)
    units = found.tree.subtree(unit.id) if unit else found.units(Act.REMIND)
    if not units:
        raise NotFound
    try:
        with transaction():
            count = asking.remind(
                emergency_id, [node.id for node in units], actor=found.actor, now=now
            )
    except Conflict as fault:
        flash(fault.message, "error")
    else:
        flash(_("%(n)s 人に催促しました。", n=count), "done")
    return redirect(_back(emergency_id, unit))


def _back(emergency_id: int, unit: UnitNode | None = None) -> str:
    code = unit.code if unit else None
    return url_for("emergency.one", emergency_id=emergency_id, unit=code)
