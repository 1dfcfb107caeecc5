"""One run of the solver: when to stop, what to tell, and how CP-SAT is asked.

Budgets are deterministic time, so the same seed gives the same plan on a slow machine and a fast
one; the wall limit and a cancel are guards, and whoever is stopped by them is not repeatable.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

Tell = Callable[[dict[str, Any]], None]
MODELS = 0.8  # of the wall limit: after that no model is asked any more
POOL = 0.35  # deterministic seconds of CP-SAT for each second of the limit
LEAST = 0.02  # … of a day's try when the pool is empty
SHORT = 0.1  # deterministic seconds of a first try
EVERY = 1.0  # seconds between two lines of progress without news


@dataclass
class Search:
    """`stop` may be called from a signal handler: it ends the run soon, the best so far stands."""

    limit: float
    seed: int
    tell: Tell
    cut: bool = False
    repeatable: bool = True
    phase: str = "first"
    best: dict[str, float] = field(default_factory=dict)
    bound: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)
    _told: float = 0.0
    _used: float = 0.0
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _solver: "cp_model.CpSolver | None" = None

    def __post_init__(self) -> None:
        self._allowed = self.limit

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def stop(self) -> None:
        self._cancelled.set()
        if self._solver is not None:
            self._solver.stop_search()

    def over(self) -> bool:
        """Cancelled or out of wall time; remembered as a cut."""
        if not self.cut and (self._cancelled.is_set() or self.seconds > self.limit):
            self.cut, self.repeatable = True, False
        return self.cut

    def _late(self) -> bool:
        """Models end before the limit, so that fairness has its turn on a slow machine too."""
        if self.seconds > MODELS * self.limit:
            self.repeatable = False
            return True
        return False

    def news(self, phase: str, best: dict[str, float], bound: dict[str, float]) -> None:
        """Tells at once if anything is better, else once a second."""
        changed = (phase, best, bound) != (self.phase, self.best, self.bound)
        self.phase, self.best, self.bound = phase, best, bound
        if changed:
            self.line()

    def line(self) -> None:
        self._told = self.seconds
        self.tell(
            {
                "phase": self.phase,
                "best": self.best,
                "bound": self.bound,
                "seconds": round(self.seconds, 2),
            }
        )

    def tick(self) -> None:
        if self.best and self.seconds - self._told >= EVERY:
            self.line()

    def share(self, days: int) -> float:
        """Deterministic seconds for each of two long tries at a day, with so many days to go. What
        easy days leave over goes to the hard ones."""
        left = POOL * self._allowed - self._used
        return max(LEAST, left / (2 * max(1, days)))

    def best_of(self, model: "cp_model.CpModel", share: float) -> "Answer":
        """One way after another until proven. The whole relaxation closes a day that is short of
        people in hundredths of a second and crawls where everything can be covered; pure search is
        the other way round. Several workers, interleaved so that they stay repeatable, come last."""
        answer = self.run(model, min(SHORT, share), relaxation=2)
        for relaxation, workers in ((0, 1), (2, 1), (1, 8)):
            if answer.proven or self.over():
                break
            budget = min(SHORT, share) if relaxation == 0 else share
            answer = _better(answer, self.run(model, budget, relaxation, workers))
        return answer

    def run(
        self, model: "cp_model.CpModel", budget: float, relaxation: int = 2, workers: int = 1
    ) -> "Answer":
        """`budget` in deterministic seconds."""
        before = time.monotonic()
        from ortools.sat.python import cp_model  # noqa: PLC0415 half a second that easy problems save

        self.limit += time.monotonic() - before  # starting up is no search
        solver = cp_model.CpSolver()
        parameters = solver.parameters
        parameters.num_workers, parameters.interleave_search = workers, workers > 1
        parameters.linearization_level = relaxation
        parameters.max_deterministic_time = budget
        parameters.max_time_in_seconds = max(0.01, MODELS * self.limit - self.seconds)
        parameters.random_seed = self.seed % 2**31
        parameters.catch_sigint_signal = False
        self._solver = solver
        status = cp_model.UNKNOWN
        try:
            if not self.over() and not self._late():
                status = solver.solve(model)
                self._used += solver.response_proto.deterministic_time
        finally:
            self._solver = None
        if status == cp_model.MODEL_INVALID:
            raise AssertionError(model.validate())
        if status != cp_model.OPTIMAL:
            self._late()
        self.over()
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Answer(solver, found=False, proven=False, value=math.inf, bound=-math.inf)
        value, bound = solver.objective_value, solver.best_objective_bound
        return Answer(solver, True, status == cp_model.OPTIMAL, value, bound)


@dataclass(frozen=True)
class Answer:
    """A model without an answer has found = False; `bound` is proven either way."""

    solver: "cp_model.CpSolver"
    found: bool
    proven: bool
    value: float
    bound: float


def _better(one: Answer, other: Answer) -> Answer:
    """The better plan of the two with the better bound of the two."""
    best = one if one.value <= other.value else other
    return replace(best, bound=max(one.bound, other.bound), proven=one.proven or other.proven)
