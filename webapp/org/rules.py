"""Words and pure rules of the organisation: roles, kinds of posting, rank, the tree of units."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    MEMBER = "member"
    LEAD = "lead"
    CHIEF = "chief"
    DEPUTY = "deputy"
    COORDINATOR = "coordinator"
    CONFIRMER = "confirmer"
    HR = "hr"
    ADMIN = "admin"


class PostingKind(StrEnum):
    MAIN = "main"
    CONCURRENT = "concurrent"
    JOINT = "joint"


class Reach(StrEnum):
    TRANSFER = "transfer"
    CALLBACK = "callback"
    NONE = "none"


ROLE_WORDS = {
    Role.MEMBER: "職員",
    Role.LEAD: "係長",
    Role.CHIEF: "所属長",
    Role.DEPUTY: "代決者",
    Role.COORDINATOR: "当番調整担当",
    Role.CONFIRMER: "在席確認者",
    Role.HR: "人事担当",
    Role.ADMIN: "管理者",
}
POSTING_WORDS = {
    PostingKind.MAIN: "本務",
    PostingKind.CONCURRENT: "兼務",
    PostingKind.JOINT: "併任",
}
REACH_WORDS = {Reach.TRANSFER: "転送可", Reach.CALLBACK: "発信のみ", Reach.NONE: "不可"}

# 席次: the order in which people of one unit are listed; a title not in the list comes last.
DEFAULT_RANK = (
    "部長",
    "次長",
    "参事",
    "課長",
    "課長補佐",
    "係長",
    "主査",
    "主任",
    "主事",
    "技師",
    "会計年度任用職員",
)


def rank_of(title: str, order: Iterable[str] = DEFAULT_RANK) -> int:
    ranks = {name: place for place, name in enumerate(order)}
    return ranks.get(title, len(ranks))


def roles_from(text: str) -> frozenset[Role]:
    """The stored form: codes separated by a space; nobody is less than a member."""
    return frozenset(Role(code) for code in text.split()) or frozenset({Role.MEMBER})


def roles_to(roles: Iterable[Role]) -> str:
    return " ".join(sorted(role.value for role in roles))


@dataclass(frozen=True, slots=True)
class UnitNode:
    id: int
    code: str
    name: str
    kana: str
    kind: str
    parent_id: int | None
    sort_order: int
    successor_id: int | None = None


@dataclass(slots=True)
class UnitTree:
    """The units in force on one day, in 建制順 (each before those below it, by 並び順 then code).

    A unit whose parent is not in force stands at the top: it is shown, not lost.
    """

    nodes: list[UnitNode]
    _by_id: dict[int, UnitNode] = field(init=False)
    _by_code: dict[str, UnitNode] = field(init=False)
    _children: dict[int | None, list[UnitNode]] = field(init=False)
    _place: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self._by_id = {node.id: node for node in self.nodes}
        self._by_code = {node.code: node for node in self.nodes}
        self._children = {}
        for node in sorted(self.nodes, key=lambda n: (n.sort_order, n.code)):
            parent = node.parent_id if node.parent_id in self._by_id else None
            self._children.setdefault(parent, []).append(node)
        self.nodes = list(self._walk(None))
        self._place = {node.id: place for place, node in enumerate(self.nodes)}

    def _walk(self, parent: int | None) -> Iterator[UnitNode]:
        for node in self._children.get(parent, ()):
            yield node
            yield from self._walk(node.id)

    def by_id(self, unit_id: int) -> UnitNode | None:
        return self._by_id.get(unit_id)

    def by_code(self, code: str) -> UnitNode | None:
        return self._by_code.get(code)

    def place(self, unit_id: int) -> int:
        """Position in 建制順; units no longer in force come last."""
        return self._place.get(unit_id, len(self._place))

    def roots(self) -> list[UnitNode]:
        return self._children.get(None, [])

    def children(self, unit_id: int) -> list[UnitNode]:
        return self._children.get(unit_id, [])

    def subtree(self, unit_id: int) -> list[UnitNode]:
        """The unit and all below, in 建制順."""
        top = self._by_id.get(unit_id)
        return [top, *self._walk(unit_id)] if top else []

    def subtree_ids(self, unit_id: int) -> set[int]:
        return {node.id for node in self.subtree(unit_id)}

    def path(self, unit_id: int) -> list[UnitNode]:
        """From the top down to the unit itself."""
        steps: list[UnitNode] = []
        node = self._by_id.get(unit_id)
        while node is not None and len(steps) < 32:
            steps.append(node)
            node = self._by_id.get(node.parent_id) if node.parent_id is not None else None
        return steps[::-1]

    def is_within(self, unit_id: int, top_id: int) -> bool:
        return any(node.id == top_id for node in self.path(unit_id))

    def section(self, unit_id: int) -> UnitNode | None:
        """The 課 a unit belongs to, or the unit itself where there is none above it."""
        path = self.path(unit_id)
        return next((node for node in path if node.kind == "課"), path[-1] if path else None)
