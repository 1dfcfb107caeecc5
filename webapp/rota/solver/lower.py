"""A first bound on the uncovered minutes of a day: what no rearrangement inside a slot can cover.

Each slot alone: a maximum matching between people and places to fill. Rules that link slots are
left out, so the truth can only be worse."""

from webapp.rota.solver.facts import NOBODY, Facts


def slot_bound(facts: Facts, d: int) -> int:
    """Minutes."""
    slots = facts.slots[d]
    return sum(_unmatched(facts, d, t) * (end - start) for t, (start, end) in enumerate(slots))


def _unmatched(facts: Facts, d: int, t: int) -> int:
    held = [facts.fixed[d][i][t] for i in facts.I]
    wanted: list[int] = []
    for p in facts.P:
        need = facts.need[d][p][t]
        wanted += [p] * max(0, (need.min if need else 0) - held.count(p))
    able = {
        p: [i for i in facts.I if held[i] == NOBODY and facts.can[d][i][p] >> t & 1]
        for p in set(wanted)
    }
    taken: dict[int, int] = {}  # person → index in wanted
    return sum(not _place(index, wanted, able, taken, set()) for index in range(len(wanted)))


def _place(
    index: int, wanted: list[int], able: dict[int, list[int]], taken: dict[int, int], seen: set[int]
) -> bool:
    """An augmenting path."""
    for i in able[wanted[index]]:
        if i in seen:
            continue
        seen.add(i)
        if i not in taken or _place(taken[i], wanted, able, taken, seen):
            taken[i] = index
            return True
    return False
