"""Small offices of which a part is fixed already — pins, a published plan, an absence — or left out."""

from copy import deepcopy
from random import Random
from typing import Any

from tests.rota import round_robin
from tests.rota.kinds import broken_days, normal, part_timers, telework, trainees, two_sites
from tests.rota.parts import CLOSE, OPEN, Problem, at, person, rules


def absence(rng: Random, people: int = 9, days: int = 3) -> Problem:
    """A fixed plan, and at ten o'clock of its second day one of its people falls ill."""
    made = normal(rng, people, days)
    made["published"] = round_robin.plan(made)["assignments"]
    return fall_ill(made, made["days"][1]["date"], "10:00", rng)


def fall_ill(published: Problem, day: str, time: str, rng: Random) -> Problem:
    """The same problem with someone who had duty that day gone from `time` on."""
    made = deepcopy(published)
    busy = {row["staff"] for row in made["published"] if row["date"] == day and row["to"] > time}
    if busy:
        gone = rng.choice(sorted(busy))
        one = next(one for one in made["staff"] if one["id"] == gone)
        one["segments"].append(at(day, time, CLOSE, "leave"))
    made["now"] = f"{day}T{time}"
    return made


def pinned(rng: Random) -> Problem:
    """Some duties of a good plan pinned, and one pin against the rules (someone on leave)."""
    made = normal(rng, people=8, days=2)
    good = round_robin.plan(made)["assignments"]
    made["pins"] = rng.sample(good, min(3, len(good)))
    ill = person(90, [], [at(made["days"][0]["date"], place="leave")])
    made["staff"].append(ill)
    day = made["days"][0]["date"]
    pin = {"position": "c2", "date": day, "from": "09:00", "to": "10:00", "staff": ill["id"]}
    made["pins"].append(pin)
    return made


OPTIONAL = {
    "position": ("name", "site", "burden", "experienced_min", "skills"),
    "band": ("ideal", "burden"),
    "person": (
        "carry_in",
        "group",
        "preferences",
        "forbidden",
        "max_duty_minutes_per_day",
        "max_consecutive_minutes",
    ),
    "problem": ("forbidden_pairs", "pins", "published"),
    "rules": ("travel_minutes",),
}


def bare(rng: Random) -> Problem:
    """What may be left out is left out here and there."""
    made = normal(rng, people=7, days=2)

    def strip(what: str, of: dict[str, Any]) -> None:
        for name in OPTIONAL[what]:
            if rng.random() < 0.6:
                of.pop(name, None)

    for position in made["positions"]:
        strip("position", position)
        # One burden for all: without a burden of its own a band would tie with its neighbour.
        for one in position["demand"]:
            one["burden"] = 1.0
            strip("band", one)
    for one in made["staff"]:
        strip("person", one)
    strip("rules", made["rules"])
    strip("problem", made)
    return made


def mixed(rng: Random) -> Problem:
    """Everything at once: two sites, new people, pairs, limits, odd hours, a fixed plan, pins, an absence."""
    made = rng.choice([two_sites, part_timers, broken_days, trainees, normal, telework])(rng)
    size = rng.choice([15, 30, 30, 60])
    made["slot_minutes"] = size
    made["rules"] = rules(
        rest_minutes=rng.choice([0, 15, 30, 60]),
        min_block_minutes=rng.choice([0, 30, 60, 90]),
        travel_minutes={"main>yotsuya": rng.choice([20, 30, 75])},
        lunch={"from": "11:30", "to": "13:45", "minutes": rng.choice([45, 60])},
    )
    for one in made["staff"]:
        one["experienced"] = rng.random() < 0.7
        one["max_consecutive_minutes"] = rng.choice([None, None, 90, 150, 240])
        one["max_duty_minutes_per_day"] = rng.choice([None, 150, 300])
        one["group"] = rng.choice(["rotate", "rotate", "rotate", "dedicated", "exempt"])
        one["forbidden"] = rng.choice([[], [], [], [made["positions"][-1]["id"]]])
    for position in made["positions"]:
        position["experienced_min"] = rng.choice([0, 0, 1, 2])
        for one in position["demand"]:
            one["min"] = one["ideal"] = rng.choice([1, 1, 2, 3])
            one["burden"] = 1.0
    names = [one["id"] for one in made["staff"]]
    made["forbidden_pairs"] = [rng.sample(names, 2) for _ in range(rng.choice([0, 2]))]
    return _fixed_in_part(made, rng)


def _fixed_in_part(made: Problem, rng: Random) -> Problem:
    """Nothing; pins, some given to whoever may not; or a published plan and an absence at an odd minute."""
    by_hand = round_robin.plan(made)["assignments"]
    what = rng.choice(["nothing", "pins", "published", "both"])
    if what in ("pins", "both") and by_hand:
        made["pins"] = deepcopy(rng.sample(by_hand, min(3, len(by_hand))))
    if what in ("published", "both"):
        made["published"] = by_hand
        day = rng.choice(made["days"])["date"]
        return fall_ill(made, day, rng.choice([OPEN, "09:00", "10:10", "12:45", "15:00"]), rng)
    for pin in made["pins"]:
        pin["staff"] = rng.choice([pin["staff"], rng.choice(made["staff"])["id"]])
    return made
