"""窓口応援: who is asked, in which order, and for how long. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.coverage.covering import able
from webapp.coverage.standing import Standing, Why
from webapp.positions.rules import Group, Post
from webapp.presence.facts import State

LASTS = timedelta(minutes=30)  # one helps that long
OPEN = timedelta(minutes=5)  # a call waits that long for somebody
MOST_ASKED = 8
WORTH = timedelta(minutes=10)  # who is free for less is not asked
BURDEN_DAYS = 28


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the units that feed the position, now. free_until: when they stop being free by plan or duty;
    until: when what keeps them busy now ends (None = nobody knows). burden: weighted minutes of the last weeks."""

    staff_id: int
    state: State
    stand: Standing
    skills: frozenset[str] = frozenset()
    group: Group = Group.ROTATE
    forbidden: frozenset[int] = frozenset()
    free_until: datetime | None = None
    until: datetime | None = None
    connected: bool = False
    declined: bool = False  # an earlier call for this position, a moment ago
    burden: float = 0.0


def may_stand(person: Colleague, post: Post) -> bool:
    """Skills, and nothing personal against it: 対象外 and 個別の設定 are never asked."""
    return (
        person.group is not Group.EXEMPT
        and post.id not in person.forbidden
        and post.skills <= person.skills
    )


def is_free(person: Colleague, post: Post, now: datetime) -> bool:
    """連絡可能, there, on no duty, and so for long enough to be worth the way."""
    enough = person.free_until is None or person.free_until - now >= WORTH
    return (
        person.state is State.AVAILABLE
        and person.stand.duty is None
        and person.stand.only is None
        and able(person.stand, post)
        and enough
    )


def asked(people: Iterable[Colleague], post: Post, now: datetime) -> list[Colleague]:
    """The fairest first: least burden; before them nobody who just declined, and those whose page is open."""
    fit = [p for p in people if may_stand(p, post) and is_free(p, post, now)]
    fit.sort(key=lambda p: (p.declined, not p.connected, p.burden, p.staff_id))
    return fit[:MOST_ASKED]


# Why somebody cannot be hoped for today at all.
_GONE = frozenset({Why.OFF, Why.LEAVE, Why.TRIP, Why.NO_REPORT})


def next_free(
    people: Sequence[Colleague], post: Post, now: datetime, most: int = 3
) -> list[Colleague]:
    """Who could be asked next: at the right place, skilled, and busy until when; the soonest first."""
    here = [
        p
        for p in people
        if may_stand(p, post)
        and not is_free(p, post, now)
        and p.stand.why not in _GONE
        and (p.stand.duty is None or p.stand.duty != post.id)
    ]
    far = now + timedelta(days=1)
    here.sort(key=lambda p: (p.until or far, p.burden, p.staff_id))
    return here[:most]


def ends_at(now: datetime, closes_at: datetime | None, free_until: datetime | None) -> datetime:
    """Half an hour, cut where the position closes or where the helper is due elsewhere."""
    ends = [now + LASTS, *(at for at in (closes_at, free_until) if at is not None)]
    return min(ends)


def is_open(asked_at: datetime, closed_at: datetime | None, now: datetime) -> bool:
    return closed_at is None and now < asked_at + OPEN
