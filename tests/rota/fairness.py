"""Burdens, targets, spread and changes counted afresh from a problem and its cells."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from math import sqrt

from tests.rota.reading import Cell, Office, Slot

KINDS = ("counter", "phone")
Load = dict[str, float]  # kind: weighted hours


def kind_of(office: Office, position: str) -> str:
    return "phone" if office.positions[position]["kind"] == "phone" else "counter"


def burden(office: Office, position: str, slot: Slot) -> float:
    """Weighted hours of one cell; a closed slot weighs what its position does."""
    band = office.bands.get((position, slot))
    weight: float = office.positions[position].get("burden", 1.0)
    return slot.length / 60 * weight * (band.burden if band else 1.0)


def loads(office: Office, cells: Iterable[Cell]) -> dict[str, Load]:
    found = {}
    for staff, person in office.staff.items():
        carried = person.get("carry_in") or {}
        found[staff] = {kind: float(carried.get(kind, 0)) for kind in KINDS}
    for cell in cells:
        found[cell.staff][kind_of(office, cell.position)] += burden(
            office, cell.position, cell.slot
        )
    return found


def presence(office: Office, staff: str) -> float:
    """The part of own hours not on leave or trip; 0 for whoever has none."""
    own = [piece for date in office.slots for piece in office.day_of(staff, date)]
    whole = sum(piece.length for piece in own)
    there = sum(piece.length for piece in own if piece.place not in {"leave", "trip"})
    return there / whole if whole else 0.0


def weights(office: Office) -> dict[str, float]:
    """Those among whom burdens are shared, and what each is measured by."""
    found = {
        staff: person.get("contract_minutes", 0) * presence(office, staff)
        for staff, person in office.staff.items()
        if person.get("group", "rotate") == "rotate"
    }
    return {staff: weight for staff, weight in found.items() if weight > 0}


def targets(office: Office, loaded: dict[str, Load]) -> dict[str, Load]:
    shares = weights(office)
    whole = sum(shares.values())
    totals = {kind: sum(loaded[staff][kind] for staff in shares) for kind in KINDS}
    return {
        staff: {kind: totals[kind] * weight / whole for kind in KINDS}
        for staff, weight in shares.items()
    }


def unfairness(office: Office, cells: Iterable[Cell]) -> float:
    loaded = loads(office, cells)
    wanted = targets(office, loaded)
    return sqrt(
        sum((loaded[staff][kind] - wanted[staff][kind]) ** 2 for staff in wanted for kind in KINDS)
    )


def alike(office: Office, least_presence: float = 0.8) -> list[str]:
    """Full-timers whose counter burdens are compared: longest contract, there, fit for a counter half the time."""
    shares = weights(office)
    longest = max((office.staff[staff]["contract_minutes"] for staff in shares), default=0)
    return [
        staff
        for staff in shares
        if office.staff[staff]["contract_minutes"] == longest
        and presence(office, staff) >= least_presence
        and _fit_for_a_counter(office, staff) >= 0.5
    ]


def _fit_for_a_counter(office: Office, staff: str) -> float:
    counters: dict[Slot, list[str]] = defaultdict(list)
    for position, slot in office.bands:
        if kind_of(office, position) == "counter":
            counters[slot].append(position)
    fit = [
        any(office.fits(staff, position, slot) for position in positions)
        for slot, positions in counters.items()
    ]
    return sum(fit) / len(fit) if fit else 0.0


def spread(office: Office, cells: Iterable[Cell], least_presence: float = 0.8) -> float:
    """max − min of the counter burden of those alike, in weighted hours."""
    loaded = loads(office, cells)
    return _width([loaded[staff]["counter"] for staff in alike(office, least_presence)])


def spread_from_target(office: Office, cells: Iterable[Cell]) -> float:
    """The same of what each bears over the own target: whoever was away a fifth of the time should bear less."""
    loaded = loads(office, cells)
    wanted = targets(office, loaded)
    return _width([loaded[who]["counter"] - wanted[who]["counter"] for who in alike(office)])


def _width(numbers: list[float]) -> float:
    return max(numbers) - min(numbers) if numbers else 0.0


def changed_cells(office: Office, cells: Iterable[Cell], dates: Iterable[str]) -> int:
    """Rule 14 on these dates: runs of slots of a position where the same people go and the same come."""
    before, now = by_place(office.published), by_place(cells)
    positions = sorted({position for position, _ in before | now})
    runs = [(position, office.slots[date]) for position in positions for date in dates]
    return sum(_changes(position, slots, before, now) for position, slots in runs)


People = dict[tuple[str, Slot], set[str]]


def by_place(cells: Iterable[Cell]) -> People:
    found: People = defaultdict(set)
    for cell in cells:
        found[cell.position, cell.slot].add(cell.staff)
    return found


def _changes(position: str, slots: list[Slot], before: People, now: People) -> int:
    moves = []
    for slot in slots:
        old, new = before.get((position, slot), set()), now.get((position, slot), set())
        moves.append((old - new, new - old))
    return sum(max(len(gone), len(come)) for (gone, come), _ in groupby(moves))
