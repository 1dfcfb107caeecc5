"""Coverage of a day: what each position needs, who is there, where it falls short, how many more could telework. Pure.

One maximum matching for each stretch of the day in which nothing changes (`design` of the matching in matching.py):
a person covers one position at a time. Seconds count from local midnight.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from webapp.coverage.matching import Matched, Sort, match
from webapp.coverage.standing import HALF_HOUR, Standing, Why
from webapp.positions.rules import Kind, Need, Post, Staffed
from webapp.presence.facts import Place, Reason

MINUTE = 60


class Level(StrEnum):
    AHEAD = "ahead"
    NOW = "now"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Head:
    """One person's day as coverage sees it. units: those of the postings of the day."""

    staff_id: int
    skills: frozenset[str]
    forbidden: frozenset[int]
    experienced: bool
    units: frozenset[int]
    stands: tuple[Standing, ...]
    plans: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Needed:
    """A position on the day. on_duty: staffed by those on duty (当番制 and the rota of the day is fixed)."""

    post: Post
    needs: tuple[Need, ...]
    on_duty: bool
    units: frozenset[int]  # whose people can be put here


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


@dataclass(slots=True)
class _Stretch:
    start: int
    end: int
    present: Matched
    planned: Matched
    needs: tuple[Need | None, ...]
    extra: tuple[int, ...] = ()
    room: int | None = None
    experienced: tuple[int, ...] = field(default_factory=tuple)


def cover(
    places: Sequence[Needed],
    heads: Sequence[Head],
    *,
    now: int | None,
    alarm: Alarm = Alarm(),
    cap: int | None = None,
) -> DayCover:
    """The day of these positions and people.

    now: seconds after local midnight; None for a day to come.
    cap: lines and devices still free; no more could telework than that.
    """
    staffed = [place for place in places if not place.post.contractor]
    stretches = _stretches(staffed, heads, now, cap)
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


# --- the stretches of the day ---------------------------------------------------------------


def _stretches(
    places: Sequence[Needed], heads: Sequence[Head], now: int | None, cap: int | None
) -> list[_Stretch]:
    opened = [(n.start * MINUTE, n.end * MINUTE) for place in places for n in place.needs]
    if not opened:
        return []
    first, last = min(start for start, _ in opened), max(end for _, end in opened)
    edges = {edge for span in opened for edge in span}
    edges |= set(range(first - first % HALF_HOUR, last + HALF_HOUR, HALF_HOUR))
    edges |= {s.start for head in heads for s in (*head.stands, *head.plans)}
    edges |= {now} if now is not None else set()
    inside = sorted(edge for edge in edges if first <= edge <= last)
    stand, plan = _Walk(places, heads, "stands"), _Walk(places, heads, "plans")
    known: dict[object, _Stretch] = {}
    found: list[_Stretch] = []
    for start, end in pairwise(inside):
        needs = tuple(_need_at(place, start) for place in places)
        here, meant = stand.at(start), plan.at(start)
        key = (needs, here.key, meant.key)
        if key not in known:
            known[key] = _solved(places, needs, here, meant, cap)
        solved = known[key]
        found.append(
            _Stretch(
                start,
                end,
                solved.present,
                solved.planned,
                needs,
                solved.extra,
                solved.room,
                solved.experienced,
            )
        )
    return found


def _need_at(place: Needed, second: int) -> Need | None:
    return next((n for n in place.needs if n.start * MINUTE <= second < n.end * MINUTE), None)


@dataclass(frozen=True, slots=True)
class _Moment:
    """The heads at an instant: by sort, those free to leave by what they could cover, the experienced on each."""

    heads: Mapping[Sort, int]
    could: Counter[tuple[int, bool]]  # (positions one could cover, at the office)
    seasoned: tuple[int, ...]  # experienced heads eligible for each position

    @property
    def key(self) -> object:
        return frozenset(self.heads.items()), frozenset(self.could.items()), self.seasoned


_Change = tuple[int, int, Sort, tuple[int, bool], bool]


