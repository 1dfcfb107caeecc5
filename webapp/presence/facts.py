"""The words of presence, and the facts of one person's day. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.org.rules import Reach

SAID_AGAIN = timedelta(minutes=1)
LONGEST_DAY = timedelta(
    hours=16
)  # a day without 終業 is not shown on beyond this once 日替わり has passed


class Place(StrEnum):
    OFFICE = "office"
    HOME = "home"
    SATELLITE = "satellite"
    MOBILE = "mobile"
    TRIP = "trip"
    LEAVE = "leave"


TELEWORK = frozenset({Place.HOME, Place.SATELLITE, Place.MOBILE})


class State(StrEnum):
    AVAILABLE = "available"
    BUSY = "busy"
    DND = "dnd"
    AWAY = "away"
    OFF = "off"
    NO_REPORT = "no_report"


SETTABLE = (State.AVAILABLE, State.BUSY, State.DND, State.AWAY)


class Source(StrEnum):
    MANUAL = "manual"
    PROXY = "proxy"
    DUTY = "duty"
    SCHEDULE = "schedule"
    AUTO = "auto"
    PLAN = "plan"


class Reason(StrEnum):
    MEETING = "meeting"
    BRIEFING = "briefing"
    VISITOR = "visitor"
    CALL = "call"
    COUNTER = "counter"
    ASSEMBLY = "assembly"
    BREAK = "break"
    OUT = "out"
    DISASTER = "disaster"
    AUTO = "auto"


SELF_REASONS = (
    Reason.MEETING,
    Reason.BRIEFING,
    Reason.VISITOR,
    Reason.CALL,
    Reason.COUNTER,
    Reason.ASSEMBLY,
)


class PunchKind(StrEnum):
    START = "start"
    END = "end"
    BREAK_OUT = "break_out"
    BREAK_IN = "break_in"
    PLACE = "place"


class ReportDuty(StrEnum):
    """Who reports start and end."""

    NOBODY = "nobody"
    TELEWORK = "telework"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Span:
    starts_at: datetime
    ends_at: datetime

    def holds(self, now: datetime) -> bool:
        return self.starts_at <= now < self.ends_at


@dataclass(frozen=True, slots=True)
class Stretch(Span):
    """A planned 時間帯. place None = it says nothing of the place (a meeting)."""

    place: Place | None
    reason: Reason | None = None
    site: str | None = None
    own: bool = (
        False  # entered for this person by a request, import or hand, not just the ordinary hours
    )


@dataclass(frozen=True, slots=True)
class Report:
    """A punch that stands (not taken back)."""

    kind: PunchKind
    at: datetime
    place: Place | None = None
    site: str | None = None
    return_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    source: Source
    state: State
    since: datetime
    until: datetime | None = None
    note: str = ""
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Duty(Span):
    position: str
    position_id: int = 0


@dataclass(frozen=True, slots=True)
class ReachSpan(Span):
    """A telephone at hand for a while (a booked 公用携帯)."""

    number: str
    reach: Reach


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that matter for one person's day."""

    report_duty: ReportDuty = ReportDuty.TELEWORK
    report_grace: timedelta = timedelta(minutes=15)
    auto_away: timedelta | None = None  # None = off
    excused: bool = False  # a day on which nobody is 未報告 (辞令交付)


@dataclass(frozen=True, slots=True)
class Facts:
    """One person, one business day. All instants aware.

    plan: stretches of the day, ordinary hours first, then what was planned on top; the later listed wins.
    reports: in order of `at`; those of yesterday's day when it still runs past 日替わり.
    """

    day: Span
    plan: tuple[Stretch, ...] = ()
    breaks: tuple[Span, ...] = ()
    reports: tuple[Report, ...] = ()
    claims: tuple[Claim, ...] = ()
    duties: tuple[Duty, ...] = ()
    reach: Reach = Reach.NONE
    reaches: tuple[ReachSpan, ...] = ()  # the later listed counts
    connected: bool = False
    lost_at: datetime | None = None
    policy: Policy = Policy()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a full row says of the person besides name and number."""

    state: State
    source: Source
    place: Place | None = None
    site: str | None = None
    planned: bool = False
    since: datetime | None = None
    until: datetime | None = None
    note: str = ""
    reason: Reason | None = None
    reach: Reach = Reach.NONE
    telephone: str = ""  # where a call goes instead of the person's own numbers
    starts_at: datetime | None = None
    duty: Duty | None = None
    connected: bool = False
