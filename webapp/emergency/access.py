"""Who may do what in an emergency: the facts of a person gathered, and `rules.may` asked. Default deny."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.accounts.rules import LEADING
from webapp.core import settings
from webapp.core.db import db
from webapp.core.refusals import NotAllowed, NotFound
from webapp.emergency.models import Emergency
from webapp.emergency.rules import CITY_WORD, Act, Standing, may
from webapp.emergency.settings import OFFICES
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import Role, UnitNode, UnitTree

CHIEFS = frozenset({Role.CHIEF, Role.DEPUTY})
EVERYWHERE = frozenset({Role.ADMIN, Role.HR})


MUNICIPAL = frozenset({"市", "町", "村", "区", "都", "道", "府", "県", "庁"})


def city_tops(tree: UnitTree) -> set[int]:
    """The unit that stands for the whole town hall: of kind 市 …, or the only one at the top."""
    roots = tree.roots()
    return {node.id for node in roots if node.kind in MUNICIPAL or len(roots) == 1}


def leads_city(actor: Actor, tree: UnitTree) -> bool:
    """管理者, 人事担当, 所属長 of the city's top, and those of the offices named in the settings."""
    if actor.roles & EVERYWHERE:
        return True
    named = {node.id for code in settings.value(OFFICES) if (node := tree.by_code(code))}
    tops = city_tops(tree) | named
    return any(p.unit_id in tops and p.roles & CHIEFS for p in actor.postings)


def standing(actor: Actor, unit_id: int | None, tree: UnitTree) -> Standing:
    """Towards a unit; None = 全庁."""
    city = leads_city(actor, tree)
    if unit_id is None:
        return Standing(concerned=bool(actor.postings), leads=city, chief=city, city=city)
    below = {
        node.id for posting in actor.postings for node in tree.path(posting.unit_id)
    }  # the units one belongs to
    return Standing(
        concerned=unit_id in below,
        colleague=any(posting.unit_id == unit_id for posting in actor.postings),
        leads=access.leads(actor, unit_id, tree, LEADING),
        chief=access.leads(actor, unit_id, tree, CHIEFS),
        city=city,
    )


def may_at(act: Act, actor: Actor, unit_id: int | None, tree: UnitTree) -> bool:
    return may(act, standing(actor, unit_id, tree), whole=unit_id is None)


def require(act: Act, actor: Actor, unit_id: int | None, tree: UnitTree) -> None:
    """Raises NotAllowed."""
    if not may_at(act, actor, unit_id, tree):
        raise NotAllowed(_WORDS.get(act, "この操作は許可されていません。"))


_WORDS = {
    Act.BEGIN: "この範囲の緊急時は、その所属長・代決者（全庁は管理者・人事担当・市の所属長）が始められます。",
    Act.CHANGE: "この緊急時は、その所属長・代決者（全庁は管理者・人事担当・市の所属長）が変えられます。",
    Act.CLOSE: "この緊急時は、その所属長・代決者（全庁は管理者・人事担当・市の所属長）が終えられます。",
    Act.DEPLOY: "災害配備は、所属長・代決者ができます。",
    Act.ORDER: "一括指示は、所属長・代決者ができます。",
    Act.REDUCE: "窓口縮小・臨時閉庁は、所属長・代決者ができます。",
    Act.REMIND: "催促は、所属長・代決者・係長・当番調整担当ができます。",
    Act.EVENING: "連絡網は、所属長・代決者・係長・当番調整担当が取り出せます。",
}


def scopes(act: Act, actor: Actor, tree: UnitTree) -> list[UnitNode | None]:
    """Where one may do it: None = 全庁 first, then units in 建制順."""
    found: list[UnitNode | None] = [None] if may_at(act, actor, None, tree) else []
    return found + [node for node in tree.nodes if may_at(act, actor, node.id, tree)]


def own_scopes(act: Act, actor: Actor, tree: UnitTree) -> list[UnitNode | None]:
    """As `scopes`, but of the units only those one is posted at the head of: what is offered first."""
    mine = {posting.unit_id for posting in actor.postings}
    return [node for node in scopes(act, actor, tree) if node is None or node.id in mine]


def scope_name(unit_id: int | None, tree: UnitTree) -> str:
    if unit_id is None:
        return CITY_WORD
    node = tree.by_id(unit_id)
    return node.name if node else "（なくなった所属）"


def units_in(emergency: Emergency, tree: UnitTree) -> list[UnitNode]:
    """The units it concerns, in 建制順."""
    return list(tree.nodes) if emergency.unit_id is None else tree.subtree(emergency.unit_id)


@dataclass(frozen=True, slots=True)
class Seen:
    """An emergency as one person may see it. tops: where one leads within it (the highest only); whole: all of it."""

    emergency: Emergency
    actor: Actor
    tree: UnitTree
    whole: bool
    tops: tuple[UnitNode, ...]

    @property
    def leads(self) -> bool:
        return self.whole or bool(self.tops)

    def may(self, act: Act) -> bool:
        """Of the emergency as a whole."""
        return may_at(act, self.actor, self.emergency.unit_id, self.tree)

    def may_anywhere(self, act: Act) -> bool:
        return self.may(act) or any(
            may_at(act, self.actor, node.id, self.tree) for node in self.tops
        )

    def units(self, act: Act) -> list[UnitNode]:
        """The units within it for which one may do this."""
        return [
            node
            for node in units_in(self.emergency, self.tree)
            if may_at(act, self.actor, node.id, self.tree)
        ]


def seen_or_404(emergency_id: int, actor: Actor) -> Seen:
    """Strangers are not told that it exists. Raises NotFound."""
    row = db.session.get(Emergency, emergency_id) if emergency_id < 2**31 else None
    if row is None:
        raise NotFound("この緊急時は見つかりません。")
    found = seen(row, actor)
    if not (found.leads or may_at(Act.SEE, actor, row.unit_id, found.tree)):
        raise NotFound("この緊急時は見つかりません。")
    return found


def seen(row: Emergency, actor: Actor) -> Seen:
    tree = org.current_tree()
    led = [node for node in units_in(row, tree) if may_at(Act.TALLY, actor, node.id, tree)]
    ids = {node.id for node in led}
    tops = tuple(node for node in led if node.parent_id not in ids)
    return Seen(row, actor, tree, may_at(Act.TALLY, actor, row.unit_id, tree), tops)


def check_people(
    act: Act, staff_ids: Iterable[int], found: Seen, *, now: datetime
) -> dict[int, list[PersonPosting]]:
    """{staff id: postings} of people for whom one may do this within the emergency. Raises NotFound for anybody else:
    whether such a person exists is not said."""
    wanted = list(dict.fromkeys(staff_ids))
    allowed = {node.id for node in found.units(act)}
    held = org.postings_of(wanted, org.today(now), known_at=now)
    for staff_id in wanted:
        if not any(p.unit_id in allowed for p in held.get(staff_id, [])):
            raise NotFound("選んだ職員が見つかりません。")
    return held
