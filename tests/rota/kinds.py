"""Small offices by kind; each takes its chance from the `Random` it is given."""

from random import Random
from typing import Any

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
    rules,
    some_skills,
    weekdays,
)


def normal(rng: Random, people: int = 8, days: int = 3) -> Problem:
    """Two counters and a telephone; here and there a telework day, a meeting, a day of leave."""
    dates = weekdays(days)
    staff = [_usual_person(rng, number, dates) for number in range(people)]
    positions = [
        # Bands of equal minimum and unlike burden may not meet in a slot: that could be read in two ways.
        counter(
            1,
            ["住基"],
            band(1, OPEN, "10:00"),
            band(2, "10:00", "11:30"),
            band(1, "11:30", "12:00"),
            band(1, "12:00", "13:00", burden=1.5),
            band(1, "13:00", CLOSE),
        ),
        counter(2, [rng.choice(SKILLS)], burden=1.2),
        phone(1, band(1, "08:30", "17:00")),
    ]
    return problem(dates, positions, staff)


def _usual_person(rng: Random, number: int, dates: list[str]) -> dict[str, Any]:
    return person(
        number,
        some_skills(rng, 0.85),
        [segment for day in dates for segment in _usual_day(rng, day)],
        carry_in={"counter": rng.randrange(8) / 2, "phone": rng.randrange(4) / 2},
        max_duty_minutes_per_day=rng.choice([240, 240, 300, None]),
        preferences=[{"position": rng.choice(["c1", "c2"]), "weight": rng.choice([-2, -1, 1, 2])}],
    )


def _usual_day(rng: Random, day: str) -> list[Any]:
    chance = rng.random()
    if chance < 0.07:
        return [at(day, place="leave")]
    if chance < 0.2:
        reach = rng.choice(["transfer", "callback", "none"])
        return [at(day, place="home", reach=reach)]
    if chance < 0.3:
        start = rng.choice(["09:00", "10:30", "13:20", "15:00"])
        end = f"{int(start[:2]) + 1:02}{start[2:]}"
        return [at(day), at(day, start, end, rng.choice(["meeting", "training"]))]
    return [at(day)]


def epidemic(rng: Random) -> Problem:
    """Six of ten stay away, in part from noon on."""
    made = normal(rng, people=9, days=2)
    for one in rng.sample(made["staff"], 6):
        day = rng.choice(made["days"])["date"]
        one["segments"].append(at(day, rng.choice([OPEN, "12:00"]), CLOSE, "leave"))
    return made


def one_person(rng: Random) -> Problem:
    """A unit of one: the counter stands open over noon and after two hours."""
    days = weekdays(2)
    alone = person(1, ["住基"], [at(day) for day in days], experienced=rng.random() < 0.5)
    return problem(days, [counter(1, ["住基"]), phone(1)][: rng.choice([1, 2])], [alone])


def nobody_qualified(rng: Random) -> Problem:
    made = normal(rng, people=5, days=1)
    made["positions"].append(counter(3, ["マイナンバー"], band(rng.choice([1, 2]))))
    return made


def everybody_on_leave(rng: Random) -> Problem:
    made = normal(rng, people=4, days=2)
    day = made["days"][0]["date"]
    for one in made["staff"]:
        one["segments"].append(at(day, place="leave"))
    return made


def staggered_lunch(rng: Random) -> Problem:
    """Early, usual and late hours; three seats over noon, so the crew's breaks must move."""
    days = weekdays(2)
    hours = [("07:45", "16:30"), (OPEN, CLOSE), ("09:15", "18:00")]
    staff = [
        person(
            number,
            some_skills(rng, 0.9),
            [at(day, *hours[(number + turn) % 3]) for turn, day in enumerate(days)],
        )
        for number in range(rng.choice([6, 7, 8]))
    ]
    lunch = band(2, "11:30", "13:30", burden=2.0)
    positions = [counter(1, [], band(1, OPEN, "11:30"), lunch, band(1, "13:30", CLOSE)), phone(1)]
    return problem(days, positions, staff, rules=rules(min_block_minutes=60))


def half_closure(rng: Random) -> Problem:
    """One day closes at noon, one counter opens in the mornings only, bands reach past closing."""
    made = normal(rng, people=6, days=3)
    made["days"][1]["close"] = rng.choice(["12:00", "12:15"])
    made["positions"][1]["demand"] = [band(1, "08:00", "12:00")]
    made["positions"][2]["demand"] = [band(1, "08:30", "20:00", days=[made["days"][0]["date"]])]
    return made


def evening(rng: Random) -> Problem:
    """Open until 19:00 on the second day; two come late and stay."""
    made = normal(rng, people=7, days=2)
    day = made["days"][1]
    day["close"] = "19:00"
    other = [one["date"] for one in made["days"] if one is not day]
    made["positions"][0]["demand"][-1:] = [
        band(1, "13:00", "17:00"),
        band(1, "17:00", CLOSE, days=other),
        band(1, "17:00", "19:00", days=[day["date"]], burden=1.5),
    ]
    for one in made["staff"][:3]:
        kept = [segment for segment in one["segments"] if segment["date"] != day["date"]]
        one["segments"] = [*kept, at(day["date"], "10:15", "19:00")]
    return made


def part_timers(rng: Random) -> Problem:
    """Mornings, afternoons and six hours; some hired for the counter alone, a chief left out."""
    days = weekdays(3)
    hours = [("09:00", "12:00", 900), ("13:00", "17:00", 1200), ("09:00", "16:00", 1800)]
    staff = []
    for number in range(8):
        start, end, contract = rng.choice([*hours, (OPEN, CLOSE, FULL_TIME)])
        segments = [at(day, start, end) for day in days if rng.random() < 0.9]
        group = rng.choice(["rotate"] * 6 + ["dedicated", "exempt"])
        limit = 180 if group == "dedicated" else rng.choice([None, 90])
        staff.append(
            person(
                number,
                some_skills(rng, 0.9),
                segments,
                contract_minutes=contract,
                group=group,
                max_consecutive_minutes=limit,
            )
        )
    return problem(days, [counter(1, ["住基"]), counter(2, []), phone(1)], staff)


