"""Counters and duties on the stage: positions of 入所係 W12 that 保育課's people can be put at."""

from datetime import date

from tests.stage import Stage
from webapp.core import clock, facts
from webapp.core.db import db, transaction
from webapp.duties import service as duties
from webapp.duties.models import Duty
from webapp.positions.models import DemandBand, DutyProfile, Position, PositionFeed, StaffSkill

TUESDAY = date(2026, 11, 24)
WEEKDAYS = 0b11111


def make_position(
    stage: Stage,
    name: str = "窓口1",
    unit: str = "W12",
    *,
    kind: str = "counter",
    skills: tuple[str, ...] = (),
    burden: float = 1.0,
    feeds: tuple[str, ...] = ("W13",),
    bands: tuple[tuple[int, int, int, float], ...] = ((510, 1035, 1, 1.0),),
) -> int:
    """bands: start, end, need, burden of every working day."""
    with transaction():
        row = Position(
            unit_id=stage.units[unit],
            name=name,
            kind=kind,
            staffed="duty",
            skills=list(skills),
            burden=burden,
        )
        row.feeds = [PositionFeed(unit_id=stage.units[code]) for code in feeds]
        row.bands = [
            DemandBand(
                weekdays=WEEKDAYS, start_minute=start, end_minute=end, need=n, ideal=n, burden=b
            )
            for start, end, n, b in bands
        ]
        db.session.add(row)
        db.session.flush()
        facts.restamp("positions")
        return row.id


def put_on(
    stage: Stage, position_id: int, number: str, start: int, end: int, day: date = TUESDAY
) -> int:
    """A fixed duty; the day of the position's unit is fixed with it."""
    with transaction():
        unit_id = db.session.get_one(Position, position_id).unit_id
        duties.fix(unit_id, day, now=clock.now())
        row = duties.put_on(
            position_id, stage.ids[number], day, start, end, source="rota", now=clock.now()
        )
        return row.id


def give_skill(stage: Stage, number: str, *skills: str) -> None:
    with transaction():
        for skill in skills:
            db.session.add(StaffSkill(staff_id=stage.ids[number], skill=skill))


def give_profile(stage: Stage, number: str, **values: object) -> None:
    with transaction():
        db.session.merge(DutyProfile(staff_id=stage.ids[number], changed_at=clock.now(), **values))


def held(number: str, stage: Stage, day: date = TUESDAY) -> list[tuple[int, int, str]]:
    """(start, end, source) of a person's duties."""
    db.session.rollback()
    rows = db.session.query(Duty).filter_by(staff_id=stage.ids[number], day=day)
    return sorted((row.start_minute, row.end_minute, row.source) for row in rows)
