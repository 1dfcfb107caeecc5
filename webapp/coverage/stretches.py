"""The stretches of a day in which nothing changes, each with its matching. Pure. Seconds count from local midnight."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from webapp.coverage.covering import Head, Needed, able, covers, fits, has_duty
from webapp.coverage.matching import Matched, Sort, match
from webapp.coverage.standing import HALF_HOUR, Standing, Why
from webapp.positions.rules import Kind, Need
from webapp.presence.facts import Place

MINUTE = 60


@dataclass(slots=True)
class Stretch:
    start: int
    end: int
    present: Matched
    planned: Matched
    needs: tuple[Need | None, ...]
    extra: tuple[int, ...] = ()
    room: int | None = None
    experienced: tuple[int, ...] = field(default_factory=tuple)


def stretches_of(places: Sequence[Needed], heads: Sequence[Head], now: int | None) -> list[Stretch]:
    opened = [(n.start * MINUTE, n.end * MINUTE) for place in places for n in place.needs]
    if not opened:
        return []
    first, last = min(start for start, _ in opened), max(end for _, end in opened)
    edges = {edge for span in opened for edge in span}
    edges |= set(range(first - first % HALF_HOUR, last + HALF_HOUR, HALF_HOUR))
    edges |= {s.start for head in heads for s in (*head.stands, *head.plans)}
    edges |= {now} if now is not None else set()
    inside = sorted(edge for edge in edges if first <= edge <= last)
    stand, plan = _Walk(places, heads, "stands"), _Walk(places, heads, "plans")
    known: dict[object, Stretch] = {}
    found: list[Stretch] = []
    for start, end in pairwise(inside):
        needs = tuple(_need_at(place, start) for place in places)
        here, meant = stand.at(start), plan.at(start)
        key = (needs, here.key, meant.key)
        if key not in known:
            known[key] = _solved(places, needs, here, meant)
        solved = known[key]
        found.append(
            Stretch(
                start,
                end,
                solved.present,
                solved.planned,
                needs,
                solved.extra,
                solved.room,
                solved.experienced,
            )
        )
    return found


def _need_at(place: Needed, second: int) -> Need | None:
    return next((n for n in place.needs if n.start * MINUTE <= second < n.end * MINUTE), None)


@dataclass(frozen=True, slots=True)
class _Moment:
    """The heads at an instant: by sort, those free to leave by what they could cover, the experienced on each."""

    heads: Mapping[Sort, int]
    could: Counter[tuple[int, bool]]  # (positions one could cover, at the office)
    seasoned: tuple[int, ...]  # experienced heads eligible for each position

    @property
    def key(self) -> object:
        return frozenset(self.heads.items()), frozenset(self.could.items()), self.seasoned


_Change = tuple[int, int, Sort, tuple[int, bool], bool]


class _Walk:
    """Walks through the day of all heads at once, in order of time: each instant costs only who changes then."""

    def __init__(self, places: Sequence[Needed], heads: Sequence[Head], which: str) -> None:
        self._places = places
        self._sorts: dict[tuple[int, Standing], tuple[Sort, tuple[int, bool]]] = {}
        self._heads: Counter[Sort] = Counter()
        self._could: Counter[tuple[int, bool]] = Counter()
        self._seasoned = [0] * len(places)
        self._turns = self._all_turns(heads, which)
        self._next = 0

    def _all_turns(self, heads: Sequence[Head], which: str) -> list[_Change]:
        """(second, +1 or -1, sort, able, experienced): beginnings and ends in order of time."""
        found: list[_Change] = []
        for head in heads:
            fitting = fits(self._places, head)
            if not fitting and not has_duty(head, self._places):
                continue
            for stand in getattr(head, which):
                sort, able = self._sort(stand, fitting)
                if sort.can or able[0]:
                    found.append((stand.start, 1, sort, able, head.experienced))
                    found.append((stand.end, -1, sort, able, head.experienced))
        return sorted(found, key=lambda change: change[0])

    def at(self, second: int) -> _Moment:
        while self._next < len(self._turns) and self._turns[self._next][0] <= second:
            self._turn(*self._turns[self._next][1:])
            self._next += 1
        return _Moment(+self._heads, +self._could, tuple(self._seasoned))

    def _turn(self, by: int, sort: Sort, able: tuple[int, bool], experienced: bool) -> None:
        if able[0]:
            self._could[able] += by
        if not sort.can:
            return
        self._heads[sort] += by
        if experienced:
            for index in range(len(self._places)):
                self._seasoned[index] += by * (sort.can >> index & 1)

    def _sort(self, stand: Standing, fitting: int) -> tuple[Sort, tuple[int, bool]]:
        key = (fitting, stand)
        if key not in self._sorts:
            can = away = possible = 0
            for index, place in enumerate(self._places):
                fit = bool(fitting >> index & 1)
                if fit and able(_after_the_break(stand), place.post) and stand.duty is None:
                    possible |= 1 << index
                if covers(stand, place, fit):
                    can |= 1 << index
                    if place.post.kind is Kind.PHONE and stand.reach:
                        away |= 1 << index
            office = stand.place is Place.OFFICE
            self._sorts[key] = (Sort(can, away, stand.planned), (possible, office))
        return self._sorts[key]


def _after_the_break(stand: Standing) -> Standing:
    """Who is on break covers nothing; but the counter does not need them there either, so they are room."""
    return replace(stand, why=None) if stand.why is Why.BREAK else stand


# --- one stretch ----------------------------------------------------------------------------


def _solved(
    places: Sequence[Needed],
    needs: tuple[Need | None, ...],
    here: _Moment,
    meant: _Moment,
) -> Stretch:
    wanted = [need.need if need else 0 for need in needs]
    present = match(here.heads, wanted)
    planned = match(meant.heads, wanted)
    extra = _extra(places, needs, present)
    short = any(filled < want for filled, want in zip(present.filled, wanted, strict=True))
    return Stretch(
        0,
        0,
        present,
        planned,
        needs,
        extra,
        None if not any(wanted) else 0 if short else _room(places, wanted, here),
        tuple(
            max(0, min(need.experienced, filled) - here.seasoned[index]) if need else 0
            for index, (need, filled) in enumerate(zip(needs, present.filled, strict=True))
        ),
    )


def _extra(
    places: Sequence[Needed], needs: Sequence[Need | None], present: Matched
) -> tuple[int, ...]:
    """Heads above the need: all others on that duty; at 在席者で受ける up to the ideal, each counted once."""
    free = dict(present.free)
    found: list[int] = []
    for index, (place, need) in enumerate(zip(places, needs, strict=True)):
        most = 10_000 if place.on_duty else (need.ideal - need.need if need else 0)
        taken = 0
        for sort in sorted(free, key=lambda s: (s.planned, s.can)):
            if sort.can >> index & 1 and taken < most:
                more = min(free[sort], most - taken)
                free[sort] -= more
                taken += more
        found.append(taken)
    return tuple(found)


def _room(
    places: Sequence[Needed],
    wanted: Sequence[int],
    here: _Moment,
) -> int:
    """How many of those at the office could work elsewhere with every need still met.

    Counted are only heads that could cover a position needed now: who lacks the skill is not slack. Off duty they
    are all free; of those that the matching uses, only who must be at the office for it stays.
    """
    open_now = sum(1 << index for index, want in enumerate(wanted) if want)
    staffed_by_duty = sum(1 << i for i, place in enumerate(places) if place.on_duty)
    able = sum(count for (can, office), count in here.could.items() if office and can & open_now)
    by_anyone = [w if not staffed_by_duty >> i & 1 else 0 for i, w in enumerate(wanted)]
    staying = match(here.heads, by_anyone).staying if any(by_anyone) else 0
    return max(0, able - staying)
