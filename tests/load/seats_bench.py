"""Lines measured: what one booked line costs a city of 180 units, and twenty who book at once.

python -m tests.load.seats_bench DATABASE: in a process of its own; prints one JSON object.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from tests.load import town

UNITS, PEOPLE, TURNS = 180, 20, 15
PLENTY, SCARCE = 10_000, 12


def lines(folder: Path) -> dict[str, Any]:
    """scarce: fewer lines are free than a section has people, so every section's テレワーク可能 is looked at again."""
    folder.mkdir()
    made = town.build(folder, UNITS, PEOPLE)
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.seats_bench", made.url],
        env=town.environment(made.url),
        cwd=town.ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# --- in the process of its own ------------------------------------------------------------------


def measured(app: Any) -> dict[str, Any]:
    """Milliseconds from the booking until the pump has told everybody, the coverage of all units known before."""
    from webapp.core import clock
    from webapp.core.db import db, snapshot, transaction
    from webapp.coverage import queries
    from webapp.org import queries as org
    from webapp.seats import loans
    from webapp.seats.models import LoanBooking, LoanItem

    pump = app.extensions["pump"]

    def pool(quantity: int) -> LoanItem:
        with transaction():
            row = db.session.query(LoanItem).one_or_none()
            if row is None:
                row = LoanItem(number="L", kind="回線", name="回線", needed_at_home=True)
                db.session.add(row)
            row.quantity = quantity + db.session.query(LoanBooking).count()
            db.session.flush()
            loans.told(row)
        pump.settle()
        return row

    def booked(row: LoanItem, staff_id: int) -> float:
        today = org.today(clock.now())
        began = perf_counter()
        with transaction():
            booking = LoanBooking(
                item_id=row.id,
                staff_id=staff_id,
                day=today,
                last_day=today,
                start_minute=0,
                end_minute=1440,
                made_at=clock.now(),
            )
            db.session.add(booking)
            loans.told(row)
        while pump.flush(hurry=True) or pump.waiting():
            pass
        return (perf_counter() - began) * 1000

    with snapshot():
        today = org.today(clock.now())
        units = sorted(queries.city(today, now=clock.now()).by_unit)
        queries.covers(units, now=clock.now())
        people = sorted(org.posted_staff_ids(today, known_at=clock.now()))
    pump.settle()
    found: dict[str, Any] = {"units": len(units), "people": len(people)}
    for name, quantity in (("plenty", PLENTY), ("scarce", SCARCE + TURNS)):
        row = pool(quantity)
        times = [booked(row, people[turn]) for turn in range(TURNS)]
        found[f"{name}_ms"] = round(median(times), 1)
        found[f"{name}_longest_ms"] = round(max(times), 1)
    return found


def main() -> None:
    from webapp import create_app
    from webapp.config import Config

    app = create_app(
        Config(database_url=sys.argv[1], secret_key=town.SECRET_KEY, async_mode="threading")
    )
    with app.app_context():
        print(json.dumps(measured(app)))


if __name__ == "__main__":
    main()
