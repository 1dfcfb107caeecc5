"""Rows of files as facts: what is accepted, and what is told otherwise."""

from datetime import date

import pytest

from webapp.core.csvfile import Table, read_table
from webapp.org.import_cells import date_of, minutes_of
from webapp.org.import_hours import (
    PATTERN_COLUMNS,
    STAFF_HOURS_COLUMNS,
    DayHours,
    StaffHoursRow,
    merged_hours,
    read_patterns,
    read_staff_hours,
)
from webapp.org.import_rules import (
    STAFF_COLUMNS,
    UNIT_COLUMNS,
    StaffRow,
    check_staff,
    check_unit_codes,
    check_units,
    read_staff,
    read_units,
)

APRIL = date(2027, 4, 1)
KNOWN: dict[str, list[tuple[date, date | None]]] = {
    "W11": [(date(2026, 4, 1), None)],
    "W12": [(date(2026, 4, 1), date(2027, 3, 31))],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-04-01", date(2026, 4, 1)),
        ("2026/4/1", date(2026, 4, 1)),
        ("２０２６年４月１日", date(2026, 4, 1)),
        ("20260401", date(2026, 4, 1)),
        ("令和8年4月1日", date(2026, 4, 1)),
        ("R8.4.1", date(2026, 4, 1)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("2026-04-01 00:00", date(2026, 4, 1)),
        ("2026/13/40", None),
        ("2026-02-30", None),
        ("4/1", None),
        ("", None),
    ],
)
def test_dates(text: str, expected: date | None) -> None:
    assert date_of(text) == expected


@pytest.mark.parametrize(
    ("text", "minutes"), [("38:45", 2325), ("８：３０", 510), ("8:30:00", 510), ("99:99", None)]
)
def test_times(text: str, minutes: int | None) -> None:
    assert minutes_of(text) == minutes


def staff_table(
    *lines: str, header: str = "職員番号,氏名,所属コード"
) -> tuple[Table, list[StaffRow]]:
    table = read_table("\n".join([header, *lines]).encode(), "staff.csv", STAFF_COLUMNS)
    rows = read_staff(table)
    check_staff(table, rows)
    check_unit_codes(table, rows, KNOWN, effective=date(2026, 11, 24))
    return table, rows


def told(table: Table) -> list[tuple[int, str]]:
    return sorted((fault.line, fault.column) for fault in table.faults)


@pytest.mark.parametrize(
    ("column", "value", "field", "expected"),
    [
        ("役割", "係長 当番調整担当", "roles", "coordinator lead"),
        ("役割", "係長　人事担当", "roles", "hr lead"),
        ("役割", "", "roles", "member"),
        ("着信区分", "折り返しのみ", "reach", "callback"),
        ("本務兼務", "併任", "kind", "joint"),
        ("主務兼務", "主務", "kind", "main"),
        ("テレワーク対象", "対象外", "telework", False),
        ("テレワーク対象", "", "telework", None),
        ("週所定時間", "38:45", "weekly_minutes", 2325),
        ("内線", "１２３４", "extension", "1234"),
        ("公用携帯", "090-1234-5678", "mobile", "090-1234-5678"),
        ("雇用区分", "常勤", "employment", "常勤"),
        ("勤務時間割", "標準", "pattern_name", "標準"),
    ],
)
def test_cells_of_staff(column: str, value: str, field: str, expected: object) -> None:
    header = f"職員番号,氏名,所属コード,{column}"
    table, (row,) = staff_table(f"1,髙﨑　瀨名,Ｗ１１,{value}", header=header)
    assert not table.faults
    assert getattr(row, field) == expected
    assert row.name == "髙﨑　瀨名"
    assert row.unit_code == "W11"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("役割", "市長"),
        ("着信区分", "たぶん"),
        ("本務兼務", "副業"),
        ("テレワーク対象", "どちらでも"),
        ("週所定勤務時間", "99:99"),
        ("週所定勤務時間", "60:01"),
        ("内線", "12a4"),
        ("公用携帯", "abc"),
        ("メール", "taro"),
        ("有効開始日", "2026/13/40"),
        ("職名", "長" * 61),
    ],
)
def test_faulty_cells_of_staff(column: str, value: str) -> None:
    table, _rows = staff_table(f"1,池田,W11,{value}", header=f"職員番号,氏名,所属コード,{column}")
    assert told(table) == [(2, column)]
    assert table.faults[0].right


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("1,池田,W12,兼務,,", []),
        ("1,池田,W12,本務,,", [(3, "本務兼務")]),
        ("1,池上,W12,兼務,,", [(3, "職員番号")]),
        ("1,池田,W99,兼務,,", [(3, "所属コード")]),
        ("1,池田,W12,本務,2027-01-01,", []),
        ("2,池田,W12,本務,2027-04-01,", [(3, "所属コード")]),
        ("2,池田,W12,本務,2027-01-02,2027-01-01", [(3, "有効終了日")]),
        (",池田,W12,本務,,", [(3, "職員番号")]),
    ],
)
def test_rows_that_contradict(second: str, expected: list[tuple[int, str]]) -> None:
    header = "職員番号,氏名,所属コード,本務兼務,有効開始日,有効終了日"
    table, _rows = staff_table("1,池田,W11,本務,,2026-12-31", second, header=header)
    assert told(table) == expected


