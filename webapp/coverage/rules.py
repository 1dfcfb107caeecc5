"""Coverage of a day: what each position needs, who is there, where it falls short, how many more could telework. Pure.

One maximum matching for each stretch of the day in which nothing changes (stretches.py, matching.py): a person covers
one position at a time. Seconds count from local midnight.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from webapp.coverage.covering import Head, Needed, covers, fits
from webapp.coverage.standing import HALF_HOUR, Standing, Why
from webapp.coverage.stretches import MINUTE, Stretch, stretches_of
from webapp.positions.rules import Post, Staffed


class Level(StrEnum):
    AHEAD = "ahead"
    NOW = "now"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Alarm:
    """When shortages are announced. seconds."""

    long_after: int = 15 * MINUTE
    shortest_ahead: int = HALF_HOUR


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of one position in which nothing changes."""

    start: int
    end: int
    need: int
    ideal: int
    planned: int
    present: int
    planned_only: int
    free: int  # more heads that could cover this position
    experienced_missing: int = 0

    @property
    def missing(self) -> int:
        return max(0, self.need - self.present)


@dataclass(frozen=True, slots=True)
class Short:
    start: int
    end: int
    missing: int
    level: Level


@dataclass(frozen=True, slots=True)
class Missing:
    """Somebody who was counted on and does not count. Only for those who lead the unit."""

    staff_id: int
    why: Why


@dataclass(frozen=True, slots=True)
class PositionDay:
    post: Post
    no_rota: bool
    parts: tuple[Part, ...]
    short: Short | None
    later: tuple[Short, ...]
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """テレワーク可能: how many more could work away from start to end; None = no position is open."""

    start: int
    end: int
    count: int | None


@dataclass(frozen=True, slots=True)
class DayCover:
    positions: tuple[PositionDay, ...]
    room: tuple[Room, ...]
    next_at: int | None  # when the clock changes any of it next


def cover(
    places: Sequence[Needed],
    heads: Sequence[Head],
    *,
    now: int | None,
    alarm: Alarm = Alarm(),
) -> DayCover:
    """The day of these positions and people.

    now: seconds after local midnight; None for a day to come.
    """
    staffed = [place for place in places if not place.post.contractor]
    stretches = stretches_of(staffed, heads, now)
    days = {
        place.post.id: _position_day(place, index, stretches, now, alarm)
        for index, place in enumerate(staffed)
    }
    days |= {place.post.id: _contracted(place) for place in places if place.post.contractor}
    if now is not None:
        days = {key: _with_names(day, places, heads, now) for key, day in days.items()}
    return DayCover(
        tuple(days[place.post.id] for place in places),
        _rooms(stretches),
        _next_at(stretches, days.values(), now, alarm),
    )


# --- one position ---------------------------------------------------------------------------


def _position_day(
    place: Needed,
    index: int,
    stretches: Sequence[Stretch],
    now: int | None,
    alarm: Alarm,
) -> PositionDay:
    parts = tuple(part for stretch in stretches if (part := _part(stretch, index)) is not None)
    shorts = _shorts(parts, now, alarm)
    current = next((s for s in shorts if s.level is not Level.AHEAD), None)
    ahead = tuple(s for s in shorts if s.level is Level.AHEAD)
    no_rota = place.post.staffed is Staffed.DUTY and not place.on_duty
    return PositionDay(place.post, no_rota, parts, current or next(iter(ahead), None), ahead)


def _part(stretch: Stretch, index: int) -> Part | None:
    need = stretch.needs[index]
    if need is None:
        return None
    return Part(
        stretch.start,
        stretch.end,
        need.need,
        need.ideal,
        stretch.planned.filled[index],
        stretch.present.filled[index] + stretch.extra[index],
        stretch.present.planned[index],
        sum(count for sort, count in stretch.present.free.items() if sort.can >> index & 1),
        stretch.experienced[index],
    )


