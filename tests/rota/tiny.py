"""The smallest offices, for the search: one day, few people, every hard rule in play."""

from random import Random
from typing import Any

from tests.rota import round_robin
from tests.rota.fixed_kinds import fall_ill
from tests.rota.parts import (
    CLOSE,
    OPEN,
    SKILLS,
    Problem,
    at,
    band,
    counter,
    person,
    problem,
    rules,
    some_skills,
    weekdays,
)


def tiny(seed: int, people: int = 3, slot_minutes: int = 60) -> Problem:
    """One day, one or two positions, every hard rule in play: small enough to search through."""
    rng = Random(f"tiny {seed} {people} {slot_minutes}")
    day = weekdays(1)[0]
    span = (
        (OPEN, CLOSE) if slot_minutes == 60 else rng.choice([("10:00", "15:00"), (OPEN, "12:15")])
    )
    sites = ["main", rng.choice(["main", "main", "yotsuya"])]
    positions = [
        counter(
            number + 1,
            rng.sample(SKILLS, rng.choice([0, 0, 1])),
            band(rng.choice([1, 1, 1, 2]), *span),
            site=sites[number],
            experienced_min=rng.choice([0, 0, 1]),
        )
        for number in range(rng.choice([1, 2]))
    ]
    staff = [_tiny_person(rng, number, day, positions[-1]["id"]) for number in range(people)]
    made = problem([day], positions, staff, slot_minutes=slot_minutes, seed=seed)
    made["days"][0].update(open=span[0], close=span[1])
    made["rules"] = rules(
        rest_minutes=rng.choice([30, 60]),
        min_block_minutes=rng.choice([30, 60, 90]),
        travel_minutes={"yotsuya>main": rng.choice([30, 60])},
    )
    if rng.random() < 0.3 and people > 1:
        made["forbidden_pairs"] = [[one["id"] for one in staff[:2]]]
    return made


def tiny_absence(seed: int) -> Problem:
    """A day made by hand is fixed; in the morning someone with duty is not there."""
    made = tiny(seed, people=4)
    made["published"] = round_robin.plan(made)["assignments"]
    ill = fall_ill(made, made["days"][0]["date"], OPEN, Random(seed))
    del ill["now"]
    return ill


def _tiny_person(rng: Random, number: int, day: str, position: str) -> dict[str, Any]:
    segments = [at(day)]
    if rng.random() < 0.3:
        segments = [at(day, OPEN, "12:00"), at(day, "12:00", CLOSE, site="yotsuya")]
    if rng.random() < 0.3:
        segments.append(
            at(day, "13:00", rng.choice(["14:30", CLOSE]), rng.choice(["leave", "trip"]))
        )
    return person(
        number,
        some_skills(rng, 0.8),
        segments,
        experienced=rng.random() < 0.7,
        max_consecutive_minutes=rng.choice([None, 60, 180]),
        max_duty_minutes_per_day=rng.choice([None, 120, 240]),
        forbidden=rng.choice([[], [], [], [position]]),
    )
