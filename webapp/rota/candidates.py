"""Who could take a duty, ranked and explained; and who could not, by reason. The solver's own rules decide."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from webapp.core.calendar import WEEKDAYS
from webapp.core.hours import clock_of
from webapp.core.refusals import RuleBroken
from webapp.positions.rules import Group
from webapp.rota.breaks import break_of
from webapp.rota.desk import Desk
from webapp.rota.rules import Span
from webapp.rota.solver import words
from webapp.rota.solver.build import with_duty
from webapp.rota.solver.facts import NOBODY
from webapp.rota.solver.line import Line
from webapp.rota.solver.obstacles import why_not


@dataclass(frozen=True, slots=True)
class Candidate:
    """load, target: weighted hours of the position's kind, carry-in included. break_at: minutes, if one is due."""

    staff_id: int
    number: str
    name: str
    load: float
    target: float
    why: tuple[str, ...]
    break_at: Span | None
    break_moves: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Excluded:
    """people: (staff id, name). reason: a code of `design/rota.md`, or meeting, exempt."""

    reason: str
    words: str
    people: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The duty in question, by the solver's indexes. lines: the day without who gives it away."""

    d: int
    p: int
    span: range
    lines: Sequence[Line]


def candidates_at(
    desk: Desk, position_id: int, day: date, minutes: Span, *, leaving: int | None = None
) -> tuple[list[Candidate], list[Excluded]]:
    """Raises RuleBroken where the position is closed then."""
    asked = _asked(desk, position_id, day, minutes, leaving)
    allowed = desk.horizon.allowed[day, position_id]
    found: list[tuple[tuple[float, ...], Candidate]] = []
    refused: dict[str, list[int]] = {}
    for i in desk.facts.I:
        staff_id = desk.ids[desk.facts.people[i].id]
        if staff_id not in allowed or staff_id == leaving or _is_there(asked, i):
            continue
        reason = _reason(desk, asked, i, staff_id)
        if reason is None:
            found.append(_candidate(desk, asked, i, staff_id))
        else:
            refused.setdefault(reason, []).append(staff_id)
    exempt = sorted(allowed - {desk.ids[person.id] for person in desk.facts.people} - {leaving})
    if exempt:
        refused.setdefault("exempt", []).extend(exempt)
    ranked = [one for _, one in sorted(found, key=lambda pair: (*pair[0], pair[1].number))]
    return ranked, _excluded(desk, refused)


def _asked(desk: Desk, position_id: int, day: date, minutes: Span, leaving: int | None) -> _Asked:
    facts, key = desk.facts, str(position_id)
    if day.isoformat() not in facts.day_of or key not in facts.position_of:
        raise RuleBroken("この日のこの持ち場には当番がありません。")
    d, p = facts.day_of[day.isoformat()], facts.position_of[key]
    inside = [
        t
        for t, (start, end) in enumerate(facts.slots[d])
        if start < minutes[1] and minutes[0] < end and facts.need[d][p][t] is not None
    ]
    if not inside:
        raise RuleBroken("この時間、この持ち場は開いていません。")
    span = range(inside[0], inside[-1] + 1)
    lines = [tuple(line) for line in desk.lines[d]]
    for i in facts.I:
        if leaving is not None and desk.ids[facts.people[i].id] == leaving:
            lines[i] = with_duty(lines[i], span.start, span.stop, NOBODY)
    return _Asked(d, p, span, lines)


def _is_there(asked: _Asked, i: int) -> bool:
    return all(asked.lines[i][t] == asked.p for t in asked.span)


def _reason(desk: Desk, asked: _Asked, i: int, staff_id: int) -> str | None:
    if desk.horizon.profiles[staff_id].group is Group.EXEMPT:
        return "exempt"
    reason = why_not(desk.board, asked.lines, asked.d, i, asked.p, asked.span)
    if reason == "busy" and not any(asked.lines[i][t] != NOBODY for t in asked.span):
        return "meeting"
    return reason


# --- why somebody stands where they do ------------------------------------------------------