def _shorts(parts: Sequence[Part], now: int | None, alarm: Alarm) -> list[Short]:
    """Runs of missing heads that are not over. missing: now, or the most of a run to come."""
    runs: list[list[Part]] = []
    for part in parts:
        if not part.missing:
            continue
        if runs and runs[-1][-1].end == part.start:
            runs[-1].append(part)
        else:
            runs.append([part])
    left = [run for run in runs if now is None or run[-1].end > now]
    found = [_short(run, now, alarm) for run in left]
    return [
        short
        for short in found
        if short.level is not Level.AHEAD or short.end - short.start >= alarm.shortest_ahead
    ]


def _short(run: Sequence[Part], now: int | None, alarm: Alarm) -> Short:
    start, end = run[0].start, run[-1].end
    if now is None or start > now:
        return Short(start, end, max(part.missing for part in run), Level.AHEAD)
    missing = next(part.missing for part in run if part.end > now)
    return Short(start, end, missing, Level.LONG if now - start >= alarm.long_after else Level.NOW)


def _contracted(place: Needed) -> PositionDay:
    """委託: shown with its need, taken as covered."""
    parts = tuple(
        Part(n.start * MINUTE, n.end * MINUTE, n.need, n.ideal, n.need, n.need, 0, 0)
        for n in place.needs
    )
    return PositionDay(place.post, False, parts, None, ())


def _with_names(
    day: PositionDay, places: Sequence[Needed], heads: Sequence[Head], now: int
) -> PositionDay:
    """Who is missing where it falls short now: those on that duty, else those who by plan could cover it."""
    short = day.short
    if short is None or short.level is Level.AHEAD:
        return day
    place = next(place for place in places if place.post.id == day.post.id)
    found = tuple(
        Missing(head.staff_id, stand.why or Why.OFF_SITE)
        for head in heads
        if (stand := _stand_at(head.stands, now)) is not None
        and (plan := _stand_at(head.plans, now)) is not None
        and _is_counted_on(stand, plan, place, bool(fits([place], head)))
        and not covers(stand, place, bool(fits([place], head)))
    )
    return PositionDay(day.post, day.no_rota, day.parts, short, day.later, found)


def _is_counted_on(stand: Standing, plan: Standing, place: Needed, fit: bool) -> bool:
    if place.on_duty:
        return place.post.id in (stand.duty, plan.duty)
    return covers(plan, place, fit)


def _stand_at(stands: Iterable[Standing], second: int) -> Standing | None:
    return next((s for s in stands if s.start <= second < s.end), None)


# --- the unit -------------------------------------------------------------------------------


def _rooms(stretches: Sequence[Stretch]) -> tuple[Room, ...]:
    rooms: list[Room] = []
    for stretch in stretches:
        last = rooms[-1] if rooms else None
        if last and last.end == stretch.start and last.count == stretch.room:
            rooms[-1] = Room(last.start, stretch.end, last.count)
        else:
            rooms.append(Room(stretch.start, stretch.end, stretch.room))
    return tuple(rooms)


def capped(rooms: Sequence[Room], free: Iterable[tuple[int, int, int]]) -> tuple[Room, ...]:
    """The same with lines and devices counted: (start, end, how many are free) cut テレワーク可能 at their time.

    Apart from the matching, so that a booked line costs no section its day anew.
    """
    caps = list(free)
    found: list[Room] = []
    for room in rooms:
        edges = {room.start, room.end}
        edges |= {edge for cap in caps for edge in cap[:2] if room.start < edge < room.end}
        for start, end in pairwise(sorted(edges)):
            tops = [top for first, last, top in caps if first <= start < last]
            count = None if room.count is None else min([room.count, *tops])
            if found and (found[-1].end, found[-1].count) == (start, count):
                found[-1] = Room(found[-1].start, end, count)
            else:
                found.append(Room(start, end, count))
    return tuple(found)


def _next_at(
    stretches: Sequence[Stretch],
    days: Iterable[PositionDay],
    now: int | None,
    alarm: Alarm,
) -> int | None:
    if now is None:
        return None
    edges = {edge for stretch in stretches for edge in (stretch.start, stretch.end)}
    edges |= {day.short.start + alarm.long_after for day in days if day.short}
    return min((edge for edge in edges if edge > now), default=None)
