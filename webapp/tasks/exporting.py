"""The sheet as CSV and xlsx: taken out, edited, taken in again, it is the same."""

from collections.abc import Iterable

from openpyxl import Workbook
from openpyxl.styles import Alignment

from webapp.core import workbook
from webapp.tasks.importing import COLUMNS
from webapp.tasks.people import Book
from webapp.tasks.rules import TELEWORK_WORDS
from webapp.tasks.sheet import Line

HEAD = [column.name for column in COLUMNS]
_WIDTHS = (24, 36, 18, 14, 10, 36, 20, 20)


def rows(lines: Iterable[Line], book: Book) -> list[list[str]]:
    return [
        [
            line.task.name,
            line.task.process,
            line.task.timing,
            TELEWORK_WORDS[line.duty.telework],
            "有" if line.task.personal_data else "無",
            line.task.remark,
            book.written(line.duty.mains),
            book.written(line.duty.subs),
        ]
        for line in lines
    ]


def xlsx(title: str, lines: Iterable[Line], book: Book) -> bytes:
    """One sheet, ready for A4 across; its first line is the heading, so that it can be taken in again."""
    made = Workbook()
    sheet = made.worksheets[0]
    sheet.title = "担当業務"
    workbook.row(sheet, 1, HEAD, bold=True)
    for number, values in enumerate(rows(lines, book), 2):
        workbook.row(sheet, number, values)
    sheet.freeze_panes = "B2"
    sheet.print_title_rows = "1:1"
    if sheet.oddHeader and sheet.oddFooter:
        sheet.oddHeader.left.text = title.replace("&", "&&")
        sheet.oddFooter.right.text = "&P / &N"
    for cell in sheet[1]:
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    workbook.widths(sheet, _WIDTHS)
    workbook.landscape(sheet, pages_high=0)
    return workbook.saved(made)
