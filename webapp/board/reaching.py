"""How to reach somebody first, and what can be read out to the caller. Pure.

What is said never tells why somebody is away, nor that a report is missing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.core import calendar, clock
from webapp.org.rules import Reach
from webapp.presence.facts import Place, Shown, State

SOON = timedelta(minutes=30)
HALF_HOUR = 30 * 60

# Where one works instead, as it is said on the telephone; None = at the office, nothing is said of it
_SAID = {
    Place.HOME: "在宅",
    Place.SATELLITE: "サテライトオフィス勤務",
    Place.MOBILE: "庁外での勤務",
    Place.TRIP: "外出",
}


@dataclass(frozen=True, slots=True)
class Who:
    """surname, extension, mobile: of the posting shown. ends_at: of the planned day. next_at: the next working day's
    beginning, None = not known or not to be told. says_place: the caller may hear 在宅."""

    surname: str
    shown: Shown
    extension: str = ""
    mobile: str = ""
    ends_at: datetime | None = None
    next_at: datetime | None = None
    says_place: bool = True


@dataclass(frozen=True, slots=True)
class First:
    """kind: extension | transfer | callback | none. number: where to put the call through. at: when to call back."""

    kind: str
    sentence: str
    number: str | None = None
    at: datetime | None = None


def reach_first(who: Who, now: datetime) -> First:
    shown = who.shown
    if shown.state is State.OFF or shown.place is Place.LEAVE:
        return _away(who, now)
    if shown.state is State.NO_REPORT:
        return First("callback", f"{who.surname}はただいま席を外しております。{LATER}")
    if shown.state is not State.AVAILABLE:
        return _engaged(who, now)
    number = _number(who)
    if number is not None:
        kind = (
            "extension" if shown.place is Place.OFFICE and number == who.extension else "transfer"
        )
        sentence = f"{who.surname}におつなぎします。少々お待ちください。"
        return First(kind, sentence, number)
    if shown.reach is Reach.NONE:
        return First("none", f"{_where(who)}電話に出られません。ご用件を承ります。")
    return _back(who, _rounded(now + SOON), now)


LATER = "のちほど折り返しお電話いたします。"


def _number(who: Who) -> str | None:
    """The telephone booked for this stretch wins; at the desk the extension, elsewhere the mobile."""
    shown = who.shown
    if shown.reach is not Reach.TRANSFER:
        return None
    if shown.place is Place.OFFICE:
        found = shown.telephone or who.extension or who.mobile
    else:
        found = shown.telephone or who.mobile or who.extension
    return found or None


def _away(who: Who, now: datetime) -> First:
    """Not at work now: back later today, on another day, or we do not say."""
    back = who.shown.starts_at
    if back is not None and back > now and _same_day(back, now):
        sentence = (
            f"{who.surname}はただいま不在にしております。折り返しは{_hour(back)}頃になります。"
        )
        return First("none", sentence, at=back)
    sentence = f"本日{who.surname}は不在にしております。"
    if who.next_at is None:
        return First("none", sentence + "あらためて折り返しお電話いたします。")
    return First("none", f"{sentence}折り返しは{_day(who.next_at)}になります。", at=who.next_at)


def _engaged(who: Who, now: datetime) -> First:
    """取り込み中, 応答不可, 退席中, on duty, on a break: calls back when it is over, as far as that is known."""
    until = who.shown.until
    if until is None or until <= now:
        return First("callback", f"{_cannot(who)}{LATER}")
    return _back(who, until, now)


def _back(who: Who, at: datetime, now: datetime) -> First:
    """「本日◯◯は在宅で、折り返しは◯時頃になります。」 Not later than the day lasts."""
    if who.ends_at is not None and at >= who.ends_at:
        if who.next_at is None:
            return First("callback", f"{_cannot(who)}{LATER}")
        return First(
            "callback", f"{_opening(who)}折り返しは{_day(who.next_at)}になります。", at=who.next_at
        )
    said = f"{_hour(at)}頃" if _same_day(at, now) else _day(at)
    return First("callback", f"{_opening(who)}折り返しは{said}になります。", at=at)


def _cannot(who: Who) -> str:
    return f"{_where(who)}ただいま電話に出られません。"


def _opening(who: Who) -> str:
    """What comes before 「折り返しは…」."""
    at_desk = who.shown.place in (None, Place.OFFICE)
    return _cannot(who) if at_desk else _where(who)


def _where(who: Who) -> str:
    """How a sentence begins: 「本日◯◯は在宅で、」, at the office 「◯◯は」."""
    place = who.shown.place
    if place is None or place is Place.OFFICE:
        return f"{who.surname}は"
    if not who.says_place:
        return f"本日{who.surname}は席を離れて勤務しており、"
    return f"本日{who.surname}は{_SAID[place]}で、"


def _rounded(at: datetime) -> datetime:
    """Up to the next half hour: nobody says 10:50 on the telephone."""
    seconds = at.timestamp()
    return datetime.fromtimestamp(-(-seconds // HALF_HOUR) * HALF_HOUR, at.tzinfo)


def _same_day(a: datetime, b: datetime) -> bool:
    return clock.to_tokyo(a).date() == clock.to_tokyo(b).date()


def _hour(at: datetime) -> str:
    """13時, 10時30分."""
    local = clock.to_tokyo(at)
    return f"{local.hour}時{local.minute}分" if local.minute else f"{local.hour}時"


def _day(at: datetime) -> str:
    """11月25日（水）以降."""
    local = clock.to_tokyo(at)
    return f"{local.month}月{local.day}日（{calendar.WEEKDAYS[local.weekday()]}）以降"
