"""テレワーク対象: whether a person may telework at all. A dated rule by 任用区分 × 職名 × 所属, one a line. Pure.

松本: 正規職員 without nursery teachers; 神戸: without the ward offices; 茨城: with 会計年度任用職員. What is
entered for the person (the posting's テレワーク対象) comes first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_KEYS = {"職名": "title", "任用区分": "employment", "所属": "unit"}
_SINCE = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:から|〜|~|～)$")
_UNTIL = re.compile(r"^(\d{4}-\d{2}-\d{2})まで$")


@dataclass(frozen=True, slots=True)
class TargetLine:
    """Holds where every condition fits; units are codes, and stand for all below them."""

    allowed: bool
    title: str = ""
    employment: str = ""
    unit: str = ""
    since: date | None = None
    until: date | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Who:
    """A person's main posting that day. units: codes from the top down. marked: テレワーク対象 of the person."""

    title: str = ""
    employment: str = ""
    units: tuple[str, ...] = ()
    marked: bool | None = None


@dataclass(frozen=True, slots=True)
class Target:
    allowed: bool
    why: str = ""


ALLOWED = Target(True)


def lines_from(texts: Sequence[str]) -> tuple[TargetLine, ...]:
    """Lines that cannot be read are left out: they must not shut anybody out."""
    found = (_line(text) for text in texts)
    return tuple(line for line in found if line is not None)


def _line(text: str) -> TargetLine | None:
    words = text.replace("　", " ").replace("＝", "=").split()
    if not words or words[0] not in ("対象", "対象外"):
        return None
    told: dict[str, str] = {}
    dates: dict[str, date] = {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if equals and key in _KEYS and value:
            told[_KEYS[key]] = value
        elif not _dated(word, dates):
            return None
    if not told and not dates:
        return None
    return TargetLine(words[0] == "対象", **told, **dates, text=" ".join(words[1:]))  # type: ignore[arg-type]


def _dated(word: str, dates: dict[str, date]) -> bool:
    for name, pattern in (("since", _SINCE), ("until", _UNTIL)):
        if found := pattern.match(word):
            try:
                dates[name] = date.fromisoformat(found[1])
            except ValueError:
                return False
            return True
    return False


def target_of(lines: Sequence[TargetLine], otherwise: bool, who: Who, day: date) -> Target:
    """Whether the person may telework on the day, and by which line not."""
    if who.marked is not None:
        return Target(who.marked, "" if who.marked else "人ごとの登録")
    for line in lines:
        if _fits(line, who, day):
            return Target(line.allowed, "" if line.allowed else line.text)
    return Target(otherwise, "" if otherwise else "対象者の決まり")


def _fits(line: TargetLine, who: Who, day: date) -> bool:
    return (
        (not line.title or line.title == who.title)
        and (not line.employment or line.employment == who.employment)
        and (not line.unit or line.unit in who.units)
        and (line.since is None or line.since <= day)
        and (line.until is None or day <= line.until)
    )
