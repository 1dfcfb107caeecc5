"""One cell at a time: text of an import as typed values, each fault noted where it stands. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import TypeVar

from webapp.core.csvfile import Row, Table

T = TypeVar("T")

_CODE = re.compile(r"^[0-9A-Za-z_-]+$")
_PHONE = re.compile(r"^[0-9](?:[0-9-]{0,18}[0-9])?$")
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::00)?$")
_DATE = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 0{1,2}:00(?::00)?)?$")
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_ERA_DATE = re.compile(r"^(?:令和|R)(元|\d{1,2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")
_SPACE = re.compile(r"\s")


def narrow(text: str) -> str:
    """Codes and times with narrow digits and signs. Never for names: 髙 stays 髙."""
    return unicodedata.normalize("NFKC", text).replace("ー", "-").replace("‐", "-").strip()


def date_of(text: str) -> date | None:
    """2026-04-01, 2026/4/1, 2026年4月1日, 20260401, 令和8年4月1日, R8.4.1; None otherwise."""
    text = narrow(text)
    if found := _DATE.match(text) or _COMPACT_DATE.match(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _ERA_DATE.match(text):
        year = 2018 + (1 if found[1] == "元" else int(found[1]))
        month, day = int(found[2]), int(found[3])
    else:
        return None
    try:
        return date(year, month, day) if 1900 <= year <= 2999 else None
    except ValueError:
        return None


def minutes_of(text: str) -> int | None:
    """ "38:45" → 2325; None if it is no H:MM."""
    found = _CLOCK.match(narrow(text))
    return int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else None


def nearest(wrong: str, known: Iterable[str]) -> str:
    """「W01010 のことですか」, or nothing."""
    close = get_close_matches(wrong, list(known), n=1, cutoff=0.6)
    return f"{close[0]} のことですか" if close else ""


class Cells:
    """The cells of one row; what does not fit becomes a fault of the table and reads as empty."""

    def __init__(self, table: Table, row: Row) -> None:
        self.table, self.row, self.line = table, row, row.line

    def fault(self, column: str, what: str, right: str = "") -> None:
        self.table.fault(self.line, column, what, right)

    def text(self, column: str, limit: int, *, required: bool = False) -> str:
        text = self.row[column]
        if required and not text:
            self.fault(column, "空です", f"{column}を入れてください")
        elif len(text) > limit:
            self.fault(column, f"長すぎます（{len(text)}文字）", f"{limit}文字以内にしてください")
        elif any(unicodedata.category(character) == "Cc" for character in text):
            self.fault(column, "改行か制御文字が入っています", "1行の文字だけにしてください")
        return text

    def code(self, column: str, *, required: bool = False) -> str:
        text = _SPACE.sub("", narrow(self.row[column]))
        if not text:
            if required:
                self.fault(column, "空です", f"{column}を入れてください")
        elif not _CODE.match(text) or len(text) > 32:
            self.fault(
                column,
                f"「{self.row[column]}」は使えません",
                "英数字とハイフン、32文字以内にしてください",
            )
        return text

    def phone(self, column: str) -> str:
        text = _SPACE.sub("", narrow(self.row[column]))
        if text and not _PHONE.match(text):
            self.fault(
                column,
                f"「{self.row[column]}」は番号ではありません",
                "数字とハイフンにしてください（例 7223）",
            )
        return text

    def email(self, column: str) -> str:
        text = narrow(self.row[column])
        if text and not re.match(r"^[^@\s]+@[^@\s]+$", text):
            self.fault(
                column, f"「{text}」はメールアドレスではありません", "例 taro@city.example.jp"
            )
        return text[:200]

    def number(self, column: str) -> int | None:
        text = narrow(self.row[column])
        if not text:
            return None
        if not re.match(r"^-?\d{1,9}$", text):
            self.fault(column, f"「{text}」は整数ではありません", "整数にしてください")
            return None
        return int(text)

    def day(self, column: str, *, required: bool = False) -> date | None:
        text = self.row[column]
        if not text:
            if required:
                self.fault(column, "空です", "日付を入れてください（例 2026-04-01）")
            return None
        if (found := date_of(text)) is None:
            self.fault(
                column,
                f"「{text}」は日付ではありません",
                "2026-04-01 のように、ある日付にしてください",
            )
        return found

    def period(
        self, start: str = "有効開始日", end: str = "有効終了日"
    ) -> tuple[date | None, date | None]:
        first, last = self.day(start), self.day(end)
        if first and last and last < first:
            self.fault(
                end,
                f"{end}（{last}）が{start}（{first}）より前です",
                f"{first} 以後の日付か空にしてください",
            )
        return first, last

    def clock(self, column: str, *, required: bool = False) -> int | None:
        """Minutes after midnight, up to 47:59 for work across midnight."""
        text = self.row[column]
        if not text:
            if required:
                self.fault(column, "空です", "時刻を入れてください（例 8:30）")
            return None
        minute = minutes_of(text)
        if minute is None or minute >= 48 * 60:
            self.fault(column, f"「{text}」は時刻ではありません", "8:30 のようにしてください")
            return None
        return minute

    def span(
        self, start: str, end: str, *, required: bool = False
    ) -> tuple[int | None, int | None]:
        """Two times that belong together: both or none, the second later."""
        first, last = self.clock(start, required=required), self.clock(end, required=required)
        if first is not None and last is not None and last <= first:
            self.fault(
                end,
                f"{end}が{start}より前か同じです",
                f"{start}より後の時刻にしてください（翌日は 24:00 以後で）",
            )
        elif not required and bool(self.row[start]) != bool(self.row[end]):
            missing = end if self.row[start] else start
            self.fault(
                missing,
                "片方だけ入っています",
                f"{start}と{end}の両方を入れるか、両方を空にしてください",
            )
        return first, last

    def choice(self, column: str, words: Mapping[str, T], *, empty: T) -> T:
        text = _SPACE.sub("", self.row[column])
        if not text:
            return empty
        if text not in words:
            self.fault(
                column, f"「{text}」はありません", f"{'・'.join(words)} のどれかにしてください"
            )
            return empty
        return words[text]
