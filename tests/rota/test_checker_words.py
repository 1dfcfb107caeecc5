"""What a plan says of itself — open rows, loads, changes, proof — and breaks: each false word is found, alone."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.rota.by_hand import DAY, Plan, made, member, office, rules_broken
from tests.rota.checker import check
from tests.rota.parts import at, band


def said(part: str, *path: Any, be: Any) -> Callable[[Plan], None]:
    def change(plan: Plan) -> None:
        inner = plan if not path else plan[part]
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1] if path else part] = be

    return change


def drop(part: str) -> Callable[[Plan], Any]:
    return lambda plan: plan[part].pop(0)


def twice(part: str) -> Callable[[Plan], Any]:
    return lambda plan: plan[part].append(plan[part][0])


def row(part: str, **more: Any) -> Callable[[Plan], Any]:
    """The first row of this part, and once more with something else."""
    return lambda plan: plan[part].append(plan[part][0] | more)


SAID = [
    ("a row in part of a slot", "R2", row("assignments", **{"from": "15:00", "to": "15:10"})),
    ("a row past closing", "R2", row("assignments", **{"from": "17:00", "to": "17:30"})),
    ("a row of no length", "R2", row("assignments", **{"from": "15:00", "to": "15:00"})),
    ("unknown staff", "R2", row("assignments", staff="Z")),
    ("unknown position", "R2", row("assignments", position="c9")),
    ("unknown date", "R2", row("assignments", date="2026-11-28")),
    ("the same duty twice", "H5", twice("assignments")),
    ("no break", "H7", drop("breaks")),
    ("two breaks", "H7", row("breaks", **{"from": "10:30", "to": "11:30"})),
    ("a short break", "H7", said("breaks", 0, "to", be="11:30")),
    ("a break before the window", "H7", said("breaks", 0, "from", be="10:45")),
    ("a break with duty", "H7", said("breaks", 0, "to", be="13:00")),
    ("a break outside own hours", "H7", row("breaks", staff="G", date="2026-11-24", to="23:00")),
    ("somebody's break", "H7", row("breaks", staff="Z")),
    ("open kept quiet", "H1", drop("open")),
    ("more missing than there are", "H1", said("open", 0, "missing", be=2)),
    ("open twice", "H1", twice("open")),
    ("open, but held", "H1", row("open", **{"from": "09:00", "to": "09:30"})),
    ("open for two slots", "H1", said("open", 0, "to", be="12:00")),
    ("no reason", "R13", said("open", 0, "reasons", be=[])),
    ("an unknown reason", "R13", said("open", 0, "reasons", be=["tired"])),
    ("a skill not asked for", "R13", said("open", 0, "reasons", be=["skill:戸籍"])),
    ("leave of nobody", "R13", said("open", 0, "reasons", be=["leave"])),
    ("reach of a counter", "R13", said("open", 0, "reasons", be=["reach"])),
    ("a load", "R15", said("loads", 0, "counter", be=99.0)),
    ("a load of nobody's", "R15", row("loads", staff="Z")),
    ("no load", "R15", drop("loads")),
    ("a target", "R16", said("loads", 0, "target_phone", be=99.0)),
    ("uncovered", "R13", said("objective", "uncovered_minutes", be=0)),
    ("changes", "R14", said("objective", "changes", be=1)),
    ("unfairness", "R16", said("objective", "unfairness", be=0.1)),
    ("a bound too high", "R13", said("bound", "uncovered_minutes", be=60)),
    ("optimal without proof", "R13", said("status", be="optimal")),
    ("a status of no meaning", "form", said("status", be="perfect")),
    ("repeatable as a word", "form", said("repeatable", be="yes")),
    ("a part missing", "form", lambda plan: plan.pop("loads")),
]


@pytest.mark.parametrize(
    ("broken", "change"), [case[1:] for case in SAID], ids=[case[0] for case in SAID]
)
def test_a_false_word_is_found_alone(broken: str, change: Callable[[Plan], Any]) -> None:
    problem = office()
    plan = made(problem)
    change(plan)
    assert rules_broken(check(problem, plan)) == {broken}


def test_reasons_that_may_be_given() -> None:
    problem = office()
    problem["positions"][1]["skills"] = ["住基"]
    member(problem, "G")["segments"].append(at(DAY, place="leave"))
    plan = made(problem)
    plan["open"][0]["reasons"] = ["skill:住基", "leave", "off_site", "consecutive", "busy"]
    assert check(problem, plan) == []


def test_bands_are_cut_and_the_largest_minimum_counts() -> None:
    problem = office()
    problem["positions"][1]["demand"].append(band(3, "10:15", "10:20"))
    problem["positions"][1]["demand"].append(band(9, "17:15", "20:00"))
    short = [(row["from"], row["missing"]) for row in made(problem)["open"]]
    assert short == [("10:00", 2), ("11:00", 1)]
