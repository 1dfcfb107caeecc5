"""A day of coverage by half hours, as tables and programs read it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.coverage.rules import Part, PositionDay, Room
from webapp.coverage.standing import HALF_HOUR


@dataclass(frozen=True, slots=True)
class Slot:
    """A half hour of one position: the values of its worst moment."""

    start: int
    need: int
    ideal: int
    planned: int
    present: int
    planned_only: int
    open: int
    slack: int


def slots(day: PositionDay) -> list[Slot]:
    """Half hours from the first to the last need; present is that of the moment with most missing."""
    found: dict[int, list[Part]] = {}
    for part in day.parts:
        for start in range(part.start - part.start % HALF_HOUR, part.end, HALF_HOUR):
            found.setdefault(start, []).append(part)
    return [_slot(start, parts) for start, parts in sorted(found.items())]


def _slot(start: int, parts: Sequence[Part]) -> Slot:
    worst = max(parts, key=lambda part: (part.missing, part.need, -part.present))
    return Slot(
        start,
        max(part.need for part in parts),
        max(part.ideal for part in parts),
        min(part.planned for part in parts if part.need == worst.need),
        worst.present,
        worst.planned_only,
        worst.missing,
        min(part.free for part in parts),
    )


def room_slots(rooms: Sequence[Room]) -> list[Room]:
    """By half hours: the least of each."""
    found: dict[int, list[int]] = {}
    for room in rooms:
        for start in range(room.start - room.start % HALF_HOUR, room.end, HALF_HOUR):
            if room.count is not None:
                found.setdefault(start, []).append(room.count)
    return [Room(start, start + HALF_HOUR, min(counts)) for start, counts in sorted(found.items())]
