"""Offices of town halls, drawn by kind and seed: the same two give the same problem in every run.

`office(kind, seed)` for the small ones, `large(...)` for up to 60 people and four weeks. Days begin on Tuesday 24
November 2026; the day before is a holiday.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.rota import round_robin

Problem = dict[str, Any]
FIRST = date(2026, 11, 24)
OPEN, CLOSE = "08:30", "17:15"
SKILLS = ("住基", "戸籍", "印鑑")
FULL_TIME = 2325


def weekdays(number: int) -> list[str]:
    days = (FIRST + timedelta(days=ahead) for ahead in range(2 * number + 7))
    return [day.isoformat() for day in days if day.weekday() < 5][:number]


# --- parts ---------------------------------------------------------------------------------------


def band(least: int = 1, start: str = OPEN, end: str = CLOSE, **more: Any) -> dict[str, Any]:
    return {"from": start, "to": end, "min": least, "ideal": least, "burden": 1.0} | more


def counter(number: int, skills: list[str], *bands: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": f"c{number}",
        "name": f"窓口{number}",
        "kind": "counter",
        "site": "main",
        "skills": skills,
        "burden": 1.0,
        "experienced_min": 0,
        "demand": list(bands) or [band()],
    } | more


def phone(number: int, *bands: dict[str, Any], **more: Any) -> dict[str, Any]:
    return (
        counter(number, [], *bands)
        | {
            "id": f"t{number}",
            "name": f"電話{number}",
            "kind": "phone",
        }
        | more
    )


def at(day: str, start: str = OPEN, end: str = CLOSE, place: str = "office", **more: Any) -> Any:
    usual = {"site": "main", "reach": "transfer"} if place == "office" else {}
    return {"date": day, "from": start, "to": end, "place": place} | usual | more


def person(number: int, skills: list[str], segments: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "id": f"{100100 + number}",
        "skills": skills,
        "experienced": True,
        "contract_minutes": FULL_TIME,
        "carry_in": {"counter": 0.0, "phone": 0.0},
        "group": "rotate",
        "segments": segments,
        "preferences": [],
        "forbidden": [],
    } | more


def rules(**more: Any) -> dict[str, Any]:
    return {
        "lunch": {"from": "11:00", "to": "14:00", "minutes": 60},
        "rest_minutes": 30,
        "min_block_minutes": 30,
        "travel_minutes": {},
    } | more


def problem(days: list[str], positions: list[Any], staff: list[Any], **more: Any) -> Problem:
    return {
        "slot_minutes": 30,
        "time_limit_s": 2,
        "seed": 1,
        "days": [{"date": day, "open": OPEN, "close": CLOSE} for day in days],
        "positions": positions,
        "staff": staff,
        "forbidden_pairs": [],
        "pins": [],
        "published": [],
        "rules": rules(),
    } | more


def some_skills(rng: Random, likely: float = 0.75) -> list[str]:
    return [skill for skill in SKILLS if rng.random() < likely]


# --- small offices -------------------------------------------------------------------------------


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


KINDS: dict[str, Callable[[Random], Problem]] = {
    made.__name__: made
    for made in (
        normal,
        epidemic,
        one_person,
        nobody_qualified,
        everybody_on_leave,
        staggered_lunch,
        half_closure,
        evening,
        part_timers,
        two_sites,
        absence,
        pinned,
        apart,
        trainees,
        quarters,
        hours,
        telework,
        broken_days,
        day_duty,
        teams,
        bare,
        mixed,
    )
}
FIXED_IN_PART = {"absence", "pinned", "mixed"}  # the round robin looks at neither pins nor past


def office(kind: str, seed: int) -> Problem:
    return KINDS[kind](Random(f"{kind} {seed}")) | {"seed": seed}


# --- the smallest, for the brute force ------------------------------------------------------------


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
