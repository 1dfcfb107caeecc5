"""The demonstration's clock: always a Tuesday at 10:20, never backwards. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from webapp.core.calendar import BusinessCalendar, at
from webapp.core.clock import TOKYO

OPENS, CLOSES = time(10, 20), time(17, 0)
TUESDAY = 1


@dataclass(frozen=True, slots=True)
class Scene:
    """The Tuesday shown, and how far its clock runs ahead of the machine's."""

    day: date
    offset: timedelta

    @property
    def opens_at(self) -> datetime:
        return opens_at(self.day)


def opens_at(day: date) -> datetime:
    return at(day, OPENS)


def next_tuesday(first: date, calendar: BusinessCalendar) -> date:
    """The first Tuesday on or after a day on which the town hall is open."""
    day = first + timedelta(days=(TUESDAY - first.weekday()) % 7)
    while not calendar.is_business_day(day):
        day += timedelta(days=7)
    return day


def first_scene(machine_now: datetime, calendar: BusinessCalendar) -> Scene:
    day = next_tuesday(machine_now.astimezone(TOKYO).date(), calendar)
    return Scene(day, opens_at(day) - machine_now)


def scene_at_start(kept: Scene, machine_now: datetime, calendar: BusinessCalendar) -> Scene:
    """The scene to show at a later start: the same while its day lasts, else the next Tuesday."""
    shown = machine_now + kept.offset
    if shown < kept.opens_at:  # the machine's clock was set back
        return Scene(kept.day, kept.opens_at - machine_now)
    if shown < at(kept.day, CLOSES):
        return kept
    day = next_tuesday(shown.astimezone(TOKYO).date() + timedelta(days=1), calendar)
    return Scene(day, opens_at(day) - machine_now)


def business_day_before(day: date, calendar: BusinessCalendar) -> date:
    day -= timedelta(days=1)
    while not calendar.is_business_day(day):
        day -= timedelta(days=1)
    return day


def last_week(day: date) -> list[date]:
    """Monday to Friday of the week before, and the Monday of this one."""
    monday = day - timedelta(days=day.weekday())
    return [*(monday - timedelta(days=n) for n in (7, 6, 5, 4, 3)), monday]
