"""The problem on its grid: slots, who is where, who can cover what, and the reason why not.

Days, slots, positions and people are indexes here; sets of slots of a day are bit masks (bit t =
slot t). Nothing here decides anything: solver, pages and explanations all read the same facts.
"""

from dataclasses import dataclass
from functools import cached_property

from webapp.rota.solver.problem import (
    ON_SITE,
    WINNING,
    WORKING,
    Duty,
    Person,
    Position,
    Problem,
    Segment,
    slots_of,
)

AWAY = {"leave": "leave", "trip": "off_site", "meeting": "busy", "training": "busy"}
MANY_HOURS = 360  # minutes of work above which a break is due (rule 8)
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Need:
    """What a position needs in a slot."""

    min: int
    ideal: int
    burden: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a person's day in one place; pieces of a day do not overlap (rule 4)."""

    start: int
    end: int
    segment: Segment


@dataclass(frozen=True, slots=True)
class Break:
    """A possible break and the slots that must be free of duty for it."""

    start: int
    end: int
    mask: int
    at_work: bool  # not in a meeting, on a trip or in training


def painted(segments: list[Segment]) -> list[Piece]:
    """Leave, trip, meeting and training win, then the later listed."""
    pieces: list[Piece] = []
    for segment in sorted(segments, key=lambda each: each.place in WINNING):
        rest = []
        for piece in pieces:
            if piece.start < segment.start:
                rest.append(Piece(piece.start, min(piece.end, segment.start), piece.segment))
            if piece.end > segment.end:
                rest.append(Piece(max(piece.start, segment.end), piece.end, piece.segment))
        pieces = [*rest, Piece(segment.start, segment.end, segment)]
    return sorted(pieces, key=lambda piece: piece.start)


def place_reason(position: Position, segment: Segment) -> str | None:
    """H3 and H4; None = from here the position can be covered."""
    if segment.place in WINNING:
        return AWAY[segment.place]
    if position.is_phone:
        if segment.place == "office" and segment.site == position.site:
            return None
        return None if segment.reach == "transfer" and segment.place in WORKING else "reach"
    at_site = segment.place in ON_SITE and segment.site == position.site
    return None if at_site else "off_site"


def person_reason(person: Person, position: Position) -> str | None:
    """What rules a person out of a position whatever the day."""
    for skill in position.skills:
        if skill not in person.skills:
            return f"skill:{skill}"
    return "limit" if position.id in person.forbidden else None


