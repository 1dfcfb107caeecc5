"""The least uncovered minutes: the search agrees with trying everything, and the solver with the search."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rota import brute
from tests.rota.checker import check
from tests.rota.parts import Problem
from tests.rota.reading import Office
from tests.rota.solving import Solutions
from tests.rota.statement import plan_of
from tests.rota.tiny import tiny as smallest
from tests.rota.tiny import tiny_absence

SMALLEST = [(seed, 2, 60) for seed in range(8)] + [(seed, 3, 60) for seed in range(8)]
SMALLEST += [(seed, 3, 30) for seed in range(6)] + [(seed, 4, 60) for seed in range(2)]
NAMES = {"-".join(map(str, case)): case for case in SMALLEST}
ABSENCES = [f"absence-{seed}" for seed in range(8)]


def drawn(name: str) -> Problem:
    kind, _, seed = name.partition("-")
    made = tiny_absence(int(seed)) if kind == "absence" else smallest(*NAMES[name])
    # Done in half a second; the limit is for a machine that does ten other things.
    return made | {"time_limit_s": 20}


@pytest.fixture(scope="module")
def solutions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Solutions]:
    found = Solutions(tmp_path_factory.mktemp("tiny"))
    found.begin([*NAMES, *ABSENCES], drawn)
    yield found
    found.stop()


@pytest.mark.parametrize("seed", range(6))
def test_the_search_finds_what_trying_everything_finds(seed: int) -> None:
    problem = smallest(seed, people=2)
    problem["days"][0].update(open="10:30", close="14:30")
    sheet = Office(problem)
    assert brute.least_uncovered(sheet)[0] == brute.every_plan(sheet)


@pytest.mark.parametrize("seed", range(10))
def test_the_search_finds_a_sound_plan(seed: int) -> None:
    problem = smallest(seed)
    sheet = Office(problem)
    least, cells = brute.least_uncovered(sheet)
    plan = plan_of(sheet, cells)
    assert check(problem, plan) == []
    assert plan["objective"]["uncovered_minutes"] == least


@pytest.mark.parametrize("name", NAMES)
def test_the_solver_leaves_open_no_more_than_must_be(name: str, solutions: Solutions) -> None:
    problem = drawn(name)
    plan: dict[str, Any] = solutions[name]
    assert check(problem, plan) == []
    assert plan["objective"]["uncovered_minutes"] == brute.least_uncovered(Office(problem))[0]


@pytest.mark.parametrize("name", ABSENCES)
def test_nor_moves_more_than_must_be(name: str, solutions: Solutions) -> None:
    problem = drawn(name)
    plan: dict[str, Any] = solutions[name]
    assert check(problem, plan) == []
    uncovered, changes, cells = brute.least(Office(problem))
    assert plan_of(Office(problem), cells)["objective"]["changes"] == changes
    assert plan["objective"]["uncovered_minutes"] == uncovered
    assert plan["objective"]["changes"] == changes
