"""Who reads the sheet of a unit and who may change what on it. Default: nobody."""

from collections.abc import Sequence

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.core.refusals import NotAllowed
from webapp.org import queries as org
from webapp.org.rules import Role
from webapp.positions import handover
from webapp.tasks.rules import Act, Part, may

READING = "この所属の業務の表は、その所属の職員だけが見られます。"
_REFUSALS = {
    Act.ADD: "自分が主担か副担になる業務だけを足せます。",
    Act.EDIT: "直せるのは、この業務の主担・副担と、所属長・係長・代決者・当番調整担当です。",
    Act.REMOVE: "外せるのは、この業務の主担と、所属長・係長・代決者・当番調整担当です。",
    Act.ORDER: "並べ替えは、所属長・係長・代決者・当番調整担当ができます。",
    Act.FILE: "取り込みは、所属長・係長・代決者・当番調整担当ができます。",
}


def unit_of(unit_id: int) -> int:
    """The unit that stands for this one today (引継先)."""
    return handover.home_of(unit_id, org.today())


def may_read(actor: Actor, unit_id: int) -> bool:
    unit_id = unit_of(unit_id)
    return Role.ADMIN in actor.roles or access.reads_duties(actor, unit_id, org.current_tree())


def leads(actor: Actor, unit_id: int) -> bool:
    """所属長, 係長, 代決者, 当番調整担当 of the 課, above it or in one of its 係; 管理者."""
    tree = org.current_tree()
    unit_id = unit_of(unit_id)
    section = tree.section(unit_id)
    home = section.id if section is not None else unit_id
    return Role.ADMIN in actor.roles or access.leads_duties(actor, home, tree)


def part_of(actor: Actor, mains: Sequence[int], subs: Sequence[int]) -> Part | None:
    if actor.staff_id in mains:
        return Part.MAIN
    return Part.SUB if actor.staff_id in subs else None


def may_do(
    actor: Actor, act: Act, unit_id: int, mains: Sequence[int] = (), subs: Sequence[int] = ()
) -> bool:
    if not may_read(actor, unit_id):
        return False
    return may(act, leads=leads(actor, unit_id), part=part_of(actor, mains, subs))


def require_reading(actor: Actor, unit_id: int) -> None:
    if not may_read(actor, unit_id):
        raise NotAllowed(READING)


def require(
    actor: Actor, act: Act, unit_id: int, mains: Sequence[int] = (), subs: Sequence[int] = ()
) -> None:
    """Raises NotAllowed."""
    require_reading(actor, unit_id)
    if not may_do(actor, act, unit_id, mains, subs):
        raise NotAllowed(_REFUSALS[act])
