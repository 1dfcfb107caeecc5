"""The duty rota measured: each line of "A good plan", as JSON lines on standard output.

python -m tests.load.rota_bench [--only NAME] [--quick] [--count 100] [--nurse PATH]; also part of bench.py.
Every plan comes from the real command and is judged by `tests.rota.checker`, which shares no code with the solver.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from tests.load.machine import load_average
from tests.load.rota_run import Run, every_core, run
from tests.rota import fairness, offices, round_robin, statement
from tests.rota.fixed_kinds import fall_ill
from tests.rota.made import Made
from tests.rota.parts import OPEN, Problem
from tests.rota.reading import Office
from tests.tools import nurse


@dataclass(frozen=True)
class Sizes:
    offices: int = 100
    replans: int = 5
    months: int = 2  # four-week offices of 30 whose spread is measured, besides the one of 60
    again: int = 4
    small_s: int = 20  # most are done in two, which is what the suite gives them
    middle_s: int = 30
    large_s: int = 120
    nurse_s: int = 60
    nurse: Path | None = None


QUICK = Sizes(
    offices=12, small_s=5, replans=1, months=1, again=1, middle_s=10, large_s=30, nurse_s=10
)

Tell = Callable[..., None]


@dataclass
class Bench:
    sizes: Sizes
    folder: Path
    tell: Tell

    def solve(self, problem: Problem, limit: int, name: str = "problem") -> Run:
        return run(problem | {"time_limit_s": limit}, self.folder, name)


# --- hundreds of offices: no rule broken, nothing open that need not be --------------------------


def rota_offices(bench: Bench) -> None:
    sizes = bench.sizes
    corpus = _corpus(sizes.offices)
    with ThreadPoolExecutor(2) as pool:  # judged by their plans, not by the clock
        solved = pool.map(lambda name: bench.solve(corpus[name], sizes.small_s, name), corpus)
        runs = dict(zip(corpus, solved, strict=True))
    faults = {name: made.faults for name, made in runs.items()}
    bench.tell(
        "rota_hard_violations",
        "0, by a checker that shares no code with the solver",
        violations=sum(map(len, faults.values())),
        offices=len(runs),
        people_up_to=max(len(made.problem["staff"]) for made in runs.values()),
        rules=dict(
            Counter(fault.partition(":")[0] for found in faults.values() for fault in found)
        ),
        in_offices=[name for name, found in faults.items() if found][:10],
        seconds_median=round(median(made.seconds for made in runs.values()), 2),
        seconds_max=round(max(made.seconds for made in runs.values()), 2),
    )
    beyond = {name: made.open_of_need for name, made in runs.items() if made.open_of_need}
    bench.tell(
        "rota_uncovered",
        "the proven minimum",
        offices=len(runs),
        proven_minimum=len(runs) - len(beyond),
        minutes_uncovered=sum(made.uncovered for made in runs.values()),
        minutes_beyond_bound=sum(beyond.values()),
        not_proven=dict(list(beyond.items())[:10]),
        optimal=sum(made.plan["status"] == "optimal" for made in runs.values()),
    )


def _corpus(count: int) -> dict[str, Problem]:
    """Two of three are small ones of every kind; the rest have 10 to 60 people, 1 to 5 days, 3 to 8 positions."""
    kinds = list(offices.KINDS)
    found = {}
    for number in range(count):
        if number % 3 < 2:
            kind = kinds[(number - number // 3) % len(kinds)]
            found[f"{kind}-{100 + number}"] = offices.office(kind, 100 + number)
        else:
            rng = Random(number)
            size = rng.randint(10, 60), rng.randint(1, 5), rng.randint(3, 8)
            found["{}x{}x{}-{}".format(*size, number)] = offices.large(*size, seed=number)
    return found


# --- the two sizes, and the spread over four weeks -----------------------------------------------


def rota_sizes(bench: Bench) -> None:
    sizes = bench.sizes
    _size(bench, (30, 5, 5), sizes.middle_s, "first plan < 2 s, final < 30 s, on 2 cores")
    big = _size(bench, (60, 20, 8), sizes.large_s, "first plan < 10 s, final < 120 s")
    for seed in range(1, sizes.months + 1):
        _spread(bench, bench.solve(offices.large(30, 20, 5, seed), sizes.middle_s))
    _spread(bench, big)


def _size(bench: Bench, size: tuple[int, int, int], limit: int, goal: str) -> Run:
    made = bench.solve(offices.large(*size, seed=1), limit)
    bench.tell(
        "rota_size_{}_{}_{}".format(*size),
        goal,
        first_s=round(made.first_s, 2),
        final_s=round(made.seconds, 2),
        time_limit_s=limit,
        status=made.plan["status"],
        violations=len(made.faults),
        **_quality(made),
    )
    return made


def _quality(made: Run) -> dict[str, Any]:
    return {
        "uncovered": made.uncovered,
        "bound": made.plan["bound"]["uncovered_minutes"],
        "unfairness": round(made.plan["objective"]["unfairness"], 2),
    }


def _spread(bench: Bench, made: Run) -> None:
    by_hand = round_robin.plan(made.problem)
    bench.tell(
        "rota_spread",
        "≤ 2 weighted hours over four weeks; by hand beside it",
        people=len(made.problem["staff"]),
        days=len(made.problem["days"]),
        **_spreads(made.problem, made.plan),
        **{f"{name}_by_hand": value for name, value in _spreads(made.problem, by_hand).items()},
        uncovered_by_hand=by_hand["objective"]["uncovered_minutes"],
        unfairness_by_hand=round(by_hand["objective"]["unfairness"], 2),
        violations=len(made.faults),
        **_quality(made),
    )


def _spreads(problem: Problem, plan: dict[str, Any]) -> dict[str, float]:
    """Full-timers there every day; what they bear over their target; and all who were there for four fifths.

    The third is wide however fair a plan is: targets go by presence, so 80 and 100 % are not alike.
    """
    made = Made.of(problem, plan)
    return {
        "spread": round(fairness.spread(made.office, made.cells, least_presence=1.0), 2),
        "spread_from_target": round(fairness.spread_from_target(made.office, made.cells), 2),
        "spread_80_percent": round(fairness.spread(made.office, made.cells), 2),
    }


# --- an absence, and the same again --------------------------------------------------------------


def rota_replan(bench: Bench) -> None:
    """A fixed week of 30; someone with duty is away from ten o'clock of the second day on, or all of the third."""
    changed, lost, faults, seconds, left_open = [], [], 0, [], []
    for seed in range(1, bench.sizes.replans + 1):
        problem = offices.large(30, 5, 5, seed)
        before = bench.solve(problem, bench.sizes.middle_s // 3)
        fixed = problem | {"published": deepcopy(before.plan["assignments"])}
        day, time = [(1, "10:00"), (2, OPEN)][seed % 2]
        ill = fall_ill(fixed, problem["days"][day]["date"], time, Random(seed))
        after = bench.solve(ill, bench.sizes.middle_s // 3)
        changed.append(after.plan["objective"]["changes"])
        lost.append(_blocks_lost(ill))
        left_open.append(after.uncovered - before.uncovered)
        faults += len(before.faults) + len(after.faults)
        seconds.append(round(after.seconds, 2))
    bench.tell(
        "rota_replan",
        "≤ 3 changed cells after one absence, in offices of 30 and more",
        changed_cells=changed,
        blocks_lost=lost,
        more_uncovered=left_open,
        violations=faults,
        seconds=seconds,
    )


def _blocks_lost(ill: Problem) -> int:
    """Fixed duties that the absent can no longer have: no plan changes fewer cells."""
    office = Office(ill)
    gone = {c for c in office.published - office.past if not office.fits(*c)}
    return len(statement.rows_of(gone))


def rota_same_seed(bench: Bench) -> None:
    kinds = ("normal", "two_sites", "day_duty", "staggered_lunch")
    problems = [offices.office(kind, 7) for kind in kinds[: bench.sizes.again]]
    same, differing, not_repeatable = 0, [], 0
    for problem in problems:
        first, again = (bench.solve(problem, bench.sizes.middle_s).plan for _ in range(2))
        if not (first["repeatable"] and again["repeatable"]):
            not_repeatable += 1
        elif _without_time(first) == _without_time(again):
            same += 1
        else:
            differing.append(len(problem["staff"]))
    bench.tell(
        "rota_same_seed",
        "same seed, same problem, `repeatable`: same plan",
        problems=len(problems),
        same=same,
        differing=len(differing),
        not_repeatable=not_repeatable,
    )


def _without_time(plan: dict[str, Any]) -> dict[str, Any]:
    return {part: value for part, value in plan.items() if part != "seconds"}


# --- public instances ----------------------------------------------------------------------------


def rota_nurse(bench: Bench) -> None:
    """One line an instance; what it compares is said in `tests.tools.nurse`."""
    goal = "gap to the published best in 60 s (same engine, a model of the benchmark's own rules)"
    if bench.sizes.nurse is None:
        bench.tell("rota_nurse", goal, left_out="no --nurse PATH; the instances are not kept here")
        return
    for path in nurse.files([bench.sizes.nurse]):
        with every_core():
            row = nurse.measured(path, bench.sizes.nurse_s)
        bench.tell(
            "rota_nurse",
            goal,
            instance=row.instance,
            best=row.best,
            ours=row.ours,
            bound=row.bound,
            gap_percent=row.gap,
            seconds=row.seconds,
            rules_broken=row.broken,
        )


ALL: dict[str, Callable[[Bench], None]] = {
    "rota_offices": rota_offices,
    "rota_sizes": rota_sizes,
    "rota_replan": rota_replan,
    "rota_same_seed": rota_same_seed,
    "rota_nurse": rota_nurse,
}


def ask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, help="rota: offices whose plans are checked")
    parser.add_argument(
        "--nurse", type=Path, help="rota: a benchmark instance, or a folder of them"
    )


def sizes_of(options: argparse.Namespace) -> Sizes:
    sizes = replace(QUICK if options.quick else Sizes(), nurse=options.nurse)
    return replace(sizes, offices=options.count) if options.count else sizes


def alone() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--only", metavar="NAME", action="append", choices=sorted(ALL))
    parser.add_argument("--quick", action="store_true", help="a smoke test of the bench: small")
    ask(parser)
    options = parser.parse_args()
    sizes = sizes_of(options)
    with tempfile.TemporaryDirectory(prefix="zaiseki-rota-") as folder:
        bench = Bench(sizes, Path(folder), _tell)
        for name, measure in ALL.items():
            if not options.only or name in options.only:
                measure(bench)


def _tell(name: str, goal: str, **figures: Any) -> None:
    line = {"bench": name, "goal": goal, **figures, "load_average": load_average()}
    print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    alone()
