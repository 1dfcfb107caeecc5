"""出勤班 once fixed: who comes is planned at the office, the others as the unit has it. No duty stands behind it, or
nobody of a team could take a counter."""

from collections.abc import Callable, Iterable
from datetime import date

from webapp.core import settings
from webapp.plans import service as plans
from webapp.plans.service import Entry
from webapp.presence.facts import Place
from webapp.rota.desk import Desk
from webapp.rota.planning_settings import TEAM_OTHERS
from webapp.rota.rules import Cell


def write(desk: Desk, cells: Iterable[Cell], begins: Callable[[date], int]) -> None:
    """Inside a transaction. Days that have begun stay; who is away that day anyway is left alone."""
    horizon = desk.horizon
    others = settings.value(TEAM_OTHERS, horizon.path)
    coming = {(cell.staff, cell.day) for cell in cells}
    for day in (date.fromisoformat(each.date) for each in horizon.days):
        if begins(day) > 0:
            continue
        for staff_id in horizon.rotating(staff_id for staff_id, _ in coming):
            kind = "office" if (staff_id, day) in coming else others
            _plan(desk, staff_id, day, kind)


def _plan(desk: Desk, staff_id: int, day: date, kind: str) -> None:
    person = desk.horizon.facts.get(day, {}).get(staff_id)
    if person is None or person.hours is None:
        return
    if any(stretch.place in (Place.LEAVE, Place.TRIP) for stretch in person.facts.plan):
        return
    hours = person.hours
    entries = [Entry(hours.start, hours.end, kind)] if kind != "none" else []
    plans.put_day(staff_id, day, entries, source=f"出勤班 {desk.unit_code}")
