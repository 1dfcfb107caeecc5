"""The reading rules of the rota as tables, and plans of small offices: cover, proof, pins, changes, signals."""

import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from webapp.rota.solver import measure
from webapp.rota.solver.answer import answer
from webapp.rota.solver.conflicts import check_conflicts
from webapp.rota.solver.engine import solve
from webapp.rota.solver.facts import NOBODY, Facts
from webapp.rota.solver.line import day_rules
from webapp.rota.solver.plan import Board
from webapp.rota.solver.problem import read_problem
from webapp.rota.solver.search import Search

DAY, NEXT = "2026-11-24", "2026-11-25"


def office(place: str = "office", start: str = "08:30", end: str = "17:15", **more: Any) -> Any:
    return {"date": DAY, "from": start, "to": end, "place": place} | more


def person(name: str, *segments: Any, **more: Any) -> dict[str, Any]:
    own = list(segments) or [office()]
    return {"id": name, "experienced": True, "contract_minutes": 2325, "segments": own} | more


def position(name: str = "c1", least: int = 1, **more: Any) -> dict[str, Any]:
    demand = [{"from": "08:30", "to": "17:15", "min": least}]
    return {"id": name, "kind": "counter", "demand": demand} | more


def problem(staff: list[Any], positions: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    rules = {"rest_minutes": 30, "min_block_minutes": 30} | more.pop("rules", {})
    days = [{"date": DAY, "open": "08:30", "close": "17:15"}]
    return {
        "slot_minutes": 30,
        "time_limit_s": 5,
        "days": days,
        "positions": positions or [position()],
        "staff": staff,
        "rules": rules,
    } | more


def facts_of(made: dict[str, Any]) -> Facts:
    return Facts(read_problem(made))


def solved(made: dict[str, Any]) -> dict[str, Any]:
    asked = read_problem(made)
    search = Search(asked.time_limit, asked.seed, tell=lambda line: None)
    return answer(solve(asked, search), search)


def row(start: str, end: str, staff: str, place: str = "c1") -> dict[str, str]:
    return {"position": place, "date": DAY, "from": start, "to": end, "staff": staff}


LUNCH = {"lunch": {"from": "11:00", "to": "14:00", "minutes": 60}}


# --- who can cover what --------------------------------------------------------------------------


def test_slots_step_from_the_opening_and_the_last_is_shorter() -> None:
    assert facts_of(problem([person("1")])).slots[0][-2:] == [(990, 1020), (1020, 1035)]


@pytest.mark.parametrize(
    ("kind", "segments", "reason"),
    [
        ("counter", [office()], None),
        ("counter", [office("satellite")], None),
        ("counter", [office(site="yotsuya")], "off_site"),
        ("counter", [office("home", reach="transfer")], "off_site"),
        ("phone", [office()], None),
        ("phone", [office("home", reach="transfer")], None),
        ("phone", [office("home", reach="callback")], "reach"),
        ("phone", [office("mobile", reach="transfer")], None),
        ("phone", [office(site="yotsuya")], "reach"),
        ("phone", [office(site="yotsuya", reach="transfer")], None),
        ("phone", [office("leave", reach="transfer")], "leave"),
        ("other", [office("home", reach="transfer")], "off_site"),
        ("counter", [office("meeting"), office()], "busy"),
        ("counter", [office(), office("trip", "10:00", "11:00")], None),
        ("counter", [office(), office("trip", "08:45", "11:00")], "off_site"),
        ("counter", [office(start="08:45")], "hours"),
        ("counter", [office(end="08:45"), office(start="08:45")], None),
        ("counter", [office(end="08:45"), office("home", "08:45")], "off_site"),
        ("counter", [], "hours"),
    ],
)
def test_a_person_covers_a_slot_only_if_there_for_the_whole_of_it(
    kind: str, segments: list[Any], reason: str | None
) -> None:
    one = person("1") | {"segments": segments}
    facts = facts_of(problem([one], [position(kind=kind)]))
    assert facts.reason(0, 0, 0, 0) == reason
    assert bool(facts.can[0][0][0] & 1) == (reason is None)


def test_skills_and_forbidden_positions_come_first() -> None:
    staff = [person("1", skills=["住基"]), person("2", skills=["住基", "戸籍"], forbidden=["c1"])]
    facts = facts_of(problem(staff, [position(skills=["住基", "戸籍"])]))
    assert [facts.reason(0, i, 0, 0) for i in facts.I] == ["skill:戸籍", "limit"]


def test_the_band_with_the_largest_min_counts_and_no_band_is_closed() -> None:
    demand = [
        {"from": "08:00", "to": "10:00", "min": 1, "burden": 2.0},
        {"from": "09:45", "to": "10:15", "min": 3, "burden": 1.5},
        {"days": [NEXT], "from": "12:00", "to": "17:00", "min": 1},
    ]
    made = problem([person("1")], [position(demand=demand)])
    made["days"].append({"date": NEXT, "open": "08:30", "close": "17:15"})
    need = facts_of(made).need[0][0]
    assert [(each.min, each.burden) if each else None for each in need[:5]] == [
        (1, 2.0),
        (1, 2.0),
        (3, 1.5),
        (3, 1.5),
        None,
    ]


# --- a person's day ------------------------------------------------------------------------------


def line_of(text: str) -> tuple[int, ...]:
    """`a` and `b` are positions 0 and 1, `.` free; 18 slots from 08:30."""
    return tuple({"a": 0, "b": 1}.get(each, NOBODY) for each in text.ljust(18, "."))


def codes(text: str, one: dict[str, Any], **rules: Any) -> set[str]:
    places = [position("c1"), position("c2", site=rules.pop("site", "main"))]
    made = problem([one], places, rules=rules, slot_minutes=30)
    return {fault.code for fault in day_rules(facts_of(made))[0][0].faults(line_of(text))}


@pytest.mark.parametrize(
    ("text", "more", "rules", "expected"),
    [
        ("aaaa.aaaa", {}, {}, set()),
        ("aaaaa", {}, {}, {"consecutive"}),
        ("aabbb", {}, {}, {"consecutive"}),
        ("aaaa.aaaa", {}, {"rest_minutes": 60}, {"consecutive"}),
        ("aaaa..aaaa", {}, {"rest_minutes": 60}, set()),
        ("aaaaa", {"max_consecutive_minutes": 150}, {}, set()),
        ("aaaa.aa", {"max_duty_minutes_per_day": 150}, {}, {"daily"}),
        ("a", {}, {"min_block_minutes": 60}, {"block"}),
        ("ab", {}, {"min_block_minutes": 60}, {"block"}),
        (".................a", {}, {}, {"block"}),
        ("................aa", {}, {}, set()),
        ("aa.bb", {}, {"site": "yotsuya", "travel_minutes": {"yotsuya>main": 45}}, {"travel"}),
        ("aa..bb", {}, {"site": "yotsuya", "travel_minutes": {"yotsuya>main": 45}}, set()),
        (".....aa.aa.a", {}, LUNCH, {"lunch"}),
        (".....aa..aaa", {}, LUNCH, set()),
        ("a", {}, LUNCH, set()),
    ],
)
def test_the_rules_of_a_day(text: str, more: Any, rules: Any, expected: set[str]) -> None:
    assert codes(text, person("1", **more), **rules) == expected


@pytest.mark.parametrize(
    ("segments", "due"),
    [
        ([office()], True),
        ([office(end="14:30")], False),  # exactly six hours
        ([office(end="14:31")], True),
        ([office(), office("leave", "08:30", "11:15")], False),
        ([office(), office("leave", "11:30", "13:30")], False),  # no whole hour shared
        ([office("leave", "08:30", "10:00"), office(start="10:00", end="17:15")], True),
    ],
)
def test_to_whom_a_break_is_due(segments: list[Any], due: bool) -> None:
    facts = facts_of(problem([person("1", *segments)], rules=LUNCH))
    assert (facts.breaks[0][0] is not None) == due


def test_a_break_begins_at_any_minute() -> None:
    """From 12:15 only: 12:15–13:15 touches the slots of 12:00 to 13:00, three of them."""
    own = [office(end="11:15"), office("leave", "11:15", "12:15"), office(start="12:15")]
    breaks = facts_of(problem([person("1", *own)], rules=LUNCH)).breaks[0][0]
    assert breaks
    assert {(each.start, each.end) for each in breaks} == {(735, 795), (750, 810), (780, 840)} - {
        (735, 795)
    }


# --- plans ---------------------------------------------------------------------------------------


def test_everything_that_can_be_covered_is_and_the_bound_proves_it() -> None:
    plan = solved(problem([person(str(n)) for n in range(4)], [position(least=2)], rules=LUNCH))
    assert plan["objective"]["uncovered_minutes"] == 0 == plan["bound"]["uncovered_minutes"]
    assert not plan["open"]
    assert len(plan["breaks"]) == 4


def test_one_person_cannot_do_it_all_and_the_open_slots_say_why() -> None:
    """120 minutes on, 30 off, an hour for lunch: 8:30–17:15 : two rests and the hour."""
    plan = solved(problem([person("1")], rules=LUNCH))
    assert plan["objective"] == plan["objective"] | {"uncovered_minutes": 120}
    assert plan["bound"]["uncovered_minutes"] == 120
    assert all(each["missing"] == 1 and each["reasons"] for each in plan["open"])
    assert {code for each in plan["open"] for code in each["reasons"]} <= {"lunch", "consecutive"}


def test_nobody_with_the_skill_leaves_it_open_for_that_reason() -> None:
    plan = solved(problem([person("1")], [position(skills=["戸籍"])]))
    assert plan["objective"]["uncovered_minutes"] == 525 == plan["bound"]["uncovered_minutes"]
    assert plan["open"][0]["reasons"] == ["skill:戸籍"]


def test_two_trainees_are_never_alone_nor_a_forbidden_pair_together() -> None:
    new = [person(name, experienced=False) for name in "ab"]
    plan = solved(problem(new, [position(least=2)]))
    assert all(each["missing"] == 1 for each in plan["open"])
    plan = solved(
        problem([person("a"), person("b")], [position(least=2)], forbidden_pairs=[["a", "b"]])
    )
    busy = {(each["from"], each["to"]) for each in plan["assignments"]}
    assert busy
    assert plan["objective"]["uncovered_minutes"] >= 525


def test_pins_are_kept_even_against_the_rules_and_warn() -> None:
    staff = [person("1", office("leave")), person("2"), person("3")]
    plan = solved(problem(staff, pins=[row("08:30", "11:30", "1")]))
    assert row("08:30", "11:30", "1") in plan["assignments"]
    assert [each["staff"] for each in plan["assignments"]].count("1") == 1
    assert len(plan["warnings"]) == 2
    assert "連続" in "".join(plan["warnings"])
    assert plan["objective"]["uncovered_minutes"] == 0


def test_the_past_is_as_it_was_published() -> None:
    staff = [person("1"), person("2"), person("3")]
    published = [row("08:30", "12:30", "1")]
    plan = solved(problem(staff, now=f"{DAY}T10:20", published=published))
    past = [each for each in plan["assignments"] if each["from"] < "10:30"]
    assert [(each["from"], each["staff"]) for each in past] == [("08:30", "1")]
    assert plan["objective"]["uncovered_minutes"] == 0


def test_after_one_absence_only_the_holes_are_filled() -> None:
    made = problem([person(str(n)) for n in range(6)], [position(), position("c2")], rules=LUNCH)
    before = solved(made)
    ill = before["assignments"][0]["staff"]
    lost = [each for each in before["assignments"] if each["staff"] == ill]
    for one in made["staff"]:
        if one["id"] == ill:
            one["segments"] = [office("leave")]
    after = solved(made | {"published": before["assignments"]})
    assert after["objective"]["uncovered_minutes"] == 0
    assert len(lost) <= after["objective"]["changes"] <= len(lost) + 1
    duties = read_problem(made | {"published": after["assignments"]}).published
    facts = facts_of(made | {"published": before["assignments"]})
    assert measure.changed_cells(facts, duties) == after["objective"]["changes"]


def people(*names: str) -> frozenset[int]:
    return frozenset(map(int, names))


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ("1 1 1 1", "2 2 2 2", 1),
        ("1 1 1 1", "2 2 3 3", 2),
        ("1 1 1 1", "2 1 2 1", 2),
        ("1 1 1 1", "12 12 12 12", 1),
        ("12 12", "34 34", 2),
        ("1 2 1 2", "2 1 2 1", 4),
    ],
)
def test_changed_cells(before: str, after: str, count: int) -> None:
    was, now = ([people(*slot) for slot in text.split()] for text in (before, after))
    assert measure.cells(was, now) == count


