"""What is shown of a person, from the facts of the day and the instant. Pure.

Two axes: *where* (place) and *how* (state). The connection is a third, separate fact.

Order of claims to the state: what the person (or a colleague on their behalf) said, 中抜け included > duty > schedule
(break, meeting, trip) > automatic (connection) > the report > the plan. What is displaced is not thrown away:
every claim has its time, and the strongest of those in force is shown, so the displaced one comes back by itself.
"""

from dataclasses import replace
from datetime import datetime

from webapp.org.rules import Reach
from webapp.presence.day_rules import (
    Reported,
    deployed_at,
    is_running,
    planned_at,
    report_due_at,
    reported,
    work_ends_at,
    working_edges,
    works_at,
)
from webapp.presence.facts import (
    LONGEST_DAY,
    SAID_AGAIN,
    Claim,
    Facts,
    Place,
    Reason,
    Shown,
    Source,
    State,
    Stretch,
)

# --- what is shown --------------------------------------------------------------------------


def resolve(facts: Facts, now: datetime) -> Shown:
    """What a full row shows at `now`. A function of its arguments only: same facts and instant, same row."""
    so_far = reported(facts.reports, now)
    running = is_running(facts, so_far, now)
    stretch = planned_at(facts, now)
    base = _base(facts, so_far, running, stretch, now)
    claim = _strongest(facts, so_far, running, base, now)
    if claim is not None:
        base = replace(
            base,
            state=claim.state,
            source=claim.source,
            since=claim.since,
            until=claim.until,
            note=claim.note,
            reason=claim.reason,
            starts_at=None,
        )
        if claim.source in (Source.MANUAL, Source.PROXY):
            base = replace(base, planned=False)
    duty = next((d for d in facts.duties if d.holds(now)), None)
    reach, telephone = _reach(facts, base, now)
    return replace(base, duty=duty, connected=facts.connected, reach=reach, telephone=telephone)


def _base(
    facts: Facts, so_far: Reported, running: bool, stretch: Stretch | None, now: datetime
) -> Shown:
    """Without any claim: the report where there is one, else the plan."""
    if running:
        return _at_work(facts, so_far, stretch)
    ended = so_far.ended_at is not None and so_far.ended_at >= facts.day.starts_at
    if ended and not _called_out(facts, so_far, now):
        place = stretch.place if stretch and stretch.place is Place.LEAVE else None
        return Shown(State.OFF, Source.AUTO, place=place, since=so_far.ended_at)
    if stretch is None or not works_at(stretch):
        return _not_working(facts, stretch, now)
    due = report_due_at(facts)
    started = so_far.started_at is not None and so_far.started_at >= facts.day.starts_at
    missing = due is not None and not started and now >= due + facts.policy.report_grace
    return Shown(
        State.NO_REPORT if missing else State.AVAILABLE,
        Source.PLAN,
        place=stretch.place,
        site=stretch.site,
        planned=True,
        since=due if missing else stretch.starts_at,
        starts_at=due if missing else None,
    )


def _called_out(facts: Facts, so_far: Reported, now: datetime) -> bool:
    """Deployed after 終業: at work again, before any report of it."""
    deployed = deployed_at(facts, now)
    return (
        deployed is not None
        and so_far.ended_at is not None
        and deployed.starts_at > so_far.ended_at
    )


def _at_work(facts: Facts, so_far: Reported, stretch: Stretch | None) -> Shown:
    place, site, planned, since = so_far.place, so_far.site, False, so_far.started_at
    if stretch is not None and _displaces(facts, so_far, stretch):
        planned = stretch.place != so_far.place
        place, site = stretch.place, stretch.site
        if place is Place.LEAVE:
            return Shown(State.OFF, Source.SCHEDULE, place=place, since=stretch.starts_at)
        since = stretch.starts_at
    elif place is None and stretch is not None and works_at(stretch):
        place, site = stretch.place, stretch.site
    since = max((t for t in (since, so_far.back_at) if t is not None), default=None)
    return Shown(State.AVAILABLE, Source.AUTO, place=place, site=site, planned=planned, since=since)


