"""Writing xlsx. Text that a program would take for a formula stays text."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOLD = Font(bold=True)
TOP = Alignment(vertical="top", wrap_text=True)
A4 = 9


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


def widths(sheet: Worksheet, sizes: Sequence[int]) -> None:
    for column, width in enumerate(sizes, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def landscape(sheet: Worksheet, *, pages_high: int) -> None:
    """A4 across, as wide as the paper. pages_high 0 = as many as it takes."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, pages_high
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
