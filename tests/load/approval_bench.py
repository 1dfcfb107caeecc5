"""Approval measured: what one request would do (60 people, 8 positions), and an inbox of 200 requests.

python -m tests.load.approval_bench DATABASE: in a process of its own; prints one JSON object.
"""

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from tests.load import town

SECTIONS, PEOPLE, WAITING = 4, 60, 200


def approval(folder: Path) -> dict[str, Any]:
    """The figures of a town of 4 sections of 60 people with eight positions each."""
    folder.mkdir()
    made = town.build(folder, SECTIONS, PEOPLE)
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.approval_bench", made.url],
        env=town.environment(made.url),
        cwd=town.ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"people": PEOPLE, "positions": 8, "requests": WAITING}


# --- in the process of its own ------------------------------------------------------------------


def measured() -> dict[str, Any]:
    """preview: one request from nothing, and another of the same day; page: the inbox, first from nothing (what is not
    worked out in its time is fetched by the page), then with all effects known."""
    from webapp.core import clock
    from webapp.core.db import snapshot
    from webapp.coverage import queries
    from webapp.coverage.standing import _planned
    from webapp.requests import effects, inbox, inbox_effects, inbox_view

    def cold() -> None:
        for kept in (queries._cities, queries._crowds, queries._group_days, inbox_effects._kept):
            kept.clear()
        for more in (inbox_effects._days_kept, inbox_effects._posted):
            more.clear()
        _planned.cache_clear()

    chief, rows = _filed()
    first, again = [], []
    now = clock.now()
    for turn in range(10):
        cold()
        with snapshot():
            row, other = rows[turn], rows[turn + 20]
            began = perf_counter()
            effects.preview([row], now=now)
            first.append(perf_counter() - began)
            began = perf_counter()
            effects.preview([other], now=now)
            again.append(perf_counter() - began)

    def page(*, whole: bool = False) -> tuple[float, inbox_view.InboxView]:
        began = perf_counter()
        with snapshot():
            view = inbox_view.inbox_view(chief, now=now, whole=whole)
        return (perf_counter() - began) * 1000, view

    cold()
    first_page, view = page()
    left = view.rest
    rest_s = page(whole=True)[0] / 1000
    warm = [page()[0] for _ in range(7)]
    counts = []
    for _ in range(7):
        began = perf_counter()
        with snapshot():
            count = inbox.count_waiting(chief, now=now)
        counts.append((perf_counter() - began) * 1000)
    return {
        "preview_ms": round(median(first) * 1000, 1),
        "preview_same_day_ms": round(median(again) * 1000, 1),
        "inbox_first_ms": round(first_page, 1),
        "effects_left_then": left,
        "all_effects_s": round(rest_s, 2),
        "inbox_ms": round(median(warm), 1),
        "count_ms": round(median(counts), 1),
        "counted": count,
    }


def _filed() -> tuple[Any, list[Any]]:
    """200 requests of the first section over the coming four weeks, and who decides them."""
    from sqlalchemy import select

    from webapp.accounts.access import Actor
    from webapp.core import clock, facts
    from webapp.core.db import db, transaction
    from webapp.org import queries as org
    from webapp.org.models import Posting, Unit
    from webapp.requests.models import TeleworkRequest

    now = clock.now()
    today = org.today(now)
    days = [day for day in _days(today) if org.business_calendar().is_business_day(day)][:20]
    with transaction():
        unit = db.session.scalar(select(Unit.id).where(Unit.code == "L001"))
        people = list(db.session.scalars(select(Posting).where(Posting.unit_id == unit)))
        people[0].roles = "chief"
        facts.restamp("org")
        for number in range(WAITING):
            who, day = people[1 + number % (len(people) - 1)], days[number % len(days)]
            db.session.add(
                TeleworkRequest(
                    filing=f"bench-{number}",
                    staff_id=who.staff_id,
                    unit_id=unit,
                    filed_at=now - timedelta(minutes=WAITING - number),
                    filed_by=who.staff_id,
                    day=day,
                    extent="whole",
                    start_minute=510,
                    end_minute=1035,
                    place="home",
                    work="資料の整理",
                )
            )
    held = org.postings_of([people[0].staff_id], today, known_at=now)[people[0].staff_id]
    chief = Actor(held[0].staff_id, held[0].number, held[0].name, postings=tuple(held))
    rows = list(db.session.scalars(select(TeleworkRequest).order_by(TeleworkRequest.id)))
    return chief, rows


def _days(today: date) -> list[date]:
    return [today + timedelta(days=n) for n in range(1, 60)]


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
