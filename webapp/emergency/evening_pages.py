"""連絡網 and 当番表 to print and keep, and the answers as a workbook, for who leads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Response, current_app, render_template
from flask_babel import gettext as _

from webapp.accounts import access as accounts
from webapp.accounts.access import Actor, current_actor
from webapp.core import audit, clock
from webapp.core.db import snapshot, transaction
from webapp.core.refusals import NotFound
from webapp.emergency import access, evening, evening_xlsx, people, queries, service
from webapp.emergency.blueprint import bp, seen, unit_asked, words
from webapp.emergency.evening import Evening
from webapp.emergency.rules import Act
from webapp.org import queries as org
from webapp.org.rules import UnitNode


@bp.get("/emergency/evening")
def evening_units() -> Any:
    with snapshot():
        actor, tree = current_actor(), org.current_tree()
        found = [node for node in access.scopes(Act.EVENING, actor, tree) if node is not None]
        if not found:
            access.require(Act.EVENING, actor, None, tree)
        depth = {node.id: len(tree.path(node.id)) for node in found}
        least = min(depth.values())
        return render_template(
            "emergency/evening_units.html",
            units=[(node, depth[node.id] - least) for node in found],
            **words(actor),
        )


def _unit(code: str) -> tuple[Actor, UnitNode]:
    actor, node = current_actor(), accounts.unit_or_404(code)
    access.require(Act.EVENING, actor, node.id, org.current_tree())
    return actor, node


@bp.get("/emergency/evening/<code>")
def evening_page(code: str) -> Any:
    """As it will be printed."""
    with snapshot():
        actor, node = _unit(code)
        sheet = evening.evening_of(node, now=clock.now())
        return render_template("emergency/evening.html", sheet=sheet, unit=node, **words(actor))


@bp.get("/emergency/evening/<code>/file.html")
def evening_file(code: str) -> Any:
    """One file that opens without the server; its style lies within it."""
    return _download(code, "html", _as_html)


@bp.get("/emergency/evening/<code>/file.xlsx")
def evening_book(code: str) -> Any:
    return _download(code, "xlsx", evening_xlsx.evening_book)


def _as_html(sheet: Evening) -> bytes:
    """Opened from a disk there is no style sheet beside it, and no policy against one within it."""
    css = Path(current_app.static_folder or "") / "css" / "emergency-paper.css"
    page = render_template("emergency/evening_file.html", sheet=sheet)
    return page.replace("</head>", f"<style>\n{css.read_text()}</style>\n</head>", 1).encode()


TYPES = {"html": "text/html; charset=utf-8", "xlsx": evening_xlsx.TYPE}


def _download(code: str, form: str, write: Callable[[Evening], bytes]) -> Response:
    """Numbers of people leave the house: that is noted."""
    now = clock.now()
    with snapshot():
        actor, node = _unit(code)
        content = write(evening.evening_of(node, now=now))
        opened = [one.id for one in queries.open_over([node.id], org.current_tree())]
    with transaction():
        audit.record(actor, "emergency.evening", unit_code=code, detail={"form": form}, now=now)
        for emergency_id in opened:
            row = service.loaded(emergency_id)
            service.note(row, "print", {"unit": node.name}, actor=actor, now=now)
    day = clock.to_tokyo(now)
    return _file(content, TYPES[form], f"renrakumo-{code}-{day:%Y%m%d-%H%M}.{form}")


def _file(content: bytes, kind: str, name: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@bp.get("/emergency/<int:emergency_id>/answers.xlsx")
def answers_book(emergency_id: int) -> Any:
    """The answers of those one leads, as the page shows them."""
    now = clock.now()
    with snapshot():
        found = seen(emergency_id)
        if not found.leads:
            raise NotFound
        unit = unit_asked(found)
        units = found.tree.subtree(unit.id) if unit else found.units(Act.TALLY)
        rows = people.rows_of(found.emergency, units, now=now)
        title = _("参集の可否　%(name)s", name=found.emergency.name)
        content = evening_xlsx.answers_book(title, rows)
    with transaction():
        service.trail(found.emergency, "export", actor=found.actor, now=now, people=len(rows))
    day = clock.to_tokyo(now)
    name = f"sanshu-{emergency_id}-{day:%Y%m%d-%H%M}.xlsx"
    return _file(content, evening_xlsx.TYPE, name)
