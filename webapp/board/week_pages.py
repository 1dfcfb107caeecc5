"""/plan/<unit>: the week of a 課 or 係."""

from datetime import date, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for

from webapp.accounts import access
from webapp.accounts.access import Actor, current_actor
from webapp.accounts.rules import Form
from webapp.board.blueprint import bp
from webapp.board.week import week_of
from webapp.core import clock
from webapp.core.calendar import wareki
from webapp.core.db import snapshot
from webapp.core.refusals import NotAllowed, NotFound, RuleBroken
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.plans.access import keeps_events
from webapp.rota import weeks

AHEAD = timedelta(weeks=60)


@bp.get("/plan/")
@bp.get("/plan")
def own_week() -> Any:
    actor = current_actor()
    tree = org.current_tree()
    for unit in (actor.section, actor.unit):
        if unit is not None and access.form_of(actor, unit.id, tree) is Form.FULL:
            return redirect(url_for("board.week_page", code=unit.code))
    raise NotFound("所属がありません。")


@bp.get("/plan/<code>")
def week_page(code: str) -> Any:
    """?w=2026-W48."""
    actor, unit = _reader(code)
    now = clock.now()
    today = org.today(now)
    monday = _monday(today)
    with snapshot():
        week = week_of(unit, monday, actor, now=now)
        return render_template(
            "board/week.html",
            unit=unit,
            week=week,
            monday=monday,
            range_words=_range_words(monday, week.days[-1].on),
            before=weeks.week_of(monday - timedelta(days=7)),
            after=weeks.week_of(monday + timedelta(days=7)),
            week_code=weeks.week_of(monday),
            this=weeks.week_of(today),
            is_this=monday == today - timedelta(days=today.weekday()),
            keeps_events=keeps_events(actor),
            units=_units(actor, unit),
        )


def _reader(code: str) -> tuple[Actor, UnitNode]:
    """Who sees the unit's people in full. Raises NotFound, NotAllowed."""
    actor, unit = current_actor(), access.unit_or_404(code)
    if access.form_of(actor, unit.id, org.current_tree()) is not Form.FULL:
        raise NotAllowed("この所属の週の予定は、その所属の職員だけが見られます。")
    return actor, unit


def _monday(today: date) -> date:
    text = request.args.get("w")
    try:
        monday = weeks.monday_of(text or weeks.week_of(today))
    except ValueError as error:
        raise RuleBroken("週を直してください。", {"w": str(error)}) from None
    if not today - AHEAD * 2 <= monday <= today + AHEAD:
        raise RuleBroken("週を直してください。", {"w": "1年以内の週にしてください"})
    return monday


def _range_words(first: date, last: date) -> str:
    """令和8年11月23日（月）〜27日（金）: what the last day shares with the first is not said twice."""
    words = wareki(last)
    if (first.year, first.month) == (last.year, last.month):
        words = words[words.index("月") + 1 :]
    elif first.year == last.year:
        words = words[words.index("年") + 1 :]
    return f"{wareki(first)}〜{words}"


def _units(actor: Actor, unit: UnitNode) -> list[UnitNode]:
    """The way up and down: the units above that one sees in full, and those below."""
    tree = org.current_tree()
    above = [
        node
        for node in tree.path(unit.id)
        if node.id != unit.id and access.form_of(actor, node.id, tree) is Form.FULL
    ]
    return [*above[-1:], *tree.children(unit.id)]
