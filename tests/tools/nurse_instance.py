"""Instances of the "Shift Scheduling" benchmarks read from their text form, and rosters judged by its rules."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path


@dataclass(frozen=True)
class Shift:
    id: str
    minutes: int
    not_before: frozenset[str]  # shifts that cannot follow it the next day


@dataclass(frozen=True)
class Nurse:
    id: str
    most_of: dict[str, int]
    most_minutes: int
    least_minutes: int
    longest_run: int
    shortest_run: int
    shortest_rest: int
    weekends: int


@dataclass
class Instance:
    name: str
    days: int = 0
    shifts: dict[str, Shift] = field(default_factory=dict)
    nurses: dict[str, Nurse] = field(default_factory=dict)
    off: set[tuple[str, int]] = field(default_factory=set)
    wishes: list[tuple[str, int, str, int]] = field(default_factory=list)
    against: list[tuple[str, int, str, int]] = field(default_factory=list)
    cover: list[tuple[int, str, int, int, int]] = field(default_factory=list)


Roster = dict[tuple[str, int], str]  # (nurse, day): shift; absent is a day off


# --- reading -------------------------------------------------------------------------------------


def read(path: Path) -> Instance:
    found = Instance(path.stem)
    for section, line in _lines(path):
        if section not in _SECTIONS:
            known = ", ".join(f"SECTION_{name}" for name in _SECTIONS)
            raise ValueError(f"{path}: {line!r} stands in none of {known}")
        try:
            _SECTIONS[section](found, line.split(","))
        except (ValueError, IndexError) as error:
            raise ValueError(f"{path}: {section}: cannot read {line!r}: {error}") from error
    if not found.days or not found.cover:
        raise ValueError(f"{path}: no SECTION_HORIZON or no SECTION_COVER; is it an instance?")
    return found


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    section = ""
    for raw in path.read_text().splitlines():
        line = raw.strip()
        if line.startswith("SECTION_"):
            section = line.removeprefix("SECTION_")
        elif line and not line.startswith("#"):
            yield section, line


def _horizon(found: Instance, parts: list[str]) -> None:
    found.days = int(parts[0])


def _shift(found: Instance, parts: list[str]) -> None:
    never = frozenset(filter(None, parts[2].split("|")))
    found.shifts[parts[0]] = Shift(parts[0], int(parts[1]), never)


def _nurse(found: Instance, parts: list[str]) -> None:
    caps = dict(cap.split("=") for cap in parts[1].split("|"))
    numbers = [int(part) for part in parts[2:8]]
    found.nurses[parts[0]] = Nurse(parts[0], {s: int(cap) for s, cap in caps.items()}, *numbers)


def _off(found: Instance, parts: list[str]) -> None:
    found.off |= {(parts[0], int(day)) for day in parts[1:]}


def _wish(found: Instance, parts: list[str]) -> None:
    found.wishes.append((parts[0], int(parts[1]), parts[2], int(parts[3])))


def _against(found: Instance, parts: list[str]) -> None:
    found.against.append((parts[0], int(parts[1]), parts[2], int(parts[3])))


def _cover(found: Instance, parts: list[str]) -> None:
    day, shift, needed, under, over = parts
    found.cover.append((int(day), shift, int(needed), int(under), int(over)))


_SECTIONS = {
    "HORIZON": _horizon,
    "SHIFTS": _shift,
    "STAFF": _nurse,
    "DAYS_OFF": _off,
    "SHIFT_ON_REQUESTS": _wish,
    "SHIFT_OFF_REQUESTS": _against,
    "COVER": _cover,
}


# --- the official judgement ----------------------------------------------------------------------


def cost(instance: Instance, roster: Roster) -> int:
    """The objective as published: requests not met, cover under and over."""
    total = sum(weight for who, day, s, weight in instance.wishes if roster.get((who, day)) != s)
    total += sum(weight for who, day, s, weight in instance.against if roster.get((who, day)) == s)
    there = Counter((day, shift) for (_, day), shift in roster.items())
    for day, shift, needed, under, over in instance.cover:
        missing = needed - there[day, shift]
        total += under * max(0, missing) + over * max(0, -missing)
    return total


def broken(instance: Instance, roster: Roster) -> list[str]:
    """Hard rules that a roster breaks."""
    return [
        f"{nurse.id}: {fault}"
        for nurse in instance.nurses.values()
        for fault in _faults(
            instance, nurse, [roster.get((nurse.id, d)) for d in range(instance.days)]
        )
    ]


def _faults(instance: Instance, nurse: Nurse, days: list[str | None]) -> Iterator[str]:
    worked = [shift for shift in days if shift]
    minutes = sum(instance.shifts[shift].minutes for shift in worked)
    if not nurse.least_minutes <= minutes <= nurse.most_minutes:
        yield f"{minutes} min"
    for shift, times in Counter(worked).items():
        if times > nurse.most_of.get(shift, 0):
            yield f"{times} of {shift}"
    for day, (one, other) in enumerate(pairwise(days)):
        if one and other in instance.shifts[one].not_before:
            yield f"{one} then {other} on day {day}"
    if any(days[day] for who, day in instance.off if who == nurse.id):
        yield "works on a day off"
    weekends = sum(any(days[first : first + 2]) for first in range(5, len(days), 7))
    if weekends > nurse.weekends:
        yield f"{weekends} weekends"
    yield from _faults_of_runs(nurse, days)


def _faults_of_runs(nurse: Nurse, days: list[str | None]) -> Iterator[str]:
    start = 0
    for end in range(1, len(days) + 1):
        if end < len(days) and bool(days[end]) == bool(days[start]):
            continue
        length, inside = end - start, start > 0 and end < len(days)
        if days[start] and length > nurse.longest_run:
            yield f"{length} days of work from day {start}"
        if inside and length < (nurse.shortest_run if days[start] else nurse.shortest_rest):
            yield f"{length} days of {'work' if days[start] else 'rest'} from day {start}"
        start = end
