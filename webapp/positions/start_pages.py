"""Beginning from a template, or from what another unit has: first what would be added, then taking it."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from webapp.accounts import access
from webapp.core import clock
from webapp.core.db import transaction
from webapp.core.refusals import NotFound
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.positions import office_templates, plan
from webapp.positions.blueprint import Desk, bp, editing, may_read, page
from webapp.positions.overview import when_words
from webapp.positions.plan import Plan
from webapp.positions.rules import KIND_WORDS, STAFFED_WORDS
from webapp.positions.wanted import span_words, weekday_words


def sources(desk: Desk) -> list[UnitNode]:
    """Units with positions that one sees in full form, in 建制順."""
    tree = org.current_tree()
    having = plan.units_with_positions(org.today(clock.now())) - {desk.unit.id}
    return [node for node in tree.nodes if node.id in having and may_read(desk.actor, node.id)]


def _plan(desk: Desk) -> Plan | None:
    """What the address asks for. Raises NotFound where it may not be read, or is not there."""
    now = clock.now()
    name, code = request.args.get("template", ""), request.args.get("from", "")
    if code:
        source = access.unit_or_404(code)
        if not may_read(desk.actor, source.id):
            raise NotFound("この所属は見つかりません。")
        return plan.fitted(plan.of_unit(source, now=now), desk.unit, now=now)
    if not name:
        return None
    found = office_templates.template(name, today=org.today(now))
    if found is None:
        raise NotFound("この型はありません。")
    return plan.fitted(found, desk.unit, now=now)


@bp.get("/positions/<code>/start")
def start(code: str) -> Any:
    desk = editing(code)
    return page(
        "start",
        desk,
        at="files",
        plan=_plan(desk),
        templates=[
            (key, title, office_templates.SUMMARIES[key])
            for key, title in office_templates.TITLES.items()
        ],
        kinds=KIND_WORDS,
        staffed=STAFFED_WORDS,
        span_words=span_words,
        weekday_words=weekday_words,
        when_words=when_words,
    )


@bp.post("/positions/<code>/start")
def take_start(code: str) -> Any:
    desk = editing(code)
    chosen = set(request.form.getlist("position"))
    with transaction():
        wanted = _plan(desk)
        if wanted is None:
            raise NotFound("型か所属を選んでください。")
        count = plan.take(wanted, desk.unit, chosen, actor=desk.actor, now=clock.now())
    flash(_("持ち場を %(n)s 足しました。名前や人数は、これから変えられます。", n=count), "done")
    return redirect(url_for("positions.index", code=code), 303)
