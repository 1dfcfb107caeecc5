"""Over forty small offices of every kind, solved by the command in two seconds each: no rule is broken."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random

import pytest

from tests.rota import offices, round_robin
from tests.rota.checker import check
from tests.rota.fixed_kinds import fall_ill
from tests.rota.parts import Problem
from tests.rota.solving import Solutions, solve

SEEDS = (1, 2)  # two of each kind
NAMES = [f"{kind}-{seed}" for seed in SEEDS for kind in offices.KINDS] + [
    f"{kind}-3" for kind in ("absence", "pinned", "mixed", "two_sites")
]


def drawn(name: str) -> Problem:
    kind, _, seed = name.rpartition("-")
    return offices.office(kind, int(seed)) | {"time_limit_s": 2}


@pytest.fixture(scope="module")
def solutions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Solutions]:
    found = Solutions(tmp_path_factory.mktemp("small"))
    found.begin(NAMES, drawn)
    yield found
    found.stop()


@pytest.mark.parametrize("name", NAMES)
def test_no_rule_is_broken(name: str, solutions: Solutions) -> None:
    assert check(drawn(name), solutions[name]) == []


BY_HAND = [name for name in NAMES if name.rpartition("-")[0] not in offices.FIXED_IN_PART]


@pytest.mark.parametrize("name", BY_HAND)
def test_no_more_stays_open_than_by_hand(name: str, solutions: Solutions) -> None:
    """And nobody is below the bound. A plan cut by the limit may be anything: that depends on the machine."""
    plan, by_hand = solutions[name], round_robin.plan(drawn(name))["objective"]
    assert plan["bound"]["uncovered_minutes"] <= by_hand["uncovered_minutes"]
    if plan["repeatable"]:
        assert plan["objective"]["uncovered_minutes"] <= by_hand["uncovered_minutes"]


def test_the_same_seed_makes_the_same_plan(solutions: Solutions, tmp_path: Path) -> None:
    """Among plans that call themselves repeatable; some must."""
    repeatable = [name for name in NAMES if solutions[name]["repeatable"]]
    assert repeatable
    for name in repeatable[:: max(1, len(repeatable) // 4)]:
        again = solve(drawn(name), tmp_path)
        first = solutions[name]
        if again["repeatable"]:
            assert without_time(again) == without_time(first)


def without_time(plan: dict[str, object]) -> dict[str, object]:
    return {part: value for part, value in plan.items() if part != "seconds"}


def test_after_an_absence_little_moves(tmp_path: Path) -> None:
    """An own plan is fixed, someone falls ill: past kept, their duty taken over, the rest left in peace."""
    fixed = offices.large(30, 2, 5, seed=1) | {"time_limit_s": 20}
    plan = solve(fixed, tmp_path, "fixed")
    assert check(fixed, plan) == []
    fixed["published"] = deepcopy(plan["assignments"])
    ill = fall_ill(fixed, fixed["days"][1]["date"], "10:00", Random("who"))
    again = solve(ill, tmp_path, "ill")
    assert check(ill, again) == []
    assert again["objective"]["uncovered_minutes"] == 0
    assert 1 <= again["objective"]["changes"] <= 3
