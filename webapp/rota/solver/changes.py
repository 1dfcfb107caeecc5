"""Few changes against the published plan: per day the fewest changed cells at the least uncovered."""

from collections.abc import Callable, Sequence

from webapp.rota.solver.build import lay_published
from webapp.rota.solver.cover import take
from webapp.rota.solver.line import Line
from webapp.rota.solver.plan import Plan
from webapp.rota.solver.search import Search


def fewest_changes(plan: Plan, search: Search, tell: Callable[[], None]) -> bool:
    """Whether the fewest are proven for every day."""
    days = [d for d in plan.facts.D if plan.changes([d]) > _forced(plan, d)]
    proven = True
    for done, d in enumerate(days):
        share = search.share(len(days) - done)
        proven &= not search.over() and _one_day(plan, d, search, share)
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


def _one_day(plan: Plan, d: int, search: Search, share: float) -> bool:
    """First with everybody else where they were: mostly that is enough, and quick."""
    if _lessen(plan, d, search, share, held=_kept(plan, d)) and _is_least(plan, d):
        return True
    return _lessen(plan, d, search, share, held=None)


def _is_least(plan: Plan, d: int) -> bool:
    return plan.changes([d]) <= _forced(plan, d)


def _kept(plan: Plan, d: int) -> list[Line]:
    """What of the published day can stay, on a plan of its own."""
    alone = Plan(plan.board)
    lay_published(alone, d)
    return alone.lines[d]


def _lessen(plan: Plan, d: int, search: Search, share: float, held: Sequence[Line] | None) -> bool:
    """Lays the day with fewer changed cells if one is found; whether the answer is proven."""
    from webapp.rota.solver.change_model import ChangeModel  # noqa: PLC0415 OR-Tools only where needed

    day = ChangeModel(plan.board, d, plan.uncovered(d), held)
    day.hint(plan)
    answer = search.best_of(day.model, share)
    if answer.found:
        before, was = dict(enumerate(plan.lines[d])), plan.changes([d])
        take(plan, d, day.lines(answer.solver))
        if plan.changes([d]) >= was:
            plan.put(d, before)
    return answer.proven
