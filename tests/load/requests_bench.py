"""Filing measured: 500 people file a telework request in one evening, eight at a time, through the product's own door.

python -m tests.load.requests_bench DATABASE: reads the people as JSON from standard input, in a process of its own;
prints one JSON object.
"""

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from tests.load import town

SECTIONS, PEOPLE, AT_ONCE = 10, 50, 8
DAYS_EACH = 2


def evening(folder: Path) -> dict[str, Any]:
    """The figures of a town of 10 sections of 50 people with counters, each filing two days at once."""
    folder.mkdir()
    made = town.build(folder, SECTIONS, PEOPLE)
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.requests_bench", made.url],
        env=town.environment(made.url),
        cwd=town.ROOT,
        check=True,
        input=json.dumps([person.token for person in made.people]).encode(),
        stdout=subprocess.PIPE,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"people": len(made.people), "at_once": AT_ONCE, "days_each": DAYS_EACH}


# --- in the process of its own ------------------------------------------------------------------


def measured(app: Any, tokens: list[str]) -> dict[str, Any]:
    """filed: requests stored; each_ms: median and the slowest of twenty; again: all of them pressed twice."""
    from webapp.core.db import db
    from webapp.requests.models import TeleworkRequest

    days = [day.isoformat() for day in _working_days()]

    def file(number: int) -> tuple[int, float]:
        body = {"days": days, "work": "資料の作成", "key": f"{number:032x}"}
        headers = {"Authorization": f"Bearer {tokens[number]}"}
        began = perf_counter()
        with app.app_context():
            answer = app.test_client().post("/api/v1/requests", json=body, headers=headers)
        return answer.status_code, (perf_counter() - began) * 1000

    def everybody() -> tuple[float, list[tuple[int, float]]]:
        began = perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(file, range(len(tokens))))
        return perf_counter() - began, found

    file(0)  # the first builds what every process builds once
    cpu = process_time()
    seconds, first = everybody()
    cpu = process_time() - cpu
    _again_s, again = everybody()
    times = sorted(ms for _status, ms in first)
    with app.app_context():
        stored = db.session.query(TeleworkRequest).count()
    return {
        "seconds": round(seconds, 1),
        "filings_each_second": round(len(tokens) / seconds, 1),
        "each_ms": round(times[len(times) // 2], 1),
        "cpu_ms_each": round(cpu * 1000 / len(tokens), 1),
        "p95_ms": round(times[len(times) * 95 // 100], 1),
        "stored": stored,
        "answers": dict(Counter(status for status, _ms in (*first, *again))),
    }


def _working_days() -> list[date]:
    """Two weekdays of the week after next."""
    from webapp.core import clock
    from webapp.org import queries as org

    today = org.today(clock.now())
    monday = today + timedelta(days=14 - today.weekday())
    return [monday + timedelta(days=n) for n in range(DAYS_EACH)]


def main() -> None:
    from webapp import create_app
    from webapp.config import Config

    tokens = json.load(sys.stdin)
    app = create_app(
        Config(database_url=sys.argv[1], secret_key=town.SECRET_KEY, async_mode="threading")
    )
    with app.app_context():
        found = measured(app, tokens)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
