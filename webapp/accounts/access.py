"""Who may do what: the one place. Everything else asks here and is answered or refused."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from flask_login import current_user

from webapp.accounts.rules import CONFIRMING, LEADING, Form, Held, Scope, form_for, has_scope
from webapp.accounts.settings import OWN_UNIT
from webapp.core import settings
from webapp.core.refusals import NotAllowed, NotFound, NotSignedIn
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.org.queries import PersonPosting
from webapp.org.rules import Role, UnitNode, UnitTree


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or program of a person) behind a request, with the roles of the day. Never a database object.

    scopes None = a browser session. Flask-Login's interface is part of it.
    """

    staff_id: int
    number: str
    name: str
    kana: str = ""
    postings: tuple[PersonPosting, ...] = ()
    is_bootstrap_admin: bool = False
    scopes: frozenset[Scope] | None = None
    session_id: int | None = None
    token_id: int | None = None
    must_change_password: bool = False
    seen_at: datetime | None = None  # when this browser was last noted as in use
    is_authenticated: bool = field(default=True, init=False)
    is_active: bool = field(default=True, init=False)
    is_anonymous: bool = field(default=False, init=False)

    def get_id(self) -> str:
        return str(self.session_id)

    @property
    def held(self) -> tuple[Held, ...]:
        return tuple(Held(posting.unit_id, posting.roles) for posting in self.postings)

    @property
    def roles(self) -> frozenset[Role]:
        found = frozenset(role for posting in self.postings for role in posting.roles)
        return found | {Role.ADMIN} if self.is_bootstrap_admin else found

    @property
    def main(self) -> PersonPosting | None:
        return self.postings[0] if self.postings else None

    # What templates ask of `viewer`
    @property
    def unit(self) -> UnitNode | None:
        return org.current_tree().by_id(self.main.unit_id) if self.main else None

    @property
    def unit_code(self) -> str | None:
        return self.unit.code if self.unit else None

    @property
    def unit_name(self) -> str:
        return self.unit.name if self.unit else ""

    @property
    def section(self) -> UnitNode | None:
        return org.current_tree().section(self.main.unit_id) if self.main else None

    @property
    def section_code(self) -> str | None:
        return self.section.code if self.section else None

    @property
    def section_name(self) -> str:
        return self.section.name if self.section else ""

    @property
    def may_confirm(self) -> bool:
        return bool(self.roles & CONFIRMING)

    @property
    def may_lead(self) -> bool:
        return bool(self.roles & LEADING)

    @property
    def may_admin(self) -> bool:
        return Role.ADMIN in self.roles

    @property
    def may_hr(self) -> bool:
        return bool(self.roles & {Role.HR, Role.ADMIN})


def current_actor() -> Actor:
    """The actor of this request. Raises NotSignedIn."""
    if not current_user or not current_user.is_authenticated:
        raise NotSignedIn
    return cast(Actor, current_user._get_current_object())  # noqa: SLF001


def require_scope(actor: Actor, scope: Scope) -> None:
    if not has_scope(actor.scopes, scope):
        raise NotAllowed(f"このトークンには {scope.value} の許可がありません。")


def require_role(actor: Actor, *roles: Role) -> None:
    """人事担当 also for 管理者 where asked so. Tokens need the admin scope for it."""
    if not actor.roles & set(roles):
        raise NotAllowed
    require_scope(actor, Scope.ADMIN)


def own_tops(actor: Actor, tree: UnitTree) -> frozenset[int]:
    """The units that count as one's own for the full form."""
    whole_section = settings.value(OWN_UNIT) == "section"
    tops: set[int] = set()
    for posting in actor.postings:
        section = tree.section(posting.unit_id) if whole_section else None
        tops.add(section.id if section else posting.unit_id)
    return frozenset(tops)


def form_of(actor: Actor, unit_id: int, tree: UnitTree) -> Form:
    path = [node.id for node in tree.path(unit_id)]
    return form_for(path, actor.held, own_tops=own_tops(actor, tree))


def forms_of(actor: Actor, nodes: list[UnitNode], tree: UnitTree) -> dict[int, Form]:
    tops = own_tops(actor, tree)
    held = actor.held
    return {
        node.id: form_for([n.id for n in tree.path(node.id)], held, own_tops=tops) for node in nodes
    }


def leads(actor: Actor, unit_id: int, tree: UnitTree, roles: frozenset[Role] = LEADING) -> bool:
    """Whether one holds one of these roles in the unit or above it."""
    above = {node.id for node in tree.path(unit_id)} | {unit_id}
    return any(p.unit_id in above and p.roles & roles for p in actor.postings)


def leads_duties(actor: Actor, unit_id: int, tree: UnitTree) -> bool:
    """Who arranges counters and telephones of a unit: who leads it or a unit above, and the 係長 and 当番調整担当 of
    its 係 where the positions belong to the 課."""
    if leads(actor, unit_id, tree):
        return True
    return any(
        posting.roles & LEADING
        and (section := tree.section(posting.unit_id)) is not None
        and section.id == unit_id
        for posting in actor.postings
    )


def reads_duties(actor: Actor, unit_id: int, tree: UnitTree) -> bool:
    """Who reads coverage and rota of a unit: who sees its people in full, and everybody of a 課 those of the 課 itself.

    Not those of the 部 or 市 above: they would be the rotas, swaps and figures of every other 課.
    """
    if form_of(actor, unit_id, tree) is Form.FULL:
        return True
    return any(
        unit_id in {node.id for node in tree.path(posting.unit_id)}
        and (section := tree.section(posting.unit_id)) is not None
        and section.id in {node.id for node in tree.path(unit_id)}
        for posting in actor.postings
    )


def may_confirm(actor: Actor, unit_id: int, tree: UnitTree) -> bool:
    return leads(actor, unit_id, tree, CONFIRMING)


def may_act_for(actor: Actor, postings: list[PersonPosting], tree: UnitTree) -> bool:
    """代行入力: any colleague of the 係 (a common unit), and who leads it."""
    mine = {posting.unit_id for posting in actor.postings}
    return any(
        posting.unit_id in mine or leads(actor, posting.unit_id, tree, CONFIRMING | LEADING)
        for posting in postings
    )


def colleague(
    actor: Actor, number: str, *, on: date, now: datetime
) -> tuple[Staff, list[PersonPosting]]:
    """The person a report or state is entered for. NotFound, or NotAllowed outside one's 係."""
    staff = org.staff_by_number(number)
    postings = (
        org.postings_of([staff.id], on, known_at=now).get(staff.id, []) if staff is not None else []
    )
    if staff is None or not postings:
        raise NotFound("この職員は見つかりません。")
    if staff.id != actor.staff_id and not may_act_for(actor, postings, org.current_tree()):
        raise NotAllowed("代行入力は同じ係の人か、所属長・係長・在席確認者ができます。")
    return staff, postings


def unit_or_404(code: str) -> UnitNode:
    node = org.current_tree().by_code(code)
    if node is None:
        raise NotFound("この所属は見つかりません。")
    return node
