"""What comes after fairness, as one ordered tuple: wishes, quiet days, spread."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

from webapp.rota.solver.facts import NOBODY
from webapp.rota.solver.line import Line, blocks
from webapp.rota.solver.plan import Changes, Plan


class Comfort:
    """Smaller is better. Counted for the people and days of a change only."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.facts = plan, plan.facts
        self.wishes = [
            [person.wishes.get(position.id, 0.0) for position in self.facts.positions]
            for person in self.facts.people
        ]
        self.weekday = [date.fromisoformat(day.date).weekday() for day in self.facts.days]
        self.noon = [self._noon(d) for d in self.facts.D]

    def _noon(self, d: int) -> int:
        lunch = self.facts.problem.rules.lunch
        if lunch is None:
            return 0
        slots = self.facts.slots[d]
        return sum(
            1 << t
            for t, (start, end) in enumerate(slots)
            if start < lunch.end and lunch.start < end
        )

    def of(self, days: Iterable[tuple[int, Changes]]) -> tuple[float, int, int]:
        """(wishes against, position changes and blocks, repeated weekday lunches)."""
        touched = [(d, i) for d, changes in days for i in changes]
        lines = [(d, i, self.plan.lines[d][i]) for d, i in touched]
        people = {i for _, i in touched}
        return (
            round(sum(self._unwished(d, i, line) for d, i, line in lines), 6),
            sum(self._restless(line) for _, _, line in lines),
            sum(self._repeated(i) for i in people),
        )

    def _unwished(self, d: int, i: int, line: Line) -> float:
        """Hours × weight, the wished ones negative."""
        slots, wishes = self.facts.slots[d], self.wishes[i]
        return sum(
            -wishes[p] * (slots[t][1] - slots[t][0]) / 60
            for t, p in enumerate(line)
            if p != NOBODY and wishes[p]
        )

    def _restless(self, line: Line) -> int:
        runs = blocks(line)
        hops = sum(one.position != other.position for one, other in pairwise(runs))
        return 10 * hops + len(runs)

    def _repeated(self, i: int) -> int:
        """The same person every Monday lunch: pairs of equal weekdays, and days in all."""
        counts: dict[int, int] = {}
        for d in self.facts.D:
            if self.plan.busy[d][i] & self.noon[d]:
                counts[self.weekday[d]] = counts.get(self.weekday[d], 0) + 1
        return 10 * sum(n * (n - 1) for n in counts.values()) + sum(counts.values()) ** 2
