"""Faults of a plan against the hard rules, in plain words: what the editor lists, what a plan warns of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from webapp.rota.solver import words
from webapp.rota.solver.facts import NOBODY
from webapp.rota.solver.line import Line, LineFault, blocks
from webapp.rota.solver.measure import Lines, lines_of
from webapp.rota.solver.plan import Board
from webapp.rota.solver.problem import Duty


@dataclass(frozen=True, slots=True)
class Conflict:
    """`code`: a reason code, or `block`, `trained`, `pair`, `closed`, `double`. `staff` are those
    concerned, `position` empty where it is about a person's day; times in minutes. `pinned`: pins
    and the past alone cause it."""

    code: str
    date: str
    start: int
    end: int
    position: str
    staff: tuple[str, ...]
    pinned: bool
    text: str


def check_conflicts(board: Board, duties: Iterable[Duty]) -> list[Conflict]:
    """All of them, by day and time. Rows of one person at two positions at once are named as well."""
    rows = list(duties)
    found = [*_doubles(board, rows), *check_lines(board, lines_of(board.facts, rows))]
    return sorted(found, key=lambda each: (each.date, each.start, each.position, each.staff))


def check_lines(board: Board, lines: Lines) -> list[Conflict]:
    found: list[Conflict] = []
    for d in board.facts.D:
        day = [tuple(line) for line in lines[d]]
        for i in board.facts.I:
            found += _unfit(board, d, i, day[i])
            found += _of_day(board, d, i, day[i])
        found += _of_posts(board, d, day)
    return found


def _doubles(board: Board, rows: Sequence[Duty]) -> Iterator[Conflict]:
    last: dict[tuple[str, str], Duty] = {}
    for duty in sorted(rows):
        before = last.get((duty.staff, duty.date))
        if before and duty.start < before.end:
            end = min(duty.end, before.end)
            text = words.double(board.facts, duty, before, end)
            staff = (duty.staff,)
            yield Conflict("double", duty.date, duty.start, end, duty.position, staff, False, text)
        if before is None or duty.end > before.end:
            last[duty.staff, duty.date] = duty


def _unfit(board: Board, d: int, i: int, line: Line) -> Iterator[Conflict]:
    """Runs of slots in which the person could not be there for the same reason."""
    facts = board.facts
    for run in blocks(line):
        first, reason = run.first, _slot_reason(board, d, i, run.position, run.first)
        for t in range(run.first + 1, run.last + 1):
            now = _slot_reason(board, d, i, run.position, t) if t < run.last else None
            if t == run.last or now != reason:
                if reason:
                    pinned = all(facts.fixed[d][i][u] == run.position for u in range(first, t))
                    yield _conflict(board, reason, d, (first, t), run.position, (i,), pinned)
                first, reason = t, now


def _slot_reason(board: Board, d: int, i: int, p: int, t: int) -> str | None:
    if board.facts.need[d][p][t] is None:
        return "closed"
    return board.facts.reason(d, i, p, t)


def _of_day(board: Board, d: int, i: int, line: Line) -> Iterator[Conflict]:
    for fault in board.rules[d][i].faults(line):
        yield _line_conflict(board, d, i, fault)


def _line_conflict(board: Board, d: int, i: int, fault: LineFault) -> Conflict:
    span = fault.first, fault.last
    return _conflict(board, fault.code, d, span, NOBODY, (i,), fault.fixed_alone)


def _of_posts(board: Board, d: int, day: Sequence[Line]) -> Iterator[Conflict]:
    if board.posts.anybody:
        return
    for p in board.facts.P:
        runs: dict[tuple[str, tuple[int, ...]], int] = {}
        for t in range(len(board.facts.slots[d]) + 1):
            now = _post_faults(board, p, t, day) if t < len(board.facts.slots[d]) else set()
            for key in sorted(set(runs) - now):
                yield _post_conflict(board, d, p, key, (runs.pop(key), t))
            for key in now:
                runs.setdefault(key, t)


def _post_faults(
    board: Board, p: int, t: int, day: Sequence[Line]
) -> set[tuple[str, tuple[int, ...]]]:
    there = [i for i, line in enumerate(day) if line[t] == p]
    found: set[tuple[str, tuple[int, ...]]] = set()
    found |= {("pair", pair) for pair in board.posts.pairs(there)}
    if there and not board.posts.trained(p, there):
        found.add(("trained", tuple(there)))
    return found


def _post_conflict(
    board: Board, d: int, p: int, key: tuple[str, tuple[int, ...]], span: tuple[int, int]
) -> Conflict:
    code, people = key
    fixed = board.facts.fixed[d]
    pinned = all(fixed[i][t] == p for i in people for t in range(*span))
    return _conflict(board, code, d, span, p, people, pinned)


def _conflict(
    board: Board,
    code: str,
    d: int,
    span: tuple[int, int],
    p: int,
    people: tuple[int, ...],
    pinned: bool,
) -> Conflict:
    facts = board.facts
    slots = facts.slots[d][span[0]][0], facts.slots[d][span[1] - 1][1]
    position = facts.positions[p].id if p != NOBODY else ""
    staff = tuple(facts.people[i].id for i in people)
    text = words.conflict(facts, code, facts.days[d].date, slots, position, staff)
    return Conflict(code, facts.days[d].date, *slots, position, staff, pinned, text)
