"""Who may stand together at a position: trainees (rule 10) and forbidden pairs (rule 12)."""

from collections.abc import Iterable

from webapp.rota.solver.facts import Facts


class PostRules:
    def __init__(self, facts: Facts) -> None:
        self.fixed = facts.fixed
        self.experienced = [person.experienced for person in facts.people]
        self.experienced_min = [position.experienced_min for position in facts.positions]
        self.foes: dict[int, set[int]] = {}
        for pair in facts.problem.forbidden_pairs:
            one, other = (facts.person_of[each] for each in sorted(pair))
            self.foes.setdefault(one, set()).add(other)
            self.foes.setdefault(other, set()).add(one)
        self.anybody = not self.foes and all(self.experienced)

    def ok(self, d: int, p: int, t: int, people: Iterable[int]) -> bool:
        """Holds, or only pins and the past break it (rule 6)."""
        if self.anybody:
            return True
        there = list(people)
        free = [i for i in there if self.fixed[d][i][t] != p]
        if not free:
            return True
        return self.trained(p, there) and not any(self._foe_of(i, there) for i in free)

    def trained(self, p: int, there: list[int]) -> bool:
        able = sum(self.experienced[i] for i in there)
        asked = min(self.experienced_min[p], len(there))
        return able >= asked and (len(there) < 2 or able >= 1)

    def _foe_of(self, i: int, there: list[int]) -> bool:
        foes = self.foes.get(i)
        return foes is not None and any(other in foes for other in there)

    def pairs(self, there: Iterable[int]) -> list[tuple[int, int]]:
        people = sorted(there)
        return [
            (one, other)
            for index, one in enumerate(people)
            for other in people[index + 1 :]
            if other in self.foes.get(one, ())
        ]