def _displaces(facts: Facts, so_far: Reported, stretch: Stretch) -> bool:
    """Whether the plan has moved on since the person said where they are.

    A report of place answers the stretch it falls into (or, reported early, the first one to come);
    only what begins after that one displaces it, such as a trip in the afternoon.
    """
    if so_far.placed_at is None or not stretch.own:
        return False
    answered = planned_at(facts, so_far.placed_at)
    if answered is None:
        coming = [s.starts_at for s in facts.plan if s.starts_at > so_far.placed_at]
        return bool(coming) and stretch.starts_at > min(coming)
    return stretch.starts_at > so_far.placed_at


def _not_working(facts: Facts, stretch: Stretch | None, now: datetime) -> Shown:
    later = next((edge for edge in working_edges(facts) if edge > now), None)
    leave = stretch is not None and stretch.place is Place.LEAVE
    return Shown(
        State.OFF,
        Source.PLAN,
        place=Place.LEAVE if leave else None,
        planned=False,
        since=stretch.starts_at if stretch is not None else None,
        starts_at=later,
    )


def _strongest(
    facts: Facts, so_far: Reported, running: bool, base: Shown, now: datetime
) -> Claim | None:
    spoken = _spoken(facts, so_far, running, now)
    scheduled = _scheduled(facts, so_far, base, now)
    if spoken is not None and not _yields(spoken, scheduled):
        return spoken
    duty = next((d for d in facts.duties if d.holds(now)), None)
    # 中抜け was said by the person: they left. 災害配備 takes people from whatever duty they have.
    gone = scheduled is not None and scheduled.reason in (Reason.OUT, Reason.DISASTER)
    if duty is not None and base.state is State.AVAILABLE and not gone:
        return Claim(Source.DUTY, State.BUSY, duty.starts_at, duty.ends_at)
    return scheduled or _automatic(facts, base, now)


def _yields(spoken: Claim, scheduled: Claim | None) -> bool:
    """An open-ended word is about the work, not about lunch: it yields to a break or 中抜け that begins after it.

    With an until it wins over everything; and 中抜け is itself something the person said, so the later of the two wins.
    """
    if scheduled is None or scheduled.since < spoken.since:
        return False
    if scheduled.reason is Reason.DISASTER:
        return True
    if scheduled.since == spoken.since:
        return False
    if scheduled.reason is Reason.OUT:
        return True
    return scheduled.reason is Reason.BREAK and spoken.until is None


def _spoken(facts: Facts, so_far: Reported, running: bool, now: datetime) -> Claim | None:
    """The latest of what the person said that still holds."""
    spoken = sorted(facts.claims, key=lambda c: c.since)
    for claim in spoken[::-1]:  # of two said at one instant, the later entered
        if claim.since <= now < claim_ends_at(claim, facts, so_far, running):
            return claim
    return None


def claim_ends_at(claim: Claim, facts: Facts, so_far: Reported, running: bool) -> datetime:
    """A claim ends at its until, at 終業, at 日替わり; and with the planned hours, for who makes no report."""
    ends = [facts.day.ends_at]
    if claim.until is not None:
        ends.append(claim.until)
    if claim.since < facts.day.starts_at:
        ends.append(facts.day.starts_at if not running else facts.day.ends_at)
    if so_far.left_at is not None and claim.since < so_far.left_at:
        ends.append(so_far.left_at)
    planned_end = work_ends_at(facts)
    if (
        not running
        and claim.until is None
        and planned_end is not None
        and claim.since < planned_end
    ):
        ends.append(planned_end)
    return min(ends)


def _scheduled(facts: Facts, so_far: Reported, base: Shown, now: datetime) -> Claim | None:
    if so_far.out is not None and base.state is not State.OFF:
        out = so_far.out
        return Claim(Source.SCHEDULE, State.AWAY, out.at, out.return_at, reason=Reason.OUT)
    if base.state is State.OFF:
        return None
    deployed = deployed_at(facts, now)
    if deployed is not None:
        return Claim(
            Source.SCHEDULE,
            State.BUSY,
            deployed.starts_at,
            deployed.ends_at,
            reason=Reason.DISASTER,
        )
    pause = next((b for b in facts.breaks if b.holds(now)), None)
    if pause is not None and base.state is not State.NO_REPORT:
        return Claim(
            Source.SCHEDULE, State.AWAY, pause.starts_at, pause.ends_at, reason=Reason.BREAK
        )
    meeting = next((s for s in reversed(facts.plan) if s.place is None and s.holds(now)), None)
    if meeting is not None and base.state is not State.NO_REPORT:
        return Claim(
            Source.SCHEDULE, State.BUSY, meeting.starts_at, meeting.ends_at, reason=meeting.reason
        )
    return None


