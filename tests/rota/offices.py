"""Offices of town halls, drawn by kind and seed: the same two give the same problem in every run.

`office(kind, seed)` for the small ones, `large(...)` for up to 60 people and four weeks. Days begin on Tuesday 24
November 2026; the day before is a holiday.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from tests.rota import fixed_kinds, kinds
from tests.rota.parts import (
    CLOSE,
    FULL_TIME,
    OPEN,
    SKILLS,
    Problem,
    at,
    band,
    counter,
    person,
    phone,
    problem,
    some_skills,
    weekdays,
)

KINDS: dict[str, Callable[[Random], Problem]] = {
    made.__name__: made
    for made in (
        kinds.normal,
        kinds.epidemic,
        kinds.one_person,
        kinds.nobody_qualified,
        kinds.everybody_on_leave,
        kinds.staggered_lunch,
        kinds.half_closure,
        kinds.evening,
        kinds.part_timers,
        kinds.two_sites,
        fixed_kinds.absence,
        fixed_kinds.pinned,
        kinds.apart,
        kinds.trainees,
        kinds.quarters,
        kinds.hours,
        kinds.telework,
        kinds.broken_days,
        kinds.day_duty,
        kinds.teams,
        fixed_kinds.bare,
        fixed_kinds.mixed,
    )
}
FIXED_IN_PART = {"absence", "pinned", "mixed"}  # the round robin looks at neither pins nor past


def office(kind: str, seed: int) -> Problem:
    return KINDS[kind](Random(f"{kind} {seed}")) | {"seed": seed}


# --- larger ones ---------------------------------------------------------------------------------


def large(people: int, days: int, positions: int, seed: int) -> Problem:
    """A section as it is: a third telephones, seats for about a third of its people, few with every skill."""
    rng = Random(f"{people} {days} {positions} {seed}")
    dates = weekdays(days)
    phones = max(1, positions // 3)
    seats = _seats(rng, positions, people)
    places = [
        counter(number + 1, [SKILLS[number % 3]], *_bands(seat), burden=rng.choice([1.0, 1.0, 1.2]))
        for number, seat in enumerate(seats[phones:])
    ] + [phone(number + 1, *_bands(seat)) for number, seat in enumerate(seats[:phones])]
    staff = [_large_person(rng, number, dates) for number in range(people)]
    return problem(dates, places, staff, time_limit_s=30, seed=seed)


def _seats(rng: Random, positions: int, people: int) -> list[int]:
    """One each, and more here and there up to a fifth of the people."""
    seats = [1] * positions
    for _ in range(max(0, people // 5 - positions)):
        seats[rng.randrange(positions)] += 1
    return seats


def _bands(seats: int) -> list[dict[str, Any]]:
    return [
        band(seats, OPEN, "12:00", ideal=seats + 1),
        band(seats, "12:00", "13:00", burden=1.5),
        band(seats, "13:00", CLOSE, ideal=seats + 1),
    ]


def _large_person(rng: Random, number: int, dates: list[str]) -> dict[str, Any]:
    part_time = rng.random() < 0.1
    hours = ("09:00", "16:00") if part_time else (OPEN, CLOSE)
    segments = [segment for day in dates for segment in _large_day(rng, day, *hours)]
    return person(
        number,
        some_skills(rng, 0.8) or ["住基"],
        segments,
        experienced=rng.random() < 0.8,
        contract_minutes=1800 if part_time else FULL_TIME,
        max_duty_minutes_per_day=240,
        group="exempt" if number == 0 else "rotate",
    )


def _large_day(rng: Random, day: str, start: str, end: str) -> list[Any]:
    chance = rng.random()
    if chance < 0.06:
        return [at(day, start, end, "leave")]
    if chance < 0.18:
        return [at(day, start, end, "home", reach=rng.choice(["transfer", "callback"]))]
    if chance < 0.23:
        return [at(day, start, end), at(day, "13:30", "15:00", "meeting")]
    return [at(day, start, end)]
