"""The week by people: each day's duties in the order of time, and why somebody is not there. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.core.hours import minute_of
from webapp.rota.page_cells import Slot
from webapp.rota.page_parts import Span
from webapp.rota.page_words import hours, span_words

Json = Mapping[str, Any]
GROUP_WORDS = {"rotate": "輪番", "dedicated": "専任", "exempt": "対象外"}
# Why somebody is not at the desk. A private reason is never among them: the page is given none.
AWAY_WORDS = {
    "leave": "休暇等",
    "trip": "外出・出張",
    "meeting": "会議",
    "training": "研修",
    "home": "在宅",
    "satellite": "サテライト",
    "mobile": "モバイルワーク",
}
_SHAPES: dict[str, str] = {"meeting": "busy", "training": "busy"}


@dataclass(frozen=True, slots=True)
class Away:
    shape: str
    words: str
    time: str


@dataclass(frozen=True, slots=True)
class PersonDay:
    duties: tuple[Slot, ...]
    away: tuple[Away, ...]
    moved_break: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    staff: str
    name: str
    title: str
    days: tuple[PersonDay, ...]
    load: tuple[tuple[str, str, str], ...]  # (kind, hours, target)
    mine: bool


@dataclass(frozen=True, slots=True)
class PeopleGroup:
    words: str
    rows: tuple[PersonRow, ...]


def people_groups(
    week: Json, days: Sequence[Json], slots: Sequence[Slot], *, viewer: str
) -> list[PeopleGroup]:
    found = []
    for group, words in GROUP_WORDS.items():
        people = [p for p in week["people"] if (p.get("group") or "rotate") == group]
        rows = tuple(
            _row(person, days, slots, viewer, leads=week["may"]["edit"]) for person in people
        )
        if rows:
            found.append(PeopleGroup(words, rows))
    return found


def _row(
    person: Json, days: Sequence[Json], slots: Sequence[Slot], viewer: str, *, leads: bool
) -> PersonRow:
    """What somebody carried is for who leads, and for oneself."""
    mine = [slot for slot in slots if slot.staff == person["staff"]]
    return PersonRow(
        person["staff"],
        person["name"],
        person.get("title") or "",
        tuple(_day(person, day["date"], mine) for day in days),
        _load(person.get("load") or {}) if leads or person["staff"] == viewer else (),
        person["staff"] == viewer,
    )


def _day(person: Json, day: str, slots: Sequence[Slot]) -> PersonDay:
    duties = sorted((s for s in slots if s.date == day), key=lambda s: s.start)
    segments = person.get("segments", {}).get(day, ())
    breaks = [(minute_of(a), minute_of(b)) for a, b in person.get("breaks", {}).get(day, ())]
    moved = [span for span in breaks if span != (720, 780)]
    return PersonDay(
        tuple(duties),
        tuple(_away(segments)),
        f"休憩 {span_words(moved[0])}" if duties and moved else "",
    )


def _away(segments: Sequence[Json]) -> list[Away]:
    """Only what is not the desk; the whole of a day goes without its time."""
    spans = [(minute_of(s["from"]), minute_of(s["to"])) for s in segments]
    found = []
    for segment, span in zip(segments, spans, strict=True):
        place: str = segment["place"]
        if place in AWAY_WORDS:
            time = "" if _is_whole(span, spans) else span_words(span)
            found.append(Away(_SHAPES.get(place, place), AWAY_WORDS[place], time))
    return found


def _is_whole(span: Span, spans: Sequence[Span]) -> bool:
    return span[0] <= min(a for a, _ in spans) and span[1] >= max(b for _, b in spans)


def _load(load: Json) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (words, hours(load[kind]), hours(load.get(f"target_{kind}")))
        for kind, words in (("counter", "窓口"), ("phone", "電話"))
        if load.get(kind) is not None
    )
