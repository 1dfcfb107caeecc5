"""The first sheet of an xlsx file as lines of text, dates and times as people write them. Pure."""

import io
import warnings
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import load_workbook

Record = tuple[int, list[str]]


class Unreadable(Exception):
    """Not a workbook, damaged, or locked with a password."""


def is_xlsx(content: bytes) -> bool:
    """A zip, or the older container in which Excel keeps workbooks with a password (and .xls)."""
    return content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def read_records(content: bytes, *, limit: int) -> list[Record]:
    """[(line, cells)]. Raises Unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # styles and extensions that do not matter to the values
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(values_only=True, max_row=limit + 1)
        records = [(line, [text_of(cell) for cell in cells]) for line, cells in enumerate(rows, 1)]
        book.close()
    except Exception as error:
        raise Unreadable("Excel のファイルとして読み取れませんでした") from error
    return records


def text_of(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return _of_instant(cell)
        case date():
            return cell.isoformat()
        case time():
            return f"{cell.hour}:{cell.minute:02d}"
        case timedelta():
            return _hours(cell)
        case _:
            return str(cell)


def _of_instant(cell: datetime) -> str:
    if cell.year <= 1900:  # a duration beyond 24 hours in a cell of the form h:mm
        return _hours(cell - datetime(1899, 12, 31 if cell.year == 1900 else 30))  # noqa: DTZ001
    if cell.time() == time(0, 0):
        return cell.date().isoformat()
    return cell.isoformat(sep=" ", timespec="minutes")


def _hours(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes // 60}:{minutes % 60:02d}"
