"""Reading for shared terminals: which terminal, whose names, what each line says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from webapp.accounts.queries import hashed
from webapp.core import calendar, facts
from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.day import queries as day
from webapp.day.queries import PersonDay
from webapp.duties.models import Duty
from webapp.kiosk.models import Kiosk, KioskPin
from webapp.kiosk.rules import line_of
from webapp.org import queries as org
from webapp.org.models import UnitTerm
from webapp.org.queries import PersonPosting
from webapp.org.rules import UnitNode, UnitTree
from webapp.positions.models import Position
from webapp.presence import queries as presence
from webapp.presence.rules import resolve
from webapp.realtime.models import RowVersion

# --- terminals ------------------------------------------------------------------------------


def kiosk_by(token: str) -> Kiosk | None:
    """In force, that is: not revoked."""
    query = select(Kiosk).where(Kiosk.token_hash == hashed(token), Kiosk.revoked_at.is_(None))
    return db.session.scalars(query).one_or_none()


def kiosks_of(unit_id: int) -> list[Kiosk]:
    """Those of this unit in force, in the order they were made."""
    query = select(Kiosk).where(Kiosk.unit_id == unit_id, Kiosk.revoked_at.is_(None))
    return list(db.session.scalars(query.order_by(Kiosk.id)))


def unit_of(kiosk: Kiosk, tree: UnitTree) -> UnitNode | None:
    """Today's unit of the terminal; after a reorganisation the 引継先. None: there is none."""
    unit_id: int | None = kiosk.unit_id
    seen: set[int] = set()
    while unit_id is not None and unit_id not in seen:
        if (node := tree.by_id(unit_id)) is not None:
            return node
        seen.add(unit_id)
        query = select(UnitTerm.successor_id).where(UnitTerm.unit_id == unit_id)
        unit_id = db.session.scalar(query.order_by(UnitTerm.starts_on.desc()).limit(1))
    return None


# --- people ---------------------------------------------------------------------------------


def people_of(unit: UnitNode, *, now: datetime) -> list[PersonPosting]:
    """Everybody of the unit and below, each once, in the fixed order of the board."""
    on = org.today(now)
    nodes = org.tree(on, known_at=now).subtree(unit.id)
    postings = org.postings_in([node.id for node in nodes], on, known_at=now)
    found: dict[int, PersonPosting] = {}
    for node in nodes:
        for posting in postings:
            if posting.unit_id == node.id:
                found.setdefault(posting.staff_id, posting)
    return list(found.values())


def person_in(unit: UnitNode, number: str, *, now: datetime) -> PersonPosting | None:
    return next((p for p in people_of(unit, now=now) if p.number == number), None)


def pins_of(staff_ids: Sequence[int]) -> dict[int, KioskPin]:
    query = select(KioskPin).where(KioskPin.staff_id.in_(staff_ids))
    return {row.staff_id: row for row in db.session.scalars(query)}


@dataclass(frozen=True, slots=True)
class DutyLine:
    """A duty still to come or running. what: 「窓口1」; hours: 「9:00〜11:00」."""

    id: int
    staff_id: int
    position_id: int
    day: date
    start_minute: int
    end_minute: int
    what: str
    hours: str
    running: bool


def duties_left(staff_ids: Sequence[int], *, now: datetime) -> list[DutyLine]:
    """Today's duties of these people that are not over, in order of time."""
    on = org.today(now)
    minute = int((now - calendar.at_minute(on, 0)).total_seconds() // 60)
    query = (
        select(Duty, Position.name)
        .join(Position, Position.id == Duty.position_id)
        .where(Duty.day == on, Duty.staff_id.in_(staff_ids), Duty.end_minute > minute)
        .order_by(Duty.start_minute, Position.sort_order, Duty.id)
    )
    return [
        DutyLine(
            row.id,
            row.staff_id,
            row.position_id,
            row.day,
            row.start_minute,
            row.end_minute,
            name,
            f"{clock_of(row.start_minute)}〜{clock_of(row.end_minute)}",
            row.start_minute <= minute,
        )
        for row, name in db.session.execute(query)
    ]


def revision(kiosk: Kiosk, people: Sequence[PersonPosting], *, now: datetime) -> str:
    """Changes with every version of these people, and with what else the page shows.

    What the clock changes makes versions too, so nobody is rendered to find that nothing is new.
    """
    ids = [person.staff_id for person in people]
    total = db.session.scalar(
        select(func.coalesce(func.sum(RowVersion.version), 0)).where(
            RowVersion.topic == "staff", RowVersion.key.in_(ids)
        )
    )
    stamps = (facts.epoch(), facts.stamp("org"), facts.stamp("settings"), facts.stamp("duties"))
    shown = (kiosk.id, int(kiosk.asks_pin), len(ids), total, f"{org.today(now):%Y%m%d}")
    return ".".join(str(part) for part in (*shown, *stamps))


def screen(people: Sequence[PersonPosting], *, now: datetime) -> dict[str, Any]:
    """{"rows": a tile each, "duties": whose turn it is}: all that a terminal ever shows of anybody else."""
    days = day.days_of([person.staff_id for person in people], now=now)
    words = presence.labels()
    names = {person.staff_id: person.name for person in people}
    return {
        "rows": [
            _tile(person, days[person.staff_id], words, now)
            for person in people
            if person.staff_id in days
        ],
        "duties": [
            {"what": d.what, "hours": d.hours, "name": names[d.staff_id], "running": d.running}
            for d in duties_left(list(names), now=now)
        ],
    }


def _tile(person: PersonPosting, today: PersonDay, words: Any, now: datetime) -> dict[str, Any]:
    line = line_of(resolve(today.facts, now), words, now)
    return {
        "staff": person.number,
        "name": person.name,
        "shape": line.shape,
        "colour": line.colour,
        "line": line.text,
    }
