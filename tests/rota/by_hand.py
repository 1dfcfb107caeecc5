"""One office and one good plan for it, made by hand; the checker is tried on what is done to them.

A row is written `c1 08:30-10:30 101`. Times are of the one day.
"""

from typing import Any

from tests.rota.parts import Problem, at, band, counter, person, phone, problem, rules
from tests.rota.reading import Office
from tests.rota.statement import plan_of

DAY = "2026-11-24"
Plan = dict[str, Any]

GOOD = """
c1 08:30-10:30 A
c1 10:30-12:30 B
c1 12:30-14:30 A
c1 14:30-16:30 B
c1 16:30-17:15 A
t1 08:30-10:30 E
t1 10:30-12:00 C
t1 12:00-14:00 E
t1 14:00-16:00 C
t1 16:00-17:15 E
c2 09:00-11:00 F
c2 11:30-12:00 F
"""


def office() -> Problem:
    """A, B experienced, D, G new, C without 住基, E at home, F in the branch till noon; c2 lacks half an hour."""
    staff = [
        person(1, ["住基"], [at(DAY)], id="A", max_duty_minutes_per_day=300),
        person(2, ["住基"], [at(DAY)], id="B"),
        person(3, [], [at(DAY)], id="C"),
        person(4, ["住基"], [at(DAY)], id="D", experienced=False),
        person(5, [], [at(DAY, place="home", reach="transfer")], id="E"),
        person(
            6,
            ["住基"],
            [at(DAY, "08:30", "12:00", site="yotsuya"), at(DAY, "12:00", "17:15")],
            id="F",
        ),
        person(7, ["住基"], [at(DAY)], id="G", experienced=False),
    ]
    positions = [
        counter(1, ["住基"], band(1, ideal=2), experienced_min=1),
        counter(2, [], band(1, "09:00", "12:00"), site="yotsuya"),
        phone(1),
    ]
    ways = rules(travel_minutes={"main>yotsuya": 45})
    return problem([DAY], positions, staff, rules=ways)


def rows(text: str) -> list[dict[str, Any]]:
    found = []
    for line in filter(None, text.splitlines()):
        position, times, staff = line.split()
        start, end = times.split("-")
        found.append({"position": position, "date": DAY, "from": start, "to": end, "staff": staff})
    return found


def made(problem: Problem, text: str = GOOD) -> Plan:
    """The plan of these rows, all it says of itself counted right."""
    sheet = Office(problem)
    return plan_of(sheet, {cell for row in rows(text) for cell in sheet.cells(row)})


def member(problem: Problem, staff: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in problem["staff"] if one["id"] == staff)
    return found


def rules_broken(faults: list[str]) -> set[str]:
    return {fault.partition(":")[0] for fault in faults}
