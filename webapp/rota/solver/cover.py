"""Cover: the fewest uncovered minutes of each day, and the proof."""

import math
from typing import TYPE_CHECKING

from webapp.rota.solver.build import fill_day, lay_published
from webapp.rota.solver.lower import slot_bound
from webapp.rota.solver.plan import Changes, Plan
from webapp.rota.solver.repair import repair_day
from webapp.rota.solver.search import Answer, Search

if TYPE_CHECKING:
    from webapp.rota.solver.day_model import DayModel, Gaps

SLOW = 1.0  # deterministic seconds below which the exact model with short slots is not begun
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
    for gaps in _ways(plan, d):
        if plan.uncovered(d) <= bound or search.over():
            break
        bound = max(bound, _solve(plan, d, gaps, search))
    return min(bound, plan.uncovered(d))


def _ways(plan: Plan, d: int) -> tuple["Gaps", ...]:
    """With slots shorter than the rest the exact model is slow. Plans without short gaps and the
    bound without rests nearly always meet."""
    from webapp.rota.solver.day_model import has_short_slots  # noqa: PLC0415 OR-Tools only where needed

    short = has_short_slots(plan.facts.slots[d], plan.facts.problem.rules.rest)
    return ("long", "free", "exact") if short else ("exact",)


def _solve(plan: Plan, d: int, gaps: "Gaps", search: Search) -> int:
    """One model of the day; lays its plan if better, answers its bound (0 where it is none)."""
    from webapp.rota.solver.day_model import DayModel  # noqa: PLC0415

    share = search.share(len(plan.facts.days) - d)
    day = DayModel(plan.board, d, only_min=True, gaps=gaps)
    if gaps != "long":
        day.hint(plan)
    much = 1 + len(day.x) if plan.board.is_replan else 1
    day.model.minimize(much * day.uncovered + (day.deviation() if much > 1 else 0))
    if gaps == "exact" and not day.quick and share < SLOW:
        return 0
    answer = search.run(day.model, share) if gaps == "free" else search.best_of(day.model, share)
    if not answer.found:
        return 0
    best = round(answer.value) // much
    if best < plan.uncovered(d) and (gaps != "free" or allowed(plan, d, day, answer)):
        take(plan, d, day.lines(answer.solver))
        _quieten(plan, day, best, search)
    return 0 if gaps == "long" else _bound(plan, d, answer, much)


def _bound(plan: Plan, d: int, answer: "Answer", much: int) -> int:
    """Minutes, rounded up to what whole slots can add up to. With `much` > 1 the objective is much ×
    minutes + something smaller than `much`."""
    least = (round(answer.value) // much) if answer.proven else answer.bound / much - (much > 1)
    step = math.gcd(*(end - start for start, end in plan.facts.slots[d]))
    return max(0, math.ceil((least - 1e-6) / step) * step)


def allowed(plan: Plan, d: int, day: "DayModel", answer: "Answer") -> bool:
    lines = day.lines(answer.solver)
    return all(plan.board.rules[d][i].ok(line) for i, line in lines.items())


def _quieten(plan: Plan, day: "DayModel", best: int, search: Search) -> None:
    """A solver's first answer hops about; the same cover in fewer blocks is found quickly."""
    if plan.board.is_replan or day.gaps == "free":
        return
    day.hint(plan)
    day.model.add(day.uncovered <= best)
    day.model.minimize(sum(day.starts()))
    answer = search.run(day.model, QUIET * search.share(len(plan.facts.days) - day.d))
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
