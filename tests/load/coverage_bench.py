"""Coverage measured: one day of 60 people and 8 positions, and a whole city.

python -m tests.load.coverage_bench DATABASE: in a process of its own; prints one JSON object.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from tests.load import town

UNITS, PEOPLE = 180, 20


def coverage(folder: Path) -> dict[str, Any]:
    """The figures, from a city of 180 units with eight positions each and from one section of 60."""
    return _asked(folder / "city", UNITS, PEOPLE) | {
        "section": _asked(folder / "section", 1, 60),
        "positions_a_unit": 8,
        "units": UNITS,
    }


def _asked(folder: Path, sections: int, people: int) -> dict[str, Any]:
    folder.mkdir()
    made = town.build(folder, sections, people)
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.coverage_bench", made.url],
        env=town.environment(made.url),
        cwd=town.ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# --- in the process of its own ------------------------------------------------------------------


def measured() -> dict[str, Any]:
    """sweep: every unit from nothing. day: one unit from nothing; tap: the same after one person changed."""
    from webapp.core import clock
    from webapp.core.db import snapshot, transaction
    from webapp.coverage import queries
    from webapp.coverage.standing import _planned
    from webapp.org import queries as org
    from webapp.realtime import outbox

    def cold() -> None:
        for kept in (queries._kept, queries._heads, queries._crowds, queries._cities):
            kept.clear()
        _planned.cache_clear()

    def timed(units: list[int]) -> float:
        began = perf_counter()
        with snapshot():
            queries.covers(units, now=clock.now())
        return (perf_counter() - began) * 1000

    with snapshot():
        today = org.today(clock.now())
        homes = sorted(queries.city(today, now=clock.now()).by_unit)
        crowd = queries._people(
            queries.city(today, now=clock.now()).by_unit[homes[0]], today, clock.now()
        )
    days, taps = [], []
    for turn in range(15):
        cold()
        days.append(timed(homes[:1]))
        with transaction():
            outbox.touch("staff", crowd[turn % len(crowd)])
        taps.append(timed(homes[:1]))
    cold()
    sweep = timed(homes)
    return {
        "sweep_s": round(sweep / 1000, 2),
        "longest_unit_ms": round(max(days), 1),
        "day_ms": round(median(days), 1),
        "after_a_tap_ms": round(median(taps), 1),
        "people": len(crowd),
    }


def main() -> None:
    from webapp import create_app
    from webapp.config import Config

    app = create_app(
        Config(database_url=sys.argv[1], secret_key=town.SECRET_KEY, async_mode="threading")
    )
    with app.app_context():
        print(json.dumps(measured()))


if __name__ == "__main__":
    main()
