"""The checker proves itself: a good plan has no fault, and each rule broken once is found, alone."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.rota import offices, round_robin
from tests.rota.by_hand import DAY, GOOD, made, member, office, rows, rules_broken
from tests.rota.checker import check
from tests.rota.parts import Problem, at

Change = Callable[[Problem], Any]


def nothing(_: Problem) -> None:
    pass


def test_the_plan_made_by_hand_is_good() -> None:
    problem = office()
    assert check(problem, made(problem)) == []


@pytest.mark.parametrize("kind", sorted(set(offices.KINDS) - offices.FIXED_IN_PART))
def test_the_round_robin_keeps_every_rule(kind: str) -> None:
    problem = offices.office(kind, seed=7)
    assert check(problem, round_robin.plan(problem)) == []


# --- cells: the plan is counted right, one of its duties is wrong --------------------------------


def all_day(staff: str, *segments: Any) -> Change:
    def change(problem: Problem) -> None:
        member(problem, staff)["segments"] = list(segments)

    return change


def also(staff: str, *segments: Any) -> Change:
    return lambda problem: member(problem, staff)["segments"].extend(segments)


def of(staff: str, **more: Any) -> Change:
    return lambda problem: member(problem, staff).update(more)


def rule(**more: Any) -> Change:
    return lambda problem: problem["rules"].update(more)


def given(**more: Any) -> Change:
    return lambda problem: problem.update(more)


def duties(added: str, without: str = "") -> str:
    kept = GOOD.replace(without, "") if without else GOOD
    return "\n".join([kept, *added.split(", ")])


NO_HOUR = "c1 11:30-12:00 D, c1 12:30-13:00 D, c1 13:30-14:00 D"
SATELLITE = at(DAY, place="satellite", site="yotsuya")
TRIP_FIRST = all_day("D", at(DAY, "09:00", "10:00", "trip"), at(DAY))
HOME_LATER = also("D", at(DAY, "09:15", "17:15", "home", reach="transfer"))
BRANCH_LATER = also("D", at(DAY, "13:00", "17:15", site="yotsuya"))


def two_experienced(problem: Problem) -> None:
    problem["positions"][0]["experienced_min"] = 2


CELLS = [
    ("H2 without the skill", "H2", nothing, duties("c1 09:00-09:30 C")),
    ("H3 in a meeting", "H3", also("D", at(DAY, "09:00", "09:40", "meeting")), duties("c1 09:00-10:00 D")),
    ("H3 in training", "H3", also("D", at(DAY, "09:50", "11:00", "training")), duties("c1 09:00-10:00 D")),
    ("H3 on leave", "H3", also("D", at(DAY, "09:00", "10:00", "leave")), duties("c1 09:00-10:00 D")),
    ("H3 on a trip listed first", "H3", TRIP_FIRST, duties("c1 09:00-10:00 D")),
    ("H4 a counter from home", "H4", of("E", skills=["住基"]), duties("c1 15:00-15:30 E")),
    ("H4 a telephone by callback", "H4", all_day("E", at(DAY, place="home", reach="callback")), GOOD),
    ("H4 a telephone without reach", "H4", all_day("E", at(DAY, place="mobile")), GOOD),
    ("H4 in the other building", "H4", nothing, duties("c2 09:00-09:30 D")),
    ("H4 a satellite that is not that site", "H4", all_day("D", SATELLITE), duties("c1 09:00-09:30 D")),
    ("H4 moved away in mid slot", "H4", HOME_LATER, duties("c1 08:30-09:30 D")),
    ("H5 at two positions", "H5", nothing, duties("t1 09:00-09:30 A")),
    ("H6 gone home", "H6", all_day("D", at(DAY, "08:30", "12:00")), duties("c1 14:30-15:30 D")),
    ("H6 comes in mid slot", "H6", all_day("D", at(DAY, "08:45", "17:15")), duties("c1 08:30-09:30 D")),
    ("H6 not at work", "H6", all_day("D"), duties("c1 09:00-09:30 D")),
    ("H7 no hour left", "H7", nothing, duties(NO_HOUR)),
    ("H8 too long", "H8", nothing, duties("c1 12:30-13:00 B")),
    ("H8 too short a rest", "H8", rule(rest_minutes=60), GOOD),
    ("H8 on two positions", "H8", nothing, duties("c1 08:30-09:30 D, t1 09:30-11:00 D")),
    ("H8 own limit", "H8", of("B", max_consecutive_minutes=90), GOOD),
    ("H9 no time for the way", "H9", nothing, duties("c1 12:30-13:00 F")),
    ("H9 the way given backwards", "H9", rule(travel_minutes={"yotsuya>main": 45}), duties("c1 12:30-13:00 F")),
    ("H11 nobody experienced", "H11", nothing, duties("c1 16:30-17:15 D", without="c1 16:30-17:15 A")),
    ("H11 two trainees", "H11", nothing, duties("t1 10:30-12:00 D, t1 10:30-12:00 G", without="t1 10:30-12:00 C")),
    ("H11 two asked for", "H11", two_experienced, duties("c1 09:00-09:30 D")),
    ("H12 a pair", "H12", given(forbidden_pairs=[["D", "A"]]), duties("c1 09:00-09:30 D")),
    ("H12 a position", "H12", of("D", forbidden=["c1"]), duties("c1 09:00-09:30 D")),
    ("H13 too much a day", "H13", of("A", max_duty_minutes_per_day=240), GOOD),
    ("H14 a block too short", "H14", rule(min_block_minutes=60), GOOD),
    ("H14 the short last slot", "H14", nothing, duties("c1 17:00-17:15 D")),
    ("R3 closed", "R3", BRANCH_LATER, duties("c2 13:00-13:30 D")),
    ("H10 a pin", "H10", given(pins=rows("c1 09:00-10:00 B")), GOOD),
    (
        "H10 the past",
        "H10",
        given(now=f"{DAY}T10:00", published=rows(duties("t1 08:30-10:30 C", without="t1 08:30-10:30 E"))),
        GOOD,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("broken", "change", "plan"), [case[1:] for case in CELLS], ids=[case[0] for case in CELLS]
)
def test_a_broken_hard_rule_is_found_alone(broken: str, change: Change, plan: str) -> None:
    problem = office()
    change(problem)
    assert rules_broken(check(problem, made(problem, plan))) == {broken}


FINE = [
    ("a telephone by transfer", all_day("E", SATELLITE | {"reach": "transfer"}), GOOD),
    ("a telephone in the office, unreachable", all_day("E", at(DAY, reach="none")), GOOD),
    ("a satellite that is the site", all_day("D", SATELLITE), duties("c2 11:00-11:30 D")),
    ("later listed wins", all_day("D", at(DAY, place="home"), at(DAY)), duties("c1 09:00-09:30 D")),
    ("rest of exactly 30 min", nothing, duties("t1 16:30-17:00 C")),
    ("one trainee beside", nothing, duties("c1 09:00-09:30 D")),
    ("a trainee alone where nobody asks", nothing, duties("t1 10:30-12:00 D", without="t1 10:30-12:00 C")),
    ("more than ideal", nothing, duties("c1 09:00-09:30 D, c1 09:00-09:30 G")),
    ("six hours and no break", all_day("D", at(DAY, "09:00", "15:00")), duties(NO_HOUR)),
    ("leave is not worked", also("D", at(DAY, "14:00", "17:15", "leave")), duties(NO_HOUR)),
    ("no window, no break", rule(lunch=None), duties(NO_HOUR)),
    ("a long own limit", of("B", max_consecutive_minutes=150), duties("c1 12:30-13:00 B")),
    ("a short way", rule(travel_minutes={"main>yotsuya": 30}), duties("c1 12:30-13:00 F")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "plan"), [case[1:] for case in FINE], ids=[case[0] for case in FINE]
)
def test_what_the_rules_allow_is_no_fault(change: Change, plan: str) -> None:
    problem = office()
    change(problem)
    assert check(problem, made(problem, plan)) == []


# --- R6: faults of pins and of the past are not the solver's -------------------------------------

EXCUSED = [
    ("no skill", nothing, "c1 09:00-09:30 C"),
    ("on leave", also("D", at(DAY, place="leave")), "c1 09:00-10:00 D"),
    ("elsewhere", nothing, "c2 09:00-09:30 G"),
    ("too long", nothing, "c1 08:30-11:30 D"),
    ("too short", rule(min_block_minutes=30), "c1 17:00-17:15 D"),
    ("forbidden", of("D", forbidden=["c1"]), "c1 09:00-09:30 D"),
    ("too much", of("D", max_duty_minutes_per_day=30), "c1 09:00-10:00 D"),
    ("no hour left", nothing, NO_HOUR),
    ("two places", nothing, "c1 14:30-15:00 D, t1 14:30-15:00 D"),
    ("a pair", given(forbidden_pairs=[["D", "G"]]), "c1 14:30-15:00 D, c1 14:30-15:00 G"),
    ("closed", BRANCH_LATER, "c2 13:00-13:30 D"),
]


@pytest.mark.parametrize("as_past", [False, True], ids=["pinned", "past"])
@pytest.mark.parametrize(
    ("change", "fixed"), [case[1:] for case in EXCUSED], ids=[case[0] for case in EXCUSED]
)
def test_faults_of_what_is_fixed_are_none(change: Change, fixed: str, as_past: bool) -> None:
    problem = office()
    change(problem)
    if as_past:
        problem |= {"now": f"{DAY}T23:00", "published": rows(duties(fixed))}
    else:
        problem["pins"] = rows("\n".join(fixed.split(", ")))
    assert check(problem, made(problem, duties(fixed))) == []


WORSENED = [
    ("H8", "c1 08:30-11:30 D", duties("c1 08:30-11:30 D, t1 11:30-12:00 D")),
    ("H5", "c1 14:30-15:00 D", duties("c1 14:30-15:00 D, t1 14:30-15:00 D")),
    ("H13", "c1 09:00-10:00 G", duties("c1 09:00-10:00 G, c1 14:30-15:00 G")),
    ("H12", "c1 14:30-15:30 G", duties("c1 14:30-15:30 G, c1 14:30-15:00 D")),
    ("H11", "t1 10:30-12:00 D", duties("t1 10:30-12:00 D, t1 10:30-12:00 G", "t1 10:30-12:00 C")),
]


@pytest.mark.parametrize(("broken", "pins", "plan"), WORSENED, ids=[case[0] for case in WORSENED])
def test_what_the_solver_adds_to_them_is_its_own(broken: str, pins: str, plan: str) -> None:
    problem = office() | {"pins": rows(pins), "forbidden_pairs": [["D", "G"]]}
    member(problem, "G")["max_duty_minutes_per_day"] = 60
    if broken == "H11":
        member(problem, "G")["max_duty_minutes_per_day"] = None
        problem["forbidden_pairs"] = []
    assert rules_broken(check(problem, made(problem, plan))) == {broken}
