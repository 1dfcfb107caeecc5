"""Instances of the first International Nurse Rostering Competition (2010), text form: read, judged, modelled.

Mapped: cover (exact), one shift a day, assignments least and most, runs of working and of free days least and most,
complete weekends of two days, equal shifts in a weekend, unwanted patterns, requests for days and shifts off and on.
An instance that switches on anything else (three-day weekends, limits on working weekends, nights before free
weekends, skills) is refused with the name of the rule: nothing is left out quietly.
A run that touches either end of the horizon counts as it stands.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby, product
from pathlib import Path

from ortools.sat.python import cp_model

from tests.tools.nurse_instance import Roster

NUMBERS = (
    "most_shifts",
    "least_shifts",
    "most_work",
    "least_work",
    "most_free",
    "least_free",
    "most_weekends",
    "least_weekends",
    "weekends_in_four_weeks",
)
FLAGS = ("complete", "equal", "night_before_free", "free_after_nights", "other_skill")
UNMAPPED = {*NUMBERS[6:], *FLAGS[2:]}
Limit = tuple[int, int]  # weight (0: off), value


@dataclass
class Contract:
    limits: dict[str, Limit]
    patterns: list[str]


@dataclass
class Competition:
    name: str
    days: list[date] = field(default_factory=list)
    shifts: list[str] = field(default_factory=list)
    contracts: dict[str, Contract] = field(default_factory=dict)
    patterns: dict[str, tuple[int, list[tuple[str, str]]]] = field(default_factory=dict)
    nurses: dict[str, str] = field(default_factory=dict)  # id: contract
    cover: dict[tuple[int, str], int] = field(default_factory=dict)
    requests: list[tuple[str, int, str | None, bool, int]] = field(default_factory=list)

    @property
    def weekends(self) -> list[int]:
        """Days of Saturdays whose Sunday is in the horizon too."""
        return [n for n, day in enumerate(self.days[:-1]) if day.weekday() == 5]


# --- reading -------------------------------------------------------------------------------------


def read(path: Path) -> Competition:
    sections: dict[str, list[list[str]]] = defaultdict(list)
    title = ""
    for line in path.read_text().splitlines():
        heading = re.match(r"([A-Z_]+)(?: =? ?\d+)?;$", line.strip())
        if heading:
            title = heading[1]
        elif line.strip().endswith(";"):
            sections[title].append([part.strip() for part in line.strip(" ;").split(",")])
    found = Competition(path.stem)
    try:
        _fill(found, sections)
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError(f"{path}: not an instance of INRC 2010 in text form: {error}") from error
    return found


def _fill(found: Competition, sections: dict[str, list[list[str]]]) -> None:
    _, first, last = sections["SCHEDULING_PERIOD"][0]
    start, number = date.fromisoformat(first), date.fromisoformat(last)
    found.days = [start + timedelta(n) for n in range((number - start).days + 1)]
    found.shifts = [row[0] for row in sections["SHIFT_TYPES"]]
    if len(sections["SKILLS"]) > 1 or sections["DATE_SPECIFIC_COVER"]:
        raise ValueError("several skills or date-specific cover, which is not mapped")
    for row in sections["PATTERNS"]:
        steps = re.findall(r"\((\w+)\|(\w+)\)", row[2])
        found.patterns[row[0]] = int(row[1]), steps
    for row in sections["CONTRACTS"]:
        found.contracts[row[0]] = _contract(row)
    found.nurses = {row[0]: row[2] for row in sections["EMPLOYEES"]}
    for weekday, shift, needed in sections["DAY_OF_WEEK_COVER"]:
        for n, day in enumerate(found.days):
            if f"{day:%A}" == weekday:
                found.cover[n, shift] = int(needed)
    for title, wanted in (("OFF", False), ("ON", True)):
        for who, when, weight in sections[f"DAY_{title}_REQUESTS"]:
            found.requests.append((who, _number(found, when), None, wanted, int(weight)))
        for who, when, shift, weight in sections[f"SHIFT_{title}_REQUESTS"]:
            found.requests.append((who, _number(found, when), shift, wanted, int(weight)))


def _number(found: Competition, day: str) -> int:
    return (date.fromisoformat(day) - found.days[0]).days


def _contract(row: list[str]) -> Contract:
    parts = [re.findall(r"\d+", part) for part in row]
    limits = {
        name: (int(numbers[0]) * int(numbers[1]), int(numbers[2]))
        for name, numbers in zip(NUMBERS, parts[3:12], strict=True)
    }
    flags = zip(FLAGS, parts[13:18], strict=True)
    limits |= {name: (int(numbers[0]) * int(numbers[1]), 0) for name, numbers in flags}
    if row[12] != "SaturdaySunday":
        raise ValueError(f"weekends of {row[12]}, which are not mapped")
    for name in UNMAPPED:
        if limits[name][0]:
            raise ValueError(f"the rule {name} is on, which is not mapped")
    return Contract(limits, row[19].split() if len(row) > 19 else [])


# --- the official judgement ----------------------------------------------------------------------


def uncovered(instance: Competition, roster: Roster) -> int:
    """The hard rule: seats over or under the cover."""
    there: dict[tuple[int, str], int] = defaultdict(int)
    for (_, day), shift in roster.items():
        there[day, shift] += 1
    keys = instance.cover.keys() | there.keys()
    return sum(abs(instance.cover.get(key, 0) - there[key]) for key in keys)


def cost(instance: Competition, roster: Roster) -> int:
    total = 0
    for who, contract in instance.nurses.items():
        days = [roster.get((who, n)) for n in range(len(instance.days))]
        total += sum(_costs(instance, instance.contracts[contract], days))
    for who, day, wished, wanted, weight in instance.requests:
        given = roster.get((who, day))
        has = given is not None if wished is None else given == wished
        total += weight * (has != wanted)
    return total


def _costs(instance: Competition, contract: Contract, days: list[str | None]) -> Iterator[int]:
    limits = contract.limits
    yield from _over_and_under(limits, "shifts", sum(map(bool, days)))
    for works, run in groupby(days, bool):
        yield from _over_and_under(limits, "work" if works else "free", len(list(run)))
    for first in instance.weekends:
        saturday, sunday = days[first : first + 2]
        yield limits["complete"][0] * (bool(saturday) != bool(sunday))
        yield limits["equal"][0] * bool(saturday and sunday and saturday != sunday)
    for name in contract.patterns:
        weight, steps = instance.patterns[name]
        for first in range(len(days) - len(steps) + 1):
            yield weight * all(
                _matches(instance, first + n, days[first + n], step) for n, step in enumerate(steps)
            )


def _over_and_under(limits: dict[str, Limit], what: str, number: int) -> Iterator[int]:
    weight, most = limits[f"most_{what}"]
    yield weight * max(0, number - most)
    weight, least = limits[f"least_{what}"]
    yield weight * max(0, least - number)


def _matches(instance: Competition, day: int, given: str | None, step: tuple[str, str]) -> bool:
    shift, weekday = step
    if weekday not in ("Any", f"{instance.days[day]:%A}"):
        return False
    if shift in ("Any", "None"):
        return (given is not None) == (shift == "Any")
    return given == shift


# --- the model -----------------------------------------------------------------------------------


class Model:
    def __init__(self, instance: Competition) -> None:
        self.instance = instance
        self.cp = cp_model.CpModel()
        self.days = range(len(instance.days))
        self.on = {
            (who, day, shift): self.cp.new_bool_var("")
            for who in instance.nurses
            for day in self.days
            for shift in instance.shifts
        }
        self.works = {
            (who, day): self._works(who, day) for who in instance.nurses for day in self.days
        }
        self.costs: list[tuple[cp_model.IntVar, int]] = []
        self.fixed = 0
        for day, shift in product(self.days, instance.shifts):
            there = sum(self.on[who, day, shift] for who in instance.nurses)
            self.cp.add(there == instance.cover.get((day, shift), 0))
        for who, contract in instance.nurses.items():
            self._contract(who, instance.contracts[contract])
        for request in instance.requests:
            self._request(*request)
        variables, weights = [v for v, _ in self.costs], [w for _, w in self.costs]
        total = cp_model.LinearExpr.weighted_sum(variables, weights)
        self.cp.minimize(total + self.fixed)

    def _works(self, who: str, day: int) -> cp_model.IntVar:
        works = self.cp.new_bool_var("")
        self.cp.add(sum(self.on[who, day, shift] for shift in self.instance.shifts) == works)
        return works

    def _all_cost(self, literals: list[cp_model.BoolVarT], weight: int) -> None:
        """`weight` if all of them hold."""
        if weight:
            paid = self.cp.new_bool_var("")
            self.cp.add_bool_or([paid, *(~literal for literal in literals)])
            self.costs.append((paid, weight))

    def _contract(self, who: str, contract: Contract) -> None:
        limits = contract.limits
        days: list[cp_model.BoolVarT] = [self.works[who, day] for day in self.days]
        for least_or_most, sign in (("most", 1), ("least", -1)):
            weight, value = limits[f"{least_or_most}_shifts"]
            beyond = self.cp.new_int_var(0, len(days), "")
            self.cp.add(beyond >= sign * (sum(days) - value))
            self.costs.append((beyond, weight))
        self._runs(days, limits["most_work"], limits["least_work"])
        self._runs([~day for day in days], limits["most_free"], limits["least_free"])
        for first in self.instance.weekends:
            self._weekend(who, first, limits)
        for name in contract.patterns:
            self._pattern(who, *self.instance.patterns[name])

    def _runs(self, days: list[cp_model.BoolVarT], most: Limit, least: Limit) -> None:
        weight, longest = most
        for first in range(len(days) - longest):
            self._all_cost(days[first : first + longest + 1], weight)
        weight, shortest = least
        for length in range(1, shortest):
            for first in range(len(days) - length + 1):
                before, after = days[max(0, first - 1) : first], days[first + length :][:1]
                ends = [~day for day in before + after]
                self._all_cost([*days[first : first + length], *ends], weight * (shortest - length))

    def _weekend(self, who: str, first: int, limits: dict[str, Limit]) -> None:
        saturday, sunday = self.works[who, first], self.works[who, first + 1]
        self._all_cost([saturday, ~sunday], limits["complete"][0])
        self._all_cost([~saturday, sunday], limits["complete"][0])
        if weight := limits["equal"][0]:
            differ = self.cp.new_bool_var("")
            for shift in self.instance.shifts:
                here, there = self.on[who, first, shift], self.on[who, first + 1, shift]
                self.cp.add_bool_or([differ, ~here, there, ~sunday])
            self.costs.append((differ, weight))

    def _pattern(self, who: str, weight: int, steps: list[tuple[str, str]]) -> None:
        for first in range(len(self.days) - len(steps) + 1):
            days = range(first, first + len(steps))
            weekdays = [f"{self.instance.days[day]:%A}" for day in days]
            if all(
                on in ("Any", weekday) for (_, on), weekday in zip(steps, weekdays, strict=True)
            ):
                held = [
                    self._step(who, day, shift) for day, (shift, _) in zip(days, steps, strict=True)
                ]
                self._all_cost(held, weight)

    def _step(self, who: str, day: int, shift: str) -> cp_model.BoolVarT:
        works = self.works[who, day]
        if shift in ("Any", "None"):
            return works if shift == "Any" else ~works
        return self.on[who, day, shift]

    def _request(self, who: str, day: int, shift: str | None, wanted: bool, weight: int) -> None:
        var = self.works[who, day] if shift is None else self.on[who, day, shift]
        self.costs.append((var, -weight if wanted else weight))
        self.fixed += weight if wanted else 0
