"""朝会・夕会: what a note may hold, who owes one, whose turn it is to lead. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from webapp.presence.day_rules import planned_at, reported, working_edges
from webapp.presence.facts import TELEWORK, Facts, Place

LINES, LINE_LENGTH = 20, 200
LINKS, LINK_LENGTH = 10, 500


class Half(StrEnum):
    MORNING = "morning"
    EVENING = "evening"


HALF_WORDS = {Half.MORNING: "朝", Half.EVENING: "夕"}


class Required(StrEnum):
    """Who is asked for a note; the default asks nobody."""

    OPTIONAL = "optional"
    TELEWORK = "telework"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class NoteText:
    """lines: what is planned (朝) or done (夕); carried_over: 持越し; links: where results lie."""

    lines: tuple[str, ...] = ()
    carried_over: tuple[str, ...] = ()
    links: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lines or self.carried_over or self.links)


def cleaned(text: NoteText) -> NoteText:
    """One sentence a line: inner whitespace is one blank, empty and repeated lines go."""
    return NoteText(_lines(text.lines), _lines(text.carried_over), _lines(text.links))


def _lines(lines: Sequence[str]) -> tuple[str, ...]:
    plain = (" ".join(line.split()) for line in lines)
    return tuple(dict.fromkeys(line for line in plain if line))


def faults(text: NoteText) -> dict[str, str]:
    """{field: what would be right}; empty when the (cleaned) text may be kept."""
    found: dict[str, str] = {}
    for field, lines in (("lines", text.lines), ("carried_over", text.carried_over)):
        if len(lines) > LINES:
            found[field] = f"{LINES}行以内にしてください"
        elif any(len(line) > LINE_LENGTH for line in lines):
            found[field] = f"1行は{LINE_LENGTH}文字以内にしてください"
    if len(text.links) > LINKS:
        found["links"] = f"{LINKS}件以内にしてください"
    elif not all(_is_link(link) for link in text.links):
        found["links"] = f"http:// か https:// で始まる{LINK_LENGTH}文字以内の場所にしてください"
    return found


def _is_link(link: str) -> bool:
    if len(link) > LINK_LENGTH:
        return False
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


# --- the person's day -----------------------------------------------------------------------


def is_absent(facts: Facts) -> bool:
    """No work today: a day off, or leave all day. Whoever reported is there after all."""
    return not working_edges(facts) and not facts.reports


def places_of(facts: Facts) -> set[Place]:
    """Where the person is or will be that day, as reported and as planned."""
    said = {report.place for report in facts.reports if report.place is not None}
    edges = {s.starts_at for s in facts.plan} | {s.ends_at for s in facts.plan}
    return said | {place for edge in edges if (place := _planned(facts, edge)) is not None}


def _planned(facts: Facts, edge: datetime) -> Place | None:
    stretch = planned_at(facts, edge)
    return stretch.place if stretch else None


def place_of(facts: Facts) -> Place | None:
    """The one place to name beside a person: the last reported, else the first planned."""
    so_far = reported(facts.reports, facts.day.ends_at)
    if so_far.place is not None:
        return so_far.place
    edges = working_edges(facts)
    return _planned(facts, edges[0]) if edges else None


def is_required(required: Required, facts: Facts) -> bool:
    if required is Required.OPTIONAL or is_absent(facts):
        return False
    return required is Required.EVERYBODY or bool(places_of(facts) & TELEWORK)


# --- the meeting ----------------------------------------------------------------------------

T = TypeVar("T")


def host(members: Sequence[T], absent: set[T], day: date) -> T | None:
    """司会当番: goes round by business day in the order of the board; who is absent is skipped."""
    turn = (day.toordinal() - 1) // 7 * 5 + min(day.weekday(), 4)
    for step in range(len(members)):
        member = members[(turn + step) % len(members)]
        if member not in absent:
            return member
    return None


def may_write_on(day: date, *, today: date, back: int, ahead: int) -> bool:
    return today - timedelta(days=back) <= day <= today + timedelta(days=ahead)


def week_of(day: date) -> tuple[date, ...]:
    """Monday to Friday of the day's week."""
    monday = day - timedelta(days=day.weekday())
    return tuple(monday + timedelta(days=n) for n in range(5))