def test_fairness_shares_in_proportion_and_leaves_out_who_does_not_rotate() -> None:
    staff = [
        person("1"),
        person("2", contract_minutes=1162.5),
        person("3", group="dedicated", carry_in={"counter": 100}),
        person("4", office(), office("leave", "08:30", "17:15")),
    ]
    facts = facts_of(problem(staff))
    assert facts.weights == pytest.approx([2 / 3, 1 / 3, 0, 0])
    loads = measure.loads(
        facts, read_problem(problem(staff, pins=[row("08:30", "11:30", "1")])).pins
    )
    assert [each.target_counter for each in loads] == pytest.approx([2, 1, 0, 0])
    assert measure.unfairness(loads) == pytest.approx(2**0.5)


def test_burden_is_shared_evenly() -> None:
    plan = solved(problem([person(str(n)) for n in range(5)], [position(least=2)], rules=LUNCH))
    counters = [each["counter"] for each in plan["loads"]]
    assert sum(counters) == pytest.approx(17.5)
    assert max(counters) - min(counters) <= 1


def test_the_same_seed_gives_the_same_plan() -> None:
    made = problem([person(str(n)) for n in range(5)], [position(least=2)], rules=LUNCH, seed=7)
    one, other = ({**solved(made), "seconds": 0} for _ in range(2))
    assert json.dumps(one) == json.dumps(other)


