"""The other days: regular telework days of the week, and what the day before left behind. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from random import Random

from webapp.core.hours import minute_of
from webapp.demo import nursery, sentences
from webapp.demo.people import Person
from webapp.demo.script import Planned, Told, hours_of

TUESDAY = 1
EVENING = minute_of("17:05")


def place_on(person: Person, day: date) -> Planned | None:
    """Where someone regularly works on a day other than the Tuesday; None = at the office."""
    start, end = hours_of(person)
    if person.name == nursery.MEMBER:
        kind = {3: "home", 4: "satellite"}.get(day.weekday())
        site = "若草駅前" if kind == "satellite" else None
        return Planned(start, end, kind, site) if kind else None
    if person.name == nursery.LEADER:
        return Planned(start, end, "home") if day.weekday() in (0, 4) else None
    random = Random(person.number)
    days = random.sample(range(5), random.choices((0, 1, 2), (55, 30, 15))[0])
    if person.telework == "対象" and day.weekday() in days and day.weekday() != TUESDAY:
        return Planned(start, end, "home")
    return None


@dataclass(slots=True)
class Yesterday:
    """The last business day before the Tuesday, as far as something was reported or written."""

    person: Person
    told: list[Told] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    carried: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Earlier:
    person: Person
    day: date
    done: list[str]
    carried: list[str]


def day_before(people: Iterable[Person], day: date, seed: str) -> list[Yesterday]:
    random = Random(f"{seed}:before")
    found = [_yesterday(person, day, random) for person in people]
    return [one for one in found if one.told or one.done or one.carried]


def _yesterday(person: Person, day: date, random: Random) -> Yesterday:
    found = Yesterday(person)
    place = place_on(person, day)
    if place is not None:
        found.told = [
            Told(place.start + random.randint(-8, 5), "start", place.kind, place.site),
            Told(place.end + random.randint(1, 25), "end"),
        ]
        if person.name == nursery.LEADER:  # the morning's question: 終業の報告がありません
            found.told.pop()
    if random.random() < (0.6 if person.seat is not None else 0.25):
        lines = sentences.lines_of(person.unit.topic, random)
        found.done, found.carried = lines[:2], lines[2:]
    if person.name == nursery.MEMBER:
        found.done = ["入所相談 2件の記録", "申込み 24件の入力"]
        found.carried = ["一次選考の点数表の確認"]
    return found


def earlier_notes(people: Iterable[Person], days: Iterable[date], seed: str) -> list[Earlier]:
    """What 保育課 wrote on the days before, so that its week is no empty table."""
    random = Random(f"{seed}:earlier")
    found = []
    for day in days:
        for person in people:
            if person.seat is not None and random.random() < 0.55:
                lines = sentences.lines_of(person.unit.topic, random)
                found.append(Earlier(person, day, lines[:2], lines[2:]))
    return found
