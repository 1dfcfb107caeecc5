"""JSON → Problem, with every fault in one go."""

import json
from collections.abc import Mapping
from typing import Any

from webapp.rota.solver import fields as f
from webapp.rota.solver.fields import Reader
from webapp.rota.solver.pin_reading import pins_of, published_of
from webapp.rota.solver.problem import (
    GROUPS,
    KINDS,
    PLACES,
    BadProblem,
    Band,
    Day,
    Fault,
    Lunch,
    Person,
    Position,
    Problem,
    Rules,
    Segment,
)

MOST_SLOTS = 20_000  # days × slots; a slot of a minute over a quarter is an accident
REST, CONSECUTIVE = 30, 120  # minutes, where the text is silent (H8)
REACHES = ("transfer", "callback", "none")


def read(source: str | bytes | Mapping[str, Any]) -> Problem:
    """Raises BadProblem."""
    faults: list[Fault] = []
    reader = Reader(_parsed(source), "", faults)
    problem = _problem(reader)
    if faults:
        raise BadProblem(faults)
    return problem


def _parsed(source: str | bytes | Mapping[str, Any]) -> Any:
    if not isinstance(source, str | bytes):
        return source
    try:
        return json.loads(source)
    except json.JSONDecodeError as error:
        what = f"JSON として読めません（{error.lineno}行{error.colno}文字目: {error.msg}）"
    except UnicodeDecodeError:
        what = "文字コードは UTF-8 にしてください"
    except RecursionError:
        what = "入れ子が深すぎます"
    raise BadProblem([Fault("", what)])


def _problem(reader: Reader) -> Problem:
    slot = reader.need("slot_minutes", f.slot_length) or 30
    days = _days(reader, slot)
    positions = _positions(reader, days)
    staff = _staff(reader, {position.id for position in positions})
    people = {person.id for person in staff}
    places = {position.id for position in positions}
    return Problem(
        slot_minutes=slot,
        time_limit=reader.get("time_limit_s", f.above_0, 30.0),
        seed=reader.get("seed", f.whole, 1),
        days=days,
        positions=positions,
        staff=staff,
        forbidden_pairs=_pairs(reader, people),
        pins=pins_of(reader, days, slot, places, people),
        published=published_of(reader, days, slot, places, people),
        rules=_rules(reader),
        now=reader.get("now", f.moment, None),
    )


