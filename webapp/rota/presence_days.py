"""Who was there on which day of a window: posted in the unit at all, and not on leave or a trip."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from webapp.core import calendar
from webapp.org import queries as org
from webapp.plans import queries as plans
from webapp.positions import handover
from webapp.presence.facts import Place, Stretch
from webapp.rota.burden_rules import Presence

AWAY = frozenset({Place.LEAVE, Place.TRIP})


def presence_of(
    staff_ids: Sequence[int],
    unit_ids: Iterable[int],
    days: Sequence[date],
    *,
    away: frozenset[Place] = AWAY,
    now: datetime,
) -> dict[tuple[int, date], Presence]:
    """{(staff id, day): presence}. unit_ids: the units that count as "here", with those they took over. away: the
    places that count as not being there."""
    if not days:
        return {}
    here = handover.family(unit_ids, days[-1])
    business = org.business_calendar()
    found: dict[tuple[int, date], Presence] = {}
    for day in days:
        is_open = business.is_business_day(day)
        found |= _of_day(staff_ids, here, day, is_open=is_open, away=away, now=now)
    return found


def _of_day(
    staff_ids: Sequence[int],
    here: set[int],
    day: date,
    *,
    is_open: bool,
    away: frozenset[Place],
    now: datetime,
) -> dict[tuple[int, date], Presence]:
    postings = org.postings_of(staff_ids, day, known_at=now)
    hours = org.hours_on(day, postings) if is_open else {}
    hours |= plans.hours_of(staff_ids, day)
    stretches = plans.stretches_of(staff_ids, day, hours)
    found: dict[tuple[int, date], Presence] = {}
    for staff_id in staff_ids:
        if not any(posting.unit_id in here for posting in postings.get(staff_id, ())):
            found[staff_id, day] = Presence(posted=False)
        elif (own := hours.get(staff_id)) is not None:
            span = own.start, own.end
            missed = _away(span, stretches.get(staff_id, ()), day, away)
            found[staff_id, day] = Presence(own.end - own.start, missed)
        else:
            found[staff_id, day] = Presence()
    return found


def _away(
    own: tuple[int, int], stretches: Iterable[Stretch], day: date, away: frozenset[Place]
) -> int:
    """Minutes of the own hours in one of these places; overlapping ones count once."""
    midnight = calendar.at_minute(day, 0)
    spans = sorted(
        (
            max(own[0], int((each.starts_at - midnight).total_seconds()) // 60),
            min(own[1], int((each.ends_at - midnight).total_seconds()) // 60),
        )
        for each in stretches
        if each.place in away
    )
    minutes, reached = 0, own[0]
    for start, end in spans:
        if end > max(start, reached):
            minutes += end - max(start, reached)
            reached = end
    return minutes
