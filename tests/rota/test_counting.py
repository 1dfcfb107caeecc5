"""Burdens, targets, spread and changes against sums made by hand; the round robin; the reading of a day."""

import pytest

from tests.rota import fairness, offices
from tests.rota.by_hand import DAY, GOOD, member, office, rows
from tests.rota.parts import at
from tests.rota.reading import Cell, Office, Slot, clock, pieces_of


def cells_of(sheet: Office, text: str = GOOD) -> set[Cell]:
    return {cell for row in rows(text) for cell in sheet.cells(row)}


def test_loads_are_hours_times_both_burdens_and_what_was_carried_in() -> None:
    problem = office()
    problem["positions"][0]["burden"] = 1.5
    problem["positions"][0]["demand"][0]["burden"] = 2.0
    member(problem, "A")["carry_in"] = {"counter": 4.5, "phone": 1.0}
    sheet = Office(problem)
    loads = fairness.loads(sheet, cells_of(sheet))
    assert loads["A"] == {"counter": 4.5 + 4.75 * 3.0, "phone": 1.0}
    assert loads["F"] == {"counter": 2.5, "phone": 0.0}
    assert loads["E"] == {"counter": 0.0, "phone": 5.25}


def test_targets_go_by_contract_and_presence_inside_those_who_rotate() -> None:
    problem = office()
    for staff in "CDG":
        member(problem, staff)["group"] = "exempt"
    member(problem, "E")["group"] = "dedicated"
    member(problem, "B")["segments"].append(at(DAY, "08:30", "10:15", "leave"))  # 105 of 525 min
    member(problem, "F")["segments"].append(at(DAY, "08:30", "17:15", "trip"))
    sheet = Office(problem)
    wanted = fairness.targets(sheet, fairness.loads(sheet, cells_of(sheet)))
    assert wanted.keys() == {"A", "B"}
    assert wanted["A"]["counter"] == pytest.approx(8.75 / 1.8)
    assert wanted["B"]["counter"] == pytest.approx(8.75 / 1.8 * 0.8)
    assert wanted["A"]["phone"] == 0


def test_unfairness_is_one_root_over_people_and_both_kinds() -> None:
    problem = office()
    for staff in "DFG":
        member(problem, staff)["group"] = "exempt"
    sheet = Office(problem)
    # Counter: A 4.75, B 4, C and E 0, each should have 2.1875; telephone: C 3.5, E 5.25, each 2.1875.
    counter = [4.75, 4.0, 0.0, 0.0]
    phone = [0.0, 0.0, 3.5, 5.25]
    mine = sum((load - 2.1875) ** 2 for load in counter + phone) ** 0.5
    assert fairness.unfairness(sheet, cells_of(sheet)) == pytest.approx(mine)


def test_the_spread_compares_those_alike() -> None:
    problem = office()
    member(problem, "B")["contract_minutes"] = 1200
    member(problem, "G")["segments"].append(at(DAY, "08:30", "11:00", "leave"))
    member(problem, "D")["segments"] = [at(DAY, place="home", reach="transfer")]
    sheet = Office(problem)
    # Part-time B; C without the skill; D at home; G away for 29 %; F at c2 in the branch, then at c1.
    assert fairness.alike(sheet) == ["A", "F"]
    assert fairness.spread(sheet, cells_of(sheet)) == pytest.approx(4.75 - 2.5)


CHANGES = [
    ("nothing", GOOD, 0),
    ("one gone", GOOD.replace("c1 08:30-10:30 A", ""), 1),
    ("one for another", GOOD.replace("c1 08:30-10:30 A", "c1 08:30-10:30 D"), 1),
    ("one for two", GOOD.replace("t1 10:30-12:00 C", "t1 10:30-12:00 D\nt1 10:30-12:00 G"), 2),
    ("two in turn", GOOD.replace("c1 08:30-10:30 A", "c1 08:30-09:30 D\nc1 09:30-10:30 G"), 2),
    ("two blocks of one", GOOD.replace("c1 12:30-14:30 A", "").replace("c1 16:30-17:15 A", ""), 2),
    ("A and B gone in one go", GOOD.replace("c1 08:30-10:30 A\nc1 10:30-12:30 B", ""), 2),
    ("half a block", GOOD.replace("c1 08:30-10:30 A", "c1 08:30-09:30 A"), 1),
    ("the middle", GOOD.replace("c1 08:30-10:30 A", "c1 08:30-09:00 A\nc1 10:00-10:30 A"), 1),
]


@pytest.mark.parametrize(("text", "number"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_changed_cell_is_a_run_where_the_same_go_and_come(text: str, number: int) -> None:
    sheet = Office(office() | {"published": rows(GOOD)})
    assert fairness.changed_cells(sheet, cells_of(sheet, text), [DAY]) == number


def test_away_wins_then_the_later_listed() -> None:
    day = [
        at(DAY, "09:00", "10:00", "leave"),
        at(DAY, "08:30", "12:00"),
        at(DAY, "09:30", "11:00", "home", reach="callback"),
        at(DAY, "09:45", "10:30", "meeting"),
    ]
    found = [(clock(p.start), clock(p.end), p.place) for p in pieces_of(day)]
    assert found == [
        ("08:30", "09:00", "office"),
        ("09:00", "09:30", "leave"),
        ("09:30", "09:45", "leave"),
        ("09:45", "10:00", "meeting"),
        ("10:00", "10:30", "meeting"),
        ("10:30", "11:00", "home"),
        ("11:00", "12:00", "office"),
    ]


def test_the_last_slot_is_short() -> None:
    slots = Office(office()).slots[DAY]
    assert len(slots) == 18
    assert slots[-1] == Slot(DAY, 17 * 60, 17 * 60 + 15)


def test_the_same_kind_and_seed_draw_the_same_office() -> None:
    assert offices.office("absence", 3) == offices.office("absence", 3)
    assert offices.office("absence", 3) != offices.office("absence", 4)
    assert offices.large(30, 5, 5, 1) == offices.large(30, 5, 5, 1)
