"""The one matching: tables, and every small random case against trying all ways."""

import random
from collections import Counter
from itertools import product

import pytest

from webapp.coverage.matching import Sort, match

# heads as (can, away, planned), wanted, filled, planned, staying
TABLE = {
    "nobody": ([], [1], (0,), (0,), 0),
    "one head, two positions": ([(0b11, 0, False)], [1, 1], (1, 0), (0, 0), 1),
    "the one who can do less is not in the way": (
        [(0b11, 0, False), (0b01, 0, False)],
        [1, 1],
        (1, 1),
        (0, 0),
        2,
    ),
    "a skill nobody has": ([(0b01, 0, False)] * 3, [1, 1], (1, 0), (0, 0), 1),
    "reported before planned": ([(0b1, 0, True), (0b1, 0, False)], [1], (1,), (0,), 1),
    "planned where it must be": ([(0b1, 0, True), (0b1, 0, False)], [2], (2,), (1,), 2),
    "reported ones are freed by planned ones only where needed": (
        [(0b11, 0, False), (0b10, 0, True)],
        [1, 1],
        (1, 1),
        (0, 1),
        2,
    ),
    "a telephone from outside leaves nobody to stay": (
        [(0b1, 0b1, False), (0b1, 0, False)],
        [1],
        (1,),
        (0,),
        0,
    ),
    "more heads than places": ([(0b1, 0, False)] * 5, [2], (2,), (0,), 2),
    "nothing wanted": ([(0b1, 0, False)], [0], (0,), (0,), 0),
}


def counted(heads: list[tuple[int, int, bool]]) -> dict[Sort, int]:
    return dict(Counter(Sort(*head) for head in heads))


@pytest.mark.parametrize("name", TABLE)
def test_table(name: str) -> None:
    heads, wanted, filled, planned, staying = TABLE[name]
    found = match(counted(heads), wanted)
    assert sum(found.filled) == sum(filled)
    assert sum(found.planned) == sum(planned)
    assert found.staying == staying
    if name != "one head, two positions":
        assert (found.filled, found.planned) == (filled, planned)
    assert sum(found.free.values()) == len(heads) - sum(filled)


def best_of_all(heads: list[tuple[int, int, bool]], wanted: list[int]) -> tuple[int, int, int]:
    """(most filled, then fewest planned, then fewest staying), by trying every way to put every head."""
    best = (0, 0, 0)
    ways = [[-1, *(p for p in range(len(wanted)) if head[0] >> p & 1)] for head in heads]
    for way in product(*ways):
        used = Counter(place for place in way if place >= 0)
        if any(used[p] > wanted[p] for p in used):
            continue
        on = [(head, place) for head, place in zip(heads, way, strict=True) if place >= 0]
        planned = sum(head[2] for head, _ in on)
        staying = sum(not head[1] >> place & 1 for head, place in on)
        best = max(best, (len(on), -planned, -staying))
    return best[0], -best[1], -best[2]


@pytest.mark.parametrize("seed", range(120))
def test_as_good_as_trying_everything(seed: int) -> None:
    dice = random.Random(seed)
    places = dice.randint(1, 4)
    wanted = [dice.randint(0, 2) for _ in range(places)]
    heads = []
    for _ in range(dice.randint(0, 6)):
        can = dice.randrange(1 << places)
        heads.append((can, can & dice.randrange(1 << places), dice.random() < 0.4))
    found = match(counted(heads), wanted)
    told = (sum(found.filled), sum(found.planned), found.staying)
    assert told == best_of_all(heads, wanted)
    assert all(f <= w for f, w in zip(found.filled, wanted, strict=True))
    assert sum(found.free.values()) + sum(found.filled) == len(heads)