def _automatic(facts: Facts, base: Shown, now: datetime) -> Claim | None:
    """自動の退席中: off by default, and only for who reported and whose browser has gone quiet."""
    wait = facts.policy.auto_away
    if wait is None or facts.lost_at is None or base.source is not Source.AUTO:
        return None
    if base.state is not State.AVAILABLE or now < facts.lost_at + wait:
        return None
    return Claim(Source.AUTO, State.AWAY, facts.lost_at + wait, reason=Reason.AUTO)


def _reach(facts: Facts, shown: Shown, now: datetime) -> tuple[Reach, str]:
    """At the desk a call can be put through; elsewhere to the telephone booked for it, else as the person's 着信区分
    says; away from work not at all."""
    if shown.state is State.OFF or shown.place is Place.LEAVE or shown.reason is Reason.OUT:
        return Reach.NONE, ""
    if shown.place is Place.OFFICE:
        return Reach.TRANSFER, ""
    booked = next((span for span in reversed(facts.reaches) if span.holds(now)), None)
    return (booked.reach, booked.number) if booked else (facts.reach, "")


# --- the clock ------------------------------------------------------------------------------


def next_change(facts: Facts, now: datetime) -> datetime:
    """When the clock alone changes what is shown next; at the latest 日替わり, when the facts of a new day count."""
    shown = resolve(facts, now)
    for edge in edges_of(facts):
        if now < edge < facts.day.ends_at and resolve(facts, edge) != shown:
            return edge
    return facts.day.ends_at


def edges_of(facts: Facts) -> list[datetime]:
    spans = (*facts.plan, *facts.breaks, *facts.duties, *facts.reaches)
    edges = {s.starts_at for s in spans} | {s.ends_at for s in spans}
    edges |= {claim.since for claim in facts.claims}
    edges |= {claim.until for claim in facts.claims if claim.until is not None}
    for report in facts.reports:
        edges |= {report.at, report.at + LONGEST_DAY}
    due = report_due_at(facts)
    if due is not None:
        edges.add(due + facts.policy.report_grace)
    if facts.lost_at is not None and facts.policy.auto_away is not None:
        edges.add(facts.lost_at + facts.policy.auto_away)
    return sorted(edges)


# --- changes --------------------------------------------------------------------------------


def with_said(claims: tuple[Claim, ...], new: Claim) -> tuple[Claim, ...]:
    """The claims after one more was said: of the earlier ones stay those that outlast it and so come back."""
    if new.until is None:
        return (new,)
    until = new.until
    earlier = said_before(claims, new.since)
    stashed = [c for c in earlier if c.until is None or c.until > until]
    return (*sorted(stashed, key=lambda c: c.since)[-3:], new)


def said_before(claims: tuple[Claim, ...], now: datetime) -> tuple[Claim, ...]:
    """None of them was said later than now: one dated so was written by a clock that ran ahead. Hidden until then it
    would be what the person said last, and the board would not show it."""
    if all(claim.since <= now for claim in claims):
        return claims
    return tuple(replace(claim, since=min(claim.since, now)) for claim in claims)


def same_said(claims: tuple[Claim, ...], new: Claim) -> bool:
    """The second tap of a double tap, or a second device: nothing new is said.

    Later it is said anew: the earlier word may have ended meanwhile, with 終業 or with the day.
    """
    if not claims or new.since - claims[-1].since > SAID_AGAIN:
        return False
    last = claims[-1]
    return (last.state, last.until, last.note, last.reason) == (
        new.state,
        new.until,
        new.note,
        new.reason,
    )
