"""A counter and a telephone of 保育課 to make rotas for; who leads it, and the week to come."""

from datetime import date, timedelta
from typing import Any

from tests.stage import Stage
from webapp.core import clock, facts
from webapp.core.db import db, transaction
from webapp.duties.models import Duty, FixedDay
from webapp.positions.models import (
    DemandBand,
    DutyProfile,
    OpeningHours,
    Position,
    StaffSkill,
)

NEXT = "2026-W49"  # Monday 30 November
THIS = "2026-W48"
MONDAY = date(2026, 11, 30)
WEEKDAYS = 0b11111
LEAD = "130"  # 係長 and 当番調整担当 of 施設係
PATH = f"/units/W11/rotas/{NEXT}"
WIDE = "self unit:read unit:write"


def minutes(text: str) -> int:
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def furnish(stage: Stage) -> dict[str, int]:
    """{name: position id}: 窓口 9:00–16:30, 電話 8:30–17:15; the chief and the deputy are 対象外."""
    with transaction():
        for applies_to, start, end in (("counter", "9:00", "16:30"), ("phone", "8:30", "17:15")):
            db.session.add(
                OpeningHours(
                    unit_id=stage.units["W11"],
                    applies_to=applies_to,
                    weekdays=WEEKDAYS,
                    start_minute=minutes(start),
                    end_minute=minutes(end),
                )
            )
        ids = {
            name: position(stage, name, kind, skills)
            for name, kind, skills in (("窓口", "counter", ["保育"]), ("電話", "phone", []))
        }
        for number in ("121", "122", "131"):
            db.session.add(StaffSkill(staff_id=stage.ids[number], skill="保育"))
        for number in ("100", "110"):
            db.session.add(
                DutyProfile(staff_id=stage.ids[number], group="exempt", changed_at=clock.now())
            )
        facts.restamp("positions")
    stage.settle()
    return ids


def position(stage: Stage, name: str, kind: str, skills: list[str], **more: Any) -> int:
    row = Position(
        unit_id=stage.units["W11"], name=name, kind=kind, staffed="duty", skills=skills, **more
    )
    row.bands = [DemandBand(weekdays=WEEKDAYS, start_minute=510, end_minute=1035, need=1, ideal=1)]
    db.session.add(row)
    db.session.flush()
    return row.id


def cell(position: int, day: int, start: str, end: str, staff: str, **more: Any) -> dict[str, Any]:
    """day: 0 = Monday of the coming week."""
    on = (MONDAY + timedelta(days=day)).isoformat()
    return {
        "position": str(position),
        "date": on,
        "from": start,
        "to": end,
        "staff": staff,
        "pinned": False,
    } | more


def lead(stage: Stage) -> Any:
    return stage.api(LEAD, WIDE)


def put(stage: Stage, revision: int, *cells: dict[str, Any], **more: Any) -> Any:
    body = {"revision": revision, "put": list(cells)} | more
    return lead(stage).post(f"{PATH}/edit", body)


def fix_duty(stage: Stage, position: int, number: str, day: date, start: str, end: str) -> int:
    """A fixed duty, put into the database by hand."""
    with transaction():
        row = Duty(
            position_id=position,
            staff_id=stage.ids[number],
            day=day,
            start_minute=minutes(start),
            end_minute=minutes(end),
            made_at=clock.now(),
        )
        db.session.add(row)
        known = db.session.query(FixedDay).filter_by(unit_id=stage.units["W11"], day=day).first()
        if known is None:
            db.session.add(FixedDay(unit_id=stage.units["W11"], day=day, fixed_at=clock.now()))
        facts.restamp("duties")
        db.session.flush()
        found = row.id
    stage.settle()
    return found


def who(answer: Any) -> list[tuple[str, str, str, str]]:
    """The draft in short: (date, from, to, staff)."""
    return [(c["date"], c["from"], c["to"], c["staff"]) for c in answer.json["cells"]]
