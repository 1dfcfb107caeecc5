"""A rota problem read into minutes and slots, from the format's text alone: nothing of `webapp` is used here.

Minutes count from midnight of their day. `Slot` is the unit everything else is said in.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

AWAY = {"leave", "trip", "meeting", "training"}
WORKING = {"office", "home", "satellite", "mobile"}
USUAL_CONSECUTIVE = 120


def minutes(clock: str) -> int:
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


class Slot(NamedTuple):
    date: str
    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start

    def __str__(self) -> str:
        return f"{self.date} {clock(self.start)}-{clock(self.end)}"


class Cell(NamedTuple):
    """One person at one position in one slot."""

    staff: str
    position: str
    slot: Slot

    def __str__(self) -> str:
        return f"{self.staff} at {self.position} {self.slot}"


class Band(NamedTuple):
    min: int
    ideal: int
    burden: float


class Piece(NamedTuple):
    """A stretch of a person's day with one place; pieces of a day never overlap."""

    start: int
    end: int
    place: str
    site: str
    reach: str | None

    @property
    def length(self) -> int:
        return self.end - self.start


def cut_day(opening: dict[str, Any], slot_minutes: int) -> list[Slot]:
    close = minutes(opening["close"])
    starts = range(minutes(opening["open"]), close, slot_minutes)
    return [Slot(opening["date"], start, min(start + slot_minutes, close)) for start in starts]


def pieces_of(segments: list[dict[str, Any]]) -> list[Piece]:
    """One person's segments of one date without overlaps: away wins, then the later listed."""
    spans = [(minutes(one["from"]), minutes(one["to"]), one) for one in segments]
    edges = sorted({edge for start, end, _ in spans for edge in (start, end)})
    found = []
    for start, end in pairwise(edges):
        here = [one for first, last, one in spans if first <= start and end <= last]
        if here:
            winner = next((one for one in reversed(here) if one["place"] in AWAY), here[-1])
            site, reach = winner.get("site") or "main", winner.get("reach")
            found.append(Piece(start, end, winner["place"], site, reach))
    return found


