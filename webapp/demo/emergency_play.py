"""A calm town hall with one closed record: the typhoon of last September. Its answers have long been erased."""

from datetime import date, datetime, timedelta
from typing import Any

from webapp.core import calendar
from webapp.core.db import db
from webapp.emergency import queries, recording
from webapp.emergency.models import Emergency, EmergencyAct
from webapp.emergency.rules import CITY_WORD, Tally
from webapp.org import queries as org
from webapp.org.rules import Role

NAME = "台風15号"
TEXT = "河川の水位が上がっています。川沿いの道を避け、無理に登庁しないでください。"
DAY, BEGAN, ENDED = 9, 5 * 60 + 40, 17 * 60 + 10  # the day of September; minutes of the day
REOPENED = 13 * 60 + 5
COME, HOME, NO = 52, 27, 9  # of a hundred; the rest did not answer
# (minutes after midnight, kind, detail)
COURSE: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (BEGAN, "begin", {"question": True}),
    (BEGAN + 30, "remind", {"times": 3}),
    (
        BEGAN + 45,
        "deploy",
        {"site": "災害対策本部", "span": "9月9日 6:30〜17:00", "people": 12},
    ),
    (BEGAN + 60, "remind", {"times": 2}),
    (
        BEGAN + 80,
        "deploy",
        {"site": "避難所（中央小学校）", "span": "9月9日 7:00〜翌 7:00", "people": 6},
    ),
    (BEGAN + 95, "order", {"span": "9月9日", "people": 84}),
    (
        BEGAN + 120,
        "close",
        {"names": "市民課 窓口2・窓口3", "span": "きょうの残り"},
    ),
    (REOPENED, "reopen", {"names": "市民課 窓口2・窓口3"}),
    (16 * 60 + 50, "recall", {"site": "避難所（中央小学校）", "people": 6}),
    (ENDED, "end", {}),
)


def build(*, now: datetime) -> None:
    """Once, with the city itself. In a transaction."""
    tree = org.current_tree()
    people = queries.people_in([node.id for node in tree.nodes], now=now)
    leader = next((p for p in people if Role.HR in p.roles), None)
    if leader is None:
        return
    day = _september(org.today(now))
    row = Emergency(
        unit_id=None,
        name=NAME,
        text=TEXT,
        question=True,
        asked_at=calendar.at_minute(day, BEGAN),
        reminders=2,
        remind_minutes=30,
        revision=2,
        began_at=calendar.at_minute(day, BEGAN),
        began_by=leader.staff_id,
        ended_at=calendar.at_minute(day, ENDED),
        ended_by=leader.staff_id,
    )
    db.session.add(row)
    db.session.flush()
    units = _units(now=now)
    silent = units[0]["silent"] if units else 0
    acts = [
        EmergencyAct(
            emergency_id=row.id,
            kind=kind,
            detail={"people": silent * detail["times"]} if kind == "remind" else detail,
            at=calendar.at_minute(day, minute),
            by_id=None if kind == "remind" else leader.staff_id,
        )
        for minute, kind, detail in COURSE
    ]
    for act in acts:
        if act.kind == "close":
            act.detail = act.detail | {"positions": [], "need": None, "until": day.isoformat()}
            act.undone_at = calendar.at_minute(day, REOPENED)
    db.session.add_all(acts)
    db.session.flush()
    row.record = {
        "scope": CITY_WORD,
        "began_by": leader.name,
        "ended_by": leader.name,
        "tally": {key: units[0][key] for key in recording.counts(Tally())} if units else {},
        "units": units,
        "lines": recording.lines(acts),
    }


def _september(today: date) -> date:
    """The last ninth of September."""
    this_year = date(today.year, 9, DAY)
    return (
        this_year
        if this_year < today - timedelta(days=1)
        else this_year.replace(year=today.year - 1)
    )


def _units(*, now: datetime) -> list[recording.Line]:
    """Counts of every unit with all below it, as large as the units are today."""
    tree = org.current_tree()
    sums: dict[int, Tally] = {}
    for place, person in enumerate(queries.people_in([n.id for n in tree.nodes], now=now)):
        one = _one(place * 37 % 100)
        for node in tree.path(person.unit_id):
            sums[node.id] = sums.get(node.id, Tally()).plus(one)
    return [
        {"name": node.name, "code": node.code, "depth": len(tree.path(node.id)) - 1}
        | recording.counts(sums[node.id])
        for node in tree.nodes
        if node.id in sums
    ]


def _one(lot: int) -> Tally:
    come, home = lot < COME, COME <= lot < COME + HOME
    no = COME + HOME <= lot < COME + HOME + NO
    return Tally(1, int(come), int(home), int(no), int(come and lot < COME // 2))
