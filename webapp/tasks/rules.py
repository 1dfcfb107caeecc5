"""Pure rules of the task sheet: words of テレワークの可否, what is warned of, how much can be done elsewhere."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Telework(StrEnum):
    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Part(StrEnum):
    MAIN = "main"
    SUB = "sub"


TELEWORK_WORDS = {Telework.YES: "可", Telework.PARTLY: "一部可", Telework.NO: "不可"}
PART_WORDS = {Part.MAIN: "主担", Part.SUB: "副担"}
ALONE_WITH = 3  # so many tasks on one person without anybody else are warned of


@dataclass(frozen=True, slots=True)
class Duty:
    """One line of the sheet as the rules see it: who, in order; 主担 and 副担 apart."""

    id: int
    telework: Telework
    mains: tuple[int, ...]
    subs: tuple[int, ...]

    @property
    def people(self) -> tuple[int, ...]:
        return (*self.mains, *self.subs)

    def others(self, staff_id: int) -> tuple[int, ...]:
        """Who else can answer: 副担 first, since they are there for it."""
        return tuple(each for each in (*self.subs, *self.mains) if each != staff_id)


@dataclass(frozen=True, slots=True)
class Figures:
    """How much of the work can be done away from the office."""

    tasks: int
    yes: int
    partly: int
    no: int

    @property
    def percent(self) -> int | None:
        """Of tasks that can be done elsewhere, wholly or in part; None without any task."""
        return round(100 * (self.yes + self.partly) / self.tasks) if self.tasks else None


def figures(duties: Iterable[Duty]) -> Figures:
    count = Counter(duty.telework for duty in duties)
    yes, partly, no = (count[each] for each in (Telework.YES, Telework.PARTLY, Telework.NO))
    return Figures(yes + partly + no, yes, partly, no)


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing with one line. gone: people named who are not posted here any more."""

    no_main: bool
    no_sub: bool
    gone: tuple[int, ...]

    def __bool__(self) -> bool:
        return self.no_main or self.no_sub or bool(self.gone)


def gap(duty: Duty, here: Collection[int]) -> Gap:
    """Somebody who has left counts neither as 主担 nor as 副担."""
    return Gap(
        no_main=not any(each in here for each in duty.mains),
        no_sub=not any(each in here for each in duty.subs),
        gone=tuple(each for each in duty.people if each not in here),
    )


def alone(duties: Sequence[Duty], here: Collection[int]) -> dict[int, int]:
    """{staff id: tasks nobody else here can answer}, where they are too many for one person."""
    count: Counter[int] = Counter()
    for duty in duties:
        present = {each for each in duty.people if each in here}
        if len(present) == 1:
            count.update(present)
    return {staff_id: n for staff_id, n in count.items() if n >= ALONE_WITH}


class Act(StrEnum):
    ADD = "add"
    EDIT = "edit"
    REMOVE = "remove"
    ORDER = "order"  # the order of the sheet
    FILE = "file"  # taking in a whole file


def may(act: Act, *, leads: bool, part: Part | None) -> bool:
    """Of somebody who may read the sheet. part: what they are in the task in question (when adding: would be)."""
    if leads:
        return True
    match act:
        case Act.ADD | Act.EDIT:
            return part is not None
        case Act.REMOVE:
            return part is Part.MAIN
        case Act.ORDER | Act.FILE:
            return False
