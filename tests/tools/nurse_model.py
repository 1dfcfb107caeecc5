"""A benchmark instance as a model for CP-SAT; `tests.tools.nurse` says what it stands for."""

from ortools.sat.python import cp_model

from tests.tools import nurse_inrc
from tests.tools.nurse_instance import Instance, Nurse, Roster

WORKERS = 8


class Model:
    """An instance for CP-SAT."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.cp = cp_model.CpModel()
        self.on = {
            (who, day, shift): self.cp.new_bool_var("")
            for who, nurse in instance.nurses.items()
            for day in range(instance.days)
            for shift in instance.shifts
            if nurse.most_of.get(shift, 0) and (who, day) not in instance.off
        }
        self.works = {
            (who, day): self._works(who, day)
            for who in instance.nurses
            for day in range(instance.days)
        }
        for nurse in instance.nurses.values():
            self._sums(nurse)
            self._successions(nurse)
            self._runs(nurse)
            self._weekends(nurse)
        self.cp.minimize(self._requests() + self._covers())

    def _of(self, who: str, day: int) -> list[cp_model.IntVar]:
        keys = ((who, day, shift) for shift in self.instance.shifts)
        return [self.on[key] for key in keys if key in self.on]

    def _works(self, who: str, day: int) -> cp_model.IntVar:
        works = self.cp.new_bool_var("")
        self.cp.add(sum(self._of(who, day)) == works)
        return works

    def _sums(self, nurse: Nurse) -> None:
        mine = [(shift, var) for (who, _, shift), var in self.on.items() if who == nurse.id]
        worked = sum(self.instance.shifts[shift].minutes * var for shift, var in mine)
        self.cp.add_linear_constraint(worked, nurse.least_minutes, nurse.most_minutes)
        for shift, most in nurse.most_of.items():
            if most < self.instance.days:
                self.cp.add(sum(var for other, var in mine if other == shift) <= most)

    def _successions(self, nurse: Nurse) -> None:
        for day in range(self.instance.days - 1):
            for shift in self.instance.shifts.values():
                here = self.on.get((nurse.id, day, shift.id))
                never = [self.on.get((nurse.id, day + 1, other)) for other in shift.not_before]
                after = [var for var in never if var is not None]
                if here is not None and after:
                    self.cp.add_at_most_one([here, *after])

    def _runs(self, nurse: Nurse) -> None:
        days = [self.works[nurse.id, day] for day in range(self.instance.days)]
        for first in range(len(days) - nurse.longest_run):
            self.cp.add(sum(days[first : first + nurse.longest_run + 1]) <= nurse.longest_run)
        for length in range(1, nurse.shortest_run):
            self._no_run(days, length, of_work=True)
        for length in range(1, nurse.shortest_rest):
            self._no_run(days, length, of_work=False)

    def _no_run(self, days: list[cp_model.IntVar], length: int, *, of_work: bool) -> None:
        """No run of exactly this length inside the horizon."""
        for first in range(1, len(days) - length):
            run, ends = days[first : first + length], (days[first - 1], days[first + length])
            if of_work:
                self.cp.add_bool_or([*ends, *(~day for day in run)])
            else:
                self.cp.add_bool_or([~ends[0], ~ends[1], *run])

    def _weekends(self, nurse: Nurse) -> None:
        weekends = []
        for first in range(5, self.instance.days, 7):
            weekend = self.cp.new_bool_var("")
            for day in range(first, min(first + 2, self.instance.days)):
                self.cp.add_implication(self.works[nurse.id, day], weekend)
            weekends.append(weekend)
        self.cp.add(sum(weekends) <= nurse.weekends)

    def _requests(self) -> cp_model.LinearExpr:
        met = [(self.on.get(key[:3]), key[3]) for key in self.instance.wishes]
        hurt = [(self.on.get(key[:3]), key[3]) for key in self.instance.against]
        lost = sum(weight for _, weight in met)
        terms = [(var, -weight) for var, weight in met] + hurt
        possible = [(var, weight) for var, weight in terms if var is not None]
        return _weighted(possible) + lost

    def _covers(self) -> cp_model.LinearExpr:
        terms: list[tuple[cp_model.IntVar, int]] = []
        for day, shift, needed, under, over in self.instance.cover:
            keys = [(who, day, shift) for who in self.instance.nurses]
            there = sum(self.on[key] for key in keys if key in self.on)
            missing = self.cp.new_int_var(0, needed, "")
            extra = self.cp.new_int_var(0, len(keys), "")
            self.cp.add(there + missing - extra == needed)
            terms += [(missing, under), (extra, over)]
        return _weighted(terms)


def _weighted(terms: list[tuple[cp_model.IntVar, int]]) -> cp_model.LinearExpr:
    variables, weights = [var for var, _ in terms], [weight for _, weight in terms]
    return cp_model.LinearExpr.weighted_sum(variables, weights)


def solve(model: Model | nurse_inrc.Model, seconds: float) -> tuple[Roster | None, float, float]:
    """(roster or None if none was found, lower bound, seconds it took)."""
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = WORKERS
    solver.parameters.random_seed = 1
    status = solver.solve(model.cp)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, solver.best_objective_bound, solver.wall_time
    on = [key for key, var in model.on.items() if solver.value(var)]
    chosen = {(who, day): shift for who, day, shift in on}
    return chosen, solver.best_objective_bound, solver.wall_time
