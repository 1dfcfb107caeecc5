"""Reading of untrusted JSON: each value is taken or becomes a fault with its place, and reading goes on."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from webapp.rota.solver.problem import Fault, Moment

T = TypeVar("T")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
LONGEST = 200  # characters of an id or name; a longer one is an accident
LARGEST = 1_000_000_000


class Wrong(Exception):
    """This value cannot be taken; the text says what would be right."""


def shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    text = text.replace("\n", " ")
    return text if len(text) <= 40 else text[:37] + "…"


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Wrong(f"{shown(value)} は空でない文字列にしてください")
    if len(value) > LONGEST:
        raise Wrong(f"{LONGEST}文字以内の文字列にしてください")
    return value


def identity(value: Any) -> str:
    """An id: text; a whole number is taken as its digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value)


def truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"{shown(value)} は true か false にしてください")
    return value


def number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Wrong(f"{shown(value)} は数にしてください")
    if abs(value) > LARGEST:
        raise Wrong(f"{shown(value)} は大きすぎます")
    return float(value)


def at_least_0(value: Any) -> float:
    found = number(value)
    if found < 0:
        raise Wrong(f"{shown(value)} は 0 以上にしてください")
    return found


def above_0(value: Any) -> float:
    found = number(value)
    if found <= 0:
        raise Wrong(f"{shown(value)} は 0 より大きくしてください")
    return found


def whole(value: Any) -> int:
    found = number(value)
    if found != int(found):
        raise Wrong(f"{shown(value)} は整数にしてください")
    return int(found)


def count(value: Any) -> int:
    found = whole(value)
    if found < 0:
        raise Wrong(f"{shown(value)} は 0 以上の整数にしてください")
    return found


def slot_length(value: Any) -> int:
    found = whole(value)
    if not 1 <= found <= 1440:
        raise Wrong(f"{shown(value)} は 1 から 1440 までの分にしてください（例 30）")
    return found


def clock_time(value: Any) -> int:
    """Minutes from midnight of "08:30"; "24:00" is the end of the day."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found and int(found[2]) < 60 and int(found[1]) * 60 + int(found[2]) <= 1440:
        return int(found[1]) * 60 + int(found[2])
    raise Wrong(
        f"{shown(value)} は時刻ではありません。08:30 のように 00:00〜24:00 で書いてください"
    )


def day(value: Any) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise Wrong(f"{shown(value)} は日付ではありません。2026-11-24 のように書いてください")


def moment(value: Any) -> Moment:
    parts = value.split("T") if isinstance(value, str) else []
    if len(parts) != 2:
        raise Wrong(f"{shown(value)} は 2026-11-24T10:20 のように書いてください")
    return Moment(day(parts[0]), clock_time(parts[1][:5] if len(parts[1]) == 8 else parts[1]))


def one_of(choices: tuple[str, ...]) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise Wrong(f"{shown(value)} は {'・'.join(choices)} のどれかにしてください")
        return value

    return parse


def known(ids: set[str], what: str) -> Callable[[Any], str]:
    """An id that must be among `ids`."""

    def parse(value: Any) -> str:
        found = identity(value)
        if found not in ids:
            raise Wrong(f"{shown(found)} という{what}はありません")
        return found

    return parse


class Reader:
    """One object of the text at its place. A value with a fault reads as None."""

    def __init__(self, value: Any, place: str, faults: list[Fault]) -> None:
        self.place, self.faults = place, faults
        self.value: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        if not isinstance(value, Mapping):
            self.fault("", f"{shown(value)} はオブジェクト {{…}} にしてください")

    def at(self, key: str) -> str:
        dot = "." if self.place and key and not key.startswith("[") else ""
        return f"{self.place}{dot}{key}"

    def fault(self, key: str, what: str) -> None:
        self.faults.append(Fault(self.at(key), what))

    def need(self, key: str, parse: Callable[[Any], T]) -> T | None:
        if key in self.value:
            return self._parsed(key, parse)
        self.fault(key, "がありません。書いてください")
        return None

    def get(self, key: str, parse: Callable[[Any], T], absent: T) -> T:
        """`absent` where it is not there, null, or wrong (and then there is a fault as well)."""
        if self.value.get(key) is None:
            return absent
        found = self._parsed(key, parse)
        return absent if found is None else found

    def _parsed(self, key: str, parse: Callable[[Any], T]) -> T | None:
        try:
            return parse(self.value[key])
        except Wrong as wrong:
            self.fault(key, str(wrong))
            return None

    def items(self, key: str, parse: Callable[[Any], T]) -> list[T]:
        """A list of plain values."""
        found = []
        for index, value in self._list(key):
            try:
                found.append(parse(value))
            except Wrong as wrong:
                self.fault(f"{key}[{index}]", str(wrong))
        return found

    def objects(self, key: str) -> Iterator["Reader"]:
        for index, value in self._list(key):
            yield Reader(value, self.at(f"{key}[{index}]"), self.faults)

    def lists(self, key: str) -> Iterator[tuple[str, list[Any]]]:
        """Lists in a list, each with its key."""
        for index, value in self._list(key):
            if isinstance(value, list):
                yield f"{key}[{index}]", value
            else:
                self.fault(f"{key}[{index}]", f"{shown(value)} は [ … ] にしてください")

    def _list(self, key: str) -> list[tuple[int, Any]]:
        found = self.value.get(key)
        if found is None:
            return []
        if not isinstance(found, list):
            self.fault(key, f"{shown(found)} は [ … ] にしてください")
            return []
        return list(enumerate(found))

    def inner(self, key: str) -> "Reader | None":
        if self.value.get(key) is None:
            return None
        return Reader(self.value[key], self.at(key), self.faults)

    def span(self, start: str = "from", end: str = "to") -> tuple[int, int] | None:
        """Two times in order, or None with the fault said."""
        first, last = self.need(start, clock_time), self.need(end, clock_time)
        if first is None or last is None:
            return None
        if first >= last:
            self.fault(end, f"{self.value[end]} は {self.value[start]} より後にしてください")
            return None
        return first, last
