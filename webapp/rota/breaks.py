"""The breaks of people on duty: the ordinary one where it is free, else the free one nearest to it."""

from collections.abc import Iterable
from datetime import date

from webapp.rota.desk import Desk
from webapp.rota.rules import Span
from webapp.rota.solver.line import Line, mask_of


def break_of(desk: Desk, d: int, i: int, line: Line) -> Span | None:
    """Minutes; None = no break is due, or none is free."""
    rules = desk.board.rules[d][i]
    if rules.breaks is None:
        return None
    ordinary = ordinary_break(desk, d, i)
    if ordinary is not None and _is_free(desk, d, line, ordinary):
        return ordinary
    free = [(each.start, each.end) for each in rules.breaks_free(line)]
    wanted = ordinary[0] if ordinary is not None else 12 * 60
    return min(free, key=lambda span: (abs(span[0] - wanted), span[0]), default=None)


def ordinary_break(desk: Desk, d: int, i: int) -> Span | None:
    """As the hours of that person say."""
    day = date.fromisoformat(desk.facts.days[d].date)
    staff_id = desk.ids[desk.facts.people[i].id]
    person = desk.horizon.facts.get(day, {}).get(staff_id)
    hours = person.hours if person is not None else None
    return hours.breaks[0] if hours is not None and hours.breaks else None


def _is_free(desk: Desk, d: int, line: Line, span: Span) -> bool:
    slots = desk.facts.slots[d]
    held = [slots[t] for t in range(len(slots)) if mask_of(line) >> t & 1]
    return not any(start < span[1] and span[0] < end for start, end in held)


def breaks_on_duty(desk: Desk, days: Iterable[int] | None = None) -> dict[tuple[str, str], Span]:
    """{(date, staff number): break} of everybody with duty that day."""
    found = {}
    for d in days if days is not None else desk.facts.D:
        for i in desk.facts.I:
            line = tuple(desk.lines[d][i])
            if mask_of(line) and (span := break_of(desk, d, i, line)) is not None:
                found[desk.facts.days[d].date, desk.facts.people[i].id] = span
    return found
