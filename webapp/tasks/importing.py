"""A sheet from a file: every fault with its line, the whole difference, then all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from webapp.core.csvfile import Column, Fault, Row, Table, read_table
from webapp.extensions import off_loop
from webapp.tasks.models import Task
from webapp.tasks.people import Book
from webapp.tasks.rules import TELEWORK_WORDS, Telework
from webapp.tasks.service import MOST, Wanted, wanted_of

NAME, PROCESS, TIMING = "業務名", "処理の内容", "処理の時期"
TELEWORK, SECRET, REMARK = "テレワークの可否", "個人情報", "説明"
MAIN, SUB = "主担", "副担"
COLUMNS = (
    Column(NAME, required=True, aliases=("業務", "担当業務")),
    Column(PROCESS, aliases=("内容", "業務内容", "業務の内容")),
    Column(TIMING, aliases=("時期",)),
    Column(TELEWORK, aliases=("テレワーク", "テレワーク可否")),
    Column(SECRET, aliases=("個人情報の有無",)),
    Column(REMARK, aliases=("備考", "理由")),
    Column(MAIN, aliases=("主担当", "主担当者", "担当者")),
    Column(SUB, aliases=("副担当", "副担当者")),
)
_TELEWORK = {
    **{word: code for code, word in TELEWORK_WORDS.items()},
    "○": Telework.YES,
    "〇": Telework.YES,
    "◯": Telework.YES,
    "△": Telework.PARTLY,
    "×": Telework.NO,
    "✕": Telework.NO,
    "部分可": Telework.PARTLY,
    "否": Telework.NO,
}
_SECRET = {"有": True, "あり": True, "○": True, "〇": True, "1": True}
_NO_SECRET = {"", "無", "なし", "×", "0"}
_LENGTHS = {NAME: 80, PROCESS: 400, TIMING: 100, REMARK: 400}
_FIELDS = (
    (NAME, "name"),
    (PROCESS, "process"),
    (TIMING, "timing"),
    (TELEWORK, "telework"),
    (SECRET, "personal_data"),
    (REMARK, "remark"),
    (MAIN, "mains"),
    (SUB, "subs"),
)


@dataclass(frozen=True, slots=True)
class Changed:
    """task None: a new line. fields: (column, before, after) as words."""

    task: Task | None
    wanted: Wanted
    line: int
    fields: tuple[tuple[str, str, str], ...] = ()


@dataclass(slots=True)
class Checked:
    file: str
    rows: int = 0
    encoding: str = ""
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    new: list[Changed] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    gone: list[Task] = field(default_factory=list)
    unchanged: int = 0

    @property
    def may_write(self) -> bool:
        return not self.faults and bool(self.new or self.changed or self.gone)


def check(content: bytes, file: str, tasks: Sequence[Task], book: Book, *, whole: bool) -> Checked:
    """tasks: the sheet as it is. whole: what the file does not have goes. Changes nothing."""
    table = off_loop(read_table, content, file, COLUMNS)
    found = Checked(file, len(table.rows), table.encoding)
    if table.ignored:
        found.notes.append(f"知らない見出しの列は読みませんでした: {'、'.join(table.ignored)}")
    missing = [column.name for column in COLUMNS if column.name not in table.columns]
    if missing and table.columns:
        found.notes.append(f"ファイルにない列は今のままにします: {'、'.join(missing)}")
    _compare(found, table, tasks, book)
    named = {row.task.id for row in found.changed if row.task} | _unchanged(table, tasks)
    if whole and not table.faults:
        found.gone = [task for task in tasks if task.id not in named]
    if not table.rows and not table.faults:
        table.fault(2, "", "業務が1つもありません", "見出しの下に1行ずつ書いてください")
    _refuse_too_many(found, table, tasks)
    found.faults = sorted(table.faults, key=lambda fault: (fault.line, _place(fault.column)))
    return found


def _place(column: str) -> int:
    names = [each.name for each in COLUMNS]
    return names.index(column) if column in names else -1


def _refuse_too_many(found: Checked, table: Table, tasks: Sequence[Task]) -> None:
    if len(tasks) + len(found.new) - len(found.gone) > MOST:
        table.fault(1, "", f"業務が多すぎます（1つの表は{MOST}件まで）", "業務をまとめてください")


def _unchanged(table: Table, tasks: Sequence[Task]) -> set[int]:
    names = {row[NAME] for row in table.rows}
    return {task.id for task in tasks if task.name in names}


def _compare(found: Checked, table: Table, tasks: Sequence[Task], book: Book) -> None:
    stored = {task.name: task for task in tasks}
    seen: dict[str, int] = {}
    for row in table.rows:
        name = _text(table, row, NAME)
        if not name:
            table.fault(row.line, NAME, "空です", "業務の名前を入れてください")
        elif (twin := seen.setdefault(name, row.line)) != row.line:
            right = "名前を変えるか、どちらかの行を消してください"
            table.fault(row.line, NAME, f"{twin}行目と同じ業務名です", right)
        task = stored.get(name)
        before = wanted_of(task) if task else Wanted(name)
        wanted = _wanted(table, row, name, before, book)
        if task is not None and wanted == before:
            found.unchanged += 1
        elif task is not None:
            fields = tuple(_differences(before, wanted, book))
            found.changed.append(Changed(task, wanted, row.line, fields))
        else:
            found.new.append(Changed(None, wanted, row.line))


def _wanted(table: Table, row: Row, name: str, before: Wanted, book: Book) -> Wanted:
    has = set(table.columns)
    mains = _people(table, row, MAIN, book) if MAIN in has else before.mains
    subs = _people(table, row, SUB, book) if SUB in has else before.subs
    if both := [book.name(each) for each in subs if each in mains]:
        right = f"{MAIN}か{SUB}のどちらかにしてください"
        table.fault(row.line, SUB, f"{'、'.join(both)}は{MAIN}にも入っています", right)
    return Wanted(
        name,
        _text(table, row, PROCESS) if PROCESS in has else before.process,
        _text(table, row, TIMING) if TIMING in has else before.timing,
        _telework(table, row) if TELEWORK in has else before.telework,
        _text(table, row, REMARK) if REMARK in has else before.remark,
        _secret(table, row) if SECRET in has else before.personal_data,
        mains,
        subs,
    )


def _text(table: Table, row: Row, column: str) -> str:
    text, longest = row[column].replace("\r\n", "\n"), _LENGTHS[column]
    if len(text) > longest:
        right = f"{longest}文字以内にしてください"
        table.fault(row.line, column, f"長すぎます（{len(text)}文字）", right)
    return text


def _telework(table: Table, row: Row) -> Telework:
    text = row[TELEWORK]
    if text and text not in _TELEWORK:
        words = "・".join(TELEWORK_WORDS.values())
        table.fault(row.line, TELEWORK, f"「{text[:20]}」は使えません", f"{words}（○△×も可）から")
    elif not text:
        table.fault(row.line, TELEWORK, "空です", f"{'・'.join(TELEWORK_WORDS.values())}のどれか")
    return _TELEWORK.get(text, Telework.YES)


def _secret(table: Table, row: Row) -> bool:
    text = row[SECRET]
    if text not in _SECRET and text not in _NO_SECRET:
        table.fault(row.line, SECRET, f"「{text[:20]}」は使えません", "有か無にしてください")
    return _SECRET.get(text, False)


def _people(table: Table, row: Row, column: str, book: Book) -> tuple[int, ...]:
    ids, unknown = book.find(row[column])
    for fault in unknown:
        table.fault(row.line, column, fault.what, f"{fault.right}書いてください")
    return tuple(ids)


def _differences(before: Wanted, after: Wanted, book: Book) -> list[tuple[str, str, str]]:
    return [
        (column, _words(getattr(before, name), book), _words(getattr(after, name), book))
        for column, name in _FIELDS
        if getattr(before, name) != getattr(after, name)
    ]


def _words(value: object, book: Book) -> str:
    match value:
        case Telework():
            return TELEWORK_WORDS[value]
        case bool():
            return "有" if value else "無"
        case tuple():
            return book.written(value)
    return str(value)