@pytest.mark.parametrize("slot", [480, 720, 1440])
def test_a_duty_of_whole_days(slot: int) -> None:
    """日直: one or a few slots a day on a weekend, nobody bound to consecutive minutes."""
    days = [{"date": f"2026-11-{n}", "open": "00:00", "close": "24:00"} for n in (28, 29)]
    there = [
        {"date": day["date"], "from": "00:00", "to": "24:00", "place": "office"} for day in days
    ]
    staff = [
        person(str(n), *there, max_consecutive_minutes=1440, max_duty_minutes_per_day=1440)
        for n in range(4)
    ]
    demand = [{"from": "00:00", "to": "24:00", "min": 1}]
    plan = solved(problem(staff, [position(demand=demand)], days=days, slot_minutes=slot))
    assert plan["objective"]["uncovered_minutes"] == 0


# --- conflicts of a plan made by hand ------------------------------------------------------------


def test_conflicts_are_told_in_words() -> None:
    staff = [person("1"), person("2", office("home")), person("3", experienced=False)]
    made = problem(staff, [position(experienced_min=1) | {"name": "窓口1"}, position("c2")])
    rows = [
        row("08:30", "11:30", "1"),
        row("09:00", "10:00", "1", "c2"),
        row("13:00", "14:00", "2"),
        row("15:00", "16:00", "3"),
    ]
    duties = [read_problem(made | {"pins": [each]}).pins[0] for each in rows]
    found = check_conflicts(Board(facts_of(made)), duties)
    assert {each.code for each in found} == {"double", "consecutive", "off_site", "trained"}
    assert all(DAY in each.text and each.staff for each in found)
    assert not any(each.pinned for each in found)


