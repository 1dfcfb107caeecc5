"""行事の日: what is to come, adding and taking away."""

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import current_actor
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import NotAllowed, NotFound, Refusal, RuleBroken
from webapp.org import queries as org
from webapp.plans import access, events, forms, picture
from webapp.plans.blueprint import bp
from webapp.plans.models import DayEvent

USUAL = ("辞令交付", "研修", "訓練", "年始式", "健康診断")


@bp.get("/plan/events")
def event_list() -> Any:
    return _page(clock.now())


def _page(now: datetime, fault: Refusal | None = None) -> Any:
    actor = current_actor()
    with snapshot():
        tree = org.current_tree()
        kept_units = access.event_units(actor, tree)
        mine = {posting.unit_id for posting in actor.postings} | {n.id for n in kept_units}
        concerned = events.above_and_below(mine, tree)
        rows = events.coming(concerned, today=org.today(now), everybody=True)
        page = render_template(
            "plans/events.html",
            rows=[(row, _unit_name(row), picture.event_words(row)) for row in rows],
            mine={row.id for row in rows if _keeps(row, {n.id for n in kept_units})},
            keeps=access.keeps_events(actor),
            units=_choices(kept_units),
            usual=USUAL,
            values=dict(request.form.items()) if fault else {},
            errors=fault.fields if fault else {},
            message=fault.message if fault else "",
        )
    return page, fault.status if fault else 200


def _keeps(row: DayEvent, unit_ids: set[int]) -> bool:
    everywhere = bool(current_actor().roles & access.EVERYWHERE)
    return everywhere or row.unit_id in unit_ids


def _unit_name(row: DayEvent) -> str:
    node = org.current_tree().by_id(row.unit_id) if row.unit_id is not None else None
    return node.name if node else _("全庁")


def _choices(nodes: list[Any]) -> list[tuple[str, str]]:
    tree = org.current_tree()
    whole = [("", _("全庁"))] if current_actor().roles & access.EVERYWHERE else []
    tops = [min((len(tree.path(n.id)) for n in nodes), default=1)]
    return whole + [
        (node.code, "　" * (len(tree.path(node.id)) - tops[0]) + node.name) for node in nodes
    ]


@bp.post("/plan/events")
def add_event() -> Any:
    now, actor = clock.now(), current_actor()
    if not access.keeps_events(actor):
        raise NotAllowed(_("行事の日は、所属長・代決者・人事担当・管理者が登録します。"))
    try:
        form = valid_or_422(forms.EventForm)
        unit_id = _unit_id(form.unit)
        with transaction():
            rows = events.add(form.wish(unit_id), actor=actor, now=now)
    except RuleBroken as fault:
        return _page(now, fault)
    flash(_("%(name)s を%(n)s日登録しました。", name=form.name, n=len(rows)), "done")
    return redirect(url_for("plans.event_list"))


def _unit_id(code: str) -> int | None:
    if not code:
        return None
    node = org.current_tree().by_code(code)
    if node is None:
        raise RuleBroken(_("入力内容を確かめてください。"), {"unit": _("所属を選んでください")})
    return node.id


@bp.post("/plan/events/<int:event_id>/remove")
def remove_event(event_id: int) -> Any:
    if event_id > 2**31 - 1:
        raise NotFound(_("この行事は見つかりません。"))
    with transaction():
        row = events.remove(event_id, actor=current_actor(), now=clock.now())
    flash(_("%(name)s を消しました。", name=row.name), "done")
    return redirect(url_for("plans.event_list"))
