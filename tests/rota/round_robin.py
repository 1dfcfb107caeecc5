"""A careful round-robin, as the counter team makes it by hand: what the solver's plans are compared with.

A list of names for each position. Seat by seat, in blocks of up to two hours, the next on the list who may and can
takes the duty; whoever cannot is passed over and keeps the place in the list. Nothing is taken back.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.rota.reading import Cell, Office, Slot, lunch_due
from tests.rota.rules import is_experienced, stretches
from tests.rota.statement import plan_of

LONGEST = 120


def plan(problem: dict[str, Any]) -> dict[str, Any]:
    """A whole plan that keeps every hard rule; pins and past are not looked at."""
    office = Office(problem)
    return plan_of(office, RoundRobin(office).made())


class RoundRobin:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.queues = {position: list(office.staff) for position in office.positions}
        self.duties: dict[tuple[str, str], list[Cell]] = defaultdict(list)
        self.there: dict[tuple[str, Slot], list[str]] = defaultdict(list)
        pairs = office.problem.get("forbidden_pairs") or ()
        self.apart = {frozenset(pair) for pair in pairs}

    def made(self) -> set[Cell]:
        for slots in self.office.slots.values():
            for position in self._hardest_first():
                self._fill(position, slots)
        return {cell for cells in self.duties.values() for cell in cells}

    def _hardest_first(self) -> list[str]:
        """As by hand: the position that few can hold is filled first."""
        staff = self.office.staff.values()

        def able(position: str) -> int:
            asked = set(self.office.positions[position].get("skills", ()))
            return sum(asked <= set(person.get("skills", ())) for person in staff)

        return sorted(self.office.positions, key=able)

    def _fill(self, position: str, slots: list[Slot]) -> None:
        needed = {
            slot: band.min
            for slot in slots
            if (band := self.office.bands.get((position, slot))) is not None
        }
        for seat in range(1, max(needed.values(), default=0) + 1):
            for run in _unbroken([slot for slot in slots if needed.get(slot, 0) >= seat]):
                self._fill_run(position, run)

    def _fill_run(self, position: str, run: list[Slot]) -> None:
        while run:
            # Nobody for any block from here: the first slot stays open.
            taken = next((b for b in self._blocks(run) if self._give(position, b)), run[:1])
            run = run[len(taken) :]

    def _blocks(self, run: list[Slot]) -> Iterator[list[Slot]]:
        """The longest first; none so short that it or what it leaves is under the least block."""
        least = self.office.rules.get("min_block_minutes", 0)
        for length in range(len(run), 0, -1):
            block, rest = run[:length], run[length:]
            minutes = block[-1].end - block[0].start
            left = rest[-1].end - rest[0].start if rest else least
            if minutes >= least and left >= least and (minutes <= LONGEST or length == 1):
                yield block

    def _give(self, position: str, block: list[Slot]) -> bool:
        queue = self.queues[position]
        for staff in queue:
            cells = [Cell(staff, position, slot) for slot in block]
            if self._can(staff, cells) and self._may_join(staff, cells):
                queue.remove(staff)
                queue.append(staff)
                self.duties[staff, block[0].date] += cells
                for cell in cells:
                    self.there[position, cell.slot].append(staff)
                return True
        return False

    def _can(self, staff: str, cells: list[Cell]) -> bool:
        if not all(self.office.fits(*cell) for cell in cells):
            return False
        date = cells[0].slot.date
        day = sorted(self.duties[staff, date] + cells, key=lambda cell: cell.slot)
        if len({cell.slot for cell in day}) < len(day):
            return False
        limit, due = self.office.max_a_day(staff), lunch_due(self.office, staff, date)
        return (
            (limit is None or _minutes(day) <= limit)
            and (due is None or due.has_room([(cell.slot.start, cell.slot.end) for cell in day]))
            and self._rests(staff, day)
            and self._arrives(day)
        )

    def _rests(self, staff: str, day: list[Cell]) -> bool:
        found = stretches(day, self.office.rules.get("rest_minutes", 0))
        return all(_minutes(one) <= self.office.max_consecutive(staff) for one in found)

    def _arrives(self, day: list[Cell]) -> bool:
        office = self.office
        return all(
            other.slot.start - one.slot.end
            >= office.travel(office.site(one.position), office.site(other.position))
            for number, one in enumerate(day)
            for other in day[number + 1 :]
        )

    def _may_join(self, staff: str, cells: list[Cell]) -> bool:
        """Experience and pairs, slot by slot; a trainee comes only where someone experienced is already."""
        for cell in cells:
            there = self.there[cell.position, cell.slot]
            wanted = self.office.positions[cell.position].get("experienced_min", 0)
            skilled = sum(is_experienced(self.office, one) for one in [*there, staff])
            if skilled < min(wanted, len(there) + 1) or (there and not skilled):
                return False
            if any(frozenset((staff, other)) in self.apart for other in there):
                return False
        return True


def _minutes(cells: list[Cell]) -> int:
    return sum(cell.slot.length for cell in cells)


def _unbroken(slots: list[Slot]) -> list[list[Slot]]:
    runs: list[list[Slot]] = []
    for slot in slots:
        if runs and runs[-1][-1].end == slot.start:
            runs[-1].append(slot)
        else:
            runs.append([slot])
    return runs
