"""Pure rules of the reports of start and end: which moment counts, which day it belongs to, what is odd."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from webapp.core.calendar import BusinessCalendar
from webapp.core.clock import TOKYO
from webapp.presence.day_rules import Reported, reported
from webapp.presence.facts import LONGEST_DAY, Place, PunchKind, Report

AHEAD = timedelta(minutes=2)  # a device's clock may run ahead this much
DOUBLE_TAP = timedelta(seconds=3)
DOUBLE_READ = timedelta(seconds=60)  # card readers and files
LONGEST_OPEN = timedelta(hours=24)  # until then a punch continues a day that was never ended
KEYS_LIVE = timedelta(days=7)

KIND_WORDS = {
    PunchKind.START: "始業",
    PunchKind.END: "終業",
    PunchKind.BREAK_OUT: "中抜け",
    PunchKind.BREAK_IN: "戻り",
    PunchKind.PLACE: "場所の変更",
}
FLAG_WORDS = {
    "started_already": "始業が二重です",
    "no_start": "始業の報告がありません",
    "ended_already": "終業が二重です",
    "after_end": "終業のあとの報告です",
    "no_break_out": "中抜けの報告がありません",
    "out_already": "中抜けが二重です",
}
REPORTABLE_PLACES = (Place.OFFICE, Place.HOME, Place.SATELLITE, Place.MOBILE, Place.TRIP)
CHANNEL_WORDS = {"phone": "電話で受けた", "in_person": "口頭で受けた", "mail": "メールで受けた"}


class CorrectionReason(StrEnum):
    FORGOT = "forgot"
    TRIP = "trip"
    EXEMPT = "exempt"
    OTHER = "other"
    LATE = "late_sync"  # never chosen: a report that arrived too late, or in a closed month


REASON_WORDS = {
    CorrectionReason.FORGOT: "報告忘れ",
    CorrectionReason.TRIP: "出張",
    CorrectionReason.EXEMPT: "職務免除",
    CorrectionReason.OTHER: "その他",
    CorrectionReason.LATE: "遅れて届いた報告",
}
CHOSEN_REASONS = tuple(reason for reason in CorrectionReason if reason is not CorrectionReason.LATE)


class Decision(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


DECISION_WORDS = {
    None: "承認待ち",
    Decision.APPROVED: "承認",
    Decision.REFUSED: "不承認",
    Decision.WITHDRAWN: "取り下げ",
}


# --- which moment ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moment:
    """at: when it counts; too_old: beyond what is believed without a second pair of eyes."""

    at: datetime
    too_old: bool = False


def moment(client_at: datetime | None, *, received_at: datetime, oldest: timedelta) -> Moment:
    """The honest device time beside the receipt: believed up to 2 min ahead and `oldest` back."""
    at = client_at or received_at
    if at > received_at + AHEAD:
        at = received_at
    return Moment(at, at < received_at - oldest)


# --- which day ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenDay:
    """The latest day with 始業 and without 終業."""

    on: date
    started_at: datetime


def business_day(
    at: datetime, kind: PunchKind, open_day: OpenDay | None, calendar: BusinessCalendar
) -> date:
    """A business day belongs to its start: a punch that continues an open day belongs to that day."""
    own = calendar.business_date(at)
    if open_day is None or kind is PunchKind.START or open_day.on >= own:
        return own
    return open_day.on if at - open_day.started_at <= LONGEST_OPEN else own


def is_left_over(so_far: Reported, now: datetime) -> bool:
    """Begun on an earlier date and never ended: after 16 hours that is a forgotten 終業, not a long night."""
    if not so_far.at_work or so_far.started_at is None:
        return False
    earlier = so_far.started_at.astimezone(TOKYO).date() < now.astimezone(TOKYO).date()
    return earlier and now >= so_far.started_at + LONGEST_DAY


# --- what is odd ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tap:
    """A punch as the order of a day sees it. imported: from a card reader or file."""

    kind: PunchKind
    imported: bool = False


@dataclass(frozen=True, slots=True)
class _Order:
    begun: bool = False
    assumed: bool = False  # 始業 is missing, and that has been said once
    ended: bool = False
    out: bool = False


def flags(taps: Iterable[Tap]) -> list[str | None]:
    """The oddity of each punch of one day, in the order of their time.

    An odd order is kept and flagged, never refused. Worked out for the whole day whenever it changes, so that a
    始業 that arrives late (or by a correction) takes the flag from the 終業 that waited for it.
    """
    so_far, found = _Order(), []
    for tap in taps:
        odd, so_far = _step(so_far, tap)
        found.append(odd)
    return found


def _step(so_far: _Order, tap: Tap) -> tuple[str | None, _Order]:
    if tap.kind is PunchKind.START:
        twice = so_far.begun and not so_far.ended and not tap.imported
        return ("started_already" if twice else None), _Order(begun=True)
    if so_far.ended:
        if tap.kind is PunchKind.END:
            return (None if tap.imported else "ended_already"), so_far
        return "after_end", so_far
    if not so_far.begun and not so_far.assumed:
        return "no_start", _moved(replace(so_far, assumed=True), tap.kind)
    odd = None
    if tap.kind is PunchKind.BREAK_IN and not so_far.out:
        odd = "no_break_out"
    elif tap.kind is PunchKind.BREAK_OUT and so_far.out:
        odd = "out_already"
    return odd, _moved(so_far, tap.kind)


def _moved(so_far: _Order, kind: PunchKind) -> _Order:
    match kind:
        case PunchKind.END:
            return replace(so_far, ended=True, out=False)
        case PunchKind.BREAK_OUT:
            return replace(so_far, out=True)
        case PunchKind.BREAK_IN:
            return replace(so_far, out=False)
    return so_far


# --- who confirms ---------------------------------------------------------------------------


def may_confirm(*, is_self: bool, has_role: bool, is_named: bool) -> bool:
    """係長, 所属長, 代決者 and 在席確認者 of the unit or above it; and whom the person has named for that day.

    Never oneself, whatever one is.
    """
    return not is_self and (has_role or is_named)


# --- what is one ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sign:
    """What makes two reports the same one."""

    kind: str
    place: str | None
    site: str | None
    at: datetime


def is_twin(new: Sign, latest: Sign, *, within: timedelta) -> bool:
    """Double taps, two tabs: the same report as the person's latest one."""
    same = (new.kind, new.place, new.site) == (latest.kind, latest.place, latest.site)
    return same and abs(new.at - latest.at) <= within


def is_double_read(new: Sign, latest: Sign) -> bool:
    """A card read twice; a reader that knows no place agrees with whatever place was reported."""
    if new.place is None:
        new = replace(new, place=latest.place, site=latest.site)
    return is_twin(new, latest, within=DOUBLE_READ)


def next_report(before: Sequence[Report], now: datetime) -> str:
    """The next logical action: start | end | back. Yesterday's forgotten 終業 does not stand before today's 始業."""
    so_far = reported(before, now)
    if is_left_over(so_far, now):
        return "start"
    if so_far.out is not None and so_far.ended_at is None:
        return "back"
    return "end" if so_far.at_work else "start"
