"""What the modules of /api/v1 share."""

from flask import Blueprint

from webapp.accounts import access
from webapp.accounts.access import Actor, current_actor, require_scope
from webapp.accounts.rules import Scope
from webapp.core.refusals import NotAllowed
from webapp.org import queries as org
from webapp.org.rules import UnitNode

bp = Blueprint("api", __name__, url_prefix="/api/v1")


def self_actor() -> Actor:
    actor = current_actor()
    require_scope(actor, Scope.SELF)
    return actor


def reader_of(code: str) -> tuple[Actor, UnitNode]:
    """Who may read a unit's coverage and rota: its own people, and who leads it or a unit above."""
    actor = current_actor()
    require_scope(actor, Scope.UNIT_READ)
    unit = access.unit_or_404(code)
    if not access.reads_duties(actor, unit.id, org.current_tree()):
        raise NotAllowed("この所属の充足状況は、その所属の職員だけが見られます。")
    return actor, unit


def leader_of(code: str) -> tuple[Actor, UnitNode]:
    """所属長, 係長, 代決者, 当番調整担当 of the unit or above."""
    actor = current_actor()
    require_scope(actor, Scope.UNIT_WRITE)
    unit = access.unit_or_404(code)
    if not access.leads_duties(actor, unit.id, org.current_tree()):
        raise NotAllowed("この操作は、所属長・係長・代決者・当番調整担当ができます。")
    return actor, unit