class _Walk:
    """Walks through the day of all heads at once, in order of time: each instant costs only who changes then."""

    def __init__(self, places: Sequence[Needed], heads: Sequence[Head], which: str) -> None:
        self._places = places
        self._sorts: dict[tuple[int, Standing], tuple[Sort, tuple[int, bool]]] = {}
        self._heads: Counter[Sort] = Counter()
        self._could: Counter[tuple[int, bool]] = Counter()
        self._seasoned = [0] * len(places)
        self._turns = self._all_turns(heads, which)
        self._next = 0

    def _all_turns(self, heads: Sequence[Head], which: str) -> list[_Change]:
        """(second, +1 or -1, sort, able, experienced): beginnings and ends in order of time."""
        found: list[_Change] = []
        for head in heads:
            fits = _fits(self._places, head)
            if not fits and not _has_duty(head, self._places):
                continue
            for stand in getattr(head, which):
                sort, able = self._sort(head, stand, fits)
                if sort.can or able[0]:
                    found.append((stand.start, 1, sort, able, head.experienced))
                    found.append((stand.end, -1, sort, able, head.experienced))
        return sorted(found, key=lambda change: change[0])

    def at(self, second: int) -> _Moment:
        while self._next < len(self._turns) and self._turns[self._next][0] <= second:
            self._turn(*self._turns[self._next][1:])
            self._next += 1
        return _Moment(+self._heads, +self._could, tuple(self._seasoned))

    def _turn(self, by: int, sort: Sort, able: tuple[int, bool], experienced: bool) -> None:
        if able[0]:
            self._could[able] += by
        if not sort.can:
            return
        self._heads[sort] += by
        if experienced:
            for index in range(len(self._places)):
                self._seasoned[index] += by * (sort.can >> index & 1)

    def _sort(self, head: Head, stand: Standing, fits: int) -> tuple[Sort, tuple[int, bool]]:
        key = (fits, stand)
        if key not in self._sorts:
            can = away = fitting = 0
            for index, place in enumerate(self._places):
                fit = bool(fits >> index & 1)
                if fit and able(stand, place.post) and stand.duty is None:
                    fitting |= 1 << index
                if _covers(stand, place, fit):
                    can |= 1 << index
                    if place.post.kind is Kind.PHONE and stand.reach:
                        away |= 1 << index
            office = stand.place is Place.OFFICE
            self._sorts[key] = (Sort(can, away, stand.planned), (fitting, office))
        return self._sorts[key]


def _has_duty(head: Head, places: Sequence[Needed]) -> bool:
    ids = {place.post.id for place in places}
    return any(stand.duty in ids for stand in (*head.stands, *head.plans))


def _fits(places: Sequence[Needed], head: Head) -> int:
    """Bit i: of a unit that feeds position i, with its skills, and not kept from it by the person's own limits."""
    return sum(
        1 << index
        for index, place in enumerate(places)
        if head.units & place.units
        and place.post.skills <= head.skills
        and place.post.id not in head.forbidden
    )


def _covers(stand: Standing, place: Needed, fit: bool) -> bool:
    """Whether somebody standing so covers the position now."""
    if place.on_duty or stand.duty is not None:
        return stand.duty == place.post.id and able(stand, place.post, on_duty=True)
    return fit and able(stand, place.post)


def able(stand: Standing, post: Post, *, on_duty: bool = False) -> bool:
    """Place, reach and state allow it. 応答不可 takes nobody from a counter they are on duty at."""
    if stand.why is Why.DND:
        if not (on_duty and post.on_site):
            return False
    elif stand.why is not None:
        return False
    if post.on_site:
        return _on_site(stand, post) and stand.only is not Reason.CALL
    return stand.transfer and stand.only is not Reason.COUNTER


def _on_site(stand: Standing, post: Post) -> bool:
    """On-site positions: at the office, or at the satellite that is that site."""
    if post.site:
        return stand.site == post.site and stand.place in (Place.OFFICE, Place.SATELLITE)
    return stand.place is Place.OFFICE and not stand.site


# --- one stretch ----------------------------------------------------------------------------


def _solved(
    places: Sequence[Needed],
    needs: tuple[Need | None, ...],
    here: _Moment,
    meant: _Moment,
    cap: int | None,
) -> _Stretch:
    wanted = [need.need if need else 0 for need in needs]
    present = match(here.heads, wanted)
    planned = match(meant.heads, wanted)
    extra = _extra(places, needs, present)
    short = any(filled < want for filled, want in zip(present.filled, wanted, strict=True))
    return _Stretch(
        0,
        0,
        present,
        planned,
        needs,
        extra,
        None if not any(wanted) else 0 if short else _room(places, wanted, here, cap),
        tuple(
            max(0, min(need.experienced, filled) - here.seasoned[index]) if need else 0
            for index, (need, filled) in enumerate(zip(needs, present.filled, strict=True))
        ),
    )


