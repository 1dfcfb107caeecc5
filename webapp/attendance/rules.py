"""Pure rules of the reports of start and end: which moment counts, which day it belongs to, what is odd."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from webapp.core.calendar import BusinessCalendar
from webapp.presence.rules import Place, PunchKind, Report, reported

AHEAD = timedelta(minutes=2)  # a device's clock may run ahead this much
DOUBLE_TAP = timedelta(seconds=3)
DOUBLE_READ = timedelta(seconds=60)  # card readers and files
LONGEST_OPEN = timedelta(hours=24)  # until then a punch continues a day that was never ended
WORK_KINDS = (PunchKind.START, PunchKind.PLACE, PunchKind.BREAK_IN)


@dataclass(frozen=True, slots=True)
class Moment:
    """at: when it counts; late: too old (or in a closed month), so it is only asked for as a correction."""

    at: datetime
    late: bool = False


def moment(
    client_at: datetime | None,
    *,
    received_at: datetime,
    oldest: timedelta,
    closed_through: date | None,
) -> Moment:
    """The honest device time beside the receipt: believed up to 2 min ahead and `oldest` back."""
    at = client_at or received_at
    if at > received_at + AHEAD:
        at = received_at
    in_closed_month = closed_through is not None and at.date() <= closed_through
    return Moment(at, at < received_at - oldest or in_closed_month)


def business_day(
    at: datetime, kind: PunchKind, open_day: "OpenDay | None", calendar: BusinessCalendar
) -> date:
    """A business day belongs to its start: a punch that continues an open day belongs to that day."""
    own = calendar.business_date(at)
    if open_day is None or kind is PunchKind.START or open_day.on >= own:
        return own
    return open_day.on if at - open_day.started_at <= LONGEST_OPEN else own


@dataclass(frozen=True, slots=True)
class OpenDay:
    """The latest day with 始業 and without 終業."""

    on: date
    started_at: datetime


def oddity(before: Sequence[Report], kind: PunchKind, at: datetime) -> str | None:
    """An odd order is kept and flagged, never refused."""
    so_far = reported(before, at)
    if kind is PunchKind.START:
        return "started_already" if so_far.at_work else None
    if so_far.started_at is None:
        return "no_start"
    if kind is PunchKind.END:
        return "ended_already" if so_far.ended_at is not None else None
    if so_far.ended_at is not None:
        return "after_end"
    if kind is PunchKind.BREAK_IN:
        return None if so_far.out is not None else "no_break_out"
    if kind is PunchKind.BREAK_OUT:
        return "out_already" if so_far.out is not None else None
    return None


FLAG_WORDS = {
    "started_already": "始業が二重です",
    "no_start": "始業の報告がありません",
    "ended_already": "終業が二重です",
    "after_end": "終業のあとの報告です",
    "no_break_out": "中抜けの報告がありません",
    "out_already": "中抜けが二重です",
}
KIND_WORDS = {
    PunchKind.START: "始業",
    PunchKind.END: "終業",
    PunchKind.BREAK_OUT: "中抜け",
    PunchKind.BREAK_IN: "戻り",
    PunchKind.PLACE: "場所の変更",
}
REPORTABLE_PLACES = (Place.OFFICE, Place.HOME, Place.SATELLITE, Place.MOBILE, Place.TRIP)


def is_twin(
    kind: PunchKind,
    place: str | None,
    site: str | None,
    at: datetime,
    *,
    of: tuple[str, str | None, str | None, datetime],
    within: timedelta,
) -> bool:
    """Double taps, two tabs, a card read twice: the same report as the person's latest one."""
    return (kind, place, site) == of[:3] and abs(at - of[3]) <= within


def next_report(before: Sequence[Report], now: datetime) -> str:
    """The next logical action: start | end | back."""
    so_far = reported(before, now)
    if so_far.out is not None and so_far.ended_at is None:
        return "back"
    return "end" if so_far.at_work else "start"
