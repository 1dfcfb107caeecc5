"""The day as planned, and what the reports up to an instant come to. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from webapp.presence.facts import (
    LONGEST_DAY,
    TELEWORK,
    Facts,
    Place,
    PunchKind,
    Reason,
    Report,
    ReportDuty,
    Stretch,
)

# --- the day's plan -------------------------------------------------------------------------


def planned_at(facts: Facts, now: datetime) -> Stretch | None:
    """The stretch that says where the person is meant to be; meetings say nothing of it."""
    return next((s for s in reversed(facts.plan) if s.place is not None and s.holds(now)), None)


def deployed_at(facts: Facts, now: datetime) -> Stretch | None:
    """The 災害配備 in force, unless something entered by hand lies above it."""
    stretch = planned_at(facts, now)
    return stretch if stretch is not None and stretch.reason is Reason.DISASTER else None


def timeline(facts: Facts) -> list[Stretch]:
    """The planned day as it will be: where stretches overlap the later entered one alone, like ones joined."""
    edges = sorted({s.starts_at for s in facts.plan} | {s.ends_at for s in facts.plan})
    day: list[Stretch] = []
    for start, end in pairwise(edges):
        stretch = planned_at(facts, start)
        if stretch is None:
            continue
        part = replace(stretch, starts_at=start, ends_at=end)
        last = day[-1] if day else None
        if last and last.ends_at == start and replace(last, starts_at=start, ends_at=end) == part:
            day[-1] = replace(last, ends_at=end)
        else:
            day.append(part)
    meetings = [s for s in facts.plan if s.place is None]
    return sorted([*day, *meetings], key=lambda s: s.starts_at)


def works_at(stretch: Stretch | None) -> bool:
    return stretch is not None and stretch.place not in (None, Place.LEAVE)


def working_edges(facts: Facts) -> list[datetime]:
    """Instants at which planned work begins, leave and gaps taken out."""
    edges = sorted({s.starts_at for s in facts.plan} | {s.ends_at for s in facts.plan})
    began: list[datetime] = []
    working = False
    for edge in edges:
        now_working = works_at(planned_at(facts, edge))
        if now_working and not working:
            began.append(edge)
        working = now_working
    return began


def work_ends_at(facts: Facts) -> datetime | None:
    """When the planned day ends."""
    ends = [s.ends_at for s in facts.plan if works_at(s)]
    return max((end for end in ends if not works_at(planned_at(facts, end))), default=None)


def report_due_at(facts: Facts) -> datetime | None:
    """When 始業 is owed. None = nothing is owed today.

    Default: teleworkers alone, at the start of their first telework stretch (all seven municipalities read
    ask it of them; office staff use the card reader).
    """
    if facts.policy.excused or facts.policy.report_duty is ReportDuty.NOBODY:
        return None
    began = working_edges(facts)
    if facts.policy.report_duty is ReportDuty.EVERYBODY:
        return began[0] if began else None
    edges = sorted({s.starts_at for s in facts.plan} | {s.ends_at for s in facts.plan})
    for edge in edges:
        stretch = planned_at(facts, edge)
        if stretch is not None and stretch.place in TELEWORK:
            return edge
    return None


# --- the day's reports ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reported:
    """What the reports up to an instant come to."""

    started_at: datetime | None = None
    ended_at: datetime | None = None
    left_at: datetime | None = None  # the latest 終業, also where a second 始業 followed
    place: Place | None = None
    site: str | None = None
    placed_at: datetime | None = None
    out: Report | None = None  # the 中抜け one has not come back from
    back_at: datetime | None = None

    @property
    def at_work(self) -> bool:
        return self.started_at is not None and self.ended_at is None


def reported(reports: Iterable[Report], now: datetime) -> Reported:
    """Fold the reports in order; a second 始業 after 終業 opens the day again."""
    so_far = Reported()
    for report in reports:
        if report.at > now:
            break
        so_far = _after(so_far, report)
    return so_far


def _after(so_far: Reported, report: Report) -> Reported:
    match report.kind:
        case PunchKind.END:
            return replace(so_far, ended_at=report.at, left_at=report.at, out=None)
        case PunchKind.BREAK_OUT:
            return replace(so_far, out=report)
        case PunchKind.BREAK_IN:
            so_far = replace(so_far, out=None, back_at=report.at)
        case PunchKind.START:
            again = so_far.ended_at is not None
            started = report.at if again or so_far.started_at is None else so_far.started_at
            so_far = replace(so_far, started_at=started, ended_at=None, out=None)
        case PunchKind.PLACE:
            # A change of place is a sign of work: who forgot 始業 is at work from here on (and is asked for it).
            started = so_far.started_at or report.at
            so_far = replace(so_far, started_at=started)
    if report.place is not None:
        so_far = replace(so_far, place=report.place, site=report.site, placed_at=report.at)
    return so_far


def is_running(facts: Facts, so_far: Reported, now: datetime) -> bool:
    """At work by report, and the report is not left over from a day whose 終業 was forgotten."""
    if not so_far.at_work or so_far.started_at is None:
        return False
    return so_far.started_at >= facts.day.starts_at or now < so_far.started_at + LONGEST_DAY
