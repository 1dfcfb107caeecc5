"""One person's day as a line: for each slot the position, or NOBODY. What the hard rules say of it.

Fixed slots (pins, the past) are kept even against the rules: a fault counts only where a free slot
takes part in it (rule 6).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from webapp.rota.solver.facts import NOBODY, Break, Facts

Line = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Slots [first, last) on duty without a gap, at one position (a block) or several."""

    first: int
    last: int
    position: int


@dataclass(frozen=True, slots=True)
class LineFault:
    """`code`: block | consecutive | daily | lunch | travel; slots [first, last)."""

    code: str
    first: int
    last: int
    fixed_alone: bool


@lru_cache(maxsize=200_000)
def blocks(line: Line) -> tuple[Run, ...]:
    """Rule 9: one person at one position without a gap."""
    found, first = [], 0
    for t in range(1, len(line) + 1):
        if t == len(line) or line[t] != line[first]:
            if line[first] != NOBODY:
                found.append(Run(first, t, line[first]))
            first = t
    return tuple(found)


class DayRules:
    """The rules of one person's day. `ok` answers from memory: the search asks the same lines again
    and again, and colleagues with equal hours share one memory."""

    def __init__(self, facts: Facts, d: int, i: int, memory: dict[Line, bool]) -> None:
        person, rules = facts.people[i], facts.problem.rules
        self.slots, self.fixed = facts.slots[d], facts.fixed[d][i]
        self.fixed_mask = mask_of(self.fixed)
        self.sites = [position.site for position in facts.positions]
        self.rules, self.max_day = rules, person.max_day
        self.max_consecutive, self.breaks = person.max_consecutive, facts.breaks[d][i]
        self._memory = memory

    def ok(self, line: Line) -> bool:
        """No fault that a free slot takes part in."""
        known = self._memory.get(line)
        if known is None:
            known = all(fault.fixed_alone for fault in self.faults(line))
            self._memory[line] = known
        return known

    def faults(self, line: Line) -> Iterator[LineFault]:
        runs = blocks(line)
        if runs:
            yield from self._short_blocks(runs)
            yield from self._long_stretches(runs)
            yield from self._too_much(runs)
            yield from self._no_break(line, runs)
            yield from self._no_time_to_travel(runs)

    def minutes(self, first: int, last: int) -> int:
        return self.slots[last - 1][1] - self.slots[first][0]

    def _is_fixed(self, first: int, last: int) -> bool:
        span = (1 << last) - (1 << first)
        return self.fixed_mask & span == span

    def _short_blocks(self, runs: tuple[Run, ...]) -> Iterator[LineFault]:
        for run in runs:
            if self.minutes(run.first, run.last) < self.rules.min_block:
                alone = self._is_fixed(run.first, run.last)
                yield LineFault("block", run.first, run.last, alone)

    def _long_stretches(self, runs: tuple[Run, ...]) -> Iterator[LineFault]:
        for stretch in self.stretches(runs):
            if sum(self.minutes(run.first, run.last) for run in stretch) > self.max_consecutive:
                alone = all(self._is_fixed(run.first, run.last) for run in stretch)
                yield LineFault("consecutive", stretch[0].first, stretch[-1].last, alone)

    def stretches(self, runs: tuple[Run, ...]) -> list[list[Run]]:
        """Rule 7: a gap shorter than the rest does not end a stretch, whatever the positions."""
        found: list[list[Run]] = []
        for run in runs:
            if found:
                gap = self.slots[run.first][0] - self.slots[found[-1][-1].last - 1][1]
                if gap == 0 or gap < self.rules.rest:
                    found[-1].append(run)
                    continue
            found.append([run])
        return found

    def _too_much(self, runs: tuple[Run, ...]) -> Iterator[LineFault]:
        if self.max_day is None:
            return
        if sum(self.minutes(run.first, run.last) for run in runs) > self.max_day:
            alone = all(self._is_fixed(run.first, run.last) for run in runs)
            yield LineFault("daily", runs[0].first, runs[-1].last, alone)

    def _no_break(self, line: Line, runs: tuple[Run, ...]) -> Iterator[LineFault]:
        if self.breaks is None:
            return
        duty = mask_of(line)
        if all(each.mask & duty for each in self.breaks):
            alone = all(each.mask & self.fixed_mask for each in self.breaks)
            yield LineFault("lunch", runs[0].first, runs[-1].last, alone)

    def _no_time_to_travel(self, runs: tuple[Run, ...]) -> Iterator[LineFault]:
        """Rule 11: any two duties of the day, not only neighbours."""
        if not self.rules.travel:
            return
        for index, run in enumerate(runs):
            for later in runs[index + 1 :]:
                gap = self.slots[later.first][0] - self.slots[run.last - 1][1]
                sites = self.sites[run.position], self.sites[later.position]
                if gap < self.rules.travel_minutes(*sites):
                    alone = self._is_fixed(run.last - 1, run.last) and self._is_fixed(
                        later.first, later.first + 1
                    )
                    yield LineFault("travel", run.first, later.last, alone)

    def breaks_free(self, line: Line) -> list[Break]:
        """The breaks this day leaves, the better ones first."""
        duty = mask_of(line)
        free = [each for each in self.breaks or () if not each.mask & duty]
        return sorted(free, key=lambda each: (not each.at_work, each.start))


def mask_of(line: Line | list[int]) -> int:
    return sum(1 << t for t, position in enumerate(line) if position != NOBODY)


def day_rules(facts: Facts) -> list[list[DayRules]]:
    """[day][person]; equal conditions share one memory."""
    memories: dict[object, dict[Line, bool]] = {}

    def rules_of(d: int, i: int) -> DayRules:
        person, breaks = facts.people[i], facts.breaks[d][i]
        masks = None if breaks is None else tuple(each.mask for each in breaks)
        fixed = tuple(facts.fixed[d][i])
        hours = (facts.days[d].open, facts.days[d].close)
        same = (hours, person.max_day, person.max_consecutive, masks, fixed)
        return DayRules(facts, d, i, memories.setdefault(same, {}))

    return [[rules_of(d, i) for i in facts.I] for d in facts.D]
