"""Who could take over a duty today: pure. A smaller sister of the rules by which the rota is made."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.positions.queries import Profile
from webapp.positions.rules import Group, Post
from webapp.presence.day_rules import planned_at
from webapp.presence.facts import Duty, Facts, Place, Shown, Span, State

REST = timedelta(minutes=30)  # a shorter pause does not end a stretch of duty
LONGEST_STRETCH = 120  # minutes, where nothing else is set for the person


@dataclass(frozen=True, slots=True)
class Taker:
    """Somebody who might take a duty over. units: ids of the units of their postings."""

    staff_id: int
    units: frozenset[int]
    facts: Facts
    shown: Shown
    profile: Profile


def may_take(taker: Taker, post: Post, units: set[int], piece: Span, now: datetime) -> bool:
    """units: those whose people can be put at the position. piece: what of the duty is handed over."""
    return (
        bool(taker.units & units)
        and _is_here(taker.shown, begun=piece.starts_at <= now)
        and _is_fit(taker.profile, post)
        and _is_free(taker.facts, piece)
        and _stays_within(taker, piece)
    )


def _is_here(shown: Shown, *, begun: bool) -> bool:
    if shown.place is not Place.OFFICE:
        return False
    if begun:
        return shown.state is State.AVAILABLE and shown.duty is None
    return shown.state in (State.AVAILABLE, State.BUSY, State.AWAY)


def _is_fit(profile: Profile, post: Post) -> bool:
    return (
        post.skills <= profile.skills
        and post.id not in profile.forbidden
        and profile.group is not Group.EXEMPT
    )


def _is_free(facts: Facts, piece: Span) -> bool:
    meetings = [stretch for stretch in facts.plan if stretch.place is None]
    if any(_touch(span, piece) for span in (*facts.duties, *facts.breaks, *meetings)):
        return False
    edges = {piece.starts_at} | {s.starts_at for s in facts.plan} | {s.ends_at for s in facts.plan}
    inside = (edge for edge in edges if piece.holds(edge))
    return all(_at_office(facts, edge) for edge in inside)


def _touch(one: Span, other: Span) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _at_office(facts: Facts, at: datetime) -> bool:
    stretch = planned_at(facts, at)
    return stretch is not None and stretch.place is Place.OFFICE


def _stays_within(taker: Taker, piece: Span) -> bool:
    """Duty per day and at a stretch, with this piece in it."""
    spans = sorted([*taker.facts.duties, piece], key=lambda span: span.starts_at)
    daily = taker.profile.max_daily_minutes
    if daily is not None and sum(_minutes(span) for span in spans) > daily:
        return False
    # A duty that was planned longer than usual can still be handed over whole, but not to who has a limit of their own.
    longest = taker.profile.max_consecutive_minutes or max(LONGEST_STRETCH, _minutes(piece))
    return all(_minutes(stretch) <= longest for stretch in _stretches(spans))


def _stretches(spans: list[Duty | Span]) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last is not None and span.starts_at - last.ends_at < REST:
            joined[-1] = Span(last.starts_at, max(last.ends_at, span.ends_at))
        else:
            joined.append(Span(span.starts_at, span.ends_at))
    return joined


def _minutes(span: Span) -> float:
    return (span.ends_at - span.starts_at).total_seconds() / 60
