"""Reading a rota's problem: every fault with its place and what would be right, all in one go."""

import json
from copy import deepcopy
from typing import Any

import pytest

from webapp.rota.solver.problem import BadProblem, read_problem

DAY = "2026-11-24"
GOOD: dict[str, Any] = {
    "slot_minutes": 30,
    "days": [{"date": DAY, "open": "08:30", "close": "17:15"}],
    "positions": [
        {"id": "c1", "kind": "counter", "demand": [{"from": "08:30", "to": "17:15", "min": 1}]},
        {"id": "t1", "kind": "phone", "demand": []},
    ],
    "staff": [
        {"id": "1", "segments": [{"date": DAY, "from": "08:30", "to": "17:15", "place": "office"}]},
        {"id": "2"},
    ],
}
PIN = {"position": "c1", "date": DAY, "from": "08:30", "to": "10:30", "staff": "1"}


def faults(problem: Any) -> dict[str, str]:
    with pytest.raises(BadProblem) as caught:
        read_problem(problem)
    return {fault.place: fault.what for fault in caught.value.faults}


def changed(path: str, value: Any) -> dict[str, Any]:
    """GOOD with one value put at a path such as `staff.0.segments.0.from`; `...` removes it."""
    problem = deepcopy(GOOD)
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    at: Any = problem
    for step in way:
        at = at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return problem


def test_what_is_left_out_has_its_meaning() -> None:
    problem = read_problem(json.dumps(GOOD))
    position, person = problem.positions[0], problem.staff[0]
    assert (position.site, position.burden, position.experienced_min) == ("main", 1.0, 0)
    assert (position.demand[0].ideal, position.demand[0].days) == (1, None)
    assert (person.group, person.max_consecutive, person.max_day) == ("rotate", 120, None)
    assert (problem.rules.rest, problem.rules.lunch, problem.now) == (30, None, None)
    assert (problem.time_limit, problem.seed) == (30, 1)


def test_numbers_may_be_floats_and_the_day_may_end_at_24() -> None:
    problem = changed("days.0.close", "24:00") | {"slot_minutes": 30.0, "time_limit_s": 2.5}
    assert read_problem(problem).days[0].close == 1440


@pytest.mark.parametrize(
    ("path", "value", "place", "says"),
    [
        ("slot_minutes", 0, "slot_minutes", "1440"),
        ("slot_minutes", ..., "slot_minutes", "がありません"),
        ("days", ..., "days", "がありません"),
        ("days.0.date", "2026-02-30", "days[0].date", "2026-11-24"),
        ("days.0.close", "08:00", "days[0].close", "より後"),
        ("days.0.open", "8時半", "days[0].open", "08:30"),
        ("days.0.close", "24:15", "days[0].close", "24:00"),
        ("positions.0.kind", "desk", "positions[0].kind", "counter・phone・other"),
        ("positions.1.id", "c1", "positions[1].id", "二度"),
        ("positions.0.burden", -1, "positions[0].burden", "0 以上"),
        ("positions.0.demand.0.min", 1.5, "positions[0].demand[0].min", "整数"),
        ("positions.0.demand.0.min", True, "positions[0].demand[0].min", "数"),
        ("positions.0.demand.0.ideal", 0, "positions[0].demand[0].ideal", "以上"),
        ("positions.0.demand.0.from", "17:15", "positions[0].demand[0].to", "より後"),
        (
            "positions.0.demand.0",
            {"from": "18:00", "to": "19:00", "min": 1},
            "positions[0].demand[0].from",
            "開庁時間",
        ),
        ("positions.0.demand.0.days", ["2026-11-25"], "positions[0].demand[0].days[0]", "ありません"),
        ("staff.1.id", "1", "staff[1].id", "二度"),
        ("staff.0.segments.0.from", "25:00", "staff[0].segments[0].from", "00:00〜24:00"),
        ("staff.0.segments.0.place", "moon", "staff[0].segments[0].place", "office"),
        ("staff.0.segments.0.place", ..., "staff[0].segments[0].place", "がありません"),
        ("staff.0.forbidden", ["c9"], "staff[0].forbidden[0]", "持ち場"),
        ("staff.0.preferences", [{"position": "c9", "weight": 1}], "staff[0].preferences[0].position", "持ち場"),
        ("staff.0.max_duty_minutes_per_day", -5, "staff[0].max_duty_minutes_per_day", "0 以上"),
        ("staff.0.contract_minutes", "all", "staff[0].contract_minutes", "数"),
        ("forbidden_pairs", [["1", "9"]], "forbidden_pairs[0][1]", "職員"),
        ("forbidden_pairs", [["1", "1"]], "forbidden_pairs[0]", "違う2人"),
        ("rules", {"lunch": {"from": "12:00", "to": "13:00", "minutes": 90}}, "rules.lunch.minutes", "60分以下"),
        ("rules", {"travel_minutes": {"main": 3}}, "rules.travel_minutes.main", "main>yotsuya"),
        ("now", "yesterday", "now", "2026-11-24T10:20"),
        ("published", [PIN | {"staff": "9"}], "published[0].staff", "職員"),
        ("pins", [PIN | {"staff": "9"}], "pins[0].staff", "職員"),
        ("pins", [PIN | {"position": "c9"}], "pins[0].position", "持ち場"),
        ("pins", [PIN | {"date": "2026-11-25"}], "pins[0].date", "days"),
        ("pins", [PIN | {"from": "08:00"}], "pins[0].from", "08:30〜17:15"),
        ("pins", [PIN | {"to": "10:15"}], "pins[0].to", "10:00 か 10:30"),
        ("pins", [PIN, PIN], "pins[1].staff", "二重"),
        ("pins", [PIN, PIN | {"position": "t1"}], "pins[1].staff", "同じ時間"),
    ],
)  # fmt: skip
def test_a_fault_names_its_place_and_what_is_right(
    path: str, value: Any, place: str, says: str
) -> None:
    problem = changed(path, value) if path in GOOD or "." in path else GOOD | {path: value}
    found = faults(problem)
    assert list(found) == [place]
    assert says in found[place]


def test_all_faults_come_at_once() -> None:
    problem = changed("staff.0.segments.0.from", "x") | {
        "seed": "a",
        "pins": [PIN | {"staff": "7"}],
    }
    assert set(faults(problem)) == {"seed", "staff[0].segments[0].from", "pins[0].staff"}


@pytest.mark.parametrize("text", ["", "{", "[]", "3", b"\xff\xfe{", "[" * 100_000])
def test_what_is_no_json_object_is_refused(text: str | bytes) -> None:
    with pytest.raises(BadProblem):
        read_problem(text)


def test_published_rows_are_cut_to_the_slots_there_are() -> None:
    """Half closures: what was published outside today's hours is gone with its slots."""
    rows = [
        PIN | {"from": "07:30"},
        PIN | {"date": "2026-11-30"},
        PIN | {"from": "17:15", "to": "18:00"},
    ]
    problem = read_problem(GOOD | {"published": rows})
    assert [(row.start, row.end) for row in problem.published] == [(510, 630)]


def test_reading_needs_no_solver() -> None:
    import subprocess
    import sys

    code = "import sys, webapp.rota.solver.problem, webapp.rota.solver.facts; sys.exit('ortools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
