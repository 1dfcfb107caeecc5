"""A file of plans measured: how long it takes, how long its write keeps a report waiting; and the week of a section.

python -m tests.load.plan_bench DATABASE: reads the people as JSON from standard input, in a process of its own;
prints one JSON object.
"""

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from tests.load import town

SECTIONS, PEOPLE = 28, 50  # 1,400 people
WEEKS = 4


def plans(folder: Path) -> dict[str, Any]:
    """The figures of a town of 28 sections of 50 people, each with something on every working day of four weeks."""
    folder.mkdir()
    made = town.build(folder, SECTIONS, PEOPLE)
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.plan_bench", made.url],
        env=town.environment(made.url),
        cwd=town.ROOT,
        check=True,
        input=json.dumps([person.number for person in made.people]).encode(),
        stdout=subprocess.PIPE,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# --- in the process of its own ------------------------------------------------------------------


def measured(numbers: list[str]) -> dict[str, Any]:
    """write_ms: the transaction, in which others wait; the files: all new, nothing new, one row in twenty new."""
    days = _working_days()
    first, other = _file(numbers, days, ""), _file(numbers, days, "other")
    return {
        "people": len(numbers),
        "rows": len(numbers) * len(days),
        "new": _taken(first),
        "again": _taken(first),
        "changed": _taken(other),
        "week_of_50_ms": _week(),
    }


def _file(numbers: list[str], days: list[date], seed: str) -> bytes:
    """Half the days in the morning, half in the afternoon; with a seed one row in twenty is another."""
    lines = ["職員番号,日付,開始,終了,区分,取込元"]
    for number in numbers:
        for day in days:
            random = Random(f"{number}{day}")
            kind = random.choice(("休暇等", "会議", "外出・出張", "在宅"))
            afternoon, moved = random.random() < 0.5, random.random() < 0.05
            span = "13:00,17:15" if afternoon != (moved and bool(seed)) else "8:30,12:00"
            lines.append(f"{number},{day.isoformat()},{span},{kind},庶務事務")
    return "\n".join(lines).encode("cp932")


def _taken(content: bytes) -> dict[str, float]:
    from webapp.core import clock
    from webapp.core.db import transaction
    from webapp.org import importing
    from webapp.org.import_order import Order

    order = Order("segments", "plans.csv", content)
    began = perf_counter()
    checked = importing.check(order, now=clock.now())
    checked_s = perf_counter() - began
    began = perf_counter()
    if checked.may_write:
        with transaction():
            importing._write(checked, actor=None, now=clock.now())
    return {
        "check_s": round(checked_s, 2),
        "write_ms": round((perf_counter() - began) * 1000, 1),
        "faults": len(checked.faults),
        "written": checked.counts["joined"] + checked.counts["left"],
    }


def _week() -> float:
    from webapp.accounts.access import Actor
    from webapp.board.week import week_of
    from webapp.core import clock
    from webapp.core.db import snapshot
    from webapp.org import queries as org

    now = clock.now()
    with snapshot():
        today, tree, heads = (
            org.today(now),
            org.current_tree(),
            org.headcounts(org.today(now), known_at=now),
        )
        unit = max(tree.nodes, key=lambda node: heads.get(node.id, 0))
        people = org.postings_in([unit.id], today, known_at=now)
    actor = Actor(people[0].staff_id, people[0].number, people[0].name, postings=(people[0],))
    took = []
    for _turn in range(5):
        began = perf_counter()
        with snapshot():
            week = week_of(unit, today - timedelta(days=today.weekday()), actor, now=now)
        took.append((perf_counter() - began) * 1000)
        assert week.people == len(people)
    return round(median(took), 1)


def _working_days() -> list[date]:
    from webapp.core import clock
    from webapp.org import queries as org

    today = org.today(clock.now())
    days = [today + timedelta(days=n) for n in range(WEEKS * 7)]
    return [day for day in days if day.weekday() < 5]


def main() -> None:
    from webapp import create_app
    from webapp.config import Config

    numbers = json.load(sys.stdin)
    app = create_app(
        Config(database_url=sys.argv[1], secret_key=town.SECRET_KEY, async_mode="threading")
    )
    with app.app_context():
        found = measured(numbers)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
