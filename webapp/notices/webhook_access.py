"""Who may look after webhooks: 管理者 all of them, a 所属長 those of the own units where the setting lets them."""

from collections.abc import Sequence

from sqlalchemy import select

from webapp.accounts.access import Actor, require_scope
from webapp.accounts.rules import Scope
from webapp.core import settings
from webapp.core.db import db
from webapp.core.refusals import NotAllowed, NotFound
from webapp.notices.models import Webhook
from webapp.notices.settings import UNIT_WEBHOOKS
from webapp.org import queries as org
from webapp.org.rules import Role, UnitNode


def require_keeper(actor: Actor) -> None:
    """Raises NotAllowed for everybody who keeps no webhook anywhere."""
    require_scope(actor, Scope.ADMIN)
    if not actor.may_admin and not own_units(actor):
        raise NotAllowed("Webhook は、管理者と（設定により）所属長が登録します。")


def own_units(actor: Actor) -> list[UnitNode]:
    """The units, in 建制順, for which one may make a webhook; of 管理者 every unit."""
    tree = org.current_tree()
    if actor.may_admin:
        return list(tree.nodes)
    if not settings.value(UNIT_WEBHOOKS):
        return []
    led = [posting.unit_id for posting in actor.postings if Role.CHIEF in posting.roles]
    below = {unit_id for top in led for unit_id in tree.subtree_ids(top)}
    return [node for node in tree.nodes if node.id in below]


def may_keep(actor: Actor, unit_id: int | None) -> bool:
    """unit_id None = the whole town hall."""
    return actor.may_admin or unit_id in {node.id for node in own_units(actor)}


def kept_by(actor: Actor) -> Sequence[Webhook]:
    query = select(Webhook).order_by(Webhook.unit_id, Webhook.id)
    return [hook for hook in db.session.scalars(query) if may_keep(actor, hook.unit_id)]


def kept_or_404(webhook_id: int, actor: Actor, *, locked: bool = False) -> Webhook:
    """A stranger does not learn that it exists."""
    query = select(Webhook).filter_by(id=webhook_id).execution_options(populate_existing=True)
    hook = db.session.scalars(query.with_for_update() if locked else query).one_or_none()
    if hook is None or not may_keep(actor, hook.unit_id):
        raise NotFound("この Webhook は見つかりません。")
    return hook
