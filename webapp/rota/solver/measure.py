"""What a plan is worth: loads and targets, unfairness, spread, changed cells, uncovered minutes.

The page, the solver and the explanations all count with these functions, so the numbers agree.
`duties` are rows of whole slots of the problem's days (assignments, a draft, what is published).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webapp.rota.solver.facts import NOBODY, Facts
from webapp.rota.solver.problem import Duty

PRESENT_ENOUGH = 0.8  # full-timers compared by the spread (rule 16)


@dataclass(frozen=True, slots=True)
class Load:
    """Weighted hours, carry-in included, and the fair shares of them; 0.0 for who is left out."""

    staff: str
    counter: float
    phone: float
    target_counter: float
    target_phone: float
    counts: bool  # in the fairness at all


@dataclass(frozen=True, slots=True)
class Shortage:
    """Position, day, slot, and how many are missing to the minimum."""

    d: int
    p: int
    t: int
    missing: int


Lines = list[list[list[int]]]
"""[day][person][slot] → position or NOBODY."""


def lines_of(facts: Facts, duties: Iterable[Duty]) -> Lines:
    return facts._held(tuple(duties))  # noqa: SLF001 the one way rows are laid on the grid


def duties_of(facts: Facts, lines: Lines) -> list[Duty]:
    """Blocks as rows, ordered by day, time and position."""
    found = []
    for d in facts.D:
        for i in facts.I:
            line, first = lines[d][i], 0
            for t in range(1, len(line) + 1):
                if t == len(line) or line[t] != line[first]:
                    if line[first] != NOBODY:
                        found.append(_duty(facts, d, i, line[first], first, t))
                    first = t
    order = facts.position_of
    return sorted(found, key=lambda duty: (duty.date, duty.start, order[duty.position], duty.staff))


def _duty(facts: Facts, d: int, i: int, p: int, first: int, last: int) -> Duty:
    slots = facts.slots[d]
    return Duty(
        facts.days[d].date,
        slots[first][0],
        facts.positions[p].id,
        facts.people[i].id,
        slots[last - 1][1],
    )


def raw_loads(facts: Facts, lines: Lines) -> list[list[float]]:
    """[person] → [counter, phone] hours, carry-in included (rule 15)."""
    loads = [[person.carry_counter, person.carry_phone] for person in facts.people]
    for d in facts.D:
        for i in facts.I:
            for t, p in enumerate(lines[d][i]):
                if p != NOBODY:
                    loads[i][facts.positions[p].is_phone] += facts.band_hours[d][p][t]
    return loads


def loads(facts: Facts, duties: Iterable[Duty]) -> list[Load]:
    return loads_of(facts, raw_loads(facts, lines_of(facts, duties)))


def loads_of(facts: Facts, raw: Sequence[Sequence[float]]) -> list[Load]:
    counted = [i for i in facts.I if facts.weights[i] > 0]
    totals = [sum(raw[i][kind] for i in counted) for kind in (0, 1)]
    found = []
    for i, person in enumerate(facts.people):
        share = facts.weights[i]
        counter, phone = raw[i]
        targets = totals[0] * share, totals[1] * share
        found.append(Load(person.id, counter, phone, *targets, share > 0))
    return found


def unfairness(found: Iterable[Load]) -> float:
    """One root over people × {counter, phone} (rule 16)."""
    return math.sqrt(
        sum(
            (load.counter - load.target_counter) ** 2 + (load.phone - load.target_phone) ** 2
            for load in found
            if load.counts
        )
    )


def alike(facts: Facts) -> list[int]:
    """The people whose counter loads the spread compares: longest contract, present, fit for it."""
    rotating = [i for i in facts.I if facts.weights[i] > 0]
    longest = max((facts.people[i].contract_minutes for i in rotating), default=0)
    return [
        i
        for i in rotating
        if facts.people[i].contract_minutes == longest
        and facts.present_share(i) >= PRESENT_ENOUGH
        and _fit_half(facts, i)
    ]


def _fit_half(facts: Facts, i: int) -> bool:
    counters = [p for p in facts.P if not facts.positions[p].is_phone]
    fit = slots = 0
    for d in facts.D:
        reach = 0
        for p in counters:
            reach |= facts.can[d][i][p]
            reach |= sum(1 << t for t, held in enumerate(facts.fixed[d][i]) if held == p)
        slots += len(facts.slots[d])
        fit += reach.bit_count()
    return 2 * fit >= slots


def spread(facts: Facts, found: Sequence[Load]) -> float:
    """Largest less smallest counter load among alike full-timers."""
    counters = [found[i].counter for i in alike(facts)]
    return max(counters) - min(counters) if counters else 0.0


def there(facts: Facts, lines: Lines, d: int) -> list[list[frozenset[int]]]:
    """[position][slot] → the people there."""
    found: list[list[set[int]]] = [[set() for _ in facts.slots[d]] for _ in facts.P]
    for i in facts.I:
        for t, p in enumerate(lines[d][i]):
            if p != NOBODY:
                found[p][t].add(i)
    return [[frozenset(people) for people in column] for column in found]


def cells(before: Sequence[frozenset[int]], after: Sequence[frozenset[int]]) -> int:
    """Changed cells of a position's day (rule 14): runs of slots in which the same people go and
    the same come, each counted max(gone, come)."""
    count, previous = 0, (frozenset[int](), frozenset[int]())
    for was, now in zip(before, after, strict=True):
        change = (was - now, now - was)
        if change != previous:
            count += max(map(len, change))
        previous = change
    return count


def changed_cells(facts: Facts, duties: Iterable[Duty]) -> int:
    """Against the published plan; 0 where nothing is published."""
    if not facts.problem.published:
        return 0
    lines = lines_of(facts, duties)
    return sum(
        cells(was, now)
        for d in facts.D
        for was, now in zip(there(facts, facts.published, d), there(facts, lines, d), strict=True)
    )


def shortages(facts: Facts, lines: Lines) -> list[Shortage]:
    found = []
    for d in facts.D:
        here = there(facts, lines, d)
        for p in facts.P:
            for t, need in enumerate(facts.need[d][p]):
                missing = need.min - len(here[p][t]) if need else 0
                if missing > 0:
                    found.append(Shortage(d, p, t, missing))
    return found


def uncovered_minutes(facts: Facts, found: Iterable[Shortage]) -> int:
    return sum(
        each.missing * (facts.slots[each.d][each.t][1] - facts.slots[each.d][each.t][0])
        for each in found
    )
