"""Small rearrangements that close open slots of a day: one person takes over, another makes room."""

from collections.abc import Iterator

from webapp.rota.solver.build import with_duty
from webapp.rota.solver.facts import NOBODY
from webapp.rota.solver.line import Line, Run, blocks
from webapp.rota.solver.plan import Changes, Plan


def repair_day(plan: Plan, d: int) -> None:
    """Closes what chains of two people can close; each change lessens the uncovered minutes."""
    while any(_close(plan, d, gap) for gap in _gaps(plan, d)):
        pass


def _gaps(plan: Plan, d: int) -> list[Run]:
    found = []
    for p in plan.facts.P:
        slots = [t for t in range(len(plan.facts.slots[d])) if plan.missing(d, p, t)]
        for first in slots:
            for last in slots:
                if first <= last and all(t in slots for t in range(first, last + 1)):
                    found.append(Run(first, last + 1, p))
    return sorted(found, key=lambda gap: (gap.first - gap.last, gap.first))


def _close(plan: Plan, d: int, gap: Run) -> bool:
    span = (1 << gap.last) - (1 << gap.first)
    for i in plan.facts.I:
        if plan.facts.can[d][i][gap.position] & span == span:
            for changes in _ways(plan, d, i, gap):
                if plan.feasible(d, changes):
                    plan.put(d, changes)
                    return True
    return False


def _ways(plan: Plan, d: int, i: int, gap: Run) -> Iterator[Changes]:
    """`i` takes the gap: free for it, or handing over what is in the way."""
    line = plan.lines[d][i]
    taken = with_duty(line, gap.first, gap.last, gap.position)
    in_the_way = [run for run in blocks(line) if run.first < gap.last and gap.first < run.last]
    if any(run.position == gap.position for run in in_the_way):
        return
    if not in_the_way:
        yield {i: taken}
        for run in blocks(line):
            lighter = with_duty(taken, run.first, run.last, NOBODY)
            yield from _handed(plan, d, i, lighter, run)
    elif len(in_the_way) == 1:
        yield from _handed_part(plan, d, i, line, gap, in_the_way[0])


def _handed_part(plan: Plan, d: int, i: int, line: Line, gap: Run, run: Run) -> Iterator[Changes]:
    """First only the part in the way, then the whole block."""
    taken = with_duty(line, gap.first, gap.last, gap.position)
    first, last = max(run.first, gap.first), min(run.last, gap.last)
    yield from _handed(plan, d, i, taken, Run(first, last, run.position))
    clear = with_duty(line, run.first, run.last, NOBODY)
    taken = with_duty(clear, gap.first, gap.last, gap.position)
    yield from _handed(plan, d, i, taken, run)


def _handed(plan: Plan, d: int, giver: int, line: Line, run: Run) -> Iterator[Changes]:
    if not (
        plan.board.permits(d, giver, plan.lines[d][giver], line)
        and plan.board.rules[d][giver].ok(line)
    ):
        return
    span = (1 << run.last) - (1 << run.first)
    for j in plan.facts.I:
        free = not plan.busy[d][j] & span
        if j != giver and free and plan.facts.can[d][j][run.position] & span == span:
            theirs = with_duty(plan.lines[d][j], run.first, run.last, run.position)
            yield {giver: line, j: theirs}
