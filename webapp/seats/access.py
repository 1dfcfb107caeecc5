"""Who may book, hand over, administer and see whom. Default deny."""

from collections.abc import Iterable
from datetime import datetime

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.accounts.rules import Form
from webapp.core.refusals import NotAllowed
from webapp.org import queries as org
from webapp.org.rules import Role, UnitTree
from webapp.seats.models import LoanItem

KEEPING = frozenset({Role.LEAD, Role.CHIEF, Role.DEPUTY})
NOT_FOR_OTHERS = "代わりに予約できるのは、同じ係の人と、所属長・係長・在席確認者です。"


def book_for(actor: Actor, staff_id: int, *, now: datetime) -> None:
    """One books for oneself, and as 代行入力 for a colleague of one's 係. Raises NotAllowed."""
    if actor.staff_id == staff_id:
        return
    postings = org.postings_of([staff_id], org.today(now), known_at=now).get(staff_id, [])
    if not access.may_act_for(actor, postings, org.current_tree()):
        raise NotAllowed(NOT_FOR_OTHERS)


def may_borrow(unit_ids: Iterable[int], item_unit_id: int | None, tree: UnitTree) -> bool:
    """What belongs to a unit is for its people and those of the units below it."""
    if item_unit_id is None:
        return True
    return any(item_unit_id in {node.id for node in tree.path(unit_id)} for unit_id in unit_ids)


def administers(actor: Actor) -> bool:
    """Sites, seats and what belongs to the whole town hall: 管理者 and 人事担当."""
    return actor.may_hr


def keeps(actor: Actor, item_unit_id: int | None, tree: UnitTree) -> bool:
    """Who hands a thing over and takes it back, and keeps its entry: 所属長 and 係長 of its unit, 管理者, 人事担当."""
    if administers(actor):
        return True
    return item_unit_id is not None and access.leads(actor, item_unit_id, tree, KEEPING)


def keeps_any(actor: Actor) -> bool:
    return administers(actor) or bool(actor.roles & KEEPING)


def require_keeper(actor: Actor, item: LoanItem) -> None:
    if not keeps(actor, item.unit_id, org.current_tree()):
        raise NotAllowed


def require_admin(actor: Actor) -> None:
    if not administers(actor):
        raise NotAllowed


def seen_by(actor: Actor, staff_ids: Iterable[int], *, now: datetime) -> set[int]:
    """Of these people those whose whereabouts one may see: who is shown in full on one's boards. Oneself always."""
    wanted = sorted(set(staff_ids))
    if administers(actor):
        return set(wanted)
    tree = org.current_tree()
    postings = org.postings_of(wanted, org.today(now), known_at=now)
    return {
        staff_id
        for staff_id in wanted
        if staff_id == actor.staff_id
        or any(
            access.form_of(actor, posting.unit_id, tree) is Form.FULL
            for posting in postings.get(staff_id, ())
        )
    }
