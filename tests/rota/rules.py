"""H2 to H14: what a plan's cells and breaks may not do. Each rule yields one line per fault.

What pins and the published past have done by themselves is no fault (R6): a rule speaks where the solver's own choice
made or worsened it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tests.rota.made import Made, fault_of_row
from tests.rota.reading import Cell, Office, clock, lunch_due, minutes

Faults = Iterator[str]


# --- the rows ------------------------------------------------------------------------------------


def rows(made: Made) -> Faults:
    seen: Counter[Cell] = Counter()
    for row in made.plan["assignments"]:
        fault = fault_of_row(made.office, row)
        if fault:
            yield f"R2: {fault}: {row}"
        else:
            seen.update(made.office.cells(row))
    for cell, times in seen.items():
        if times > 1:
            yield f"H5: {cell} is in {times} rows"


def closed(made: Made) -> Faults:
    for cell in sorted(made.cells):
        if (cell.position, cell.slot) not in made.office.bands and made.is_free(cell):
            yield f"R3: {cell}: the position is closed"


# --- one person, one cell ------------------------------------------------------------------------


def fitness(made: Made) -> Faults:
    for cell in sorted(made.cells):
        why = made.office.why_not(*cell)
        if why and made.is_free(cell):
            yield f"{why}: {cell}"


def pins_and_past(made: Made) -> Faults:
    office = made.office
    for cell in sorted(office.pinned - made.cells):
        yield f"H10: pinned {cell} is not kept"
    past = {cell for cell in made.cells if office.is_past(cell.slot)}
    for cell in sorted(office.past - past):
        yield f"H10: past {cell} is gone"
    for cell in sorted(past - office.past):
        yield f"H10: {cell} came into the past"


# --- one person, one day -------------------------------------------------------------------------


def one_at_a_time(made: Made) -> Faults:
    for cells in made.days.values():
        for one, other in pairwise(cells):
            if one.slot == other.slot and made.is_free(one, other):
                yield f"H5: {one} and at {other.position}"


def consecutive(made: Made) -> Faults:
    rest = made.office.rules.get("rest_minutes", 0)
    for (staff, _), cells in made.days.items():
        for stretch in stretches(cells, rest):
            duty = sum({cell.slot: cell.slot.length for cell in stretch}.values())
            if duty > made.office.max_consecutive(staff) and made.is_free(*stretch):
                yield f"H8: {stretch[0]} and on: {duty} min without {rest} min of rest"


def stretches(cells: list[Cell], rest: int) -> list[list[Cell]]:
    found: list[list[Cell]] = []
    for cell in cells:
        # A rest of no minutes still ends a stretch at any gap; what touches is one.
        gap = cell.slot.start - found[-1][-1].slot.end if found else 0
        if found and (gap <= 0 or gap < rest):
            found[-1].append(cell)
        else:
            found.append([cell])
    return found


def travel(made: Made) -> Faults:
    office = made.office
    for cells in made.days.values():
        on_site = [cell for cell in cells if stands_there(office, cell)]
        for number, one in enumerate(on_site):
            for other in on_site[number + 1 :]:
                needed = office.travel(office.site(one.position), office.site(other.position))
                gap = other.slot.start - one.slot.end
                if needed > 0 and gap < needed and made.is_free(one, other):
                    yield f"H9: {one}, then {other}: {gap} min for a way of {needed}"


def stands_there(office: Office, cell: Cell) -> bool:
    """A telephone answered from elsewhere needs no way: the text leaves it open, so it is not judged."""
    return all(
        piece.site == office.site(cell.position) and piece.place in {"office", "satellite"}
        for piece in office.pieces_in(cell.staff, cell.slot)
    )


def daily(made: Made) -> Faults:
    for (staff, date), cells in made.days.items():
        limit = made.office.max_a_day(staff)
        duty = sum({cell.slot: cell.slot.length for cell in cells}.values())
        if limit is not None and duty > limit and made.is_free(*cells):
            yield f"H13: {staff} on {date}: {duty} min of duty, at most {limit}"


def blocks(made: Made) -> Faults:
    least = made.office.rules.get("min_block_minutes", 0)
    for cells in made.days.values():
        for block in blocks_of(cells):
            length = block[-1].slot.end - block[0].slot.start
            # A short block that holds something fixed was too short before the solver came.
            if length < least and not set(block) & made.office.fixed:
                yield f"H14: {block[0]}: a block of {length} min, at least {least}"


def blocks_of(cells: list[Cell]) -> list[list[Cell]]:
    """One person's cells of one day: runs at one position without a gap."""
    found: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda cell: (cell.position, cell.slot)):
        last = found[-1][-1] if found else None
        if last and last.position == cell.position and last.slot.end == cell.slot.start:
            found[-1].append(cell)
        else:
            found.append([cell])
    return found


