"""The least uncovered minutes of a small office, found by search over all that its people can do; no CP-SAT.

A day is walked slot by slot. Each person is a small automaton that remembers just what the hard rules ask of the past
(block, stretch, break, ways); A* over the product of the automata, by uncovered minutes and then, where a plan is
published, by changed cells. No rule links two days.
Pins and a published past are not looked at. `every_plan` is slower and simpler still: all plans, one after the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import product

from tests.rota.checker import hard_faults
from tests.rota.fairness import by_place
from tests.rota.made import Made
from tests.rota.reading import Cell, Lunch, Office, Slot, lunch_due
from tests.rota.rules import is_experienced


@dataclass(frozen=True, slots=True, order=True)
class State:
    """What one person's day so far means for the rest of it."""

    position: str = ""  # held in the slot before; "" is none
    block: int = 0  # minutes of the block, counted up to the least allowed
    stretch: int = 0  # duty minutes since the last sufficient rest
    until: int = -1  # end of the last duty
    total: int = 0
    has_eaten: bool = False
    left: tuple[tuple[str, int], ...] = ()  # (site, end of the last duty there)


class Person:
    """One person's automaton on one day."""

    def __init__(self, office: Office, staff: str, date: str) -> None:
        self.office, self.staff = office, staff
        self.due: Lunch | None = lunch_due(office, staff, date)
        self.rest = office.rules.get("rest_minutes", 0)
        self.least = office.rules.get("min_block_minutes", 0)
        self.limit = office.max_a_day(staff)
        self.consecutive = office.max_consecutive(staff)

    def choices(self, state: State, slot: Slot) -> Iterator[State]:
        if state.position == "" or state.block >= self.least:
            yield replace(state, position="", block=0)
        for position in self.office.positions:
            if (position, slot) in self.office.bands and self.office.fits(
                self.staff, position, slot
            ):
                after = self._on_duty(state, position, slot)
                if after is not None:
                    yield after

    def _on_duty(self, state: State, position: str, slot: Slot) -> State | None:
        goes_on = position == state.position
        if state.position and not goes_on and state.block < self.least:
            return None
        gap = slot.start - state.until
        rested = state.until < 0 or (gap > 0 and gap >= self.rest)
        stretch = slot.length + (0 if rested else state.stretch)
        total = state.total + slot.length
        if stretch > self.consecutive or (self.limit is not None and total > self.limit):
            return None
        has_eaten = state.has_eaten or self._could_eat(state.until, slot.start)
        if not has_eaten and not self._could_eat(slot.end, 24 * 60):
            return None
        left = self._arrived(state, position, slot)
        if left is None:
            return None
        block = min(self.least, slot.length + (state.block if goes_on else 0))
        return State(position, block, stretch, slot.end, total, has_eaten, left)

    def _could_eat(self, free_from: int, free_to: int) -> bool:
        due = self.due
        return due is None or min(free_to, due.end) - max(free_from, due.start) >= due.minutes

    def _arrived(
        self, state: State, position: str, slot: Slot
    ) -> tuple[tuple[str, int], ...] | None:
        here = self.office.site(position)
        for site, end in state.left:
            if slot.start - end < self.office.travel(site, here):
                return None
        elsewhere = tuple(one for one in state.left if one[0] != here)
        return tuple(sorted((*elsewhere, (here, slot.end))))

    def may_end(self, state: State) -> bool:
        return state.position == "" or state.block >= self.least


Joint = tuple[State, ...]


# One uncovered minute outweighs all cells of a day: the two counts are carried in one number.
MINUTE = 1000


