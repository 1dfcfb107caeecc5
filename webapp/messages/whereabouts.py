"""Where people are at this instant, and the working time that has passed for them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from webapp.core import calendar
from webapp.day import queries as day
from webapp.messages.rules import UNDER_WAY_AT_MOST
from webapp.org import queries as org
from webapp.org.queries import Hours
from webapp.plans import queries as plans
from webapp.presence.facts import Shown, Span, State
from webapp.presence.rules import resolve

STANDARD = Hours(510, 1035, ((720, 780),))  # for who has no hours: 8:30–17:15, 休憩 12:00–13:00


def shown_now(staff_ids: Sequence[int], *, now: datetime) -> dict[int, Shown]:
    """{staff id: what a full row says of them}; who holds no posting today is not in it."""
    people = day.days_of(staff_ids, now=now)
    return {staff_id: resolve(person.facts, now) for staff_id, person in people.items()}


def available(staff_ids: Sequence[int], *, now: datetime) -> list[int]:
    """Those of these who are 連絡可能 now, in the same order."""
    shown = shown_now(staff_ids, now=now)
    return [i for i in staff_ids if i in shown and shown[i].state is State.AVAILABLE]


def is_gone(shown: Shown | None) -> bool:
    """Off, and not coming back today."""
    if shown is None:
        return True
    return shown.state is State.OFF and shown.starts_at is None


def members_of(unit_ids: Iterable[int], *, now: datetime) -> list[int]:
    """Everybody posted in these units themselves, in the order of the board."""
    return day.staff_ids_in(unit_ids, now=now)


# --- working time ---------------------------------------------------------------------------


def working_spans(
    staff_ids: Sequence[int], since: datetime, *, now: datetime
) -> dict[int, list[Span]]:
    """{staff id: working time from the day of `since` until that of `now`}, at most ten working days back."""
    business = org.business_calendar()
    last = business.business_date(now)
    first = max(business.business_date(since), _earliest(last))
    return _on_days(staff_ids, business.business_days(first, last)[-UNDER_WAY_AT_MOST:], now)


def spans_between(
    staff_ids: Sequence[int], first: datetime, last: datetime, *, now: datetime
) -> dict[int, list[Span]]:
    """{staff id: working time of all the days these two instants belong to and those between}."""
    business = org.business_calendar()
    days = business.business_days(business.business_date(first), business.business_date(last))
    return _on_days(staff_ids, days, now)


def _on_days(
    staff_ids: Sequence[int], days: Iterable[date], now: datetime
) -> dict[int, list[Span]]:
    """Breaks taken out. Leave counts as working time: the caller waits all the same, and a colleague can call."""
    found: dict[int, list[Span]] = {staff_id: [] for staff_id in staff_ids}
    for on in days:
        hours = org.hours_on(on, org.postings_of(staff_ids, on, known_at=now))
        hours |= plans.hours_of(staff_ids, on)
        for staff_id in staff_ids:
            found[staff_id] += _spans(on, hours.get(staff_id, STANDARD))
    return found


def _earliest(last: date) -> date:
    """Ten business days lie within a month of calendar days, year's end included."""
    return last - timedelta(days=31)


def _spans(on: date, hours: Hours) -> list[Span]:
    edges = [hours.start]
    for first, until in sorted(hours.breaks):
        edges += [first, until]
    edges.append(hours.end)
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [Span(calendar.at_minute(on, a), calendar.at_minute(on, b)) for a, b in pairs if a < b]


def members_below(unit_id: int, *, now: datetime) -> list[int]:
    """Everybody posted in a unit or below it."""
    return members_of(org.current_tree().subtree_ids(unit_id), now=now)
