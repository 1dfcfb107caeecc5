"""What overlaps, what is free, who came: the rules of seats and loans. Pure.

Minutes of a seat count from local midnight of its day. A loan may last overnight: its minutes count on a scale common
to all days (`on_scale`), so that one rule serves both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from webapp.core.hours import clock_of
from webapp.presence.facts import Place, PunchKind, Report, Stretch

DAY = 24 * 60
LONGEST_LOAN = timedelta(days=31)


class SeatState(StrEnum):
    BOOKED = "booked"
    USED = "used"
    RELEASED = "released"
    CANCELLED = "cancelled"


class LoanState(StrEnum):
    BOOKED = "booked"
    OUT = "out"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    RELEASED = "released"


SEAT_HELD = frozenset({SeatState.BOOKED, SeatState.USED})
LOAN_HELD = frozenset({LoanState.BOOKED, LoanState.OUT})


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """[start, end) in minutes."""

    start: int
    end: int


def overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def on_scale(day: date, minute: int) -> int:
    return day.toordinal() * DAY + minute


def part_of(span: Span, day: date) -> Span | None:
    """What a span on the common scale leaves on one day, in minutes of that day."""
    midnight = on_scale(day, 0)
    start, end = max(span.start - midnight, 0), min(span.end - midnight, DAY)
    return Span(start, end) if start < end else None


def kept_until(span: Span, state: LoanState, now: int) -> Span:
    """What should have come back and has not is away for the rest of today; nobody knows more. On the common scale."""
    if not is_overdue(span, state, now):
        return span
    return Span(span.start, (now // DAY + 1) * DAY)


def is_overdue(span: Span, state: LoanState, now: int) -> bool:
    return state is LoanState.OUT and span.end <= now


# --- free or not ----------------------------------------------------------------------------


def free_of(quantity: int, held: Iterable[Span], within: Span) -> int:
    """How many of a pool are free through the whole span; never below 0 (a pool may have been made smaller)."""
    return min(free for _, _, free in profile(quantity, held, within))


def profile(quantity: int, held: Iterable[Span], within: Span) -> tuple[tuple[int, int, int], ...]:
    """(start, end, free) of each stretch of a span in which nothing changes. One walk in order of time: a pool may
    have hundreds of bookings a day."""
    turns: dict[int, int] = {within.start: 0, within.end: 0}
    for span in held:
        start, end = max(span.start, within.start), min(span.end, within.end)
        if start < end:
            turns[start] = turns.get(start, 0) + 1
            turns[end] = turns.get(end, 0) - 1
    taken = 0
    found: list[tuple[int, int, int]] = []
    for start, end in pairwise(sorted(turns)):
        taken += turns[start]
        _go_on(found, start, end, max(0, quantity - taken))
    return tuple(found)


def _go_on(found: list[tuple[int, int, int]], start: int, end: int, free: int) -> None:
    if found and found[-1][2] == free:
        found[-1] = (found[-1][0], end, free)
    else:
        found.append((start, end, free))


def least(profiles: Sequence[tuple[tuple[int, int, int], ...]]) -> tuple[tuple[int, int, int], ...]:
    """Several kinds are needed at once: the scarcest counts at each time. All profiles span the same time."""
    edges = sorted({edge for one in profiles for start, end, _ in one for edge in (start, end)})
    found: list[tuple[int, int, int]] = []
    for start, end in pairwise(edges):
        free = min(n for one in profiles for first, last, n in one if first <= start < last)
        _go_on(found, start, end, free)
    return tuple(found)


# --- when may be booked ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hours:
    """When a site can be booked on a day. closed: why not at all, else ""; shut: closed in between."""

    start: int = 0
    end: int = DAY
    closed: str = ""
    shut: tuple[Span, ...] = ()


def fault_of(day: date, span: Span, *, today: date, minute: int, ahead: int) -> tuple[str, str]:
    """(field, what is wrong and what would be right) of a wish, ("", "") if nothing. minute: of the clock today."""
    if not 0 <= span.start < span.end <= DAY:
        return "end", "終わりは始まりより後の時刻にしてください（例 8:30〜17:15）"
    if day < today:
        return "day", "過ぎた日です。きょう以降の日を選んでください"
    if day > today + timedelta(days=ahead):
        return "day", f"{ahead}日先まで予約できます"
    if day == today and span.end <= minute:
        return "end", "過ぎた時間です。これからの時間を選んでください"
    return "", ""


def outside(span: Span, hours: Hours) -> str:
    """Why a site cannot be booked for this span, "" if it can."""
    if hours.closed:
        return f"この日は使えません（{hours.closed}）"
    if span.start < hours.start or span.end > hours.end:
        return f"使えるのは {clock_of(hours.start)}〜{clock_of(hours.end)} です"
    for shut in hours.shut:
        if overlap(span, shut):
            return f"{clock_of(shut.start)}〜{clock_of(shut.end)} は閉まっています"
    return ""


# --- the nearest ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Nearby:
    """A free seat as far as nearness goes: same equipment first within a site."""

    seat_id: int
    site: str
    site_order: int
    seat_order: int
    computer: bool
    personal_data: bool


def nearest(
    free: Iterable[Nearby], taken: Nearby, near: Sequence[str], *, most: int = 3
) -> list[Nearby]:
    """Free seats by nearness to the one taken: its own site, the sites named as near in their order, the others.

    Where personal data was allowed only such seats are offered: another would be no answer. In a site those come first
    that have a computer if the taken one had, then the ones beside it.
    """
    ranks = {name: rank for rank, name in enumerate((taken.site, *near))}

    def key(one: Nearby) -> tuple[int, int, bool, int, int]:
        return (
            ranks.get(one.site, len(ranks)),
            one.site_order if one.site != taken.site else 0,
            taken.computer and not one.computer,
            abs(one.seat_order - taken.seat_order) if one.site == taken.site else one.seat_order,
            one.seat_id,
        )

    fitting = [
        one
        for one in free
        if one.seat_id != taken.seat_id and (one.personal_data or not taken.personal_data)
    ]
    return sorted(fitting, key=key)[:most]


# --- who came -------------------------------------------------------------------------------


class Fate(StrEnum):
    """What becomes of a seat once its time has begun."""

    WAIT = "wait"
    USED = "used"
    RELEASED = "released"


def came(reports: Sequence[Report], site: str, starts_at: datetime, now: datetime) -> bool:
    """Whether the reports put somebody at the site at any time from the booking's start until now.

    reports: of the day, in order. A satellite reported without its name counts: the seat is not taken from somebody
    who may well sit there.
    """
    here = False
    for report in reports:
        if report.at > now:
            break
        if report.kind in (PunchKind.BREAK_OUT, PunchKind.BREAK_IN):
            continue
        if here and report.at > starts_at:
            return True
        here = report.kind is not PunchKind.END and _is_at(report, site)
    return here and now >= starts_at


def _is_at(report: Report, site: str) -> bool:
    if report.place is Place.SATELLITE:
        return report.site in (None, "", site)
    return report.place is Place.OFFICE and report.site == site


def fate(
    reports: Sequence[Report],
    site: str,
    starts_at: datetime,
    *,
    due: bool,
    wait: timedelta,
    now: datetime,
) -> Fate:
    """due: the person makes reports that day (else nobody can tell who came); wait: 0 = seats are not released."""
    if now < starts_at:
        return Fate.WAIT
    if came(reports, site, starts_at, now):
        return Fate.USED
    if due and wait and now >= starts_at + wait:
        return Fate.RELEASED
    return Fate.WAIT


def elsewhere(
    plan: Iterable[Stretch], site: str, starts_at: datetime, ends_at: datetime
) -> Place | None:
    """Where what was entered for the day has somebody all the while, if nothing of it fits a seat at the site.

    The ordinary hours say nothing against a booking: it may be made before the request.
    """
    here = [
        s for s in plan if s.place is not None and s.starts_at < ends_at and starts_at < s.ends_at
    ]
    if not here or any(not s.own or _fits(s, site) for s in here):
        return None
    return here[0].place


def _fits(stretch: Stretch, site: str) -> bool:
    return stretch.site == site or (stretch.place is Place.SATELLITE and not stretch.site)


# --- what may be done -----------------------------------------------------------------------


class LoanAct(StrEnum):
    HAND_OVER = "hand_over"
    TAKE_BACK = "take_back"
    CANCEL = "cancel"


_LOAN_ACTS: dict[tuple[LoanState, LoanAct], LoanState] = {
    (LoanState.BOOKED, LoanAct.HAND_OVER): LoanState.OUT,
    (LoanState.BOOKED, LoanAct.CANCEL): LoanState.CANCELLED,
    (LoanState.OUT, LoanAct.TAKE_BACK): LoanState.RETURNED,
}


def next_loan_state(state: LoanState, act: LoanAct) -> LoanState | None:
    """None: not from there. What is handed over is not cancelled, it is brought back."""
    return _LOAN_ACTS.get((state, act))
