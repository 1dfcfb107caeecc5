"""災害配備 and 窓口縮小・臨時閉庁: two taps each, with the effect before, and the way back."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.core import calendar, clock, settings
from webapp.core.db import snapshot, transaction
from webapp.core.refusals import Conflict, Refusal, RuleBroken
from webapp.emergency import access, checks, deploying, reducing
from webapp.emergency.blueprint import bp, form_of, seen, words
from webapp.emergency.deploying import Deployment
from webapp.emergency.forms import MOST_PEOPLE, DeployForm, RecallBody, ReduceForm
from webapp.emergency.rules import Act
from webapp.emergency.settings import SITES
from webapp.org import queries as org
from webapp.positions import queries as positions

HOURS = 8  # of a deployment, as offered


# --- 災害配備 ---------------------------------------------------------------------------------


@bp.get("/emergency/<int:emergency_id>/deploy")
def deploy(emergency_id: int) -> Any:
    return _deploy_page(emergency_id)


def _deploy_page(emergency_id: int, fault: Refusal | None = None) -> Any:
    """People as ticked on the page before; with ?site= and times also what it does to counters and telephones."""
    with snapshot():
        found, now = seen(emergency_id), clock.now()
        checks.must(found, Act.DEPLOY)
        numbers = list(dict.fromkeys(request.values.getlist("staff")))[:MOST_PEOPLE]
        staff_ids = checks.staff_ids_of(numbers)
        held = access.check_people(Act.DEPLOY, staff_ids, found, now=now)
        wanted = _asked(staff_ids, now)
        today = org.today(now)
        page = render_template(
            "emergency/deploy.html",
            row=found.emergency,
            people=[held[i][0] for i in staff_ids],
            already=deploying.deployed_until(staff_ids, today),
            wanted=wanted,
            span=(clock.to_tokyo(wanted.starts_at), clock.to_tokyo(wanted.ends_at)),
            sites=settings.value(SITES),
            effect=deploying.effect_lines(wanted, now=now) if not wanted.faults(now=now) else None,
            errors=fault.fields if fault else {},
            message=fault.message if fault else "",
            typed=request.form,
            **words(found.actor),
        )
    return page, fault.status if fault else 200


def _asked(staff_ids: tuple[int, ...], now: datetime) -> Deployment:
    """As typed, else from now for eight hours."""
    start = now.replace(second=0, microsecond=0)
    end = start + timedelta(hours=HOURS)
    sites = settings.value(SITES) or ["災害対策本部"]
    try:
        start = _instant("from") or start
        end = _instant("to") or end
    except ValueError:
        pass  # the form says which is at fault
    return Deployment(staff_ids, request.values.get("site", sites[0]), start, end)


def _instant(name: str) -> datetime | None:
    day, time = request.values.get(f"{name}_day", ""), request.values.get(f"{name}_time", "")
    if not day or not time:
        return None
    return calendar.at(date.fromisoformat(day), datetime.strptime(time, "%H:%M").time())  # noqa: DTZ007


@bp.post("/emergency/<int:emergency_id>/deploy")
def deploy_now(emergency_id: int) -> Any:
    found, now = seen(emergency_id), clock.now()
    checks.must(found, Act.DEPLOY)
    try:
        body = form_of(DeployForm)
        staff_ids = checks.staff_ids_of(body.staff)
        access.check_people(Act.DEPLOY, staff_ids, found, now=now)
        with transaction():
            act = deploying.deploy(
                emergency_id, body.deployment(staff_ids), actor=found.actor, now=now
            )
            act_id = act.id
    except (RuleBroken, Conflict) as fault:
        return _deploy_page(emergency_id, fault)
    flash(_("%(n)s 人を配備しました。本人に知らせました。", n=len(staff_ids)), "done")
    return redirect(url_for("emergency.one", emergency_id=emergency_id, act=act_id))


@bp.post("/emergency/<int:emergency_id>/deploy/<int:act_id>/recall")
def recall(emergency_id: int, act_id: int) -> Any:
    """Those named by `staff`."""
    body = form_of(RecallBody)
    return _recalled(emergency_id, act_id, checks.staff_ids_of(body.staff))


@bp.post("/emergency/<int:emergency_id>/deploy/<int:act_id>/recall-all")
def recall_all(emergency_id: int, act_id: int) -> Any:
    return _recalled(emergency_id, act_id, None)


def _recalled(emergency_id: int, act_id: int, staff_ids: tuple[int, ...] | None) -> Any:
    found, now = seen(emergency_id), clock.now()
    staff_ids = checks.recallable(found, act_id, staff_ids, now=now)
    try:
        with transaction():
            deploying.recall(act_id, staff_ids, actor=found.actor, now=now)
    except Conflict as fault:
        flash(fault.message, "error")
    else:
        flash(_("配備を解除しました。"), "done")
    return redirect(url_for("emergency.one", emergency_id=emergency_id))


# --- 窓口縮小・臨時閉庁 -----------------------------------------------------------------------


@bp.get("/emergency/<int:emergency_id>/counters")
def counters(emergency_id: int) -> Any:
    return _counters_page(emergency_id)


def _counters_page(emergency_id: int, fault: Refusal | None = None) -> Any:
    with snapshot():
        found, now = seen(emergency_id), clock.now()
        checks.must(found, Act.REDUCE)
        posts = reducing.posts_in([node.id for node in found.units(Act.REDUCE)], now=now)
        today = org.today(now)
        demand = positions.demand_on(posts, [today], found.tree)[today] if posts else None
        capped = reducing.capped([post.id for post in posts], now=now)
        ticked = {int(text) for text in request.form.getlist("positions") if text.isdecimal()}
        groups: dict[str, list[dict[str, Any]]] = {}
        for post in posts:
            node = found.tree.by_id(post.unit_id)
            needs = demand.needs[post.id] if demand else []
            groups.setdefault(node.name if node else "", []).append(
                {
                    "post": post,
                    "need": max((need.need for need in needs), default=0),
                    "ticked": post.id in ticked if request.form else post.on_site,
                    "capped": post.id in capped,
                    "cap": capped.get(post.id),
                }
            )
        page = render_template(
            "emergency/counters.html",
            row=found.emergency,
            groups=groups,
            today=today,
            errors=fault.fields if fault else {},
            message=fault.message if fault else "",
            typed=request.form,
            **words(found.actor),
        )
    return page, fault.status if fault else 200


@bp.post("/emergency/<int:emergency_id>/counters")
def reduce(emergency_id: int) -> Any:
    found, now = seen(emergency_id), clock.now()
    checks.must(found, Act.REDUCE)
    try:
        wanted = form_of(ReduceForm).reduction()
        checks.check_positions(found, wanted.position_ids, now=now)
        with transaction():
            act = reducing.reduce(emergency_id, wanted, actor=found.actor, now=now)
            act_id, closed = act.id, wanted.need is None
    except (RuleBroken, Conflict) as fault:
        return _counters_page(emergency_id, fault)
    flash(_("窓口を閉めました。") if closed else _("窓口を縮小しました。"), "done")
    return redirect(url_for("emergency.one", emergency_id=emergency_id, act=act_id))


@bp.post("/emergency/<int:emergency_id>/counters/<int:act_id>/reopen")
def reopen(emergency_id: int, act_id: int) -> Any:
    found, now = seen(emergency_id), clock.now()
    checks.reopenable(found, act_id)
    try:
        with transaction():
            reducing.reopen(act_id, actor=found.actor, now=now)
    except Conflict as fault:
        flash(fault.message, "error")
    else:
        flash(_("窓口を元に戻しました。"), "done")
    if found.emergency.ended_at is not None:
        return redirect(url_for("emergency.overview"))
    return redirect(url_for("emergency.one", emergency_id=emergency_id))
