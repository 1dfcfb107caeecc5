"""Who may open the pages of a rota, and which week the address asks for."""

from datetime import date
from typing import Any

from flask import request

from webapp.accounts import access
from webapp.accounts.access import Actor, current_actor
from webapp.core.refusals import NotAllowed, RuleBroken
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.rota import weeks


def reader(code: str) -> tuple[Actor, UnitNode]:
    """Its own people, and who leads it or a unit above. Raises NotFound, NotAllowed."""
    actor, unit = current_actor(), access.unit_or_404(code)
    if not access.reads_duties(actor, unit.id, org.current_tree()):
        raise NotAllowed("この所属の当番表は、その所属の職員だけが見られます。")
    return actor, unit


def leads(actor: Actor, unit: UnitNode) -> bool:
    return access.leads_duties(actor, unit.id, org.current_tree())


def monday(today: date) -> date:
    """?w=2026-W48. Raises RuleBroken."""
    text = request.args.get("w")
    try:
        return weeks.monday_of(text or weeks.week_of(today))
    except ValueError as error:
        raise RuleBroken("週を直してください。", {"w": str(error)}) from None


def nav_words(actor: Actor, unit: UnitNode) -> dict[str, Any]:
    return {"viewer": actor, "nav": "rota", "unit": unit}
