"""A wish to telework on one day, and what is known of the person and that day. Minutes from local midnight. Pure."""

from dataclasses import dataclass
from datetime import date, datetime

from webapp.requests.rulebook import Span
from webapp.requests.targets import ALLOWED, Target


@dataclass(frozen=True, slots=True)
class Hours:
    """勤務時間 of one day."""

    start: int
    end: int
    pause: Span | None = None
    core: Span | None = None

    @property
    def length(self) -> int:
        return self.end - self.start - (self.pause[1] - self.pause[0] if self.pause else 0)


@dataclass(frozen=True, slots=True)
class TaskFact:
    """A line of the task sheet. telework: yes | partly | no."""

    name: str
    telework: str
    personal_data: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wished for one day. hours: 勤務時間の割振り, None = the ordinary ones."""

    day: date
    extent: str
    start: int
    end: int
    place: str
    place_kind: str = "own"
    hours: Hours | None = None
    tasks: tuple[TaskFact, ...] = ()
    carries: bool = False
    carried: str = ""
    personal_data: bool = False
    oral: bool = False
    site_protected: bool = True  # of サテライト: work with personal data is allowed there


@dataclass(frozen=True, slots=True)
class Turn:
    """A duty of the day. away: it can be done away from the office (the telephone, with 転送)."""

    start: int
    end: int
    name: str
    away: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the person and the day.

    hours: None = no working day of theirs. week: days of that week with telework, filed or planned, without this
    one; whole_week: those of them without any hours at the office. working: days of that week they work.
    absent: leave and trips (start, end, what it is called on screen). emergency: its name while one is open.
    """

    hours: Hours | None
    closed: str | None = None
    deadline_at: datetime | None = None
    week: frozenset[date] = frozenset()
    whole_week: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    turns: tuple[Turn, ...] = ()
    absent: tuple[tuple[int, int, str], ...] = ()
    target: Target = ALLOWED
    emergency: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """code: which rule; field: where on the form; note: allowed, but to be looked at. day None = whatever day."""

    code: str
    field: str
    words: str
    blocks: bool = False
    note: bool = False
    day: date | None = None


def is_late(known: Known, *, now: datetime) -> bool:
    """In an emergency nothing is late."""
    return known.deadline_at is not None and not known.emergency and now > known.deadline_at