def _runs(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Touching spans joined; they come in order."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and found[-1][1] >= start:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _mask_of_open(needs: list[Need | None]) -> int:
    return sum(1 << t for t, need in enumerate(needs) if need is not None)


class Facts:
    """`day[d]`, `positions[p]`, `people[i]`; `slots[d][t]` = (start, end) in minutes."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.days, self.positions, self.people = problem.days, problem.positions, problem.staff
        self.day_of = {day.date: index for index, day in enumerate(self.days)}
        self.position_of = {each.id: index for index, each in enumerate(self.positions)}
        self.person_of = {each.id: index for index, each in enumerate(self.people)}
        self.slots = [slots_of(day, problem.slot_minutes) for day in self.days]
        self.need = [[self._needs(d, p) for p in self.P] for d in self.D]
        self._open = [[_mask_of_open(self.need[d][p]) for p in self.P] for d in self.D]
        self._slots_within: dict[tuple[int, tuple[tuple[int, int], ...]], int] = {}
        self.pieces = [self._pieces(day.date) for day in self.days]
        self.past = [self._past(d) for d in self.D]
        self.reasons_of = [[person_reason(i, p) for p in self.positions] for i in self.people]
        self.can = [[[self._mask(d, i, p) for p in self.P] for i in self.I] for d in self.D]
        self.published = self._held(problem.published)
        self.fixed = self._fixed()

    @property
    def D(self) -> range:  # noqa: N802 index ranges read as in a model
        return range(len(self.days))

    @property
    def P(self) -> range:  # noqa: N802
        return range(len(self.positions))

    @property
    def I(self) -> range:  # noqa: E743, N802
        return range(len(self.people))

    def _needs(self, d: int, p: int) -> list[Need | None]:
        return [self._need(d, p, start, end) for start, end in self.slots[d]]

    def _need(self, d: int, p: int, start: int, end: int) -> Need | None:
        """The largest min of the bands that touch the slot counts; None = closed (rule 3)."""
        bands = [
            band
            for band in self.positions[p].demand
            if (band.days is None or self.days[d].date in band.days)
            and band.start < end
            and start < band.end
        ]
        if not bands:
            return None
        leading = max(bands, key=lambda band: band.min)
        ideal = max(leading.min, *(band.ideal for band in bands))
        return Need(leading.min, ideal, leading.burden)

    def _pieces(self, date: str) -> list[list[Piece]]:
        return [
            painted([each for each in person.segments if each.date == date])
            for person in self.people
        ]

    def _past(self, d: int) -> int:
        now = self.problem.now
        if now is None or self.days[d].date > now.date:
            return 0
        before = [self.days[d].date < now.date or start < now.minute for start, _ in self.slots[d]]
        return sum(1 << t for t, is_past in enumerate(before) if is_past)

    def _mask(self, d: int, i: int, p: int) -> int:
        """Slots of the position that the person may cover; not the past."""
        if self.reasons_of[i][p] is not None:
            return 0
        position = self.positions[p]
        good = tuple(
            (piece.start, piece.end)
            for piece in self.pieces[d][i]
            if place_reason(position, piece.segment) is None
        )
        return self._within(d, good) & self._open[d][p] & ~self.past[d]

    def _within(self, d: int, good: tuple[tuple[int, int], ...]) -> int:
        """Slots that lie within one of the runs; most people have the same hours, so it is worked out once."""
        key = (d, good)
        if key not in self._slots_within:
            runs = _runs(list(good))
            self._slots_within[key] = sum(
                1 << t
                for t, (start, end) in enumerate(self.slots[d])
                if any(a <= start and end <= b for a, b in runs)
            )
        return self._slots_within[key]

    def reason(self, d: int, i: int, p: int, t: int) -> str | None:
        """Why a person can not cover a position in a slot, whoever else does; None = can.

        `skill:X`, `limit` (not this position), `leave`, `off_site`, `reach`, `hours`."""
        return self.reasons_of[i][p] or self.presence_reason(d, i, p, t)

    def presence_reason(self, d: int, i: int, p: int, t: int) -> str | None:
        start, end = self.slots[d][t]
        at, found = start, None
        for piece in self.pieces[d][i]:
            if piece.end <= at or piece.start >= end:
                continue
            if piece.start > at:
                return "hours"
            found = found or place_reason(self.positions[p], piece.segment)
            at = piece.end
        return found if found or at >= end else "hours"

    def _held(self, duties: tuple[Duty, ...]) -> list[list[list[int]]]:
        """[day][person][slot] → position or NOBODY."""
        held = [[[NOBODY] * len(self.slots[d]) for _ in self.I] for d in self.D]
        for duty in duties:
            self._put(held, duty)
        return held

    def _put(self, held: list[list[list[int]]], duty: Duty) -> None:
        d, i = self.day_of[duty.date], self.person_of[duty.staff]
        for t in self.slots_in(duty):
            held[d][i][t] = self.position_of[duty.position]

    def slots_in(self, duty: Duty) -> list[int]:
        slots = self.slots[self.day_of[duty.date]]
        return [t for t, (start, end) in enumerate(slots) if duty.start <= start < duty.end]

    def _fixed(self) -> list[list[list[int]]]:
        """Pins, and what was published of the past: there the plan equals it (rules 1 and 6)."""
        held = self._held(self.problem.pins)
        for d in self.D:
            for t in (t for t in range(len(self.slots[d])) if self.past[d] >> t & 1):
                for i in self.I:
                    held[d][i][t] = self.published[d][i][t]
        return held

    @cached_property
    def breaks(self) -> list[list[list[Break] | None]]:
        """[day][person] → the possible breaks; None where none is due (rule 8)."""
        return [[self._breaks(d, i) for i in self.I] for d in self.D]

    def _breaks(self, d: int, i: int) -> list[Break] | None:
        lunch = self.problem.rules.lunch
        own = [
            (piece.start, piece.end)
            for piece in self.pieces[d][i]
            if piece.segment.place != "leave"
        ]
        if lunch is None or sum(end - start for start, end in own) <= MANY_HOURS:
            return None
        shared = [(max(a, lunch.start), min(b, lunch.end)) for a, b in _runs(own)]
        wide = [span for span in shared if span[1] - span[0] >= lunch.minutes]
        return self._fewest_slots(d, i, wide, lunch.minutes) if wide else None

    def _fewest_slots(
        self, d: int, i: int, spans: list[tuple[int, int]], minutes: int
    ) -> list[Break]:
        """Of breaks over the same slots one; of breaks over more slots than another none."""
        found: dict[int, Break] = {}
        for first, last in spans:
            edges = {first, last - minutes}
            for start, end in self.slots[d]:
                edges |= {end, start - minutes, start}
            for start in sorted(edge for edge in edges if first <= edge <= last - minutes):
                one = self._break(d, i, start, start + minutes)
                if one.mask not in found or (one.at_work and not found[one.mask].at_work):
                    found[one.mask] = one
        return [
            one
            for one in found.values()
            if not any(
                other.mask != one.mask
                and other.mask & one.mask == other.mask
                and other.at_work >= one.at_work
                for other in found.values()
            )
        ]

    def _break(self, d: int, i: int, start: int, end: int) -> Break:
        mask = sum(
            1 << t for t, (first, last) in enumerate(self.slots[d]) if first < end and start < last
        )
        away = any(
            piece.segment.place in WINNING and piece.start < end and start < piece.end
            for piece in self.pieces[d][i]
        )
        return Break(start, end, mask, not away)

    @cached_property
    def band_hours(self) -> list[list[list[float]]]:
        """[day][position][slot] → weighted hours of one person's duty (rule 15); closed: burden 1."""
        return [[self._hours(d, p) for p in self.P] for d in self.D]

    def _hours(self, d: int, p: int) -> list[float]:
        burden = self.positions[p].burden
        return [
            (end - start) / 60 * burden * (need.burden if need else 1.0)
            for (start, end), need in zip(self.slots[d], self.need[d][p], strict=True)
        ]

    @cached_property
    def weights(self) -> list[float]:
        """Shares of the target (rule 16): contract × share of own hours not on leave or trip; a
        person outside the rotation has none. They sum to 1, or are all 0."""
        raw = [self._weight(i) for i in self.I]
        total = sum(raw)
        return [each / total if total else 0.0 for each in raw]

    def _weight(self, i: int) -> float:
        person = self.people[i]
        if person.group != "rotate":
            return 0.0
        return person.contract_minutes * self.present_share(i)

    def present_share(self, i: int) -> float:
        own = away = 0
        for day in self.pieces:
            for piece in day[i]:
                own += piece.end - piece.start
                if piece.segment.place in ("leave", "trip"):
                    away += piece.end - piece.start
        return (own - away) / own if own else 0.0
