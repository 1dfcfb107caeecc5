"""Public nurse-rostering instances with the engine of the rota: how far from the published best in a minute?

    python -m tests.tools.nurse PATH… [--seconds 60]

PATH: files (or folders of them) in the text form of the "Shift Scheduling" benchmarks (Curtois and Qu, Instance1 to
Instance24: sections HORIZON, SHIFTS, STAFF, DAYS_OFF, SHIFT_ON_REQUESTS, SHIFT_OFF_REQUESTS, COVER), or in that of the
first International Nurse Rostering Competition (sprint01 …; what is mapped: `nurse_inrc`). None is kept here.
Prints a table: instance, published best, ours, bound, gap.

What is compared, honestly said. The rota's own format cannot hold these instances: no hard rule of a duty rota links
two days, and these are made of such rules (runs of working days and of days off, weekends, shifts that may not follow
each other, minutes a month). Converted to it they would lose what makes them hard, and the cost would say nothing. So
this converts an instance into a model of its own for the same engine, OR-Tools CP-SAT, eight workers as the rota uses
it, and judges the roster it gets by a second reading of the official rules (`broken`, `cost`) that shares nothing with
the model. It shows what the engine does with known problems on this machine; it does not show the rota's model.

Mapped of the former, all of it: one shift a day, forbidden successions, days off, shifts of each kind, minutes least
and most, runs of work least and most, runs of days off, weekends (either day counts), requests for and against, cover
under and over. As in the benchmark nothing is known of the days before and after: a run that touches
either end is long enough.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.tools import nurse_inrc, nurse_model
from tests.tools.nurse_instance import broken, cost, read
from tests.tools.nurse_model import solve

# Best published costs: schedulingbenchmarks.org; the competition's sprint track (all proven optimal).
SHIFTS = (607, 828, 1001, 1716, 1143, 1950, 1056, 1300, 439, 4631, 3443, 4040)
SPRINT = (56, 58, 51, 59, 58, 54, 56, 56, 55, 52)
BEST = {f"Instance{number}": best for number, best in enumerate(SHIFTS, 1)}
BEST |= {f"sprint{number:02}": best for number, best in enumerate(SPRINT, 1)}


@dataclass(frozen=True)
class Row:
    instance: str
    best: int | None
    ours: int | None
    bound: int
    seconds: float
    broken: int

    @property
    def gap(self) -> float | None:
        """Percent above the published best."""
        if not self.best or self.ours is None:
            return None
        return round((self.ours / self.best - 1) * 100, 1)


def measured(path: Path, seconds: float) -> Row:
    return _competition(path, seconds) if is_competition(path) else _benchmark(path, seconds)


def is_competition(path: Path) -> bool:
    return "SCHEDULING_PERIOD;" in path.read_text()


def _benchmark(path: Path, seconds: float) -> Row:
    instance = read(path)
    roster, bound, took = solve(nurse_model.Model(instance), seconds)
    ours = None if roster is None else cost(instance, roster)
    faults = 0 if roster is None else len(broken(instance, roster))
    return Row(instance.name, BEST.get(instance.name), ours, round(bound), round(took, 1), faults)


def _competition(path: Path, seconds: float) -> Row:
    instance = nurse_inrc.read(path)
    roster, bound, took = solve(nurse_inrc.Model(instance), seconds)
    ours = None if roster is None else nurse_inrc.cost(instance, roster)
    faults = 0 if roster is None else nurse_inrc.uncovered(instance, roster)
    return Row(instance.name, BEST.get(instance.name), ours, round(bound), round(took, 1), faults)


def files(paths: list[Path]) -> list[Path]:
    found = [one for path in paths for one in (path.glob("*.txt") if path.is_dir() else [path])]
    return sorted(found, key=lambda path: (len(path.name), path.name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], allow_abbrev=False)
    parser.add_argument("path", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    print("instance     best   ours  bound    gap  seconds  rules broken")
    for path in files(options.path):
        try:
            row = measured(path, options.seconds)
        except (OSError, ValueError) as error:
            sys.exit(str(error))
        gap = "-" if row.gap is None else f"{row.gap} %"
        print(
            f"{row.instance:12}{row.best or '-':>5}{row.ours if row.ours is not None else 'none':>7}"
            f"{row.bound:>7}{gap:>7}{row.seconds:>9}{row.broken:>14}",
            flush=True,
        )


if __name__ == "__main__":
    main()
