"""What drawn offices are put together from: bands, positions, people and their days."""

from datetime import date, timedelta
from random import Random
from typing import Any

Problem = dict[str, Any]
FIRST = date(2026, 11, 24)
OPEN, CLOSE = "08:30", "17:15"
SKILLS = ("住基", "戸籍", "印鑑")
FULL_TIME = 2325


def weekdays(number: int) -> list[str]:
    days = (FIRST + timedelta(days=ahead) for ahead in range(2 * number + 7))
    return [day.isoformat() for day in days if day.weekday() < 5][:number]


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
