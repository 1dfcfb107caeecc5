"""Cover: the fewest uncovered minutes of each day, and the proof."""

import math

from webapp.rota.solver.build import fill_day, lay_published
from webapp.rota.solver.lower import slot_bound
from webapp.rota.solver.plan import Changes, Plan
from webapp.rota.solver.repair import repair_day
from webapp.rota.solver.search import Search

QUIET = 0.25  # of a day's share, for fewer and longer blocks afterwards


def first_plan(plan: Plan, ties: list[float]) -> list[int]:
    """By hand's speed: published, then filled, then repaired. The bound of each day by its slots."""
    bounds = []
    for d in plan.facts.D:
        if plan.board.is_replan:
            lay_published(plan, d)
        if plan.uncovered(d):
            repair_day(plan, d) if plan.board.is_replan else None
            fill_day(plan, d, ties)
            repair_day(plan, d)
        bounds.append(0 if not plan.uncovered(d) else slot_bound(plan.facts, d))
    return bounds


def prove_day(plan: Plan, d: int, bound: int, search: Search) -> int:
    """The day at its minimum; answers the proven bound in minutes."""
    if plan.uncovered(d) <= bound:
        return bound
    from webapp.rota.solver.day_model import DayModel  # noqa: PLC0415 OR-Tools only where needed

    share = search.share(len(plan.facts.days))
    day = DayModel(plan.board, d, only_min=True)
    day.hint(plan)
    day.model.minimize(day.uncovered)
    answer = search.run(day.model, share)
    if not answer.proven and not search.over():
        answer = search.run(day.model, share, workers=8)
    if not answer.found:
        return bound
    bound = max(bound, math.ceil(answer.solver.best_objective_bound - 1e-6))
    best = round(answer.solver.objective_value)
    if best >= plan.uncovered(d):
        return min(bound, plan.uncovered(d))
    take(plan, d, day.lines(answer.solver))
    _quieten(plan, day, best, search)
    return min(bound, plan.uncovered(d))


def _quieten(plan: Plan, day: "DayModel", best: int, search: Search) -> None:  # type: ignore[name-defined] # noqa: F821
    """A solver's first answer hops about; the same cover in fewer blocks is found quickly."""
    if plan.board.is_replan:
        return
    day.hint(plan)
    day.model.add(day.uncovered <= best)
    day.model.minimize(sum(day.starts()))
    answer = search.run(day.model, QUIET * search.share(len(plan.facts.days)))
    if answer.found:
        take(plan, day.d, day.lines(answer.solver))


def take(plan: Plan, d: int, lines: Changes) -> bool:
    """Lay a solver's day; refused as a whole if the rules, asked once more, do not hold."""
    before = dict(enumerate(plan.lines[d]))
    changes = {i: line for i, line in lines.items() if line != before[i]}
    if not plan.feasible(d, changes):
        raise AssertionError(f"model and rules disagree on day {d}")
    plan.put(d, changes)
    return True