class Day:
    """All people of one day together."""

    def __init__(self, office: Office, date: str) -> None:
        self.office, self.slots = office, office.slots[date]
        self.names = list(office.staff)
        self.people = [Person(office, staff, date) for staff in self.names]
        self.apart = [set(pair) for pair in office.problem.get("forbidden_pairs") or ()]
        self.before = by_place(office.published)
        self.ahead = [0] * (len(self.slots) + 1)
        for index in reversed(range(len(self.slots))):
            self.ahead[index] = self.ahead[index + 1] + self._at_least(self.slots[index])

    def _at_least(self, slot: Slot) -> int:
        """Minutes of this slot that stay open even if nobody had anything before or after."""
        seats = {p: self.office.bands[p, slot].min for p in self._open(slot)}
        taken: dict[str, list[str]] = {position: [] for position in seats}

        def seat(staff: str, tried: set[str]) -> bool:
            for position, number in seats.items():
                if position not in tried and self.office.fits(staff, position, slot):
                    tried.add(position)
                    sitting = taken[position]
                    if len(sitting) < number:
                        sitting.append(staff)
                        return True
                    for other in list(sitting):
                        if seat(other, tried):
                            sitting.remove(other)
                            sitting.append(staff)
                            return True
            return False

        covered = sum(seat(staff, set()) for staff in self.names)
        return (sum(seats.values()) - covered) * slot.length * MINUTE

    def _open(self, slot: Slot) -> list[str]:
        return [
            position for position in self.office.positions if (position, slot) in self.office.bands
        ]

    def best(self) -> tuple[int, set[Cell]]:
        start: Joint = tuple(State() for _ in self.people)
        best: dict[tuple[int, Joint], int] = {(0, start): 0}
        came: dict[tuple[int, Joint], tuple[int, Joint]] = {}
        heap: list[tuple[int, int, int, Joint]] = [(self.ahead[0], 0, 0, start)]
        while heap:
            _, turned, cost, joint = heappop(heap)
            index = -turned
            if cost > best[index, joint]:
                continue
            if index == len(self.slots):
                return cost, self._cells(came, joint)
            for after in self._moves(joint, self.slots[index]):
                if index + 1 == len(self.slots) and not self._may_end(after):
                    continue
                spent = cost + self._missing(after, self.slots[index])
                spent += self._changed(joint, after, index)
                key = (index + 1, after)
                if spent < best.get(key, spent + 1):
                    best[key], came[key] = spent, (index, joint)
                    heappush(heap, (spent + self.ahead[index + 1], -index - 1, spent, after))
        raise AssertionError("a plan always exists: nobody has any duty")

    def _moves(self, joint: Joint, slot: Slot) -> Iterator[Joint]:
        each = [
            list(person.choices(state, slot))
            for person, state in zip(self.people, joint, strict=True)
        ]
        return (after for after in product(*each) if self._goes_together(after, slot))

    def _goes_together(self, joint: Joint, slot: Slot) -> bool:
        for position in self._open(slot):
            there = self._there(joint, position)
            if any(pair <= set(there) for pair in self.apart):
                return False
            skilled = sum(is_experienced(self.office, staff) for staff in there)
            wanted = self.office.positions[position].get("experienced_min", 0)
            if skilled < min(wanted, len(there)) or (len(there) > 1 and not skilled):
                return False
        return True

    def _there(self, joint: Joint, position: str) -> list[str]:
        return [
            staff
            for staff, state in zip(self.names, joint, strict=True)
            if state.position == position
        ]

    def _may_end(self, joint: Joint) -> bool:
        return all(p.may_end(state) for p, state in zip(self.people, joint, strict=True))

    def _missing(self, joint: Joint, slot: Slot) -> int:
        short = (
            max(0, self.office.bands[position, slot].min - len(self._there(joint, position)))
            for position in self._open(slot)
        )
        return sum(short) * slot.length * MINUTE

    def _changed(self, before: Joint, after: Joint, index: int) -> int:
        """Changed cells that begin in this slot (rule 14)."""
        if not self.before:
            return 0
        total = 0
        for position in self.office.positions:
            gone, come = self._move(after, position, index)
            if index == 0 or (gone, come) != self._move(before, position, index - 1):
                total += max(len(gone), len(come))
        return total

    def _move(self, joint: Joint, position: str, index: int) -> tuple[set[str], set[str]]:
        old = self.before.get((position, self.slots[index]), set())
        new = set(self._there(joint, position))
        return old - new, new - old

    def _cells(self, came: dict[tuple[int, Joint], tuple[int, Joint]], joint: Joint) -> set[Cell]:
        cells: set[Cell] = set()
        for index in range(len(self.slots), 0, -1):
            slot = self.slots[index - 1]
            for staff, state in zip(self.names, joint, strict=True):
                if state.position:
                    cells.add(Cell(staff, state.position, slot))
            joint = came[index, joint][1]
        return cells


def least_uncovered(office: Office) -> tuple[int, set[Cell]]:
    """(minutes, cells of a plan that has them)."""
    uncovered, _, cells = least(office)
    return uncovered, cells


def least(office: Office) -> tuple[int, int, set[Cell]]:
    """(uncovered minutes, then changed cells against what is published, cells of a plan that has them)."""
    days = [Day(office, date).best() for date in office.slots]
    both = sum(cost for cost, _ in days)
    return both // MINUTE, both % MINUTE, {cell for _, cells in days for cell in cells}


def every_plan(office: Office) -> int:
    """The same minimum by trying every plan against the checker: for offices of a handful of cells."""
    places = [
        [None, *(Cell(staff, p, slot) for p in office.positions if (p, slot) in office.bands)]
        for staff in office.staff
        for slot in office.all_slots
    ]
    least = sum(band.min * slot.length for (_, slot), band in office.bands.items())
    for chosen in product(*places):
        cells = {cell for cell in chosen if cell is not None}
        uncovered = Made(office, {}, cells).uncovered_minutes
        if uncovered < least and not hard_faults(office, cells):
            least = uncovered
    return least