def _candidate(
    desk: Desk, asked: _Asked, i: int, staff_id: int
) -> tuple[tuple[float, ...], Candidate]:
    load = desk.loads[i]
    phone = desk.facts.positions[asked.p].is_phone
    have = load.phone if phone else load.counter
    target = load.target_phone if phone else load.target_counter
    wish = desk.facts.people[i].wishes.get(desk.facts.positions[asked.p].id, 0.0)
    held = desk.horizon.people[staff_id]
    before, after = _breaks(desk, asked, i)
    one = Candidate(
        staff_id,
        held.number,
        held.name,
        round(have, 2),
        round(target, 2),
        tuple(_why(desk, asked, i, have, target, wish)),
        after,
        after is not None and after != before,
        tuple(_warnings(desk, i, wish)),
    )
    dedicated = desk.facts.people[i].group == Group.DEDICATED.value
    at_lunch = _at_lunch(desk, asked.d, asked.span)
    again = not dedicated and at_lunch and bool(_lunches(desk, i, asked.d))
    return (0.0 if dedicated else 1.0, float(again), have - target - wish), one


def _why(
    desk: Desk, asked: _Asked, i: int, have: float, target: float, wish: float
) -> Iterable[str]:
    facts = desk.facts
    person, position = facts.people[i], facts.positions[asked.p]
    if person.group == Group.DEDICATED.value:
        yield "専任"
    else:
        yield words.ranked(person, have, target, phone=position.is_phone)
    if not any(slot != NOBODY for d in facts.D for slot in desk.lines[d][i]):
        yield "今週はじめての当番"
    elif _at_lunch(desk, asked.d, asked.span):
        yield _lunch_words(_lunches(desk, i, asked.d))
    if _touches(asked, i):
        yield "前後の当番から続けて入れる"
    if wish > 0:
        yield "希望している持ち場"


def _at_lunch(desk: Desk, d: int, span: Iterable[int]) -> bool:
    """A slot of more than an hour is a whole day's duty, not one at noon."""
    slots = (desk.facts.slots[d][t] for t in span)
    return any(start < 13 * 60 and end > 12 * 60 and end - start <= 60 for start, end in slots)


def _lunches(desk: Desk, i: int, asked: int) -> list[date]:
    """The other days of the plan on which the person has a duty at noon."""
    return [
        date.fromisoformat(desk.facts.days[d].date)
        for d in desk.facts.D
        if d != asked
        and _at_lunch(desk, d, [t for t, held in enumerate(desk.lines[d][i]) if held != NOBODY])
    ]


def _lunch_words(days: Sequence[date]) -> str:
    if not days:
        return "今週はじめての昼当番"
    return f"{'・'.join(WEEKDAYS[day.weekday()] for day in days)}曜にも昼の当番がある"


def _touches(asked: _Asked, i: int) -> bool:
    line, span = asked.lines[i], asked.span
    before = span.start > 0 and line[span.start - 1] == asked.p
    return before or (span.stop < len(line) and line[span.stop] == asked.p)


def _breaks(desk: Desk, asked: _Asked, i: int) -> tuple[Span | None, Span | None]:
    """(without, with) the duty."""
    line = asked.lines[i]
    taken = with_duty(line, asked.span.start, asked.span.stop, asked.p)
    return break_of(desk, asked.d, i, line), break_of(desk, asked.d, i, taken)


def _warnings(desk: Desk, i: int, wish: float) -> Iterable[str]:
    if wish < 0:
        yield "できれば避けたい持ち場"
    if not desk.facts.people[i].experienced:
        yield "経験が浅い（1人では任せない）"


def break_words(span: Span | None) -> str | None:
    return f"{clock_of(span[0])}〜{clock_of(span[1])}" if span is not None else None


# --- why somebody is not among them ---------------------------------------------------------

WORDS = {
    "busy": "同じ時間に別の当番",
    "meeting": "会議・研修など",
    "leave": "休暇など",
    "off_site": "在宅・外出など、その庁舎にいない",
    "hours": "勤務時間の外",
    "limit": "個別の設定・組み合わせ",
    "exempt": "当番の対象外",
}


def _excluded(desk: Desk, refused: dict[str, list[int]]) -> list[Excluded]:
    """The most frequent first. No private reason is told."""
    found = [
        Excluded(
            reason,
            WORDS.get(reason) or words.reason(reason),
            tuple((staff_id, desk.horizon.people[staff_id].name) for staff_id in people),
        )
        for reason, people in refused.items()
    ]
    return sorted(found, key=lambda one: (-len(one.people), one.reason))
