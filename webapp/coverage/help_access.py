"""Who may do what with a call for help: the one place."""

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.core.refusals import NotAllowed, NotFound
from webapp.coverage import help_queries as queries
from webapp.coverage.models import HelpCall
from webapp.org import queries as org


def may_ask(actor: Actor, unit_id: int) -> bool:
    """The unit's own people (who stand at its counters), and who arranges them."""
    tree = org.current_tree()
    return access.reads_duties(actor, unit_id, tree) or access.leads_duties(actor, unit_id, tree)


def require_may_ask(actor: Actor, unit_id: int) -> None:
    if not may_ask(actor, unit_id):
        raise NotAllowed("応援を頼めるのは、この所属の職員と所属長・係長・当番調整担当です。")


def asked_or_404(actor: Actor, call: HelpCall) -> None:
    """Only who was asked may answer; to others the call does not exist."""
    asks = queries.asks_of([call.id]).get(call.id, [])
    if actor.staff_id not in {ask.staff_id for ask in asks}:
        raise NotFound("この応援の依頼は見つかりません。")


def require_may_end(actor: Actor, call: HelpCall) -> None:
    """Who asked, who came, and who arranges the counters."""
    if actor.staff_id in (call.asked_by, call.accepted_by):
        return
    if not access.leads_duties(actor, call.unit_id, org.current_tree()):
        raise NotFound("この応援の依頼は見つかりません。")
