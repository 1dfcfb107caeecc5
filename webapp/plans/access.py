"""Who plans for whom. Default deny.

A day by hand: oneself, colleagues of the 係 and who leads it (代行入力). The weekly pattern and calendars of others:
their 所属長, 代決者 and 係長 only. Day events: of a unit its 所属長 and 代決者, 人事担当 and 管理者 of any and of all.
"""

from dataclasses import dataclass
from datetime import datetime

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.accounts.rules import Scope
from webapp.core.refusals import NotAllowed, NotFound
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import Role, UnitNode, UnitTree

PATTERN_ROLES = frozenset({Role.CHIEF, Role.DEPUTY, Role.LEAD})
EVENT_ROLES = frozenset({Role.CHIEF, Role.DEPUTY})
EVERYWHERE = frozenset({Role.HR, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Planned:
    """The person a plan is entered for; may_pattern: also the weekly pattern and the calendar."""

    staff_id: int
    number: str
    name: str
    unit_id: int
    is_self: bool
    may_pattern: bool


def for_day(actor: Actor, number: str, *, now: datetime) -> Planned:
    """Raises NotFound, and NotAllowed outside one's 係."""
    access.require_scope(actor, Scope.SELF)
    staff, held = access.colleague(actor, number, on=org.today(now), now=now)
    return _planned(actor, held, staff.id)


def for_pattern(actor: Actor, number: str, *, now: datetime) -> Planned:
    """As for_day, but of others only for who leads them."""
    access.require_scope(actor, Scope.SELF)
    staff = org.staff_by_number(number)
    held = org.postings_of([staff.id], org.today(now), known_at=now) if staff else {}
    if staff is None or staff.id not in held:
        raise NotFound("この職員は見つかりません。")
    if staff.id != actor.staff_id and not leads_person(actor, held[staff.id]):
        raise NotAllowed("ほかの人の週の型は、その人の所属長・代決者・係長だけが変えられます。")
    return _planned(actor, held[staff.id], staff.id)


def leads_person(actor: Actor, postings: list[PersonPosting]) -> bool:
    tree = org.current_tree()
    return any(access.leads(actor, posting.unit_id, tree, PATTERN_ROLES) for posting in postings)


def _planned(actor: Actor, held: list[PersonPosting], staff_id: int) -> Planned:
    main, mine = held[0], staff_id == actor.staff_id
    may_pattern = mine or leads_person(actor, held)
    return Planned(staff_id, main.number, main.name, main.unit_id, mine, may_pattern)


def event_units(actor: Actor, tree: UnitTree) -> list[UnitNode]:
    """The units whose day events one keeps, in 建制順."""
    if actor.roles & EVERYWHERE:
        return list(tree.nodes)
    return [node for node in tree.nodes if access.leads(actor, node.id, tree, EVENT_ROLES)]


def keeps_events(actor: Actor) -> bool:
    return bool(actor.roles & (EVENT_ROLES | EVERYWHERE))


def require_event(actor: Actor, unit_id: int | None) -> None:
    """unit_id None = the whole town hall. Raises NotAllowed."""
    access.require_scope(actor, Scope.UNIT_WRITE)
    if actor.roles & EVERYWHERE:
        return
    if unit_id is None:
        raise NotAllowed("全庁の行事は、人事担当か管理者が登録します。")
    if not access.leads(actor, unit_id, org.current_tree(), EVENT_ROLES):
        raise NotAllowed("この所属の行事は、その所属長か代決者が登録します。")
