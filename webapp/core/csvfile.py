"""CSV and xlsx as rows of text, with all faults of a file; and CSV as it goes out. Pure."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from webapp.core import xlsxfile

MAX_ROWS = 100_000
WHOLE_LINE = ""  # the column of a fault that concerns no single column
# A cell longer than this is a quotation mark that was never closed, or no list of staff.
csv.field_size_limit(100_000)
_UNREADABLE = re.compile("[\\0\\ufffd\\uf8f0-\\uf8f3]")
# Written by cp932 with another code point than Unicode's common one; it looks the same.
_SAME_IN_CP932 = str.maketrans("〜−—‖¢£¬", "～－―∥￠￡￢")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file, where, and what would be right. Lines count from 1 = header."""

    file: str
    line: int
    column: str
    what: str
    right: str

    def __str__(self) -> str:
        where = f"{self.file} {self.line}行目" + (f" {self.column}" if self.column else "")
        return f"{where}: {self.what}" + (f" → {self.right}" if self.right else "")


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    required: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """The text of a cell without space around it; a column the file does not have is empty."""
        return self.cells.get(column, "")


@dataclass(slots=True)
class Table:
    file: str
    encoding: str = ""
    columns: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()  # columns nobody knows
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, line: int, column: str, what: str, right: str = "") -> None:
        self.faults.append(Fault(self.file, line, column, what, right))


Record = tuple[int, list[str]]


def read_table(content: bytes, file: str, columns: Sequence[Column]) -> Table:
    """The rows of a file under the proper names of its columns.

    CSV in UTF-8, UTF-16 with its mark or cp932, by comma or tab; or xlsx.
    """
    table = Table(file)
    if xlsxfile.is_xlsx(content):
        table.encoding = "xlsx"
        records = _from_xlsx(content, table)
    else:
        records = _from_text(_decoded(content, table), table)
    _fill(table, records, columns)
    return table


def _from_xlsx(content: bytes, table: Table) -> list[Record]:
    try:
        return xlsxfile.read_records(content, limit=MAX_ROWS)
    except xlsxfile.Unreadable as error:
        table.fault(
            1, WHOLE_LINE, str(error), "パスワードのない xlsx か CSV で保存し直してください"
        )
        return []


def _decoded(content: bytes, table: Table) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            table.encoding = encoding
            return _readable(content.decode(encoding, errors="replace"), table)
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        table.encoding = encoding.removesuffix("-sig")
        return _readable(text, table)
    return _decoded_by_line(content, table)


def _readable(text: str, table: Table) -> str:
    """Faults for NUL, the mark of an earlier wrong conversion, and cp932's unassigned bytes."""
    if _UNREADABLE.search(text):
        for line, part in enumerate(text.split("\n"), start=1):
            if _UNREADABLE.search(part):
                right = "その文字を消すか、入れ直してください"
                table.fault(line, WHOLE_LINE, "読めない文字があります", right)
    return text.replace("\0", "")


def _decoded_by_line(content: bytes, table: Table) -> str:
    """Neither encoding fits: take the one with fewer bad lines, and name those.

    Cutting at the line ends first is safe: no character of either encoding contains one.
    """
    lines = content.removeprefix(codecs.BOM_UTF8).split(b"\n")
    bad = {
        name: [n for n, line in enumerate(lines, 1) if not _fits(line, name)]
        for name in ("utf-8", "cp932")
    }
    table.encoding = min(bad, key=lambda name: len(bad[name]))
    for line in bad[table.encoding]:
        right = f"全体を1つの文字コードで保存してください（ほかの行は {table.encoding}）"
        table.fault(line, WHOLE_LINE, "文字として読めない部分があります", right)
    return b"\n".join(lines).decode(table.encoding, errors="replace").replace("\0", "")


def _fits(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _from_text(text: str, table: Table) -> list[Record]:
    first = text.split("\n", 1)[0]
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    # Text pasted from a sheet has stray quotation marks; in a file they are a fault.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=delimiter == ",")
    records: list[Record] = []
    begun = 1
    try:
        for cells in reader:
            records.append((begun, cells))
            begun = reader.line_num + 1
            if len(records) > MAX_ROWS:
                table.fault(
                    begun,
                    WHOLE_LINE,
                    f"行が多すぎます（{MAX_ROWS:,}行まで）",
                    "分けて取り込んでください",
                )
                break
    except csv.Error:
        right = (
            '引用符（"）を対にし、文字としての引用符は2つ重ねてください。ここから先は読んでいません'
        )
        table.fault(begun, WHOLE_LINE, "引用符の使い方が正しくありません", right)
    return records


def _fill(table: Table, records: list[Record], columns: Sequence[Column]) -> None:
    filled = [(line, [cell.strip() for cell in cells]) for line, cells in records]
    filled = [(line, cells) for line, cells in filled if any(cells)]
    if not filled:
        if not table.faults:
            table.fault(1, WHOLE_LINE, "何も書かれていません", _header_hint(columns))
        return
    header = _header(table, filled[0], columns)
    if any(column.required and column.name not in header for column in columns):
        return
    for line, cells in filled[1:]:
        if (row := _row(table, line, cells, header)) is not None:
            table.rows.append(row)


def _header(table: Table, record: Record, columns: Sequence[Column]) -> list[str]:
    """The proper name of each column of the file, "" for those nobody knows."""
    line, cells = record
    proper = {name: column.name for column in columns for name in (column.name, *column.aliases)}
    names = [proper.get(cell.replace(" ", "").replace("　", ""), "") for cell in cells]
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        table.fault(line, name, "同じ見出しが2つあります", "1つにしてください")
    for column in columns:
        if column.required and column.name not in names:
            table.fault(
                line, column.name, f"見出し「{column.name}」がありません", _header_hint(columns)
            )
    table.columns = tuple(name for name in names if name)
    table.ignored = tuple(
        cell for cell, name in zip(cells, names, strict=True) if cell and not name
    )
    return names


def _header_hint(columns: Sequence[Column]) -> str:
    return "1行目に見出しを置いてください: " + ",".join(column.name for column in columns)


def _row(table: Table, line: int, cells: list[str], header: list[str]) -> Row | None:
    if table.encoding == "xlsx":
        cells = cells + [""] * (len(header) - len(cells))
    surplus = any(cells[len(header) :])
    if len(cells) < len(header) or surplus:
        what = f"項目の数が見出しと違います（{len(cells)}個。見出しは{len(header)}個）"
        column = header[-1] if surplus else header[len(cells)]
        table.fault(line, column, what, f"コンマを確かめて{len(header)}個にしてください")
        return None
    named = zip(header, cells, strict=False)
    return Row(line, {name: cell for name, cell in named if name})


def to_csv(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, encoding: str = "utf-8"
) -> tuple[bytes, list[str]]:
    """(the file, characters that do not fit). UTF-8 has a BOM for Excel; in cp932 they are 〓."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    if encoding == "utf-8":
        return out.getvalue().encode("utf-8-sig"), []
    text = out.getvalue().translate(_SAME_IN_CP932)
    missing = sorted(set(_unfit(text)))
    return text.translate({ord(character): "〓" for character in missing}).encode("cp932"), missing


def _unfit(text: str) -> Iterator[str]:
    for character in set(text):
        try:
            character.encode("cp932")
        except UnicodeEncodeError:
            yield character


def _safe(cell: object) -> str:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    text = "" if cell is None else str(cell)
    is_formula = text[:1] in {"=", "@", "\t", "\r"} or (
        text[:1] in {"+", "-"} and not text[1:2].isdigit()
    )
    return f"'{text}" if is_formula and len(text) > 1 else text
