"""テレワーク可能 あと何人: the coming two weeks by half hours."""

from typing import Any

from flask import Blueprint, render_template

from webapp.accounts import access
from webapp.accounts.access import current_actor
from webapp.core import clock
from webapp.core.db import snapshot
from webapp.core.refusals import NotAllowed
from webapp.coverage import help_access, queries, telework
from webapp.org import queries as org

bp = Blueprint("coverage", __name__)


@bp.get("/telework/<code>")
def telework_room(code: str) -> Any:
    with snapshot():
        unit = access.unit_or_404(code)
        if not help_access.may_ask(current_actor(), unit.id):
            raise NotAllowed("この所属のテレワーク可能な人数は、その所属の職員だけが見られます。")
        now = clock.now()
        units = [node.id for node in org.current_tree().subtree(unit.id)]
        days = telework.days_shown(now=now)
    queries.look_ahead(units, days, now=now)
    with snapshot():
        tables = telework.tables(unit, now=now)
    return render_template("coverage/telework.html", unit=unit, tables=tables, today=days[0])
