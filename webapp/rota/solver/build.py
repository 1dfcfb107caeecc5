"""A first plan in a moment: the published one kept as far as it goes, the rest laid block by block.

Time goes forward; in each slot the position with the fewest able people is filled first, by whoever
is of least use elsewhere and furthest below their fair share.
"""

from collections.abc import Callable

from webapp.rota.solver.facts import NOBODY, Facts
from webapp.rota.solver.line import Line, blocks
from webapp.rota.solver.plan import Plan

RESERVE = 2  # people left free in each slot when the ideal is filled: somebody falls ill
LONG_ENOUGH = 90  # minutes: a block of this length is worth taking without a look at longer ones


def with_duty(line: Line, first: int, last: int, position: int) -> Line:
    return (*line[:first], *((position,) * (last - first)), *line[last:])


def lay_published(plan: Plan, d: int) -> None:
    """As it was, less what the facts of today do not allow."""
    facts = plan.facts
    order = sorted(facts.I, key=lambda i: (not facts.people[i].experienced, i))
    for i in order:
        line = _still_possible(facts, d, i)
        while not plan.feasible(d, {i: line}):
            shorter = _without_one(plan, d, i, line)
            if shorter == line:
                break
            line = shorter
        else:
            plan.put(d, {i: line})


def _still_possible(facts: Facts, d: int, i: int) -> Line:
    return tuple(
        held if held != NOBODY or was == NOBODY or not facts.can[d][i][was] >> t & 1 else was
        for t, (held, was) in enumerate(zip(facts.fixed[d][i], facts.published[d][i], strict=True))
    )


def _without_one(plan: Plan, d: int, i: int, line: Line) -> Line:
    """Without the block whose loss helps most; the shortest one if none alone helps."""
    fixed = plan.facts.fixed[d][i]
    shorter = [
        tuple(fixed[t] if run.first <= t < run.last else held for t, held in enumerate(line))
        for run in sorted(blocks(line), key=lambda run: run.last - run.first)
    ]
    shorter = [each for each in shorter if each != line]
    fine = (each for each in shorter if plan.feasible(d, {i: each}))
    return next(fine, shorter[0] if shorter else line)


class Filler:
    """Fills a day up to a wanted number of people per position and slot; `easy`: only with people
    whose day is not yet in two pieces."""

    def __init__(self, plan: Plan, d: int, ties: list[float], *, easy: bool = False) -> None:
        self.easy = easy
        self.plan, self.facts, self.d, self.ties = plan, plan.facts, d, ties
        self.slots = self.facts.slots[d]
        self.able = [
            [sum(can[p] >> t & 1 for can in self.facts.can[d]) for t in range(len(self.slots))]
            for p in self.facts.P
        ]

    def fill(self, wanted: Callable[[int, int], int]) -> None:
        for t in range(len(self.slots)):
            if self.facts.past[self.d] >> t & 1:
                continue
            for p in sorted(self.facts.P, key=lambda p: (self.able[p][t], p)):
                while wanted(p, t) > len(self.plan.here[self.d][p][t]):
                    if not self._fill_from(p, t, wanted):
                        break

    def _fill_from(self, p: int, t: int, wanted: Callable[[int, int], int]) -> bool:
        last = t
        while last < len(self.slots) and wanted(p, last) > len(self.plan.here[self.d][p][last]):
            last += 1
        best: tuple[int, int] | None = None
        for i in self._ranked(p, t):
            end = self._longest(i, p, t, last)
            if end > t and (best is None or end > best[1]):
                best = i, end
                if self._minutes(t, end) >= min(LONG_ENOUGH, self._minutes(t, last)):
                    break
        if best is None:
            return False
        i, end = best
        self.plan.put(self.d, {i: with_duty(self.plan.lines[self.d][i], t, end, p)})
        return True

    def _minutes(self, first: int, last: int) -> int:
        return self.slots[last - 1][1] - self.slots[first][0]

    def _ranked(self, p: int, t: int) -> list[int]:
        can, busy = self.facts.can[self.d], self.plan.busy[self.d]
        free = [i for i in self.facts.I if can[i][p] >> t & 1 and not busy[i] >> t & 1]
        if self.easy:
            free = [i for i in free if not self._is_torn(i)]
        return sorted(free, key=lambda i: self._rank(i, p, t))

    def _rank(self, i: int, p: int, t: int) -> tuple[bool, bool, float, float, float]:
        can, person = self.facts.can[self.d][i], self.facts.people[i]
        elsewhere = sum(1 / self.able[q][t] for q in self.facts.P if q != p and can[q] >> t & 1)
        fairness = self.plan.fairness
        owed = fairness.deviation(i, fairness.is_phone[p]) - person.wishes.get(
            self.facts.positions[p].id, 0.0
        )
        exempt, torn = person.group == "exempt", self._is_torn(i)
        return exempt, torn, round(elsewhere, 1), owed, self.ties[i]

    def _is_torn(self, i: int) -> bool:
        """A third block of a day is for need only: who falls ill should leave few holes."""
        return len(blocks(self.plan.lines[self.d][i])) >= 2

    def _longest(self, i: int, p: int, t: int, last: int) -> int:
        """The end of the longest block from `t` that the rules allow; `t` if none."""
        can, busy = self.facts.can[self.d][i][p], self.plan.busy[self.d][i]
        end = t
        while end < last and can >> end & 1 and not busy >> end & 1:
            end += 1
        while end > t and not self._good(i, p, range(t, end), last):
            end -= 1
        return end

    def _good(self, i: int, p: int, span: range, last: int) -> bool:
        """And what remains of the run is no crumb shorter than a block may be."""
        least, first, end = self.facts.problem.rules.min_block, span.start, span.stop
        line = with_duty(self.plan.lines[self.d][i], first, end, p)
        if end < last and self._minutes(end, last) < least:
            return False
        if self.easy and any(self._reserve(p, t) < RESERVE for t in range(first, end)):
            return False
        return self.plan.feasible(self.d, {i: line})

    def _reserve(self, p: int, t: int) -> int:
        """People who could still step in besides one more."""
        can, busy = self.facts.can[self.d], self.plan.busy[self.d]
        free = [i for i in self.facts.I if can[i][p] >> t & 1 and not busy[i] >> t & 1]
        return sum(not self._is_torn(i) for i in free) - 1


def fill_day(plan: Plan, d: int, ties: list[float]) -> None:
    filler, need = Filler(plan, d, ties), plan.facts.need[d]
    filler.fill(lambda p, t: each.min if (each := need[p][t]) else 0)


def fill_ideal(plan: Plan, d: int, ties: list[float]) -> None:
    filler, need = Filler(plan, d, ties, easy=True), plan.facts.need[d]
    filler.fill(lambda p, t: each.ideal if (each := need[p][t]) else 0)
