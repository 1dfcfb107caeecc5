"""Changed cells of a day in CP-SAT (rule 14)."""

from collections.abc import Sequence
from typing import Any

from ortools.sat.python import cp_model

from webapp.rota.solver.day_model import DayModel
from webapp.rota.solver.facts import Need
from webapp.rota.solver.line import Line
from webapp.rota.solver.plan import Board

Truth = Any  # a Boolean variable or its negation: both have `negated`


class ChangeModel(DayModel):
    """Minimises changed cells with no more than `uncovered` minutes open."""

    def __init__(
        self, board: Board, d: int, uncovered: int, held: Sequence[Line] | None = None
    ) -> None:
        self.published = board.published_there(d)
        super().__init__(board, d, held=held)
        self.model.add(self.uncovered <= uncovered)
        costs = [cost for p in self.facts.P for cost in self._position(p)]
        self.model.minimize(sum(costs))

    def room(self, p: int, t: int, need: Need) -> int:
        """Who was published above the ideal may stay."""
        return max(super().room(p, t, need), len(self.published[p][t]))

    def _position(self, p: int) -> list[cp_model.IntVar]:
        costs = []
        before: dict[tuple[int, bool], Truth] = {}
        for t in range(len(self.slots)):
            now = self._deviations(p, t)
            if now:
                costs.append(self._cost(before, now))
            before = now
        return costs

    def _deviations(self, p: int, t: int) -> dict[tuple[int, bool], Truth]:
        """(person, gone) → true where they go or come."""
        was, found = self.published[p][t], dict[tuple[int, bool], Truth]()
        present = dict(self.at.get((p, t), []))
        for i in was:
            found[i, True] = present[i].negated() if i in present else self.model.new_constant(1)
        for i, var in present.items():
            if i not in was:
                found[i, False] = var
        return found

    def _cost(
        self,
        before: dict[tuple[int, bool], Truth],
        now: dict[tuple[int, bool], Truth],
    ) -> cp_model.IntVar:
        """max(gone, come) where the cell begins, 0 where the one before goes on."""
        gone = [var for (_, is_gone), var in now.items() if is_gone]
        come = [var for (_, is_gone), var in now.items() if not is_gone]
        most = max(len(gone), len(come))
        cost, begins = self.model.new_int_var(0, most, ""), self.model.new_bool_var("")
        for key, var in now.items():
            self._differs(var, before.get(key), begins)
        for key, var in before.items():
            if key not in now:
                self.model.add_implication(var, begins)
        self.model.add(cost >= sum(gone)).only_enforce_if(begins)
        self.model.add(cost >= sum(come)).only_enforce_if(begins)
        return cost

    def _differs(self, now: Truth, before: Truth | None, begins: cp_model.IntVar) -> None:
        if before is None:
            self.model.add_implication(now, begins)
            return
        self.model.add_bool_or([now.negated(), before, begins])
        self.model.add_bool_or([now, before.negated(), begins])
