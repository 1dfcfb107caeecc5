"""Few changes against the published plan: per day the fewest changed cells at the least uncovered."""

from collections.abc import Callable

from webapp.rota.solver.cover import take
from webapp.rota.solver.plan import Plan
from webapp.rota.solver.search import Search


def fewest_changes(plan: Plan, search: Search, tell: Callable[[], None]) -> bool:
    """Whether the fewest are proven for every day."""
    proven = True
    for d in plan.facts.D:
        if plan.changes([d]) > _forced(plan, d):
            proven &= not search.over() and _one_day(plan, d, search)
            tell()
    return proven


def _forced(plan: Plan, d: int) -> int:
    """Cells that change whatever is done: somebody published can not be there any more."""
    facts, count = plan.facts, 0
    for p in facts.P:
        gone = [
            sum(
                1
                for i in facts.I
                if facts.published[d][i][t] == p
                and facts.fixed[d][i][t] != p
                and not facts.can[d][i][p] >> t & 1
            )
            for t in range(len(facts.slots[d]))
        ]
        count += max(gone, default=0)
    return count


def _one_day(plan: Plan, d: int, search: Search) -> bool:
    from webapp.rota.solver.change_model import ChangeModel  # noqa: PLC0415 OR-Tools only where needed

    day = ChangeModel(plan.board, d, plan.uncovered(d))
    day.hint(plan)
    answer = search.best_of(day.model, search.share(len(plan.facts.days)))
    if answer.found:
        before = dict(enumerate(plan.lines[d]))
        was = plan.changes([d])
        take(plan, d, day.lines(answer.solver))
        if plan.changes([d]) > was:
            plan.put(d, before)
    return answer.proven
