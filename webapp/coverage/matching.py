"""The one maximum matching behind need, present, shortage and slack. Pure.

Heads alike (the same positions open to them, the same standing) are counted together, so a group of sixty people and
eight positions is a flow over a dozen nodes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

UNREACHED = 1 << 30


@dataclass(frozen=True, slots=True)
class Sort:
    """Heads that are alike. can: bit i = position i; away: bits of positions one could also cover from outside."""

    can: int
    away: int = 0
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """filled[i]: heads at position i; planned[i]: of these by plan alone; free: heads of each sort left over;
    staying: heads that cover something only because they are at the office."""

    filled: tuple[int, ...]
    planned: tuple[int, ...]
    free: dict[Sort, int]
    staying: int


def match(heads: Mapping[Sort, int], wanted: Sequence[int]) -> Matched:
    """Fill as many places as can be filled; among the ways to do so the one with most reported heads, then the one
    for which fewest must stay at the office. wanted[i]: places of position i."""
    sorts = sorted(heads, key=lambda s: (s.planned, s.can, s.away))
    flow = [[0] * len(wanted) for _ in sorts]
    left = [heads[sort] for sort in sorts]
    need = list(wanted)
    while (path := _cheapest(sorts, flow, left, need)) is not None:
        _push(path, flow, left, need)
    return _told(sorts, flow, left, wanted)


def _cost(sort: Sort, position: int) -> int:
    """A planned head is dearer than any staying: the lamp shall not count on a promise while somebody is there."""
    return 1000 * sort.planned + (not sort.away >> position & 1)


Path = list[tuple[int, int]]  # (sort, position) pairs: filled, emptied, filled, …


def _cheapest(
    sorts: Sequence[Sort], flow: list[list[int]], left: list[int], need: list[int]
) -> Path | None:
    """The cheapest augmenting path (Bellman-Ford: an edge taken back has negative cost)."""
    net = _Net(len(sorts), len(need))
    net.to_sort = [0 if count else UNREACHED for count in left]
    moved = True
    while moved:
        out = [net.out(s, sort) for s, sort in enumerate(sorts)]
        back = [net.back(s, sort, flow[s]) for s, sort in enumerate(sorts)]
        moved = any(out) or any(back)
    ends = [p for p, count in enumerate(need) if count and net.to_place[p] < UNREACHED]
    if not ends:
        return None
    return _traced(min(ends, key=lambda p: net.to_place[p]), net.from_sort, net.from_place)


class _Net:
    """Distances found so far, and whence."""

    def __init__(self, sorts: int, places: int) -> None:
        self.to_sort = [UNREACHED] * sorts
        self.to_place = [UNREACHED] * places
        self.from_place = [-1] * sorts
        self.from_sort = [-1] * places

    def out(self, s: int, sort: Sort) -> bool:
        """From a sort of heads to the positions it can cover; True if any came nearer."""
        moved = False
        if self.to_sort[s] < UNREACHED:
            for p in range(len(self.to_place)):
                cost = self.to_sort[s] + _cost(sort, p)
                if sort.can >> p & 1 and cost < self.to_place[p]:
                    self.to_place[p], self.from_sort[p], moved = cost, s, True
        return moved

    def back(self, s: int, sort: Sort, used: list[int]) -> bool:
        """From a position back to the sorts that stand there."""
        moved = False
        for p, count in enumerate(used):
            cost = self.to_place[p] - _cost(sort, p)
            if count and self.to_place[p] < UNREACHED and cost < self.to_sort[s]:
                self.to_sort[s], self.from_place[s], moved = cost, p, True
        return moved


def _traced(place: int, from_sort: list[int], from_place: list[int]) -> Path:
    path: Path = []
    while True:
        sort = from_sort[place]
        path.append((sort, place))
        if from_place[sort] < 0:
            return path[::-1]
        place = from_place[sort]
        path.append((sort, place))


def _push(path: Path, flow: list[list[int]], left: list[int], need: list[int]) -> None:
    """One head at a time: demands are small numbers."""
    left[path[0][0]] -= 1
    need[path[-1][1]] -= 1
    for step, (sort, place) in enumerate(path):
        flow[sort][place] += 1 if step % 2 == 0 else -1


def _told(
    sorts: Sequence[Sort], flow: list[list[int]], left: list[int], wanted: Sequence[int]
) -> Matched:
    places = range(len(wanted))
    filled = tuple(sum(row[p] for row in flow) for p in places)
    planned = tuple(
        sum(row[p] for sort, row in zip(sorts, flow, strict=True) if sort.planned) for p in places
    )
    staying = sum(
        row[p] * (not sort.away >> p & 1)
        for sort, row in zip(sorts, flow, strict=True)
        for p in places
    )
    free = {sort: count for sort, count in zip(sorts, left, strict=True) if count}
    return Matched(filled, planned, free, staying)
