"""The cells of a unit's week: what a person's planned day comes to in a few lines. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from webapp.core import calendar
from webapp.core.hours import clock_of
from webapp.plans.parts import Part, parts_of
from webapp.plans.rules import Kind
from webapp.plans.spans import DayHours, words_of
from webapp.presence.facts import Duty, Facts

TELEWORK = frozenset({Kind.HOME, Kind.SATELLITE, Kind.MOBILE})


@dataclass(frozen=True, slots=True)
class Asked:
    """A telework request nobody has decided yet. Minutes from local midnight."""

    start: int
    end: int
    place: str
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a cell. look: usual own away meeting duty waiting; kind: of the mark; when "" = the whole day."""

    look: str
    kind: str
    text: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    day: date
    lines: tuple[Line, ...] = ()
    place: Kind | None = None  # where the longest part of the day is spent

    @property
    def is_usual(self) -> bool:
        """Nothing but the ordinary hours at the office, or nothing at all."""
        return all(line.look == "usual" for line in self.lines)


def cell_of(
    facts: Facts,
    day: date,
    hours: DayHours | None,
    asked: Iterable[Asked],
    words: dict[str, str],
) -> Cell:
    """words: {code: word on screen} of places and the like."""
    parts = parts_of(facts.plan, day, hours)
    lines = _places([_of_part(part, words) for part in parts])
    lines += [_of_duty(duty, day) for duty in sorted(facts.duties, key=lambda d: d.starts_at)]
    lines += [_of_asked(one, hours, words) for one in asked]
    return Cell(day, tuple(lines), _longest(parts))


def _places(lines: list[Line]) -> list[Line]:
    """Beside what is out of the ordinary the rest of the day at the office goes without saying."""
    others = any(line.look in ("own", "away") for line in lines)
    return [line for line in lines if not (others and line.look == "usual")]


def _of_part(part: Part, words: dict[str, str]) -> Line:
    text = words[part.kind] + (f"・{part.site}" if part.site else "")
    when = "" if part.is_whole else part.words
    if part.kind is Kind.MEETING:
        return Line("meeting", part.kind, text, when)
    if part.kind is Kind.LEAVE:
        return Line("away", part.kind, text, when)
    usual = part.kind is Kind.OFFICE and not part.site
    return Line("usual" if usual else "own", part.kind, text, when)


def _of_duty(duty: Duty, day: date) -> Line:
    midnight = calendar.at_minute(day, 0)
    start, end = (
        int((at - midnight).total_seconds()) // 60 for at in (duty.starts_at, duty.ends_at)
    )
    return Line("duty", "duty", duty.position, f"{clock_of(start)}〜{clock_of(end)}")


def _of_asked(one: Asked, hours: DayHours | None, words: dict[str, str]) -> Line:
    when = words_of(one.start, one.end, hours)
    site = f"・{one.site}" if one.site else ""
    return Line(
        "waiting", one.place, f"{words[one.place]}{site}（申請中）", "" if when == "終日" else when
    )


def _longest(parts: Sequence[Part]) -> Kind | None:
    places = [part for part in parts if part.kind not in (Kind.MEETING, Kind.DISASTER)]
    longest = max(places, key=lambda part: part.end - part.start, default=None)
    return longest.kind if longest else None