def _days(reader: Reader, slot: int) -> tuple[Day, ...]:
    found: dict[str, Day] = {}
    if not reader.value.get("days") and not isinstance(reader.value.get("days"), list):
        reader.fault("days", "がありません。日付と開庁時間を書いてください")
    for one in reader.objects("days"):
        day, span = one.need("date", f.day), one.span("open", "close")
        if day in found:
            one.fault("date", f"{day} が二度あります。1日1行にしてください")
        elif day and span:
            found[day] = Day(day, *span)
    if sum((day.close - day.open) // slot for day in found.values()) > MOST_SLOTS:
        reader.fault("slot_minutes", f"コマが {MOST_SLOTS:,} を超えます。長くしてください")
    return tuple(sorted(found.values(), key=lambda day: day.date))


def _positions(reader: Reader, days: tuple[Day, ...]) -> tuple[Position, ...]:
    found: dict[str, Position] = {}
    for one in reader.objects("positions"):
        name = one.need("id", f.identity)
        if name in found:
            one.fault("id", f"{f.shown(name)} が二度あります。別の id にしてください")
            continue
        position = _position(one, name or "", days)
        if name:
            found[name] = position
    return tuple(found.values())


def _position(one: Reader, name: str, days: tuple[Day, ...]) -> Position:
    return Position(
        id=name,
        name=one.get("name", f.text, name),
        kind=one.need("kind", f.one_of(KINDS)) or "counter",
        site=one.get("site", f.text, "main"),
        skills=tuple(dict.fromkeys(one.items("skills", f.text))),
        burden=one.get("burden", f.at_least_0, 1.0),
        experienced_min=one.get("experienced_min", f.count, 0),
        demand=tuple(band for each in one.objects("demand") if (band := _band(each, days))),
    )


def _band(one: Reader, days: tuple[Day, ...]) -> Band | None:
    span, least = one.span(), one.need("min", f.count)
    dates = {day.date for day in days}
    chosen = None
    if one.value.get("days") is not None:
        chosen = frozenset(one.items("days", f.known(dates, "日付（days）")))
    if span is None or least is None:
        return None
    ideal = one.get("ideal", f.count, least)
    if ideal < least:
        one.fault("ideal", f"{ideal} は min の {least} 以上にしてください")
    band = Band(chosen, *span, least, ideal, one.get("burden", f.at_least_0, 1.0))
    if chosen != frozenset() and days and not _is_open(band, days):
        one.fault(
            "from",
            "どの日の開庁時間にも入りません。開庁時間（days の open〜close）に合わせてください",
        )
    return band


def _is_open(band: Band, days: tuple[Day, ...]) -> bool:
    return any(
        band.start < day.close and day.open < band.end
        for day in days
        if band.days is None or day.date in band.days
    )


def _staff(reader: Reader, positions: set[str]) -> tuple[Person, ...]:
    found: dict[str, Person] = {}
    for one in reader.objects("staff"):
        name = one.need("id", f.identity)
        if name in found:
            one.fault("id", f"{f.shown(name)} が二度あります。1人1行にしてください")
            continue
        person = _person(one, name or "", positions)
        if name:
            found[name] = person
    return tuple(found.values())


def _person(one: Reader, name: str, positions: set[str]) -> Person:
    carry = one.inner("carry_in")
    return Person(
        id=name,
        skills=frozenset(one.items("skills", f.text)),
        experienced=one.get("experienced", f.truth, False),
        contract_minutes=one.get("contract_minutes", f.at_least_0, 0.0),
        carry_counter=carry.get("counter", f.number, 0.0) if carry else 0.0,
        carry_phone=carry.get("phone", f.number, 0.0) if carry else 0.0,
        group=one.get("group", f.one_of(GROUPS), "rotate"),
        max_day=one.get("max_duty_minutes_per_day", f.at_least_0, None),
        max_consecutive=one.get("max_consecutive_minutes", f.at_least_0, float(CONSECUTIVE)),
        segments=tuple(found for each in one.objects("segments") if (found := _segment(each))),
        wishes=_wishes(one, positions),
        forbidden=frozenset(one.items("forbidden", f.known(positions, "持ち場"))),
    )


def _segment(one: Reader) -> Segment | None:
    day, span, place = one.need("date", f.day), one.span(), one.need("place", f.one_of(PLACES))
    site, reach = one.get("site", f.text, "main"), one.get("reach", f.one_of(REACHES), "none")
    if day is None or span is None or place is None:
        return None
    return Segment(day, *span, place, site, reach)


def _wishes(reader: Reader, positions: set[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in reader.objects("preferences"):
        position = one.need("position", f.known(positions, "持ち場"))
        weight = one.need("weight", f.number)
        if position and weight is not None:
            found[position] = found.get(position, 0.0) + weight
    return found


def _pairs(reader: Reader, people: set[str]) -> frozenset[frozenset[str]]:
    found = set()
    for key, pair in reader.lists("forbidden_pairs"):
        if len(pair) != 2 or pair[0] == pair[1]:
            reader.fault(key, "違う2人の id を並べてください")
            continue
        two = Reader(dict(enumerate_keys(pair)), reader.at(key), reader.faults)
        ids = [two.need(name, f.known(people, "職員")) for name in two.value]
        if None not in ids:
            found.add(frozenset(map(str, ids)))
    return frozenset(found)


def enumerate_keys(values: list[Any]) -> list[tuple[str, Any]]:
    return [(f"[{index}]", value) for index, value in enumerate(values)]


def _rules(reader: Reader) -> Rules:
    rules = reader.inner("rules") or Reader({}, "rules", reader.faults)
    return Rules(
        lunch=_lunch(rules.inner("lunch")),
        rest=rules.get("rest_minutes", f.count, REST),
        min_block=rules.get("min_block_minutes", f.count, 0),
        travel=_travel(rules.inner("travel_minutes")),
    )


def _lunch(one: Reader | None) -> Lunch | None:
    if one is None:
        return None
    span, minutes = one.span(), one.need("minutes", f.count)
    if span is None or not minutes:
        return None
    if minutes > span[1] - span[0]:
        one.fault(
            "minutes",
            f"{minutes}分は from〜to に入りません。{span[1] - span[0]}分以下にしてください",
        )
    return Lunch(*span, minutes)


def _travel(one: Reader | None) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for key in one.value if one else ():
        first, arrow, last = str(key).partition(">")
        minutes = one.need(key, f.count) if one else None
        if one and not (arrow and first and last):
            one.fault(key, "main>yotsuya のように「出る庁舎>着く庁舎」と書いてください")
        elif minutes is not None:
            found[first, last] = minutes
    return found
