"""/plan/<unit>: the week of a 課 or 係."""

from datetime import date, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for

from webapp.accounts import access
from webapp.accounts.access import Actor, current_actor
from webapp.accounts.rules import Form, Scope
from webapp.board.blueprint import bp
from webapp.board.week import readable, week_of
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
    code = current_actor().section_code
    if code is None:
        raise NotFound("所属がありません。")
    return redirect(url_for("board.week_page", code=code))


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
    """Who sees people of the unit in full: of one's own 係, and of those one leads. Raises NotFound, NotAllowed."""
    actor, unit = current_actor(), access.unit_or_404(code)
    access.require_scope(actor, Scope.SELF)
    if not readable(actor, unit):
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
    """The way up and down, as far as somebody is seen there in full."""
    tree = org.current_tree()
    above = [
        node
        for node in tree.path(unit.id)[-2:-1]
        if access.form_of(actor, node.id, tree) is Form.FULL
    ]
    own = actor.section
    if own is not None and own.id != unit.id and tree.is_within(unit.id, own.id):
        above = [own]
    return [*above, *(node for node in tree.children(unit.id) if readable(actor, node))]