def _extra(
    places: Sequence[Needed], needs: Sequence[Need | None], present: Matched
) -> tuple[int, ...]:
    """Heads above the need: all others on that duty; at 在席者で受ける up to the ideal, each counted once."""
    free = dict(present.free)
    found: list[int] = []
    for index, (place, need) in enumerate(zip(places, needs, strict=True)):
        most = 10_000 if place.on_duty else (need.ideal - need.need if need else 0)
        taken = 0
        for sort in sorted(free, key=lambda s: (s.planned, s.can)):
            if sort.can >> index & 1 and taken < most:
                more = min(free[sort], most - taken)
                free[sort] -= more
                taken += more
        found.append(taken)
    return tuple(found)


def _room(
    places: Sequence[Needed],
    wanted: Sequence[int],
    here: _Moment,
    cap: int | None,
) -> int:
    """How many of those at the office could work elsewhere with every need still met.

    Counted are only heads that could cover a position needed now: who lacks the skill is not slack. Off duty they
    are all free; of those that the matching uses, only who must be at the office for it stays.
    """
    open_now = sum(1 << index for index, want in enumerate(wanted) if want)
    staffed_by_duty = sum(1 << i for i, place in enumerate(places) if place.on_duty)
    able = sum(count for (can, office), count in here.could.items() if office and can & open_now)
    by_anyone = [w if not staffed_by_duty >> i & 1 else 0 for i, w in enumerate(wanted)]
    staying = match(here.heads, by_anyone).staying if any(by_anyone) else 0
    room = max(0, able - staying)
    return room if cap is None else min(room, cap)


# --- one position ---------------------------------------------------------------------------


def _position_day(
    place: Needed,
    index: int,
    stretches: Sequence[_Stretch],
    now: int | None,
    alarm: Alarm,
) -> PositionDay:
    parts = tuple(part for stretch in stretches if (part := _part(stretch, index)) is not None)
    shorts = _shorts(parts, now, alarm)
    current = next((s for s in shorts if s.level is not Level.AHEAD), None)
    ahead = tuple(s for s in shorts if s.level is Level.AHEAD)
    no_rota = place.post.staffed is Staffed.DUTY and not place.on_duty
    return PositionDay(place.post, no_rota, parts, current or next(iter(ahead), None), ahead)


def _part(stretch: _Stretch, index: int) -> Part | None:
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
        and _is_counted_on(stand, plan, place, bool(_fits([place], head)))
        and not _covers(stand, place, bool(_fits([place], head)))
    )
    return PositionDay(day.post, day.no_rota, day.parts, short, day.later, found)


def _is_counted_on(stand: Standing, plan: Standing, place: Needed, fit: bool) -> bool:
    if place.on_duty:
        return place.post.id in (stand.duty, plan.duty)
    return _covers(plan, place, fit)


def _stand_at(stands: Iterable[Standing], second: int) -> Standing | None:
    return next((s for s in stands if s.start <= second < s.end), None)


# --- the unit -------------------------------------------------------------------------------


def _rooms(stretches: Sequence[_Stretch]) -> tuple[Room, ...]:
    rooms: list[Room] = []
    for stretch in stretches:
        last = rooms[-1] if rooms else None
        if last and last.end == stretch.start and last.count == stretch.room:
            rooms[-1] = Room(last.start, stretch.end, last.count)
        else:
            rooms.append(Room(stretch.start, stretch.end, stretch.room))
    return tuple(rooms)


def _next_at(
    stretches: Sequence[_Stretch],
    days: Iterable[PositionDay],
    now: int | None,
    alarm: Alarm,
) -> int | None:
    if now is None:
        return None
    edges = {edge for stretch in stretches for edge in (stretch.start, stretch.end)}
    edges |= {day.short.start + alarm.long_after for day in days if day.short}
    return min((edge for edge in edges if edge > now), default=None)


# --- by half hours --------------------------------------------------------------------------


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