def test_the_nearest_code_is_offered() -> None:
    table, _rows = staff_table("1,池田,W11X")
    assert "W11 のことですか" in str(table.faults[0])


def unit_faults(*lines: str, effective: date = APRIL) -> list[tuple[int, str]]:
    header = "所属コード,所属名,上位所属コード,引継先所属コード,有効開始日,有効終了日"
    table = read_table("\n".join([header, *lines]).encode(), "units.csv", UNIT_COLUMNS)
    check_units(table, read_units(table), effective=effective)
    return told(table)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("A,市,,,,", "B,部,A,,,"), []),
        (("A,市,,,,", "B,部,C,,,"), [(3, "上位所属コード")]),
        (("A,市,,,,", "A,市,,,,"), [(3, "所属コード")]),
        (("A,市,,,,2026-12-31", "A,都,,,2027-01-01,"), []),
        (("A,市,B,,,", "B,部,A,,,"), [(2, "上位所属コード")]),
        (("A,市,A,,,",), [(2, "上位所属コード")]),
        (("A,市,,,,", "B,部,A,A,,2027-03-31"), []),
        (("A,市,,,,", "B,部,A,B,,2027-03-31"), [(3, "引継先所属コード")]),
        (("A,市,,,,2027-03-31", "B,部,A,,,"), [(3, "上位所属コード")]),
        ((",市,,,,",), [(2, "所属コード")]),
        (("A,,,,,",), [(2, "所属名")]),
    ],
)
def test_units(lines: tuple[str, ...], expected: list[tuple[int, str]]) -> None:
    assert unit_faults(*lines) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("標準,月曜日,8:30,17:15,12:00,13:00,10:00,15:00", []),
        ("夜勤,月,17:00,25:00,,,,", []),
        ("標準,祝,8:30,17:15,,,,", [(2, "曜日")]),
        ("標準,,8:30,17:15,,,,", [(2, "曜日")]),
        ("標準,月,8:30,,,,,", [(2, "終業")]),
        ("標準,月,17:15,8:30,,,,", [(2, "終業")]),
        ("標準,月,8:30,17:15,12:00,,,", [(2, "休憩終了")]),
        ("標準,月,8:30,17:15,18:00,19:00,,", [(2, "休憩開始")]),
        ("標準,月,8:30,17:15,,,7:00,15:00", [(2, "コアタイム開始")]),
    ],
)
def test_patterns(line: str, expected: list[tuple[int, str]]) -> None:
    header = ",".join(column.name for column in PATTERN_COLUMNS)
    table = read_table(f"{header}\n{line}".encode(), "patterns.csv", PATTERN_COLUMNS)
    read_patterns(table)
    assert told(table) == expected


def test_own_hours() -> None:
    header = ",".join(column.name for column in STAFF_HOURS_COLUMNS)
    lines = [
        header,
        "1,月,9:00,16:00,,,2026-04-01,2026-09-30",
        "1,月,10:00,16:00,,,2026-10-01,",
        "1,月,11:00,16:00,,,2026-12-01,",
        "9,火,9:00,16:00,,,,",
    ]
    table = read_table("\n".join(lines).encode(), "staff-hours.csv", STAFF_HOURS_COLUMNS)
    read_staff_hours(table, {"1"})
    assert told(table) == [(4, "曜日"), (5, "職員番号")]


def test_hours_of_the_past_stay_when_new_ones_come() -> None:
    day = DayHours(0, 540, 960)
    held = [StaffHoursRow("1", day, date(2026, 4, 1), date(2027, 3, 31))]
    new = [StaffHoursRow("1", DayHours(0, 600, 960), date(2027, 1, 1), None)]
    after = merged_hours(held, new, today=date(2026, 11, 24))
    assert [(row.starts_on, row.ends_on, row.hours.start) for row in after] == [
        (date(2026, 4, 1), date(2026, 12, 31), 540),
        (date(2027, 1, 1), None, 600),
    ]
    assert merged_hours(after, new, today=date(2026, 11, 24)) == after