@dataclass
class Office:
    """A problem as the rules see it."""

    problem: dict[str, Any]
    positions: dict[str, dict[str, Any]] = field(init=False)
    staff: dict[str, dict[str, Any]] = field(init=False)
    slots: dict[str, list[Slot]] = field(init=False)
    now: tuple[str, int] | None = field(init=False)

    def __post_init__(self) -> None:
        problem = self.problem
        self.positions = {one["id"]: one for one in problem["positions"]}
        self.staff = {one["id"]: one for one in problem["staff"]}
        size = problem["slot_minutes"]
        self.slots = {day["date"]: cut_day(day, size) for day in problem["days"]}
        date, _, time = (problem.get("now") or "").partition("T")
        self.now = (date, minutes(time[:5])) if date else None

    @property
    def rules(self) -> dict[str, Any]:
        return self.problem.get("rules") or {}

    @cached_property
    def all_slots(self) -> list[Slot]:
        return [slot for day in self.slots.values() for slot in day]

    @cached_property
    def bands(self) -> dict[tuple[str, Slot], Band]:
        """Only open positions have one. Where bands of equal `min` touch a slot, the heavier counts."""
        found: dict[tuple[str, Slot], Band] = {}
        for position, slot, band in self._touching():
            found[position, slot] = max(band, found.get((position, slot), band))
        return found

    def _touching(self) -> Iterator[tuple[str, Slot, Band]]:
        for position in self.positions.values():
            for row in position["demand"]:
                burden = row.get("burden", 1.0)
                band = Band(row["min"], row.get("ideal", row["min"]), burden)
                start, end = minutes(row["from"]), minutes(row["to"])
                for date in row.get("days") or self.slots:
                    for slot in self.slots.get(date, ()):
                        if slot.start < end and start < slot.end:
                            yield position["id"], slot, band

    def is_past(self, slot: Slot) -> bool:
        return self.now is not None and (slot.date, slot.start) < self.now

    # --- where people are ---

    @cached_property
    def _days_of(self) -> dict[tuple[str, str], list[Piece]]:
        rows: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for person in self.staff.values():
            for segment in person.get("segments", ()):
                rows[person["id"], segment["date"]].append(segment)
        return {key: pieces_of(segments) for key, segments in rows.items()}

    def day_of(self, staff: str, date: str) -> list[Piece]:
        return self._days_of.get((staff, date), [])

    def pieces_in(self, staff: str, slot: Slot) -> list[Piece]:
        day = self.day_of(staff, slot.date)
        return [piece for piece in day if piece.start < slot.end and slot.start < piece.end]

    def is_there(self, staff: str, slot: Slot) -> bool:
        """At work, wherever, for the whole slot."""
        inside = [
            min(piece.end, slot.end) - max(piece.start, slot.start)
            for piece in self.pieces_in(staff, slot)
        ]
        return sum(inside) == slot.length

    def why_not(self, staff: str, position: str, slot: Slot) -> str | None:
        """The first rule of H2, H3, H4, H6 or H12 that keeps this person from this cell; None: fit."""
        person, place = self.staff[staff], self.positions[position]
        lacking = set(place.get("skills", ())) - set(person.get("skills", ()))
        if lacking:
            return f"H2: lacks {', '.join(sorted(lacking))}"
        if position in person.get("forbidden", ()):
            return "H12: the position is forbidden"
        if not self.is_there(staff, slot):
            return "H6: outside own hours"
        for piece in self.pieces_in(staff, slot):
            if piece.place in AWAY:
                return f"H3: {piece.place}"
            if not answers(place, piece):
                return f"H4: {piece.place} {piece.site} reach {piece.reach}"
        return None

    def fits(self, staff: str, position: str, slot: Slot) -> bool:
        return self.why_not(staff, position, slot) is None

    # --- limits ---

    def max_consecutive(self, staff: str) -> int:
        limit: int | None = self.staff[staff].get("max_consecutive_minutes")
        return USUAL_CONSECUTIVE if limit is None else limit

    def max_a_day(self, staff: str) -> int | None:
        limit: int | None = self.staff[staff].get("max_duty_minutes_per_day")
        return limit

    def site(self, position: str) -> str:
        return self.positions[position].get("site") or "main"

    def travel(self, here: str, there: str) -> int:
        given = self.rules.get("travel_minutes") or {}
        if here == there:
            return 0
        one_way: int | None = given.get(f"{here}>{there}", given.get(f"{there}>{here}"))
        return one_way or 0

    # --- rows ---

    def cells(self, row: dict[str, Any]) -> list[Cell]:
        """The cells of an assignment, pin or published row; slots it touches in part are not among them."""
        start, end = minutes(row["from"]), minutes(row["to"])
        return [
            Cell(row["staff"], row["position"], slot)
            for slot in self.slots.get(row["date"], ())
            if start <= slot.start and slot.end <= end
        ]

    @cached_property
    def published(self) -> set[Cell]:
        rows = self.problem.get("published") or ()
        return {cell for row in rows for cell in self.cells(row)}

    @cached_property
    def past(self) -> set[Cell]:
        return {cell for cell in self.published if self.is_past(cell.slot)}

    @cached_property
    def pinned(self) -> set[Cell]:
        rows = self.problem.get("pins") or ()
        cells = {cell for row in rows for cell in self.cells(row)}
        return {cell for cell in cells if not self.is_past(cell.slot)}

    @cached_property
    def fixed(self) -> set[Cell]:
        return self.past | self.pinned


def answers(position: dict[str, Any], piece: Piece) -> bool:
    """H4: may the position be held from there?"""
    here = piece.site == (position.get("site") or "main")
    if position["kind"] == "phone":
        return (piece.place == "office" and here) or (
            piece.place in WORKING and piece.reach == "transfer"
        )
    return piece.place in {"office", "satellite"} and here


# --- breaks: what the checker, the brute force and the round robin all ask -----------------------


class Lunch(NamedTuple):
    """When a break may lie for one person on one day, and how long it is."""

    start: int
    end: int
    minutes: int

    def has_room(self, duties: list[tuple[int, int]]) -> bool:
        """Is there a stretch free of these (start, end) for the whole break?"""
        free_from = self.start
        for start, end in sorted(duties):
            if min(start, self.end) - free_from >= self.minutes:
                return True
            free_from = max(free_from, end)
        return self.end - free_from >= self.minutes


def lunch_due(office: Office, staff: str, date: str) -> Lunch | None:
    """For whoever has duty: where the break must lie; None: none is due.

    Due where more than six hours are worked and one unbroken piece of the day shares the whole break with the window.
    """
    rule = office.rules.get("lunch")
    at_work = [piece for piece in office.day_of(staff, date) if piece.place != "leave"]
    if not rule or sum(piece.length for piece in at_work) <= 360:
        return None
    window = minutes(rule["from"]), minutes(rule["to"])
    shared = [(max(start, window[0]), min(end, window[1])) for start, end in unbroken(at_work)]
    start, end = max(shared, key=lambda span: span[1] - span[0])
    return Lunch(start, end, rule["minutes"]) if end - start >= rule["minutes"] else None


def unbroken(pieces: list[Piece]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for piece in sorted(pieces):
        if spans and spans[-1][1] == piece.start:
            spans[-1] = (spans[-1][0], piece.end)
        else:
            spans.append((piece.start, piece.end))
    return spans
