"""Who may read and decide which request: the one place. Nobody approves their own."""

from datetime import datetime

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.accounts.rules import CONFIRMING, LEADING
from webapp.org import queries as org
from webapp.org.rules import Role
from webapp.requests.approver_rules import Approvers, As
from webapp.requests.approvers import approvers_of
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import Standing

FOR_OTHERS = frozenset({As.DEPUTY.value, As.ORAL.value})
"""Decided in place of the 所属長, who reads it afterwards (後閲)."""


def enters(row: TeleworkRequest, actor: Actor, *, now: datetime) -> bool:
    """The person; and who filed it for them, as long as they are of one 係 or lead it (代行入力)."""
    if row.staff_id == actor.staff_id:
        return True
    if row.filed_by != actor.staff_id:
        return False
    held = list(org.postings_today(row.staff_id, now=now))
    return access.may_act_for(actor, held, org.current_tree())


def standing_of(row: TeleworkRequest, actor: Actor, found: Approvers, *, now: datetime) -> Standing:
    return Standing(
        is_person=row.staff_id == actor.staff_id,
        filed=enters(row, actor, now=now),
        approves=actor.staff_id in found.ids,
        reviews=is_to_review(row) and actor.staff_id in found.regular,
    )


def is_to_review(row: TeleworkRequest) -> bool:
    """Waits for the 後閲 of the 所属長."""
    return row.decided_as in FOR_OTHERS and row.reviewed_at is None


def may_read(row: TeleworkRequest, actor: Actor, *, now: datetime) -> bool:
    """The person, who filed it and is their colleague still, who decides or has decided, the 在席確認者, who leads
    the person today, 人事担当."""
    own = {row.decided_by, row.confirmer_id, row.reviewed_by}
    if actor.staff_id in own or actor.roles & {Role.HR, Role.ADMIN}:
        return True
    if enters(row, actor, now=now):
        return True
    held = org.postings_today(row.staff_id, now=now)
    tree = org.current_tree()
    if any(access.leads(actor, p.unit_id, tree, LEADING | CONFIRMING) for p in held):
        return True
    return actor.staff_id in approvers_of(row.staff_id, row.filed_at, now=now).ids
