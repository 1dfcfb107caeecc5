"""The plan as JSON says it: assignments, breaks, open slots with reasons, loads, objective, warnings."""

from typing import Any

from webapp.rota.solver.clock_text import hhmm
from webapp.rota.solver.conflicts import check_lines
from webapp.rota.solver.engine import Found
from webapp.rota.solver.measure import (
    duties_of,
    loads_of,
    raw_loads,
    shortages,
    spread,
    uncovered_minutes,
    unfairness,
)
from webapp.rota.solver.obstacles import open_reasons
from webapp.rota.solver.plan import Plan
from webapp.rota.solver.problem import Duty
from webapp.rota.solver.search import Search

DIGITS = 4  # of hours in the text


def answer(found: Found, search: Search) -> dict[str, Any]:
    plan = found.plan
    facts, lines = plan.facts, plan.snapshot()
    loads = loads_of(facts, raw_loads(facts, lines))
    short = shortages(facts, lines)
    proven = found.proven and not search.cut
    return {
        "status": "optimal" if proven else "feasible",
        "seconds": round(search.seconds, 2),
        "repeatable": search.repeatable,
        "assignments": [row(duty) for duty in duties_of(facts, lines)],
        "breaks": breaks(plan),
        "open": [_open(plan, each.d, each.p, each.t, each.missing) for each in short],
        "loads": [
            {
                "staff": load.staff,
                "counter": round(load.counter, DIGITS),
                "phone": round(load.phone, DIGITS),
                "target_counter": round(load.target_counter, DIGITS),
                "target_phone": round(load.target_phone, DIGITS),
            }
            for load in loads
        ],
        "objective": {
            "uncovered_minutes": uncovered_minutes(facts, short),
            "changes": plan.changes(),
            "unfairness": round(unfairness(loads), DIGITS),
            "spread": round(spread(facts, loads), DIGITS),
        },
        "bound": {"uncovered_minutes": found.uncovered_bound},
        "warnings": [conflict.text for conflict in check_lines(plan.board, lines)],
    }


def row(duty: Duty) -> dict[str, str]:
    return {
        "position": duty.position,
        "date": duty.date,
        "from": hhmm(duty.start),
        "to": hhmm(duty.end),
        "staff": duty.staff,
    }


def breaks(plan: Plan) -> list[dict[str, str]]:
    """One for each person with duty to whom one is due; none where pins leave no room (a warning)."""
    found = []
    for d in plan.facts.D:
        for i in plan.facts.I:
            line = plan.lines[d][i]
            free = plan.board.rules[d][i].breaks_free(line) if plan.busy[d][i] else []
            if free:
                start, end = hhmm(free[0].start), hhmm(free[0].end)
                staff, date = plan.facts.people[i].id, plan.facts.days[d].date
                found.append({"staff": staff, "date": date, "from": start, "to": end})
    return found


def _open(plan: Plan, d: int, p: int, t: int, missing: int) -> dict[str, Any]:
    facts = plan.facts
    start, end = facts.slots[d][t]
    return {
        "position": facts.positions[p].id,
        "date": facts.days[d].date,
        "from": hhmm(start),
        "to": hhmm(end),
        "missing": missing,
        "reasons": open_reasons(plan.board, plan.lines[d], d, p, t),
    }
