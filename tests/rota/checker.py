"""Every rule of a rota plan, checked from the format's text; shares no code with the solver.

`check(problem, plan)` gives one line per fault, beginning with the rule it breaks: `H8` is a hard rule, `R14` a
numbered reading rule, `form` the shape. The hard rules are in `rules.py`; here is what a plan says of itself.
"""

from collections import Counter
from typing import Any

from tests.rota import fairness, rules
from tests.rota.made import Made
from tests.rota.reading import Cell, Office, Slot, lunch_due, minutes
from tests.rota.rules import Faults

REASONS = {
    "leave",
    "off_site",
    "reach",
    "hours",
    "lunch",
    "consecutive",
    "daily",
    "travel",
    "limit",
    "busy",
}
PARTS = ("status", "seconds", "repeatable", "assignments", "breaks", "open", "loads", "objective")
ROUNDED = 0.06  # the plan may say its hours with one decimal


def check(problem: dict[str, Any], plan: dict[str, Any]) -> list[str]:
    """All faults of a plan, none if it is good; the problem itself is taken for sound."""
    missing = [f"form: {part} is missing" for part in (*PARTS, "bound") if part not in plan]
    if missing:
        return missing
    made = Made.of(problem, plan)
    return [fault for rule in RULES for fault in rule(made)]


def hard_faults(office: Office, cells: set[Cell]) -> list[str]:
    """H2 to H14 of bare cells; of H7 only whether each break still has room somewhere."""
    made = Made(office, {}, cells)
    found = [fault for rule in rules.OF_CELLS for fault in rule(made)]
    for staff, date in made.days:
        due = lunch_due(office, staff, date)
        if due and not due.has_room(made.spans(staff, date)):
            found.append(f"H7: {staff} on {date} has no room for a break")
    return found


def open_rows(made: Made) -> Faults:
    office, seen = made.office, set()
    wanted = made.uncovered
    for row in made.plan["open"]:
        slot = Slot(row["date"], minutes(row["from"]), minutes(row["to"]))
        key = row["position"], slot
        if key in seen:
            yield f"H1: open twice: {row['position']} {slot}"
        seen.add(key)
        if key not in wanted:
            yield f"H1: open, but nothing is missing (or no such slot): {row['position']} {slot}"
        elif row["missing"] != wanted[key]:
            yield f"H1: {row['position']} {slot}: {wanted[key]} missing, not {row['missing']}"
        else:
            yield from _fault_of_reasons(office, row, slot)
    for position, slot in sorted(wanted.keys() - seen):
        yield f"H1: {position} {slot}: {wanted[position, slot]} missing, and no open row"


def _fault_of_reasons(office: Office, row: dict[str, Any], slot: Slot) -> Faults:
    place = office.positions[row["position"]]
    where = f"{row['position']} {slot}"
    if not row["reasons"]:
        yield f"R13: {where}: open without a reason"
    for reason in row["reasons"]:
        skill = reason.removeprefix("skill:") if reason.startswith("skill:") else None
        if skill is None and reason not in REASONS:
            yield f"R13: {where}: unknown reason {reason}"
        if skill is not None and not _is_lacked(office, place, skill):
            yield f"R13: {where}: nobody lacks {skill}, or it is not asked for"
        if reason == "reach" and place["kind"] != "phone":
            yield f"R13: {where}: reach keeps nobody from a counter"
        if reason == "leave" and not _anyone(office, slot, "leave"):
            yield f"R13: {where}: nobody is on leave then"


def _is_lacked(office: Office, place: dict[str, Any], skill: str) -> bool:
    having = [person for person in office.staff.values() if skill in person.get("skills", ())]
    return skill in place.get("skills", ()) and (
        not office.staff or len(having) < len(office.staff)
    )


def _anyone(office: Office, slot: Slot, place: str) -> bool:
    pieces = [piece for staff in office.staff for piece in office.pieces_in(staff, slot)]
    return any(piece.place == place for piece in pieces)


def burdens(made: Made) -> Faults:
    office = made.office
    mine = fairness.loads(office, made.cells)
    wanted = fairness.targets(office, mine)
    given = Counter(row["staff"] for row in made.plan["loads"])
    for staff, times in given.items():
        if times > 1 or staff not in office.staff:
            yield f"R15: loads of {staff}: twice, or nobody's"
    for staff in sorted(wanted.keys() - given.keys()):
        yield f"R15: loads of {staff} are missing"
    for row in made.plan["loads"]:
        for kind in fairness.KINDS if row["staff"] in mine else ():
            yield from _differs("R15", row, kind, mine[row["staff"]][kind])
            if row["staff"] in wanted:
                yield from _differs("R16", row, f"target_{kind}", wanted[row["staff"]][kind])


def _differs(rule: str, row: dict[str, Any], name: str, mine: float) -> Faults:
    if abs(row[name] - mine) > ROUNDED:
        yield f"{rule}: {name} of {row['staff']} is {mine:.3f}, not {row[name]}"


def objective(made: Made) -> Faults:
    said, office = made.plan["objective"], made.office
    if said["uncovered_minutes"] != made.uncovered_minutes:
        yield f"R13: uncovered {made.uncovered_minutes} min, not {said['uncovered_minutes']}"
    if said["changes"] not in (possible := changes(office, made.cells)):
        yield f"R14: {max(possible)} changes, not {said['changes']}"
    mine = fairness.unfairness(office, made.cells)
    if abs(said["unfairness"] - mine) > ROUNDED:
        yield f"R16: unfairness is {mine:.3f}, not {said['unfairness']}"


def changes(office: Office, cells: set[Cell]) -> set[int]:
    """Without a published plan none; days that had none in it may count or not: the text leaves it open."""
    if not office.published:
        return {0}
    dates = {cell.slot.date for cell in office.published}
    return {fairness.changed_cells(office, cells, days) for days in (office.slots, dates)}


def proof(made: Made) -> Faults:
    plan, bound = made.plan, made.plan["bound"]["uncovered_minutes"]
    if plan["status"] not in {"optimal", "feasible"}:
        yield f"form: status {plan['status']}"
    if not isinstance(plan["repeatable"], bool) or not plan["seconds"] >= 0:
        yield f"form: repeatable {plan['repeatable']}, seconds {plan['seconds']}"
    if bound > made.uncovered_minutes:
        yield f"R13: bound {bound} over the plan's own {made.uncovered_minutes}"
    if plan["status"] == "optimal" and bound != made.uncovered_minutes:
        yield f"R13: optimal, but bound {bound} is not {made.uncovered_minutes}"


RULES = (*rules.ALL, open_rows, burdens, objective, proof)
