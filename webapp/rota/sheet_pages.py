"""The week to pin to the wall, and as a workbook."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Response, render_template, request

from webapp.accounts.access import Actor
from webapp.core import clock
from webapp.core.db import snapshot
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.rota import page, picture, readers, sheet, weeks, xlsx
from webapp.rota.blueprint import bp
from webapp.rota.desk import desk_of
from webapp.rota.rules import RotaKind
from webapp.rota.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Printed:
    actor: Actor
    unit: UnitNode
    week: str
    found: page.WeekPage
    duties: list[dict[str, Any]]
    may_draft: bool


def _printed(code: str) -> Printed:
    """What is fixed; ?show=draft: the draft, for who leads. Where nothing is fixed who leads gets the draft."""
    with snapshot():
        actor, unit = readers.reader(code)
        now = clock.now()
        today = org.today(now)
        monday = readers.monday(today)
        kind = request.args.get("kind", "week")
        kind = kind if kind in set(RotaKind) else "week"
        may_edit = readers.leads(actor, unit)
        desk = desk_of(unit.id, monday, now=now, kind=RotaKind(kind))
        week = picture.week(desk, may_edit=may_edit)
        wants_draft = request.args.get("show") == "draft" or not week["fixed"]
        draft = may_edit and wants_draft and week["status"] == "draft"
        found = page.page(week, viewer="", today=today, rows="position", fixed=not draft)
        duties = week["cells"] if draft else week["fixed"]
    return Printed(actor, unit, weeks.week_of(monday), found, duties, may_edit)


def _sheet(printed: Printed) -> Sheet:
    now = clock.to_tokyo(clock.now())
    if request.args.get("by") == "person":
        return sheet.by_person(printed.found, printed.duties, now=now)
    return sheet.by_position(printed.found, now=now)


@bp.get("/rota/<code>/print")
def print_week(code: str) -> Any:
    """One A4 page across. ?by=person: a row for everybody who has duty."""
    printed = _printed(code)
    return render_template(
        "rota/print.html",
        sheet=_sheet(printed),
        week=printed.week,
        by="person" if request.args.get("by") == "person" else "position",
        may_draft=printed.may_draft,
        **readers.nav_words(printed.actor, printed.unit),
    )


@bp.get("/rota/<code>/xlsx")
def week_xlsx(code: str) -> Response:
    printed = _printed(code)
    book = xlsx.week_book(_sheet(printed), sheet.flat_rows(printed.found, printed.duties))
    return download(book, f"当番表_{printed.unit.name}_{printed.week}.xlsx")


def download(content: bytes, name: str) -> Response:
    response = Response(content, mimetype=xlsx.TYPE)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"rota.xlsx\"; filename*=UTF-8''{quote(name)}"
    )
    return response
