"""A town hall in a database of its own: 200 sections of 50 people, everybody at work all day, each with a token.

python -m tests.load.town URL build SECTIONS PEOPLE: fills a migrated database and prints who is there as JSON;
URL tokens: only a token for everybody, after an import. In a process of its own, so that the load program stays as
small as it was.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SECRET_KEY = "only-for-measurements-" * 2
DAY_MINUTES, OPEN_MINUTES = 24 * 60, 9 * 60
FIRST_DAY = date(2026, 4, 1)


@dataclass(frozen=True, slots=True)
class Person:
    number: str
    unit: str
    token: str


@dataclass(frozen=True)
class Town:
    url: str
    units: list[str]
    people: list[Person]
    cookie: str

    def of(self, units: list[str]) -> list[Person]:
        return [person for person in self.people if person.unit in units]


def environment(url: str) -> dict[str, str]:
    return os.environ | {
        "ZAISEKI_DATABASE_URL": url,
        "ZAISEKI_SECRET_KEY": SECRET_KEY,
        "ZAISEKI_ASYNC_MODE": "eventlet",
        "ZAISEKI_DEMO": "0",
        "PYTHONWARNINGS": "ignore",
    }


def zaiseki(url: str, *words: str) -> None:
    """A command of the product; raises if it refuses."""
    command = str(Path(sys.executable).parent / "zaiseki")
    subprocess.run(
        [command, *words],
        env=environment(url),
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _in_own_process(url: str, *words: str) -> Any:
    command = [sys.executable, "-m", "tests.load.town", url, *words]
    done = subprocess.run(
        command, env=environment(url), cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    return json.loads(done.stdout)


def build(folder: Path, sections: int, people: int) -> Town:
    return build_in(f"sqlite:///{folder / 'town.db'}", sections, people)


def build_in(url: str, sections: int, people: int) -> Town:
    """In an empty database."""
    zaiseki(url, "migrate")
    return _town(url, _in_own_process(url, "build", str(sections), str(people)))


def open_doors(url: str) -> Town:
    """Tokens for everybody whom an import brought."""
    return _town(url, _in_own_process(url, "tokens"))


def _town(url: str, said: Any) -> Town:
    people = [Person(*each) for each in said["people"]]
    return Town(url, said["units"], people, said["cookie"])


# --- in the process of its own ------------------------------------------------------------------


def _build(sections: int, people: int) -> None:
    from webapp.core import facts
    from webapp.core.db import transaction

    today = _today()
    with transaction():
        city = _unit("L000", "若葉市", "市", None, 0)
        for section in range(1, sections + 1):
            if section % 10 == 1:
                department = _unit(f"L{section:03}D", f"第{section}部", "部", city, section)
            unit_id = _unit(f"L{section:03}", f"第{section}課", "課", department, section)
            _hire(unit_id, section, people, today)
            _counters(unit_id, today)
        facts.restamp("org")
        facts.restamp("positions")
    _tell()


def _unit(code: str, name: str, kind: str, parent: int | None, order: int) -> int:
    from webapp.core.db import db
    from webapp.org.models import Unit, UnitTerm

    made = Unit(code=code)
    db.session.add(made)
    db.session.flush()
    term = UnitTerm(unit_id=made.id, name=name, kind=kind, parent_id=parent, sort_order=order)
    term.starts_on = FIRST_DAY
    db.session.add(term)
    return made.id


def _hire(unit_id: int, section: int, people: int, today: date) -> None:
    """A section at once: one by one, ten thousand took a minute of CPU."""
    from webapp.core.db import db
    from webapp.org.models import Posting, Staff
    from webapp.plans.models import PlannedSegment
    from webapp.realtime import outbox

    hired = [Staff(number=f"{section:03}{person:03}") for person in range(people)]
    db.session.add_all(hired)
    db.session.flush()
    for person, staff in enumerate(hired):
        name = f"若葉 {section}の{person}"
        posting = Posting(staff_id=staff.id, unit_id=unit_id, name=name, kana="わかば たろう")
        posting.title, posting.roles = ("主事", "member") if person else ("課長", "chief")
        posting.pattern_name, posting.weekly_minutes = "標準", 2325
        posting.extension, posting.mobile, posting.reach = staff.number[-4:], "", "callback"
        posting.starts_on = FIRST_DAY
        db.session.add(posting)
        # A plan of the whole day: whenever this runs, also on a holiday, everybody is at work.
        for on in (today, today + timedelta(days=1)):
            plan = PlannedSegment(staff_id=staff.id, day=on, kind="office", source="bench")
            plan.start_minute, plan.end_minute, plan.origin = 0, DAY_MINUTES, "import"
            db.session.add(plan)
        outbox.touch("staff", staff.id)
    db.session.flush()


def _counters(unit_id: int, today: date) -> None:
    """Six counters and two telephones, open as this runs: a change of anybody is a change of coverage."""
    from webapp.core.db import db
    from webapp.positions.models import DemandBand, OpeningHours, Position
    from webapp.realtime import outbox

    opens = _opening_minute()
    for number in range(8):
        kind = "counter" if number < 6 else "phone"
        position = Position(unit_id=unit_id, name=f"持ち場{number + 1}", kind=kind)
        position.staffed, position.skills = "anyone", []
        position.bands = [
            DemandBand(weekdays=127, start_minute=start, end_minute=end, need=need, ideal=need + 1)
            for start, end, need in _bands(opens, opens + OPEN_MINUTES)
        ]
        db.session.add(position)
    for on in (today, today + timedelta(days=1)):
        for applies_to in ("counter", "phone"):
            hours = OpeningHours(unit_id=unit_id, applies_to=applies_to, weekdays=0, day=on)
            hours.start_minute, hours.end_minute = opens, opens + OPEN_MINUTES
            db.session.add(hours)
    outbox.touch("coverage", unit_id)


def _opening_minute() -> int:
    """Open for an hour or two by now, whenever this runs; nine hours as in earnest (a frame of coverage holds each half
    hour of them), within one day."""
    from webapp.core import clock

    now = clock.to_tokyo(clock.now())
    return max(0, min(now.hour * 60 - 60, DAY_MINUTES - OPEN_MINUTES))


def _bands(opens: int, closes: int) -> tuple[tuple[int, int, int], ...]:
    """(from, to, people needed): fewer for an hour in the middle."""
    noon = (opens + closes) // 2
    return ((opens, noon, 3), (noon, noon + 60, 2), (noon + 60, closes, 3))


def _tell() -> None:
    """A token for everybody and a browser signed in as the first; printed with where each one is."""
    from flask import current_app
    from flask.sessions import SecureCookieSessionInterface
    from sqlalchemy import select

    from webapp.accounts.models import ApiToken, SignInSession
    from webapp.accounts.queries import hashed
    from webapp.core import clock
    from webapp.core.db import db, transaction
    from webapp.org import queries as org

    now = clock.now()
    tree = org.current_tree()
    ids = sorted(org.posted_staff_ids(_today(), known_at=now))
    postings = org.postings_of(ids, _today(), known_at=now)
    known = set(db.session.scalars(select(ApiToken.token_hash)))
    people = []
    with transaction():
        for staff_id, held in postings.items():
            node = tree.by_id(held[0].unit_id)
            token = f"zsk_bench_{held[0].number}"
            people.append((held[0].number, node.code if node else "", token))
            if (token_hash := hashed(token)) not in known:
                made = ApiToken(token_hash=token_hash, staff_id=staff_id, scopes="self")
                made.created_at = now
                db.session.add(made)
        secret = f"bench-{now.isoformat()}"
        session = SignInSession(key_hash=hashed(secret), staff_id=ids[0])
        session.created_at = session.seen_at = now
        session.expires_at = now + timedelta(days=1)
        db.session.add(session)
    serializer = SecureCookieSessionInterface().get_signing_serializer(current_app)
    assert serializer is not None
    units = [node.code for node in tree.nodes]
    cookie = f"zaiseki={serializer.dumps({'key': secret})}"
    print(json.dumps({"units": units, "people": people, "cookie": cookie}))


def _today() -> date:
    from webapp.core import clock
    from webapp.org import queries as org

    return org.today(clock.now())


def main() -> None:
    from webapp import create_app
    from webapp.config import Config

    url, what, *numbers = sys.argv[1:]
    app = create_app(Config(database_url=url, secret_key=SECRET_KEY, async_mode="threading"))
    with app.app_context():
        if what == "build":
            _build(int(numbers[0]), int(numbers[1]))
        else:
            _tell()


if __name__ == "__main__":
    main()
