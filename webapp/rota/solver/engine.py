"""The phases in order: first plan, cover, changes, fairness."""

import random
from dataclasses import dataclass

from webapp.rota.solver.build import fill_ideal
from webapp.rota.solver.changes import fewest_changes
from webapp.rota.solver.cover import first_plan, prove_day
from webapp.rota.solver.facts import Facts
from webapp.rota.solver.fairness import balance
from webapp.rota.solver.plan import Board, Plan
from webapp.rota.solver.problem import Problem
from webapp.rota.solver.search import Search


@dataclass(frozen=True)
class Found:
    plan: Plan
    uncovered_bound: int
    proven: bool  # the whole soft order


def solve(problem: Problem, search: Search) -> Found:
    facts = Facts(problem)
    board = Board(facts)
    plan = Plan(board)
    draw = random.Random(problem.seed)
    ties = [draw.random() for _ in facts.I]
    bounds = first_plan(plan, ties)
    _tell(search, "first", plan, bounds)
    for d in facts.D:
        if not search.over():
            bounds[d] = prove_day(plan, d, bounds[d], search)
            _tell(search, "cover", plan, bounds)
    if board.is_replan:
        fewest_changes(plan, search, lambda: _tell(search, "changes", plan, bounds))
    else:
        for d in facts.D:
            fill_ideal(plan, d, ties)
    balance(plan, search, lambda: _tell(search, "fairness", plan, bounds))
    _tell(search, "done", plan, bounds)
    return Found(plan, sum(bounds), proven=_is_the_only_one(facts))


def _is_the_only_one(facts: Facts) -> bool:
    """Nobody can take anything besides what is fixed: whatever the wishes, there is this plan only.
    Elsewhere the minimum is proven, fairness is searched."""
    return not any(mask for day in facts.can for person in day for mask in person)


def _tell(search: Search, phase: str, plan: Plan, bounds: list[int]) -> None:
    best = {
        "uncovered_minutes": sum(plan.uncovered(d) for d in plan.facts.D),
        "changes": plan.changes(),
        "unfairness": round(plan.fairness.squares() ** 0.5, 4),
    }
    search.news(phase, best, {"uncovered_minutes": sum(bounds)})
