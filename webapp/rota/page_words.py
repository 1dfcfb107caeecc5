"""Short words of the rota page: times, dates, surnames. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from webapp.core.calendar import WEEKDAYS
from webapp.core.hours import clock_of
from webapp.rota.page_parts import Span


def span_words(span: Span) -> str:
    return f"{clock_of(span[0])}〜{clock_of(span[1])}"


def weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def hours(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def short_names(people: Iterable[tuple[str, str]]) -> dict[str, str]:
    """{staff: surname}; where two share it, with the first letter of the given name: 桜井（剛）."""
    rows = [(staff, *_parts(name)) for staff, name in people]
    many = Counter(surname for _, surname, _ in rows)
    first = Counter((surname, given[:1]) for _, surname, given in rows)
    return {
        staff: surname
        if many[surname] == 1 or not given
        else f"{surname}（{given[:1] if first[surname, given[:1]] == 1 else given}）"
        for staff, surname, given in rows
    }


def _parts(name: str) -> tuple[str, str]:
    surname, _, given = name.replace("\u3000", " ").partition(" ")
    return surname, given.strip()