# --- the command ---------------------------------------------------------------------------------

COMMAND = [sys.executable, "-m", "webapp.cli", "rota", "solve", "-"]


def test_the_command_answers_with_the_plan_and_its_progress() -> None:
    made = json.dumps(problem([person("1"), person("2")]))
    done = subprocess.run(COMMAND, input=made, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["repeatable"] is True
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {"phase", "best", "bound", "seconds"} <= set(lines[0])


def test_bad_input_is_a_line_per_fault_and_nothing_else() -> None:
    done = subprocess.run(COMMAND, input='{"days": 3}', capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == ["slot_minutes", "days"]


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_cancel_keeps_the_best_so_far(name: signal.Signals) -> None:
    made = problem(
        [person(str(n)) for n in range(24)], [position(f"c{n}") for n in range(5)], rules=LUNCH
    )
    days = [f"2026-12-{n:02}" for n in range(1, 29)]
    made["days"] = [{"date": day, "open": "08:30", "close": "17:15"} for day in days]
    for one in made["staff"]:
        one["segments"] = [office() | {"date": day} for day in days]
    made["time_limit_s"] = 600
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(COMMAND, text=True, **pipes) as process:  # type: ignore[call-overload]
        process.stdin.write(json.dumps(made))
        process.stdin.close()
        assert json.loads(process.stderr.readline())["phase"] == "first"
        process.send_signal(name)
        plan = json.loads(process.stdout.read())
        assert process.wait() == 0
    assert plan["repeatable"] is False
    assert plan["status"] == "feasible"
    assert plan["assignments"]
