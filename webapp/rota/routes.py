"""当番表: the week of a unit as a page, and the same without its frame for those who have it open."""

from datetime import date, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for

from webapp.accounts import access
from webapp.accounts.access import current_actor
from webapp.core import clock
from webapp.core.db import snapshot
from webapp.core.refusals import RuleBroken
from webapp.org import queries as org
from webapp.rota import more_pages, page, picture, readers, weeks
from webapp.rota.blueprint import bp
from webapp.rota.desk import desk_of
from webapp.rota.rules import RotaKind

__all__ = ["bp", "more_pages"]


@bp.get("/rota/")
def own_rota() -> Any:
    code = current_actor().section_code
    return redirect(url_for("rota.week", code=code) if code else url_for("board.city"))


@bp.get("/rota/<code>")
def week(code: str) -> Any:
    """The rota of seven days from a Monday (?w=2026-W48), by positions or by people."""
    words = _words(code)
    return render_template("rota/week.html", **words)


@bp.get("/rota/<code>/part")
def week_part(code: str) -> Any:
    """What changes when somebody changes the draft: the bar, the conflicts, the table."""
    words = _words(code)
    return render_template("rota/week_part.html", **words)


def _words(code: str) -> dict[str, Any]:
    with snapshot():
        actor, unit = readers.reader(code)
        now = clock.now()
        today = org.today(now)
        monday, kind = _monday(today), _one_of("kind", tuple(RotaKind))
        rows = _one_of("rows", ("position", "person"))
        may_edit = access.leads_duties(actor, unit.id, org.current_tree())
        desk = desk_of(unit.id, monday, now=now, kind=RotaKind(kind))
        found = page.page(
            picture.week(desk, may_edit=may_edit, viewer=actor.number),
            viewer=actor.number,
            today=today,
            rows=rows,
            fixed=request.args.get("show") == "fixed",
            day=request.args.get("day", ""),
        )
    return {
        "page": found,
        "unit": unit,
        "weeks": _weeks(monday, today),
        "kept": _kept(kind, rows),
        "data": page.script_data(found),
    }


def _monday(today: date) -> date:
    text = request.args.get("w")
    try:
        return weeks.monday_of(text) if text else weeks.monday_of(weeks.week_of(today))
    except ValueError as error:
        raise RuleBroken("週を直してください。", {"w": str(error)}) from None


def _one_of(name: str, known: tuple[str, ...]) -> str:
    value = request.args.get(name, known[0])
    return value if value in known else known[0]


def _weeks(monday: date, today: date) -> dict[str, str]:
    """Codes of this page's week, its neighbours and the current one."""
    return {
        "here": weeks.week_of(monday),
        "before": weeks.week_of(monday - timedelta(days=7)),
        "after": weeks.week_of(monday + timedelta(days=7)),
        "now": weeks.week_of(today),
    }


def _kept(kind: str, rows: str) -> dict[str, str]:
    """What links on the page carry along; the ordinary goes without saying."""
    kept = {"rows": rows if rows != "position" else "", "kind": kind if kind != "week" else ""}
    kept["show"] = "fixed" if request.args.get("show") == "fixed" else ""
    return {name: value for name, value in kept.items() if value}