# --- several people at one position --------------------------------------------------------------


def experience(made: Made) -> Faults:
    for (position, slot), cells in made.people.items():
        wanted = made.office.positions[position].get("experienced_min", 0)
        fixed = [cell for cell in cells if cell in made.office.fixed]
        if _lacking(made.office, wanted, cells) > _lacking(made.office, wanted, fixed):
            yield f"H11: {position} {slot}: fewer than {wanted} experienced"
        if _all_trainees(made.office, cells) and made.is_free(*cells):
            yield f"H11: {position} {slot}: {len(cells)} trainees alone"


def _lacking(office: Office, wanted: int, cells: list[Cell]) -> int:
    experienced = sum(is_experienced(office, cell.staff) for cell in cells)
    return max(0, min(wanted, len(cells)) - experienced)


def _all_trainees(office: Office, cells: list[Cell]) -> bool:
    return len(cells) > 1 and not any(is_experienced(office, cell.staff) for cell in cells)


def is_experienced(office: Office, staff: str) -> bool:
    return bool(office.staff[staff].get("experienced", False))


def pairs(made: Made) -> Faults:
    for one, other in made.office.problem.get("forbidden_pairs") or ():
        for (position, slot), cells in made.people.items():
            both = [cell for cell in cells if cell.staff in {one, other}]
            if len(both) > 1 and made.is_free(*both):
                yield f"H12: {one} and {other} together at {position} {slot}"


# --- breaks --------------------------------------------------------------------------------------


def breaks(made: Made) -> Faults:
    office = made.office
    given: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in made.plan["breaks"]:
        if row["staff"] in office.staff and row["date"] in office.slots:
            given[row["staff"], row["date"]].append(row)
        else:
            yield f"H7: break of unknown staff or date: {row}"
    for (staff, date), found in given.items():
        if len(found) > 1:
            yield f"H7: {staff} on {date} has {len(found)} breaks"
        for row in found:
            yield from _fault_of_break(made, row)
    for staff, date in made.days:
        if (staff, date) not in given and _could_break(made, staff, date):
            yield f"H7: {staff} on {date} has duty and no break"


def _could_break(made: Made, staff: str, date: str) -> bool:
    """Is a break due, and does what is fixed leave room for it?"""
    due = lunch_due(made.office, staff, date)
    fixed = [
        cell.slot for cell in made.office.fixed if (cell.staff, cell.slot.date) == (staff, date)
    ]
    return due is not None and due.has_room([(slot.start, slot.end) for slot in fixed])


def _fault_of_break(made: Made, row: dict[str, Any]) -> Faults:
    rule = made.office.rules.get("lunch") or {"from": "00:00", "to": "24:00", "minutes": 0}
    start, end = minutes(row["from"]), minutes(row["to"])
    whose = f"{row['staff']} on {row['date']} {clock(start)}-{clock(end)}"
    day = made.office.day_of(row["staff"], row["date"])
    if end - start < max(1, rule["minutes"]):
        yield f"H7: break of {whose} is shorter than {rule['minutes']} min"
    if start < minutes(rule["from"]) or minutes(rule["to"]) < end:
        yield f"H7: break of {whose} is outside the window"
    if not day or start < day[0].start or day[-1].end < end:
        yield f"H7: break of {whose} is outside own hours"
    for first, last in made.spans(row["staff"], row["date"]):
        if first < end and start < last:
            yield f"H7: break of {whose} with duty {clock(first)}-{clock(last)}"


OF_CELLS = (
    closed,
    fitness,
    one_at_a_time,
    consecutive,
    travel,
    daily,
    blocks,
    experience,
    pairs,
)
ALL = (rows, *OF_CELLS, pins_and_past, breaks)
