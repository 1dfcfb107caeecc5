"""A plan under construction: lines of everybody's days, who is where, and how fair it stands.

Every change goes through `put`; `feasible` says beforehand whether the hard rules allow it.
"""

from collections.abc import Iterable, Mapping

from webapp.rota.solver.facts import NOBODY, Facts
from webapp.rota.solver.line import DayRules, Line, day_rules, mask_of
from webapp.rota.solver.measure import Lines, cells, there
from webapp.rota.solver.post import PostRules

Changes = Mapping[int, Line]
"""Person → their new line of the day in question."""


class Board:
    """What does not change during a search."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.rules: list[list[DayRules]] = day_rules(facts)
        self.posts = PostRules(facts)
        self.is_replan = bool(facts.problem.published)
        self._published: dict[int, list[list[frozenset[int]]]] = {}

    def published_there(self, d: int) -> list[list[frozenset[int]]]:
        """[position][slot] → who was there in the published plan."""
        if d not in self._published:
            self._published[d] = there(self.facts, self.facts.published, d)
        return self._published[d]

    def permits(self, d: int, i: int, old: Line, new: Line) -> bool:
        """Fixed slots stay, and new duties are ones the person can take."""
        fixed, can = self.facts.fixed[d][i], self.facts.can[d][i]
        for t, (was, now) in enumerate(zip(old, new, strict=True)):
            if was == now:
                continue
            if fixed[t] != NOBODY or (now != NOBODY and not can[now] >> t & 1):
                return False
        return True


class Plan:
    def __init__(self, board: Board) -> None:
        self.board, self.facts = board, board.facts
        facts = board.facts
        self.lines: list[list[Line]] = [
            [(NOBODY,) * len(facts.slots[d]) for _ in facts.I] for d in facts.D
        ]
        self.here: list[list[list[set[int]]]] = [
            [[set() for _ in facts.slots[d]] for _ in facts.P] for d in facts.D
        ]
        self.busy = [[0] * len(facts.I) for _ in facts.D]
        self.version = [[0] * len(facts.I) for _ in facts.D]
        self.fairness = Fairness(facts)
        for d in facts.D:
            for i in facts.I:
                self.put(d, {i: tuple(facts.fixed[d][i])})

    def put(self, d: int, changes: Changes) -> None:
        for i, line in changes.items():
            self._place(d, i, line)

    def _place(self, d: int, i: int, line: Line) -> None:
        here, hours, phone = self.here[d], self.facts.band_hours[d], self.fairness.is_phone
        for t, (was, now) in enumerate(zip(self.lines[d][i], line, strict=True)):
            if was == now:
                continue
            if was != NOBODY:
                here[was][t].discard(i)
                self.fairness.add(i, phone[was], -hours[was][t])
            if now != NOBODY:
                here[now][t].add(i)
                self.fairness.add(i, phone[now], hours[now][t])
        self.lines[d][i] = line
        self.busy[d][i] = mask_of(line)
        self.version[d][i] += 1

    def feasible(self, d: int, changes: Changes) -> bool:
        """Persons' rules first (remembered), then those of the positions they come to or leave."""
        board, lines = self.board, self.lines[d]
        for i, line in changes.items():
            if not (board.permits(d, i, lines[i], line) and board.rules[d][i].ok(line)):
                return False
        return board.posts.anybody or self._posts_hold(d, changes)

    def _posts_hold(self, d: int, changes: Changes) -> bool:
        touched: dict[tuple[int, int], set[int]] = {}
        for i, line in changes.items():
            for t, (was, now) in enumerate(zip(self.lines[d][i], line, strict=True)):
                if was == now:
                    continue
                if was != NOBODY:
                    touched.setdefault((was, t), set(self.here[d][was][t])).discard(i)
                if now != NOBODY:
                    touched.setdefault((now, t), set(self.here[d][now][t])).add(i)
        return all(self.board.posts.ok(d, p, t, people) for (p, t), people in touched.items())

    def missing(self, d: int, p: int, t: int) -> int:
        need = self.facts.need[d][p][t]
        return max(0, need.min - len(self.here[d][p][t])) if need else 0

    def uncovered(self, d: int) -> int:
        """Minutes of the day."""
        slots = self.facts.slots[d]
        return sum(
            self.missing(d, p, t) * (end - start)
            for p in self.facts.P
            for t, (start, end) in enumerate(slots)
        )

    def changed(self, d: int, p: int) -> int:
        """Changed cells of a position's day against the published plan."""
        was = self.board.published_there(d)[p]
        return cells(was, [frozenset(people) for people in self.here[d][p]])

    def changes(self, days: Iterable[int] | None = None) -> int:
        if not self.board.is_replan:
            return 0
        found = self.facts.D if days is None else days
        return sum(self.changed(d, p) for d in found for p in self.facts.P)

    def snapshot(self) -> Lines:
        return [[list(line) for line in day] for day in self.lines]


class Fairness:
    """Σ(load − target)² over the people counted, kept up with each change (rule 16).

    With L the loads of a kind, w the weights (Σw = 1) and T = ΣL the total:
    Σ(L − wT)² = ΣL² − 2T·ΣwL + T²·Σw²."""

    def __init__(self, facts: Facts) -> None:
        self.weights = facts.weights
        self.is_phone = [int(position.is_phone) for position in facts.positions]
        self.loads = [[person.carry_counter, person.carry_phone] for person in facts.people]
        self.total = [0.0, 0.0]
        for i in facts.I:
            if self.weights[i] > 0:
                self.total[0] += self.loads[i][0]
                self.total[1] += self.loads[i][1]

    def add(self, i: int, kind: int, hours: float) -> None:
        self.loads[i][kind] += hours
        if self.weights[i] > 0:
            self.total[kind] += hours

    def deviation(self, i: int, kind: int) -> float:
        return self.loads[i][kind] - self.weights[i] * self.total[kind]

    def squares(self) -> float:
        return sum(
            self.deviation(i, kind) ** 2
            for i, weight in enumerate(self.weights)
            if weight > 0
            for kind in (0, 1)
        )

    def moved(self, a: int, b: int, hours: tuple[float, float]) -> float:
        """Change of the squares if `hours` of (counter, phone) go from `a` to `b`, both counted."""
        change = 0.0
        for kind in (0, 1):
            if hours[kind]:
                gap = self.deviation(a, kind) - self.deviation(b, kind)
                change += 2 * hours[kind] * (hours[kind] - gap)
        return change
