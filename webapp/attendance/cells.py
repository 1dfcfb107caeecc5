"""One row of a punches file (or of POST /punches): from the words of card readers and 庶務事務 to a report. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from webapp.attendance import rules
from webapp.core.clock import TOKYO
from webapp.core.csvfile import Column
from webapp.presence.facts import Place, PunchKind

NUMBER, AT, KIND, PLACE = "職員番号", "日時", "種別", "勤務場所"
SITE, SOURCE, NOTE = "拠点", "取込元", "備考"
COLUMNS = (
    Column(NUMBER, required=True),
    Column(AT, required=True),
    Column(KIND, required=True),
    Column(PLACE),
    Column(SITE),
    Column(SOURCE),
    Column(NOTE),
)
NO_SOURCE = "取込"  # a file that does not say where it comes from
LONGEST = {SITE: 60, SOURCE: 40, NOTE: 200}

KINDS = {word: kind for kind, word in rules.KIND_WORDS.items()} | {
    "場所": PunchKind.PLACE,
    **{kind.value: kind for kind in PunchKind},
}
PLACES = {
    "在庁": Place.OFFICE,
    "出勤": Place.OFFICE,
    "在宅": Place.HOME,
    "サテライト": Place.SATELLITE,
    "モバイルワーク": Place.MOBILE,
    "モバイル": Place.MOBILE,
    "外出・出張": Place.TRIP,
    "外出": Place.TRIP,
    "出張": Place.TRIP,
    **{place.value: place for place in rules.REPORTABLE_PLACES},
}
_SPREADSHEET = re.compile(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ]+(\d{1,2}):(\d{2})(.*)$")


@dataclass(frozen=True, slots=True)
class Given:
    """A row understood; the person is still only a number. line: counts from 1 = header (or the place in a list)."""

    line: int
    number: str
    at: datetime
    kind: PunchKind
    place: Place | None
    site: str | None
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Wrong:
    line: int
    column: str
    what: str
    right: str


def read(line: int, cells: Mapping[str, str], places: Mapping[str, Place]) -> Given | list[Wrong]:
    """The row, or everything wrong with it. places: PLACES and the local words."""
    wrong: list[Wrong] = []

    def fault(column: str, what: str, right: str) -> None:
        wrong.append(Wrong(line, column, what, right))

    def text(column: str) -> str:
        found = cells.get(column, "").strip()
        if len(found) > LONGEST.get(column, 1000):
            fault(column, "長すぎます", f"{LONGEST[column]}文字以内にしてください")
        return found

    number, at, kind = text(NUMBER), instant(text(AT)), KINDS.get(text(KIND))
    if not number:
        fault(NUMBER, "空です", "職員番号を入れてください")
    if at is None:
        right = "2026-11-24T08:30 のように日付と時刻を入れてください"
        fault(AT, _said(text(AT), "日時ではありません"), right)
    if kind is None:
        right = "始業・終業・中抜け・戻り・場所 のどれかにしてください"
        fault(KIND, _said(text(KIND), "種別ではありません"), right)
    place = places.get(text(PLACE))
    if (text(PLACE) and place is None) or (kind is PunchKind.PLACE and not text(PLACE)):
        right = "在庁・在宅・サテライト・モバイルワーク・外出・出張 のどれかにしてください"
        fault(PLACE, _said(text(PLACE), "勤務場所ではありません"), right)
    site, source, note = text(SITE) or None, text(SOURCE) or NO_SOURCE, text(NOTE)
    if wrong or at is None or kind is None:
        return list(dict.fromkeys(wrong))
    return Given(line, number, at, kind, place, site, source, note)


def _said(text: str, what: str) -> str:
    return f"「{text[:40]}」は{what}" if text else "空です"


def instant(text: str) -> datetime | None:
    """ISO 8601, or as a spreadsheet writes it; without a zone it is the time of Asia/Tokyo."""
    if found := _SPREADSHEET.match(text):
        year, month, day, hour, minute, rest = found.groups()
        text = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}{rest.strip()}"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) <= 10 or at.year < 2000:
        return None
    return at if at.tzinfo else at.replace(tzinfo=TOKYO)
