"""Coverage as JSON, as the contract says. Pure but for the names."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from webapp.core import clock
from webapp.coverage.half_hours import room_slots, slots
from webapp.coverage.queries import UnitCover
from webapp.coverage.rules import Level, Part, PositionDay, Room, Short

Entry = dict[str, Any]


def iso(instant: datetime) -> str:
    return clock.to_tokyo(instant).isoformat()


def entries(found: UnitCover, unit_code: str) -> list[Entry]:
    """One entry a position, in their order. Holds no names."""
    return [_entry(day, found, unit_code) for day in found.cover.positions]


def _entry(day: PositionDay, found: UnitCover, unit_code: str) -> Entry:
    rows = slots(day)
    return {
        "position": str(day.post.id),
        "unit": unit_code,
        "name": day.post.name,
        "kind": day.post.kind.value,
        "staffed": day.post.staffed.value,
        "site": day.post.site or None,
        "contractor": day.post.contractor,
        "no_rota": day.no_rota,
        "slots": [
            {
                "from": iso(found.instant(row.start)),
                "need": row.need,
                "ideal": row.ideal,
                "planned": row.planned,
                "present": row.present,
                "planned_only": row.planned_only,
                "open": row.open,
            }
            for row in rows
        ],
        "slack": [row.slack for row in rows],
        "parts": [_part(part, found) for part in _joined(day.parts)],
        "now": _now(day, found),
        "short": _short(day.short, found),
        "later": [_short(short, found) for short in day.later],
        "unseen": len(day.missing),
    }


def _part(part: Part, found: UnitCover) -> Entry:
    return {
        "from": iso(found.instant(part.start)),
        "to": iso(found.instant(part.end)),
        "need": part.need,
        "present": part.present,
        "missing": part.missing,
    }


def _joined(parts: Iterable[Part]) -> list[Part]:
    """For drawing: alike neighbours are one."""
    found: list[Part] = []
    for part in parts:
        last = found[-1] if found else None
        if last and last.end == part.start and _drawn(last) == _drawn(part):
            found[-1] = Part(
                last.start,
                part.end,
                part.need,
                part.ideal,
                part.planned,
                part.present,
                part.planned_only,
                part.free,
                part.experienced_missing,
            )
        else:
            found.append(part)
    return found


def _drawn(part: Part) -> tuple[int, int]:
    return part.need, part.missing


def _now(day: PositionDay, found: UnitCover) -> Entry | None:
    """The present moment: None while the position is not open. until: how long it stays so."""
    second = int((found.as_of - found.midnight).total_seconds())
    current = next((part for part in day.parts if part.start <= second < part.end), None)
    if current is None:
        return None
    return {
        "need": current.need,
        "ideal": current.ideal,
        "present": current.present,
        "planned_only": current.planned_only,
        "missing": current.missing,
        "inexperienced": current.experienced_missing > 0,
    }


def _short(short: Short | None, found: UnitCover) -> Entry | None:
    if short is None:
        return None
    return {
        "from": iso(found.instant(short.start)),
        "to": iso(found.instant(short.end)),
        "missing": short.missing,
        "level": short.level.value,
    }


def rooms(found: UnitCover) -> list[Entry]:
    """テレワーク可能 by stretches of equal count; count None = nothing is open then."""
    return [_room(room, found) for room in found.cover.room]


def rooms_by_half_hour(found: UnitCover) -> list[Entry]:
    return [_room(room, found) for room in room_slots(found.cover.room)]


def _room(room: Room, found: UnitCover) -> Entry:
    return {
        "from": iso(found.instant(room.start)),
        "to": iso(found.instant(room.end)),
        "count": room.count,
    }


def missing(found: UnitCover, names: Mapping[int, tuple[str, str]]) -> dict[str, list[Entry]]:
    """{position: who is missing and why}: for 所属長, 係長 and 当番調整担当 only. names: staff id → (number, name)."""
    return {
        str(day.post.id): [
            {"staff": number, "name": name, "why": one.why.value}
            for one in day.missing
            for number, name in [names.get(one.staff_id, ("", "?"))]
        ]
        for day in found.cover.positions
        if day.missing
    }


def short_now(found: Iterable[UnitCover]) -> int:
    """Positions that fall short at this moment."""
    return sum(
        1
        for one in found
        for day in one.cover.positions
        if day.short is not None and day.short.level is not Level.AHEAD
    )
