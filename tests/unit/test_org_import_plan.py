"""What an import would do, as a table: rows in force against rows of the file."""

from datetime import UTC, date, datetime

import pytest

from webapp.org.import_difference import What, staff_changes
from webapp.org.import_plan import Closing, Comparison, Held, Steps
from webapp.org.import_rules import STAFF_FIELDS, StaffRow

PAST, DAY, LATER = date(2026, 4, 1), date(2026, 11, 24), date(2027, 4, 1)
EVE = date(2026, 11, 23)
WHOLE = frozenset(STAFF_FIELDS)
PUBLISHED = datetime(2027, 3, 24, tzinfo=UTC)


def row(unit: str = "A", title: str = "主事", number: str = "1", **more: object) -> StaffRow:
    return StaffRow(number, "池田", unit, title=title, **more)  # type: ignore[arg-type]


def held(content: StaffRow, starts: date = PAST, **more: object) -> Held[StaffRow]:
    return Held(more.pop("id", 1), content, starts, **more)  # type: ignore[arg-type]


def steps(
    olds: list[Held[StaffRow]],
    rows: list[StaffRow],
    *,
    given: frozenset[str] = WHOLE,
    known: tuple[str, ...] = ("1",),
    past_open: bool = True,
) -> Steps[StaffRow]:
    comparison = Comparison(DAY, tuple(STAFF_FIELDS), given, past_open)
    return comparison.steps(olds, rows, set(known))


def done(found: Steps[StaffRow]) -> tuple[list[object], list[object], list[object]]:
    """(closed with last day, removed, added with first day)."""
    return (
        [(old.id, last) for old, last in found.close],
        [old.id for old in found.remove],
        [(addition.row.unit_code, addition.starts_on) for addition in found.add],
    )


@pytest.mark.parametrize(
    ("olds", "rows", "expected"),
    [
        pytest.param([], [], ([], [], []), id="nothing"),
        pytest.param([held(row())], [row()], ([], [], []), id="the same stays"),
        pytest.param([held(row())], [], ([(1, EVE)], [], []), id="not in the file ends the eve"),
        pytest.param(
            [held(row())], [row("B")], ([(1, EVE)], [], [("B", DAY)]), id="a move is a new posting"
        ),
        pytest.param(
            [held(row())],
            [row("B", starts_on=PAST)],
            ([(1, EVE)], [], [("B", DAY)]),
            id="the past is not rewritten by a date in the file",
        ),
        pytest.param(
            [held(row())],
            [row(ends_on=LATER)],
            ([(1, EVE)], [], [("A", DAY)]),
            id="another end is a change",
        ),
        pytest.param(
            [held(row(), DAY)],
            [row("B")],
            ([], [1], [("B", DAY)]),
            id="again on the same day: replaced, not ended before it began",
        ),
        pytest.param([held(row(), DAY)], [], ([], [1], []), id="taken in by mistake today"),
        pytest.param([], [row(ends_on=EVE)], ([], [], []), id="a row that is over is not in force"),
        pytest.param(
            [held(row())],
            [row("B", starts_on=LATER)],
            ([(1, date(2027, 3, 31))], [], [("B", LATER)]),
            id="begins later: lasts until then",
        ),
        pytest.param(
            [held(row())], [row(starts_on=LATER)], ([], [], []), id="the same from later on"
        ),
        pytest.param(
            [held(row(ends_on=date(2027, 3, 31)))],
            [row(ends_on=date(2027, 3, 31)), row("B", starts_on=LATER)],
            ([], [], [("B", LATER)]),
            id="present and coming rows in one file",
        ),
        pytest.param(
            [
                held(row(ends_on=date(2027, 3, 31))),
                held(row("B", starts_on=LATER), LATER, id=2, imported_for=EVE),
            ],
            [row(ends_on=date(2027, 3, 31)), row("B", starts_on=LATER)],
            ([], [], []),
            id="twice",
        ),
        pytest.param(
            [
                held(row(ends_on=date(2027, 3, 31))),
                held(row("B", starts_on=LATER), LATER, id=2, imported_for=EVE),
            ],
            [row(ends_on=date(2027, 3, 31)), row("C", starts_on=LATER)],
            ([], [2], [("C", LATER)]),
            id="an older file's coming row gives way",
        ),
        pytest.param(
            [held(row()), held(row("B"), LATER, id=2, imported_for=LATER)],
            [row()],
            ([], [], []),
            id="an import that waits is left alone",
        ),
        pytest.param(
            [held(row()), held(row("X", kind="concurrent"), id=2)],
            [row(), row("Y", kind="concurrent")],
            ([(2, EVE)], [], [("Y", DAY)]),
            id="a 兼務 belongs to its unit",
        ),
    ],
)
def test_steps(
    olds: list[Held[StaffRow]], rows: list[StaffRow], expected: tuple[list[object], ...]
) -> None:
    assert done(steps(olds, rows)) == expected


def test_somebody_new_begins_when_the_file_says() -> None:
    new = [row(starts_on=PAST)]
    assert done(steps([], new, known=()))[2] == [("A", PAST)]
    assert done(steps([], new, known=("1",)))[2] == [("A", DAY)]
    assert done(steps([], new, known=(), past_open=False))[2] == [("A", DAY)]


def test_a_later_ending_is_handed_on() -> None:
    closing = Closing(date(2027, 3, 31), PUBLISHED, 7)
    found = steps([held(row(), closing=closing)], [row(title="主任")])
    assert found.add[0].closing == closing


def test_who_comes_new_gives_way_to_what_waits() -> None:
    waiting = held(row("B"), LATER, import_id=7, known_from=PUBLISHED, imported_for=LATER)
    (addition,) = steps([waiting], [row()]).add
    assert addition.closing == Closing(date(2027, 3, 31), PUBLISHED, 7)


def test_columns_the_file_does_not_have_stay_as_they_are() -> None:
    old = held(row(title="課長", extension="2793"))
    names_only = frozenset({"name", "unit_code"})
    assert done(steps([old], [row(title="")], given=names_only)) == ([], [], [])
    (addition,) = steps([old], [row("B", title="")], given=names_only).add
    assert (addition.row.title, addition.row.extension) == ("課長", "2793")


@pytest.mark.parametrize(
    ("olds", "rows", "what"),
    [
        ([], [row()], What.JOINED),
        ([held(row())], [], What.LEFT),
        ([held(row(ends_on=EVE))], [], What.LEFT),
        ([held(row())], [row("B")], What.MOVED),
        ([held(row())], [row(title="主任")], What.CHANGED),
        ([held(row())], [row(), row("X", kind="concurrent")], What.CHANGED),
        ([held(row(ends_on=EVE))], [row(ends_on=LATER)], What.RENEWED),
        ([held(row())], [row()], None),
    ],
)
def test_differences(olds: list[Held[StaffRow]], rows: list[StaffRow], what: What | None) -> None:
    changes = staff_changes(olds, steps(olds, rows), DAY, {"A": "入所係"})
    assert [change.what for change in changes] == ([what] if what else [])
