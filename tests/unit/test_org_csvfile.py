"""Reading files: encodings, line numbers, headers; writing them again."""

import io
from datetime import date, time, timedelta

import pytest
from openpyxl import Workbook

from webapp.core.csvfile import Column, read_table, to_csv

COLUMNS = (
    Column("職員番号", required=True),
    Column("氏名", required=True),
    Column("有効開始日", aliases=("発令日",)),
)
TEXT = "職員番号,氏名,有効開始日\r\n1,髙﨑 瀨名,2026-04-01\r\n"


def faults(content: bytes) -> list[tuple[int, str]]:
    return [(fault.line, fault.column) for fault in read_table(content, "f.csv", COLUMNS).faults]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("cp932"), "cp932"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.replace("\r\n", "\n").encode("cp932"), "cp932"),
        (TEXT.replace(",", "\t").encode(), "utf-8"),
    ],
)
def test_encodings_and_delimiters_are_found_and_names_kept(content: bytes, encoding: str) -> None:
    table = read_table(content, "f.csv", COLUMNS)
    assert table.encoding == encoding
    assert not table.faults
    assert table.rows[0].cells == {
        "職員番号": "1",
        "氏名": "髙﨑 瀨名",
        "有効開始日": "2026-04-01",
    }


def test_lines_count_from_the_header_over_quoted_line_ends_and_empty_lines() -> None:
    content = '職員番号,氏名\n1,"あ\nい"\n\n2,う\n3\n'.encode()
    table = read_table(content, "f.csv", COLUMNS)
    assert [row.line for row in table.rows] == [2, 5]
    assert [(fault.line, fault.column) for fault in table.faults] == [(6, "氏名")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", [(1, "")]),
        ("職員番号\n1\n".encode(), [(1, "氏名")]),
        ("職員番号,氏名,氏名\n1,a,b\n".encode(), [(1, "氏名")]),
        ("職員番号,氏名\n1,a,b\n".encode(), [(2, "氏名")]),
        ("職員番号,氏名\n1,a,,\n".encode(), []),
        ("職員番号,氏名\n1,a\0\n".encode(), [(2, "")]),
        ("職員番号,氏名\n1,髙\n".encode("cp932") + b"2,\x81\n3,\xfe\n", [(3, "")]),
        ('職員番号,氏名\n1,"a\n2,b\n'.encode(), [(2, "")]),
        (b"PK\x03\x04 no workbook", [(1, "")]),
    ],
)
def test_what_cannot_be_read_is_named(content: bytes, expected: list[tuple[int, str]]) -> None:
    assert faults(content)[: len(expected) or None] == expected


def test_other_names_of_columns_and_unknown_ones() -> None:
    content = "備考,氏 名,職員番号,発令日\nx,池田,7,2026-04-01\n".encode()
    table = read_table(content, "f.csv", COLUMNS)
    assert table.ignored == ("備考",)
    assert table.rows[0]["有効開始日"] == "2026-04-01"
    assert table.rows[0]["職員番号"] == "7"
    assert table.rows[0]["役割"] == ""


def test_a_sheet_reads_like_text() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["職員番号", "氏名", "有効開始日"])
    sheet.append([100009, "池田", date(2026, 4, 1)])
    sheet.append([1.5, timedelta(hours=38, minutes=45), time(8, 30)])
    sheet["B4"] = 1.6145833333
    sheet["B4"].number_format = "h:mm"
    sheet["A4"] = "003"
    file = io.BytesIO()
    book.save(file)
    rows = read_table(file.getvalue(), "f.xlsx", COLUMNS).rows
    assert [list(row.cells.values()) for row in rows] == [
        ["100009", "池田", "2026-04-01"],
        ["1.5", "38:45", "8:30"],
        ["003", "38:45", ""],
    ]


def test_writing_tells_what_does_not_fit() -> None:
    content, missing = to_csv(["名"], [["𠮷田"], ["9:00〜"], ["=1+1"], [-5]], encoding="cp932")
    assert missing == ["𠮷"]
    assert content.decode("cp932") == "名\r\n〓田\r\n9:00～\r\n'=1+1\r\n-5\r\n"
    content, missing = to_csv(["名"], [["𠮷田"]])
    assert content == "\ufeff名\r\n𠮷田\r\n".encode()
    assert missing == []
