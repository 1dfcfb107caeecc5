"""Workbooks: the evening file (連絡網 and 当番表), and the answers; A4 across."""

import io
from collections.abc import Iterable
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from webapp.emergency.evening import Evening
from webapp.emergency.people import Row

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
BOLD, TOP = Font(bold=True), Alignment(vertical="top", wrap_text=True)
LINE = Border(bottom=Side(style="hair"))
HEAD = ("所属", "氏名", "ふりがな", "職名", "役割", "内線", "公用携帯", "着信", "メール")
A4 = 9


ANSWER_HEAD = ("所属", "職員番号", "氏名", "職名", "回答", "時刻・方法", "内線", "公用携帯", "配備")


def evening_book(evening: Evening) -> bytes:
    workbook = Workbook()
    _contacts(workbook.worksheets[0], evening)
    _duties(workbook.create_sheet("当番表"), evening)
    return _saved(workbook)


def answers_book(title: str, rows: Iterable[Row]) -> bytes:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "参集の可否"
    _row(sheet, 1, [title], bold=True)
    sheet.cell(1, 1).alignment = Alignment(wrap_text=False)
    _row(sheet, 3, ANSWER_HEAD, bold=True)
    for number, row in enumerate(rows, 4):
        values = (row.unit, row.number, row.name, row.title, row.words, row.heard)
        _row(sheet, number, [*values, row.extension, row.mobile, row.deployed])
    sheet.freeze_panes = "A4"
    _paper(sheet, (18, 10, 16, 12, 18, 18, 8, 14, 16))
    return _saved(workbook)


def _saved(workbook: Workbook) -> bytes:
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _contacts(sheet: Worksheet, evening: Evening) -> None:
    sheet.title = "連絡網"
    _head(sheet, evening)
    asked = bool(evening.emergency) and any(p.answer for part in evening.parts for p in part.people)
    _row(sheet, 3, [*HEAD, *(["参集の可否"] if asked else [])], bold=True)
    number = 4
    for part in evening.parts:
        for person in part.people:
            values = [
                "　" * part.depth + part.unit,
                person.name,
                person.kana,
                person.title,
                person.role,
                person.extension,
                person.mobile,
                person.reach,
                person.email,
            ]
            _row(sheet, number, [*values, *([person.answer] if asked else [])])
            number += 1
    sheet.freeze_panes = "C4"
    sheet.print_title_rows = "3:3"
    _paper(sheet, (20, 16, 18, 12, 14, 8, 14, 10, 24, 18))


def _duties(sheet: Worksheet, evening: Evening) -> None:
    _head(sheet, evening)
    _row(sheet, 3, ["所属", "持ち場", *evening.days], bold=True)
    for number, line in enumerate(evening.lines, 4):
        cells = ["\n".join(f"{c.time} {c.names}" for c in cell) for cell in line.cells]
        _row(sheet, number, [line.unit, line.position, *cells])
    if not evening.lines:
        _row(sheet, 4, ["確定した当番はありません。"])
    _paper(sheet, (16, 16, *[30 for _ in evening.days]))


def _head(sheet: Worksheet, evening: Evening) -> None:
    _row(sheet, 1, [evening.title], bold=True)
    words = f"{evening.made}{f'　緊急時【{evening.emergency}】' if evening.emergency else ''}"
    _row(sheet, 2, [words])
    for number in (1, 2):
        sheet.cell(number, 1).alignment = Alignment(wrap_text=False)


def _row(sheet: Worksheet, number: int, values: Iterable[Any], *, bold: bool = False) -> None:
    """Strings as strings, whatever they begin with."""
    for column, value in enumerate(values, 1):
        cell = sheet.cell(number, column)
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"
            cell.quotePrefix = value.startswith(FORMULA_SIGNS)
        cell.alignment = TOP
        if number > 2:
            cell.border = LINE
        if bold:
            cell.font = BOLD


def _paper(sheet: Worksheet, widths: Iterable[int]) -> None:
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
