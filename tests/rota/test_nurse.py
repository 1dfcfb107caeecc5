"""The converter of nurse-rostering instances, on one of its own making: reading, judging, solving, bad files."""

from pathlib import Path

import pytest

from tests.tools import nurse_inrc
from tests.tools.nurse import measured
from tests.tools.nurse_instance import Instance, Roster, broken, cost, read
from tests.tools.nurse_model import Model, solve

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
    roster, bound, _ = solve(Model(instance), seconds=10)
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


COMPETITION = """
SCHEDULING_PERIOD;
own, 2010-01-01, 2010-01-07;
SKILLS = 1;
Nurse;
SHIFT_TYPES = 2;
E, Early, 06:30:00, 14:30:00, 1, Nurse;
N, Night, 22:30:00, 06:30:00, 1, Nurse;
CONTRACTS = 1;
0, all, (1|1), (1|1|3), (1|2|2), (1|1|2), (1|1|2), (1|1|3), (1|1|1), (0|0|8), (0|0|2), (0|0|0), SaturdaySunday, (1|5), (1|7), (0|0), (0|0), (0|0), 1, 0;
PATTERNS = 1;
0, 3, 2 (N|Any) (E|Any);
EMPLOYEES 2;
0, A, 0, 1, Nurse;
1, B, 0, 1, Nurse;
DAY_OF_WEEK_COVER = 2;
Saturday, E, 1;
Sunday, N, 1;
DATE_SPECIFIC_COVER = 0;
DAY_OFF_REQUESTS = 1;
0, 2010-01-02, 4;
SHIFT_ON_REQUESTS = 1;
1, 2010-01-02, E, 2;
"""  # noqa: E501


@pytest.fixture
def competition(tmp_path: Path) -> nurse_inrc.Competition:
    path = tmp_path / "competition.txt"
    path.write_text(COMPETITION)
    return nurse_inrc.read(path)


COSTS: list[tuple[Roster, int]] = [
    # B: E on Saturday, N on Sunday: unlike (7); then four free days, one over. A: none (2 × 2), seven free (4).
    ({("1", 1): "E", ("1", 2): "N"}, 7 + 1 + 4 + 4),
    # A on both days: the same 7 + 1, day off 4; B: 4 + 4, wish 2.
    ({("0", 1): "E", ("0", 2): "N"}, 7 + 1 + 4 + 4 + 4 + 2),
    # One day each: half weekends (5), one short of two (2), a run of one (1); free runs of 5 (2) or 4 and 2 (1).
    ({("1", 1): "E", ("0", 2): "N"}, (5 + 2 + 1 + 2) + (5 + 2 + 1 + 1)),
    # B: N then E on Monday and Tuesday: the pattern (3), free runs of 3 and 2 days; the rest as for nobody.
    ({("1", 3): "N", ("1", 4): "E"}, 3 + 2 + 4 + 4),
]


@pytest.mark.parametrize(("roster", "mine"), COSTS)
def test_the_competition_s_costs(
    competition: nurse_inrc.Competition, roster: Roster, mine: int
) -> None:
    assert nurse_inrc.cost(competition, roster) == mine


def test_the_competition_s_model_agrees_with_its_judge(
    competition: nurse_inrc.Competition, tmp_path: Path
) -> None:
    roster, bound, _ = solve(nurse_inrc.Model(competition), seconds=10)
    assert roster is not None
    assert nurse_inrc.uncovered(competition, roster) == 0
    assert nurse_inrc.cost(competition, roster) == bound
    assert measured(tmp_path / "competition.txt", seconds=10).ours == bound


def test_what_is_not_mapped_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.txt"
    path.write_text(COMPETITION.replace("(0|0|2)", "(1|1|2)"))
    with pytest.raises(ValueError, match="least_weekends is on"):
        nurse_inrc.read(path)
