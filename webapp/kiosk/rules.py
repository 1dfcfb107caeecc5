"""Pure rules of a shared terminal: what a tile says, which step comes next, what a 暗証番号 must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from webapp.attendance.rules import next_report
from webapp.core.clock import to_tokyo
from webapp.presence.day_rules import reported, timeline, work_ends_at, works_at
from webapp.presence.facts import Facts, Place, Reason, Shown, Source, State

# --- what a tile says -----------------------------------------------------------------------

Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """shape: id in the sprite of states; colour: a class, or "" for plain ink."""

    shape: str
    colour: str
    text: str


def hm(instant: datetime) -> str:
    local = to_tokyo(instant)
    return f"{local.hour}:{local.minute:02d}"


def line_of(shown: Shown, words: Words, now: datetime) -> Line:
    """One line below a name. The room reads along: no 未報告, no kind of leave (中抜け is one), no 自動の退席中."""
    if shown.state is State.OFF:
        return _off(shown, words, now)
    if shown.duty is not None:
        return Line("duty", "c-duty", shown.duty.position)
    if shown.state is State.AWAY and shown.reason is Reason.BREAK:
        return Line("break", "c-off", _until(words["reason"]["break"], shown))
    expected = shown.planned or shown.state is State.NO_REPORT
    if expected and shown.state in (State.AVAILABLE, State.NO_REPORT):
        return _planned(shown, words)
    if shown.place not in (None, Place.OFFICE):
        return _elsewhere(shown, words)
    return _here(shown, words)


def _until(word: str, shown: Shown) -> str:
    return f"{word} {hm(shown.until)}まで" if shown.until is not None else word


def _off(shown: Shown, words: Words, now: datetime) -> Line:
    if shown.place is Place.LEAVE:
        return Line("leave", "c-off", words["place"]["leave"])
    begins = shown.starts_at
    if begins is not None and to_tokyo(begins).date() == to_tokyo(now).date():
        return Line("off", "c-off", f"{hm(begins)} から")
    return Line("off", "c-off", words["state"]["off"])


def _planned(shown: Shown, words: Words) -> Line:
    place = shown.place or Place.OFFICE
    shape = "available-p" if place is Place.OFFICE else place.value
    return Line(shape, "c-off", f"{words['place'][place.value]}（予定）")


def _elsewhere(shown: Shown, words: Words) -> Line:
    place = shown.place or Place.OFFICE
    text = words["place"][place.value]
    said = shown.state is State.AWAY and shown.source in (Source.MANUAL, Source.PROXY)
    return Line(place.value, "", _until(text, shown) if said else text)


def _here(shown: Shown, words: Words) -> Line:
    state = State.AVAILABLE if shown.reason is Reason.AUTO else shown.state
    if state is State.AVAILABLE:
        place = words["place"]["office"] if shown.place is Place.OFFICE else words["state"][state]
        return Line("available", "c-available", place)
    return Line(state.value, f"c-{state.value}", _until(words["state"][state.value], shown))


# --- the panel of one person ----------------------------------------------------------------


class Step(StrEnum):
    """The next logical action."""

    START = "start"
    END = "end"
    BACK = "back"
    ENDED = "ended"


class Away(StrEnum):
    """How somebody is gone for a while, and so what 戻り has to end."""

    OUT = "out"  # 中抜け
    TRIP = "trip"
    SAID = "said"  # 退席中 until a time
    BREAK = "break"  # the break of the pattern


def away_of(facts: Facts, shown: Shown, now: datetime) -> Away | None:
    so_far = reported(facts.reports, now)
    if so_far.out is not None and so_far.ended_at is None:
        return Away.OUT
    if so_far.at_work and so_far.place is Place.TRIP and shown.place is Place.TRIP:
        return Away.TRIP
    if shown.state is not State.AWAY:
        return None
    if shown.reason is Reason.BREAK:
        return Away.BREAK
    return Away.SAID if shown.source in (Source.MANUAL, Source.PROXY) else None


def step_of(facts: Facts, away: Away | None, now: datetime) -> Step:
    so_far = reported(facts.reports, now)
    if so_far.ended_at is not None and so_far.ended_at >= facts.day.starts_at:
        return Step.ENDED
    if away in (Away.OUT, Away.TRIP, Away.SAID):
        return Step.BACK
    return Step(next_report(facts.reports, now))


SOON = timedelta(minutes=15)


def is_early(facts: Facts, now: datetime) -> bool:
    """Long before the end of the day 終業 is drawn quietly: nobody is to press it by mistake."""
    ends_at = work_ends_at(facts)
    return ends_at is not None and now < ends_at - SOON


def working_spans(facts: Facts) -> list[tuple[str, str]]:
    """「8:30」「17:15」 of each stretch of planned work, leave and gaps taken out."""
    found: list[tuple[datetime, datetime]] = []
    for stretch in timeline(facts):
        if not works_at(stretch):
            continue
        if found and found[-1][1] == stretch.starts_at:
            found[-1] = (found[-1][0], stretch.ends_at)
        else:
            found.append((stretch.starts_at, stretch.ends_at))
    return [(hm(first), hm(last)) for first, last in found]


# --- until when -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chip:
    code: str
    label: str
    at: datetime


SHORTEST = timedelta(minutes=1)


def out_chips(facts: Facts, now: datetime) -> list[Chip]:
    """外出: 30分, 1時間, 正午, 終業まで, as far as they are still to come."""
    chips = [*_lengths(now, 30, 60), Chip("noon", "正午", _noon(now))]
    ends_at = work_ends_at(facts)
    if ends_at is not None:
        chips.append(Chip("end", "終業まで", ends_at))
    return [chip for chip in chips if chip.at > now + SHORTEST]


def break_chips(now: datetime) -> list[Chip]:
    return _lengths(now, 15, 30, 60)


def _lengths(now: datetime, *minutes: int) -> list[Chip]:
    whole = now.replace(second=0, microsecond=0)
    words = {60: "1時間"}
    return [
        Chip(str(each), words.get(each, f"{each}分"), whole + timedelta(minutes=each))
        for each in minutes
    ]


def _noon(now: datetime) -> datetime:
    return to_tokyo(now).replace(hour=12, minute=0, second=0, microsecond=0)


# --- 暗証番号 -------------------------------------------------------------------------------

SHORTEST_PIN, LONGEST_PIN = 4, 8


def pin_fault(pin: str, number: str) -> str | None:
    """Why this cannot be a 暗証番号, in words; None = fine."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST_PIN <= len(pin) <= LONGEST_PIN):
        return f"{SHORTEST_PIN}〜{LONGEST_PIN}桁の数字にしてください"
    steps = {int(b) - int(a) for a, b in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        return "同じ数字や続き番号は使えません（例 1111、1234）"
    if pin in number or number.lstrip("0") == pin:
        return "職員番号と同じ並びは使えません"
    return None


# --- 当番 -----------------------------------------------------------------------------------

SLOT = 30


def handed_from(start: int, end: int, minute: int) -> int | None:
    """From which minute of the day a duty can still be handed over; None = it is over.

    A running one changes hands at the half hour it is in: coverage counts whole slots, so a cut at 10:23 would
    leave the slot of 10:00 with nobody.
    """
    if minute >= end:
        return None
    return max(start, minute - minute % SLOT)
