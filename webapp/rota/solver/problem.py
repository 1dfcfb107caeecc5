"""The duty rota's problem: what `design/rota.md` writes as JSON, as frozen values.

Times are minutes from midnight (24:00 = 1440), dates ISO texts, loads hours. `read_problem` is the
one way in; it names every fault of the text at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ON_SITE = ("office", "satellite")
WORKING = ("office", "home", "satellite", "mobile")
WINNING = ("leave", "trip", "meeting", "training")
"""Places that win over the others where segments overlap (rule 4)."""
PLACES = (*WORKING, *WINNING)
KINDS = ("counter", "phone", "other")
GROUPS = ("rotate", "dedicated", "exempt")


@dataclass(frozen=True, slots=True)
class Day:
    date: str
    open: int
    close: int


@dataclass(frozen=True, slots=True)
class Band:
    """Demand of a position from `start` to `end`; `days` None = every day."""

    days: frozenset[str] | None
    start: int
    end: int
    min: int
    ideal: int
    burden: float


@dataclass(frozen=True, slots=True)
class Position:
    id: str
    name: str
    kind: str
    site: str
    skills: tuple[str, ...]
    burden: float
    experienced_min: int
    demand: tuple[Band, ...]

    @property
    def is_phone(self) -> bool:
        return self.kind == "phone"


@dataclass(frozen=True, slots=True)
class Segment:
    date: str
    start: int
    end: int
    place: str
    site: str
    reach: str


@dataclass(frozen=True, slots=True)
class Person:
    """`wishes`: position → weight, negative = rather not. `max_day` None = no daily limit."""

    id: str
    skills: frozenset[str]
    experienced: bool
    contract_minutes: float
    carry_counter: float
    carry_phone: float
    group: str
    max_day: float | None
    max_consecutive: float
    segments: tuple[Segment, ...]
    wishes: Mapping[str, float]
    forbidden: frozenset[str]


@dataclass(frozen=True, slots=True, order=True)
class Duty:
    """A person at a position: an assignment, a pin or a published row."""

    date: str
    start: int
    position: str
    staff: str
    end: int


@dataclass(frozen=True, slots=True)
class Lunch:
    start: int
    end: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Rules:
    lunch: Lunch | None
    rest: int
    min_block: int
    travel: Mapping[tuple[str, str], int]

    def travel_minutes(self, one: str, other: str) -> int:
        """Rule 11: both ways if one is given, absent 0."""
        if one == other:
            return 0
        back = self.travel.get((other, one), 0)
        return self.travel.get((one, other), back)


@dataclass(frozen=True, slots=True)
class Moment:
    date: str
    minute: int


@dataclass(frozen=True, slots=True)
class Problem:
    slot_minutes: int
    time_limit: float
    seed: int
    days: tuple[Day, ...]
    positions: tuple[Position, ...]
    staff: tuple[Person, ...]
    forbidden_pairs: frozenset[frozenset[str]]
    pins: tuple[Duty, ...]
    published: tuple[Duty, ...]
    rules: Rules
    now: Moment | None


def slots_of(day: Day, minutes: int) -> list[tuple[int, int]]:
    """Slots step from the opening; the last ends at the close and may be shorter (rule 2)."""
    starts = range(day.open, day.close, minutes)
    return [(start, min(start + minutes, day.close)) for start in starts]


@dataclass(frozen=True, slots=True)
class Fault:
    """`place` as in `staff[3].segments[0].from`; `what` says also what would be right."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" if self.place else self.what


class BadProblem(ValueError):
    """The text is no problem; `faults` holds every one of its faults, in the order of the text."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def read_problem(source: str | bytes | Mapping[str, Any]) -> Problem:
    """A problem out of JSON text or what JSON gives. Raises BadProblem with every fault."""
    from webapp.rota.solver.reading import read  # noqa: PLC0415 it builds what stands here

    return read(source)
