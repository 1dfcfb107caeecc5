"""What the list of the day says of a person's reports. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.presence.day_rules import (
    Reported,
    planned_at,
    report_due_at,
    work_ends_at,
    working_edges,
)
from webapp.presence.facts import Facts, Place, PunchKind, Report


class Standing(StrEnum):
    MISSING = "missing"  # 始業 is due and not there
    LATER = "later"  # it is not due yet
    WORKING = "working"
    DONE = "done"
    NO_END = "no_end"  # the day is over, 終業 is not there
    LEAVE = "leave"
    FREE = "free"  # nothing is owed


STANDING_WORDS = {
    Standing.MISSING: "未報告",
    Standing.LATER: "始業前",
    Standing.WORKING: "始業ずみ",
    Standing.DONE: "終業ずみ",
    Standing.NO_END: "終業の報告なし",
    Standing.LEAVE: "休暇等",
    Standing.FREE: "報告の義務なし",
}


def standing(facts: Facts, so_far: Reported, now: datetime) -> Standing:
    """now: the present instant; after the day it is judged as it ended."""
    if so_far.ended_at is not None:
        return Standing.DONE
    over = now >= facts.day.ends_at
    if so_far.started_at is not None:
        return Standing.NO_END if over else Standing.WORKING
    due = report_due_at(facts)
    if due is not None:
        return Standing.MISSING if now >= due + facts.policy.report_grace else Standing.LATER
    planned = {stretch.place for stretch in facts.plan if stretch.place is not None}
    if Place.LEAVE in planned and not working_edges(facts):
        return Standing.LEAVE
    return Standing.FREE


@dataclass(frozen=True, slots=True)
class Planned:
    starts_at: datetime
    ends_at: datetime
    place: Place | None
    site: str | None


def planned(facts: Facts) -> Planned | None:
    """When and where the day was meant to be worked; None on a day off."""
    began, ends_at = working_edges(facts), work_ends_at(facts)
    if not began or ends_at is None:
        return None
    stretches = [s for edge in began if (s := planned_at(facts, edge)) is not None]
    own = [s for s in facts.plan if s.own and s.place not in (None, Place.LEAVE)]
    first = own[0] if own else stretches[0]
    return Planned(began[0], ends_at, first.place, first.site)


def absences(reports: list[Report]) -> list[tuple[datetime, datetime | None]]:
    """中抜け: [(left, came back or None)]."""
    found: list[tuple[datetime, datetime | None]] = []
    left: datetime | None = None
    for report in reports:
        if report.kind is PunchKind.BREAK_OUT and left is None:
            left = report.at
        elif left is not None and report.kind in (PunchKind.BREAK_IN, PunchKind.END):
            found.append((left, report.at if report.kind is PunchKind.BREAK_IN else None))
            left = None
    if left is not None:
        found.append((left, None))
    return found
