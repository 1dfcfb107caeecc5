"""Work of the planned day that comes round by the clock."""

from dataclasses import dataclass

from webapp.core import clock
from webapp.core.db import snapshot
from webapp.org import queries as org
from webapp.plans import addresses


@dataclass(frozen=True, slots=True)
class NewFault:
    """A calendar that could be read until now."""

    staff_id: int
    unit_id: int
    text: str


def read_calendars() -> list[NewFault]:
    """Every calendar that is due, one after the other; who has to be told comes back. Opens its own transactions."""
    with snapshot():
        waiting = addresses.due(now=clock.now())
    found: list[NewFault] = []
    for staff_id in waiting:
        now = clock.now()
        fault = addresses.read_one(staff_id, now=now)
        held = org.postings_today(staff_id, now=now) if fault else ()
        if held:
            found.append(NewFault(staff_id, held[0].unit_id, fault))
    return found
