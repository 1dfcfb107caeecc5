"""The converter of nurse-rostering instances, on one of its own making: reading, judging, solving, bad files."""

from pathlib import Path

import pytest

from tests.tools.nurse import measured
from tests.tools.nurse_instance import Instance, Roster, broken, cost, read
from tests.tools.nurse_model import solve

TEXT = """
# a comment
SECTION_HORIZON
7
SECTION_SHIFTS
E,480,
N,600,E
SECTION_STAFF
# ID, MaxShifts, MaxTotalMinutes, MinTotalMinutes, longest, shortest run, shortest rest, weekends
A,E=7|N=2,2400,1000,3,2,2,0
B,E=7|N=0,2400,960,5,1,1,1
SECTION_DAYS_OFF
A,0
SECTION_SHIFT_ON_REQUESTS
A,3,E,4
SECTION_SHIFT_OFF_REQUESTS
B,1,E,2
SECTION_COVER
1,E,1,100,1
3,N,1,100,3
5,E,1,50,1
"""
GOOD: Roster = {
    ("A", 1): "E",
    ("A", 2): "E",
    ("A", 3): "N",
    ("B", 0): "E",
    ("B", 5): "E",
}


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    path = tmp_path / "own.txt"
    path.write_text(TEXT)
    return read(path)


def test_a_sound_roster_and_its_cost(instance: Instance) -> None:
    assert broken(instance, GOOD) == []
    assert cost(instance, GOOD) == 4
    assert cost(instance, GOOD | {("B", 1): "E"}) == 4 + 2 + 1
    assert cost(instance, {}) == 4 + 100 + 100 + 50


BROKEN = [
    ({("A", 0): "E"}, "works on a day off"),
    ({("A", 4): "E"}, "N then E on day 3"),
    ({("A", 5): "E", ("A", 6): "E"}, "1 weekends"),
    ({("A", 2): None}, "1 days of work from day 1"),
    ({("A", 2): None}, "1 days of rest from day 2"),
    ({("A", 1): "N", ("A", 2): "N"}, "3 of N"),
    ({("B", 3): "N"}, "1 of N"),
    ({("B", 0): None}, "480 min"),
    ({("B", day): "E" for day in range(6)}, "6 days of work from day 0"),
]


@pytest.mark.parametrize(("changes", "fault"), BROKEN)
def test_each_rule_is_judged(
    instance: Instance, changes: dict[tuple[str, int], str | None], fault: str
) -> None:
    roster = {key: shift for key, shift in (GOOD | changes).items() if shift}
    assert any(fault in found for found in broken(instance, roster))


def test_the_model_agrees_with_the_judge(instance: Instance, tmp_path: Path) -> None:
    roster, bound, _ = solve(instance, seconds=10)
    assert roster is not None
    assert broken(instance, roster) == []
    assert cost(instance, roster) == bound == 4
    row = measured(tmp_path / "own.txt", seconds=10)
    assert (row.ours, row.best, row.gap, row.broken) == (4, None, None, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "'hello' stands in none of"),
        (TEXT.replace("3,N,1,100,3", "3,N,one,100,3"), "COVER: cannot read '3,N,one,100,3'"),
        (TEXT.replace("SECTION_HORIZON\n7", ""), "is it an instance"),
    ],
)
def test_another_file_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "other.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read(path)
