"""The pages of 緊急時: what they share."""

from datetime import datetime
from typing import Any, TypeVar

from flask import Blueprint, request
from pydantic import BaseModel

from webapp.accounts.access import Actor, current_actor
from webapp.core.parse import valid
from webapp.core.refusals import NotFound
from webapp.emergency import access
from webapp.emergency.access import Seen
from webapp.org import queries as org
from webapp.org.rules import UnitNode

bp = Blueprint("emergency", __name__)
M = TypeVar("M", bound=BaseModel)


def form_of(model: type[M]) -> M:
    """A browser's form, boxes of one name as a list. Raises RuleBroken."""
    content: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        given = [text for text in request.form.getlist(name) if text != ""]
        if given:
            content[name] = given if "list" in str(field.annotation) else given[0]
    return valid(model, content)


def seen(emergency_id: int) -> Seen:
    """Raises NotFound for strangers."""
    return access.seen_or_404(emergency_id, current_actor())


def unit_asked(found: Seen) -> UnitNode | None:
    """?unit= of a unit within it that one leads; None = nothing is asked. Raises NotFound."""
    code = request.values.get("unit", "")
    if not code:
        return None
    node = found.tree.by_code(code)
    allowed = {each.id for each in found.units(access.Act.TALLY)}
    if node is None or node.id not in allowed:
        raise NotFound("この所属は見つかりません。")
    return node


def words(actor: Actor, **more: Any) -> dict[str, Any]:
    return {"viewer": actor, "nav": "emergency"} | more


def who(ids: list[int | None]) -> dict[int, str]:
    return org.names_of([i for i in ids if i is not None])


def since(at: datetime, now: datetime) -> str:
    minutes = max(0, int((now - at).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes}分"
    hours, rest = divmod(minutes, 60)
    return f"{hours}時間{rest}分" if hours < 24 else f"{hours // 24}日"
