"""Workbooks of the rota and of the burden."""

from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from webapp.core.workbook import TYPE, landscape, row, saved, widths
from webapp.rota.sheet import Sheet

__all__ = ["TYPE", "table_book", "week_book"]
FLAT_HEAD = ("日付", "曜日", "持ち場", "開始", "終了", "分", "職員番号", "氏名")


def week_book(sheet: Sheet, flat: Sequence[Sequence[Any]]) -> bytes:
    """当番表: as on paper; 一覧: one row a duty."""
    book = Workbook()
    paper = book.worksheets[0]
    paper.title = "当番表"
    _paper(paper, sheet)
    listed = book.create_sheet("一覧")
    row(listed, 1, FLAT_HEAD, bold=True)
    for number, values in enumerate(flat, 2):
        row(listed, number, values)
        listed.cell(number, 1).number_format = "yyyy-mm-dd"
    listed.freeze_panes = "A2"
    widths(listed, (12, 6, 18, 8, 8, 6, 12, 18))
    return saved(book)


def _paper(paper: Worksheet, sheet: Sheet) -> None:
    row(paper, 1, [sheet.title], bold=True)
    row(paper, 2, [sheet.status], bold=sheet.is_draft)
    paper.cell(1, 1).alignment = paper.cell(2, 1).alignment = Alignment(wrap_text=False)
    row(paper, 3, ["", "持ち場", *sheet.days], bold=True)
    number = 4
    for part in sheet.parts:
        for line in part.rows:
            cells = ["\n".join(f"{each.time} {each.name}" for each in cell) for cell in line.cells]
            row(paper, number, [part.words, line.name, *cells])
            number += 1
    paper.freeze_panes = "C4"
    widths(paper, (6, 16, *[22 for _ in sheet.days]))
    landscape(paper, pages_high=1)


def table_book(title: str, notes: Sequence[str], head: Sequence[str], rows: Any) -> bytes:
    """One sheet: notes, a heading, rows."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for number, note in enumerate(notes, 1):
        row(sheet, number, [note])
        sheet.cell(number, 1).alignment = Alignment(wrap_text=False)
    row(sheet, len(notes) + 1, head, bold=True)
    for number, values in enumerate(rows, len(notes) + 2):
        row(sheet, number, values)
    sheet.freeze_panes = f"A{len(notes) + 2}"
    widths(sheet, [16 for _ in head])
    return saved(book)
