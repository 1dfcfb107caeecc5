"""Workbooks of the rota and of the burden. Text that a program would take for a formula stays text."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from webapp.rota.sheet import Sheet

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FLAT_HEAD = ("日付", "曜日", "持ち場", "開始", "終了", "分", "職員番号", "氏名")
BOLD = Font(bold=True)
TOP = Alignment(vertical="top", wrap_text=True)


def put(cell: Any, value: Any) -> None:
    """Strings as strings, whatever they begin with; a quote mark before what looks like a formula."""
    cell.value = value
    if not isinstance(value, str):
        return
    cell.data_type = "s"
    if value.startswith(FORMULA_SIGNS):
        cell.quotePrefix = True


def row(sheet: Worksheet, number: int, values: Iterable[Any], *, bold: bool = False) -> None:
    for column, value in enumerate(values, 1):
        cell = sheet.cell(number, column)
        put(cell, value)
        cell.alignment = TOP
        if bold:
            cell.font = BOLD


def _saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


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
    _widths(listed, (12, 6, 18, 8, 8, 6, 12, 18))
    return _saved(book)


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
    _widths(paper, (6, 16, *[22 for _ in sheet.days]))
    paper.page_setup.orientation, paper.page_setup.paperSize = "landscape", 9
    paper.page_setup.fitToHeight = paper.page_setup.fitToWidth = 1
    paper.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _widths(sheet: Worksheet, widths: Sequence[int]) -> None:
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width


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
    _widths(sheet, [16 for _ in head])
    return _saved(book)
