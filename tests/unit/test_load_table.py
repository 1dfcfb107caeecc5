"""The table at the end of `make bench`: reached, missed, and too small to judge are three different words."""

from typing import Any

import pytest

from tests.load.rival_bench import NODE, OURS
from tests.load.table import Row, as_text, table


def tap(**differs: Any) -> dict[str, Any]:
    line = {
        "bench": "tap_to_screen",
        "sockets": 10_000,
        "changes_each_s": 100,
        "p99_ms": 120.0,
        "rows_lost": 0,
        "rows_not_for_them": 0,
        "rows_different": 0,
        "refused": {},
        "changes": 6_000,
    }
    return line | differs


@pytest.mark.parametrize(
    ("line", "reached"),
    [
        (tap(), True),
        (tap(p99_ms=250.0), False),
        (tap(rows_lost=1), False),
        (tap(rows_not_for_them=1), False),
        (tap(rows_different=1), False),
        (tap(refused={429: 3}), False),
        (tap(changes=0), False),
        (tap(sockets=300), None),
        (tap(changes_each_s=20, rows_lost=1), None),
    ],
)
def test_a_tap(line: dict[str, Any], reached: bool | None) -> None:
    (row,) = table([line])
    assert row.reached is reached


def fan_out(server: str, **differs: Any) -> dict[str, Any]:
    line = {
        "bench": "rival_fan_out",
        "server": server,
        "each_s": 100,
        "row_frames": 100_000,
        "rows_lost": 0,
        "p99_ms": 10.0,
        "from_emission": {"p99_ms": 5.0},
        "cpu_us_a_frame": 20.0,
        "cpu_us_a_frame_without_posts": 15.0,
    }
    return line | differs


def test_the_rival_is_of_the_same_run_or_there_is_no_line() -> None:
    assert table([fan_out(OURS)]) == []
    slower = fan_out(NODE, p99_ms=9.0, cpu_us_a_frame=17.0)
    found = {row.what.rpartition(", ")[2]: row for row in table([fan_out(OURS), slower])}
    assert [row.reached for row in found.values()] == [False, True, True, True]
    assert found["p99 from the POST"].rival == "9.0 ms"


def test_nothing_lost_is_part_of_it() -> None:
    assert all(not row.reached for row in table([fan_out(OURS, rows_lost=1), fan_out(NODE)]))


def test_columns_of_wide_characters() -> None:
    rows = [Row("始業", "g", "f", "r", True), Row("abcd", "g", "f", "r", None)]
    lines = as_text(rows).splitlines()
    assert lines[1].index("g") + 2 == lines[2].index("g")
    assert lines[2].endswith("not judged")
