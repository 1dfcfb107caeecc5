"""What one person is good for through a day: at which place, reachable how, on which duty, or why not. Pure.

Up to now by the reports where they are due and the plan where they are not; from the next half hour on by the plan.
Seconds count from local midnight of the day.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from webapp.org.rules import Reach
from webapp.presence.day_rules import deployed_at, is_running, report_due_at, reported, work_ends_at
from webapp.presence.facts import (
    Facts,
    Place,
    PunchKind,
    Reason,
    ReportDuty,
    Shown,
    Source,
    State,
)
from webapp.presence.rules import edges_of, resolve

HALF_HOUR = 30 * 60


class Why(StrEnum):
    """Why somebody does not count; the words are the front end's."""

    OFF = "off"
    LEAVE = "leave"
    NO_REPORT = "no_report"
    BREAK = "break"
    OUT = "out"
    MEETING = "meeting"
    DND = "dnd"
    AWAY = "away"
    TRIP = "trip"
    OFF_SITE = "off_site"  # at work, but not where the position is, or no call can be put through


@dataclass(frozen=True, slots=True)
class Standing:
    """From start to end (seconds). why None = at work and free to be asked; office: at the unit's own office."""

    start: int
    end: int
    why: Why | None = None
    place: Place | None = None
    site: str = ""
    transfer: bool = False  # a call can be put through here
    reach: bool = False  # and could be anywhere: the person's 着信区分
    duty: int | None = None  # position id
    planned: bool = False  # by plan alone: 在庁（予定）
    only: Reason | None = None  # at a visitor, on a call: free for that kind alone


_NOT_FREE = {
    Reason.MEETING: Why.MEETING,
    Reason.BRIEFING: Why.MEETING,
    Reason.ASSEMBLY: Why.MEETING,
    Reason.VISITOR: Why.MEETING,
    Reason.DISASTER: Why.MEETING,
}


def standings(facts: Facts, midnight: datetime, now: datetime) -> tuple[Standing, ...]:
    """The whole local day in order, without gaps. midnight: of the day, as an instant."""
    turn = now + timedelta(seconds=HALF_HOUR - (now - midnight).total_seconds() % HALF_HOUR)
    ahead = forecast(facts, now)
    ends = midnight + timedelta(days=1)
    edges = {midnight, ends}
    edges |= {edge for edge in edges_of(facts) if midnight < edge < min(now, ends)}
    edges |= {edge for edge in edges_of(ahead) if max(midnight, now) < edge < ends}
    edges |= {edge for edge in (now, turn, work_ends_at(facts)) if edge and midnight < edge < ends}
    found: list[Standing] = []
    for start, end in pairwise(sorted(edges)):
        seen = resolve(facts, start) if start <= now else _foreseen(facts, ahead, start, now, turn)
        seen = _unless_out(seen, facts if start <= now else ahead, start)
        seen = _unless_deployed(seen, facts, start)
        new = _standing(seen, facts, _seconds(midnight, start), _seconds(midnight, end))
        last = found[-1] if found else None
        if last and replace(last, start=0, end=0) == replace(new, start=0, end=0):
            found[-1] = replace(last, end=new.end)
        else:
            found.append(new)
    return tuple(found)


def day_standings(
    facts: Facts, midnight: datetime, now: datetime | None
) -> tuple[tuple[Standing, ...], tuple[Standing, ...]]:
    """(as it is and will be, as planned): both the same for who has said nothing and owes no report."""
    bare = replace(
        facts,
        reports=(),
        claims=(),
        connected=False,
        lost_at=None,
        policy=replace(facts.policy, report_duty=ReportDuty.NOBODY, auto_away=None),
    )
    planned = _planned(bare, midnight)
    silent = not facts.reports and not facts.claims and facts.lost_at is None
    if now is None or (silent and report_due_at(facts) is None):
        return planned, planned
    return standings(facts, midnight, now), planned


@lru_cache(maxsize=8192)
def _planned(bare: Facts, midnight: datetime) -> tuple[Standing, ...]:
    """Most people have the same ordinary day; so it is worked out once."""
    return standings(bare, midnight, midnight)


def forecast(facts: Facts, now: datetime) -> Facts:
    """The facts by which the rest of the day is foreseen: nobody is 未報告 ahead of time, an open-ended word is not
    taken to last, and who is out comes back when they said (without a time: not today)."""
    reports = tuple(
        report
        for report in facts.reports
        if not (report.kind is PunchKind.BREAK_OUT and report.return_at and report.return_at <= now)
    )
    so_far = reported(reports, now)
    if so_far.out is not None and so_far.out.return_at is not None:
        back = replace(
            so_far.out, kind=PunchKind.BREAK_IN, at=so_far.out.return_at, return_at=None, place=None
        )
        reports = (*reports, back)
    return replace(
        facts,
        reports=reports,
        claims=tuple(claim for claim in facts.claims if claim.until is not None),
        policy=replace(facts.policy, report_duty=ReportDuty.NOBODY, auto_away=None),
    )


def _unless_out(seen: Shown, facts: Facts, at: datetime) -> Shown:
    """Who reported 中抜け is gone, whatever duty they hold: a duty only outranks what was planned."""
    if seen.source is Source.DUTY and reported(facts.reports, at).out is not None:
        return replace(seen, state=State.AWAY, reason=Reason.OUT)
    return seen


def _unless_deployed(seen: Shown, facts: Facts, at: datetime) -> Shown:
    """災害配備 is out of cover whatever the person says of being reachable there."""
    if seen.state is State.OFF or deployed_at(facts, at) is None:
        return seen
    return replace(seen, state=State.BUSY, reason=Reason.DISASTER)


def _foreseen(facts: Facts, ahead: Facts, at: datetime, now: datetime, turn: datetime) -> Shown:
    if at < turn and resolve(facts, now).state is State.NO_REPORT:
        return resolve(facts, at)  # missing until the half hour is over
    if at < turn:
        ahead = replace(ahead, claims=facts.claims)
    seen = resolve(ahead, at)
    ends_at = work_ends_at(facts)
    running = is_running(facts, reported(facts.reports, now), now)
    if running and ends_at is not None and at >= max(ends_at, now) and seen.duty is None:
        return Shown(
            State.OFF, Source.PLAN
        )  # who is at work is not taken to stay longer than planned
    return seen


def _standing(seen: Shown, facts: Facts, start: int, end: int) -> Standing:
    return Standing(
        start,
        end,
        _why(seen),
        seen.place,
        seen.site or "",
        seen.reach is Reach.TRANSFER,
        facts.reach is Reach.TRANSFER,
        seen.duty.position_id if seen.duty else None,
        seen.planned,
        seen.reason if seen.reason in (Reason.COUNTER, Reason.CALL) else None,
    )


def _why(seen: Shown) -> Why | None:
    if seen.place is Place.LEAVE:
        return Why.LEAVE
    if seen.state is State.OFF:
        return Why.OFF
    if seen.state is State.NO_REPORT:
        return Why.NO_REPORT
    if seen.state is State.AWAY:
        return {Reason.BREAK: Why.BREAK, Reason.OUT: Why.OUT}.get(
            seen.reason or Reason.AUTO, Why.AWAY
        )
    if seen.place is Place.TRIP:
        return Why.TRIP
    if seen.state is State.DND:
        return Why.DND
    return _NOT_FREE.get(seen.reason) if seen.reason else None


def _seconds(midnight: datetime, at: datetime) -> int:
    return int((at - midnight).total_seconds())
