"""Who approves whose request. Pure; staff ids throughout.

Never oneself: a 所属長's own request goes up to the 所属長 of the unit above, in the end to a 最終承認者.
代決: where the 所属長 is on leave, on a trip or in council all day, or has not decided for some working hours.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class As(StrEnum):
    """In which capacity a request was decided."""

    CHIEF = "chief"
    DEPUTY = "deputy"
    PARENT = "parent"
    FINAL = "final"
    ORAL = "oral"
    ORDER = "order"  # 一括指示 in an emergency


AS_WORDS = {
    As.CHIEF: "所属長",
    As.DEPUTY: "代決",
    As.PARENT: "上位の所属長",
    As.FINAL: "最終承認者",
    As.ORAL: "口頭で承認",
    As.ORDER: "指示",
}


class Why(StrEnum):
    """Why a 代決者 may decide."""

    ABSENT = "absent"
    WAITED = "waited"
    VACANT = "vacant"


WHY_WORDS = {
    Why.ABSENT: "所属長が1日不在のため代決できます",
    Why.WAITED: "待ち時間が長いため代決できます",
    Why.VACANT: "所属長が欠員のため代決できます",
}


@dataclass(frozen=True, slots=True)
class Level:
    """One unit on the way up, the person's own first."""

    unit_id: int
    chiefs: tuple[int, ...] = ()
    deputies: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a person's requests go. regular: who decides; deputies: who may where those cannot."""

    regular: tuple[int, ...]
    as_: As
    deputies: tuple[int, ...] = ()
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who may decide one request at this moment. deputies: 代決者, where it is open to them, and why."""

    regular: tuple[int, ...]
    as_: As
    deputies: tuple[int, ...] = ()
    why: Why | None = None
    unit_id: int | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys((*self.regular, *self.deputies)))

    def as_of(self, staff_id: int) -> As | None:
        """The capacity in which somebody would decide; None = not theirs to decide."""
        if staff_id in self.regular:
            return self.as_
        return As.DEPUTY if staff_id in self.deputies else None


def chain_of(person: int, levels: Sequence[Level], final: Iterable[int]) -> Chain:
    """The first unit upwards with a 所属長 who is somebody else.

    A 代決者 stands in for the 所属長 of a unit, not against one: one's own deputy decides nothing of one's own.
    """
    passed = False
    for level in levels:
        if person in level.chiefs:
            passed = True
            continue
        deputies = tuple(i for i in level.deputies if i != person)
        if level.chiefs:
            as_ = As.PARENT if passed else As.CHIEF
            return Chain(level.chiefs, as_, deputies, level.unit_id)
        if deputies:
            return Chain((), As.PARENT if passed else As.CHIEF, deputies, level.unit_id)
        passed = passed or bool(level.deputies)
    return Chain(tuple(i for i in dict.fromkeys(final) if i != person), As.FINAL)


def at_the_moment(chain: Chain, *, absent: Collection[int], waited: bool) -> Approvers:
    """absent: of those who decide regularly, who is away all day. waited: longer than the setting allows."""
    why = None
    if not chain.regular and chain.deputies:
        why = Why.VACANT
    elif chain.regular and all(i in absent for i in chain.regular):
        why = Why.ABSENT
    elif waited:
        why = Why.WAITED
    open_to = chain.deputies if why is not None else ()
    return Approvers(chain.regular, chain.as_, open_to, why if open_to else None, chain.unit_id)
