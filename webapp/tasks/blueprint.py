"""The pages of the task sheet: whose sheet, what is asked of it, and what every page of it has."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request

from webapp.accounts import access as permissions
from webapp.accounts.access import Actor, current_actor
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.tasks import access, queries
from webapp.tasks.rules import PART_WORDS, TELEWORK_WORDS, Telework
from webapp.tasks.sheet import Asked

bp = Blueprint("tasks", __name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """Who stands before which unit's sheet. leads: may change all of it."""

    actor: Actor
    unit: UnitNode
    leads: bool

    @property
    def url(self) -> str:
        return f"/tasks/{self.unit.code}"


def reading(code: str) -> Desk:
    """The sheet of a unit; a 係 has that of its 課. Raises NotFound, NotAllowed."""
    actor = current_actor()
    unit = permissions.unit_or_404(code)
    access.require_reading(actor, unit.id)
    home = org.current_tree().by_id(queries.sheet_home(unit.id)) or unit
    return Desk(actor, home, access.leads(actor, home.id))


def asked() -> Asked:
    """?q=…&person=100123&telework=yes&gaps=1; what is no such word asks for nothing."""
    telework = request.args.get("telework", "")
    return Asked(
        request.args.get("q", "").strip()[:80],
        request.args.get("person", "").strip()[:32],
        Telework(telework) if telework in set(Telework) else None,
        request.args.get("gaps") == "1",
    )


def page(template: str, desk: Desk, *, status: int = 200, **words: Any) -> Any:
    body = render_template(
        f"tasks/{template}.html",
        viewer=desk.actor,
        nav="tasks",
        desk=desk,
        unit=desk.unit,
        telework_words=TELEWORK_WORDS,
        part_words=PART_WORDS,
        **words,
    )
    return body, status