def two_sites(rng: Random) -> Problem:
    """A counter in the main building, one in a branch 30 or 45 minutes away; satellites that are the branch."""
    days = weekdays(2)
    staff = []
    for number in range(8):
        segments: list[Any] = []
        for day in days:
            where = rng.random()
            if where < 0.3:
                segments += [at(day, OPEN, "12:00"), at(day, "12:00", CLOSE, site="yotsuya")]
            elif where < 0.5:
                segments.append(at(day, site="yotsuya"))
            elif where < 0.65:
                segments.append(at(day, place="satellite", site="yotsuya", reach="callback"))
            else:
                segments.append(at(day))
        staff.append(person(number, ["住基"], segments))
    positions = [
        counter(1, ["住基"]),
        counter(2, ["住基"], site="yotsuya"),
        phone(1, band(1, "09:00", "16:00")),
    ]
    ways = rules(travel_minutes={"main>yotsuya": rng.choice([30, 45, 60])})
    return problem(days, positions, staff, rules=ways)


def apart(rng: Random) -> Problem:
    """Pairs that never stand together, positions forbidden to some."""
    made = normal(rng, people=8, days=2)
    made["positions"][0]["demand"] = [band(2)]
    names = [one["id"] for one in made["staff"]]
    made["forbidden_pairs"] = [rng.sample(names, 2) for _ in range(4)]
    for one in rng.sample(made["staff"], 2):
        one["forbidden"] = [rng.choice(["c1", "c2", "t1"])]
    return made


def trainees(rng: Random) -> Problem:
    """Half are new; one counter asks for someone experienced, another has two seats."""
    made = normal(rng, people=8, days=2)
    for one in made["staff"]:
        one["experienced"] = rng.random() < 0.5
    made["positions"][0]["experienced_min"] = 1
    made["positions"][1]["demand"] = [band(2, "09:00", "16:00")]
    return made


def quarters(rng: Random) -> Problem:
    """Slots of 15 minutes, breaks of 45, blocks of at least 45."""
    made = normal(rng, people=6, days=1)
    lunch = {"from": "11:00", "to": "14:00", "minutes": 45}
    return made | {"slot_minutes": 15, "rules": rules(lunch=lunch, min_block_minutes=45)}


def hours(rng: Random) -> Problem:
    made = normal(rng, people=8, days=4)
    noon = band(2, "11:30", "13:30", burden=1.5)
    made["positions"][0]["demand"] = [band(1, OPEN, "11:30"), noon, band(1, "13:30", CLOSE)]
    return made | {"slot_minutes": 60, "rules": rules(min_block_minutes=60)}


def telework(rng: Random) -> Problem:
    """Most are at home, reached by transfer, callback or not at all; the telephone asks for two."""
    days = weekdays(2)
    staff = []
    for number in range(8):
        reach = rng.choice(["transfer", "transfer", "callback", "none"])
        home = [at(day, place=rng.choice(["home", "mobile"]), reach=reach) for day in days]
        segments = home if rng.random() < 0.6 else [at(day) for day in days]
        staff.append(person(number, some_skills(rng), segments))
    return problem(days, [counter(1, []), phone(1, band(2))], staff)


def broken_days(rng: Random) -> Problem:
    """Meetings at odd minutes, an hour off in between, segments laid over each other, trips."""
    days = weekdays(2)
    staff = []
    for number in range(8):
        segments = []
        for day in days:
            segments += [at(day, OPEN, "11:10"), at(day, "12:05", CLOSE)]
            over = [("09:10", "09:50", "meeting"), ("14:00", "16:20", "trip")]
            over += [("12:30", CLOSE, "home"), ("13:00", "15:00", "training")]
            start, end, place = rng.choice(over)
            if rng.random() < 0.6:
                segments.insert(rng.randrange(len(segments) + 1), at(day, start, end, place))
        staff.append(person(number, ["住基"], segments))
    return problem(days, [counter(1, ["住基"]), phone(1)], staff)


def day_duty(rng: Random) -> Problem:
    """日直: one slot is the whole day, two weeks of days, nobody's break."""
    days = weekdays(10)
    staff = [
        person(
            number,
            [],
            [at(day) for day in days if rng.random() < 0.8],
            max_consecutive_minutes=525,
            experienced=rng.random() < 0.6,
        )
        for number in range(7)
    ]
    day_long = rules(rest_minutes=0, min_block_minutes=0)
    del day_long["lunch"]
    return problem(days, [counter(1, [], band(2))], staff, slot_minutes=525, rules=day_long)


def teams(rng: Random) -> Problem:
    """Two shifts a day, each one slot; a person takes one of them at most."""
    days = weekdays(10)
    staff = [
        person(
            number,
            [],
            [at(day, "07:00", "22:00") for day in days if rng.random() < 0.75],
            max_consecutive_minutes=450,
            max_duty_minutes_per_day=450,
        )
        for number in range(8)
    ]
    shifts = rules(rest_minutes=0, min_block_minutes=0)
    del shifts["lunch"]
    position = counter(1, [], band(2, "07:00", "14:30"), band(1, "14:30", "22:00", burden=1.5))
    made = problem(days, [position], staff, slot_minutes=450, rules=shifts)
    for day in made["days"]:
        day.update(open="07:00", close="22:00")
    return made
