"""What a municipality has decided on telework, as facts: one frozen record of all of it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from webapp.core import calendar
from webapp.requests.targets import TargetLine

LONGEST_LEAD = 120  # days looked back for a deadline: no closure is longer
Span = tuple[int, int]


class Leave(StrEnum):
    """Whether something is allowed: yes, after looking at the case, or not."""

    YES = "yes"
    APPROVAL = "approval"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Deadline:
    """So many days before the day (business: days the town hall is open), until this minute."""

    days: int
    business: bool
    minute: int


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything a municipality (or one unit of it) has decided on filing. Minutes count from local midnight."""

    strict: bool = False
    deadline: Deadline | None = None
    week_most: int | None = None
    week_office: int = 0
    extents: tuple[str, ...] = ("whole", "am", "pm", "hours")
    step: int = 1
    core: Span | None = None
    core_of_pattern: bool = True
    hours: str = "free"  # ordinary | shifts | free
    shifts: tuple[Span, ...] = ()
    window: Span = (0, 24 * 60)
    places: tuple[str, ...] = ("home", "satellite", "mobile")
    place_kinds: dict[str, Leave] = field(default_factory=dict)
    carry: Leave = Leave.YES
    carry_personal: Leave = Leave.YES
    personal_home: Leave = Leave.YES
    overtime: str = "free"  # no | rarely | order | free
    oral: bool = True
    ahead_days: int = 366
    back_days: int = 366
    targets: tuple[TargetLine, ...] = ()
    target_else: bool = True


def deadline_at(rule: Deadline, day: date, is_business: Callable[[date], bool]) -> datetime:
    """The instant until which the day has to be filed."""
    on, left = day, rule.days
    while left and (day - on).days < LONGEST_LEAD:
        on -= timedelta(days=1)
        if not rule.business or is_business(on):
            left -= 1
    return calendar.at_minute(on, rule.minute)
