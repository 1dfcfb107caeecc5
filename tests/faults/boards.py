"""Boards as their watchers have them, held against the database: how long did one show what was no longer so? Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
# What anybody may know of anybody; one key more in a directory row is a leak.
DIRECTORY = frozenset(
    ("staff", "version", "name", "kana", "unit", "title", "state", "until", "reach", "extension")
)


@dataclass(frozen=True, slots=True)
class Truth:
    """{staff number: version}, and {staff number: what they last said of themselves} (absent: nothing)."""

    versions: Mapping[str, int]
    said: Mapping[str, str]


@dataclass(slots=True)
class Board:
    """One watcher's: {unit: {staff number: row}}, merged by version. forms: {unit: form} as it may see them, known
    before it asks: frames may come before the answer to `watch`."""

    who: str
    own_unit: str
    page: str = ""  # how its page was doing, for whoever reads of a stale one
    forms: dict[str, str] = field(default_factory=dict)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)

    def merge(self, unit: str, rows: Iterable[Row], gone: Iterable[str] = ()) -> None:
        self._look_for_leaks(unit, rows := list(rows))
        mine = self.rows.setdefault(unit, {})
        for row in rows:
            known = mine.get(row["staff"])
            if known is None or known["version"] < row["version"]:
                mine[row["staff"]] = row
        for number in gone:
            mine.pop(number, None)

    def _look_for_leaks(self, unit: str, rows: list[Row]) -> None:
        form = self.forms.get(unit)
        if form is None:
            self.leaks.append(f"{self.who} was sent rows of {unit}, which it does not watch")
        for row in rows:
            if form == "directory" and not row.keys() <= DIRECTORY:
                self.leaks.append(
                    f"{self.who} saw {sorted(row.keys() - DIRECTORY)} of {row['staff']}"
                )
        if form == "full" and unit != self.own_unit:
            self.leaks.append(f"{self.who} has the full form of {unit}")

    def shown(self) -> dict[str, Row]:
        return {number: row for rows in self.rows.values() for number, row in rows.items()}


@dataclass(slots=True)
class Agreement:
    """How long boards disagreed with the database while the server was well."""

    longest: float = 0.0
    ahead: list[str] = field(default_factory=list)  # showed what the database does not have
    worst: str = ""
    _behind: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    _last: dict[tuple[str, str], str] = field(default_factory=dict)

    def look(self, at: float, truth: Truth, boards: Iterable[Board]) -> None:
        """at: seconds. The boards are as they were before the truth was read: it is never older than they."""
        for board in boards:
            for number, row in board.shown().items():
                self._compare(at, truth, board, number, row)

    def _compare(self, at: float, truth: Truth, board: Board, number: str, row: Row) -> None:
        who = board.who
        now, key = truth.versions.get(number, 0), (who, number)
        if row["version"] > now:
            self.ahead.append(f"{who} saw version {row['version']} of {number}, there is {now}")
        says_otherwise = self._says_otherwise(truth, number, row)
        since, wanted = self._behind.get(key, (at, now))
        came = row["version"] > wanted or (row["version"] == wanted and not says_otherwise)
        if came and key in self._behind:
            self._end(key, at)
            since, wanted = at, now
        if row["version"] < now or says_otherwise:
            self._behind[key] = (since, wanted)
            self._last[key] = (
                f"{row}; in the database version {now}, said {truth.said.get(number)!r}; {board.page}"
            )

    @staticmethod
    def _says_otherwise(truth: Truth, number: str, row: Row) -> bool:
        """Same version, other content. Only the full form has notes; who is off says nothing."""
        return (
            row["version"] == truth.versions.get(number)
            and "note" in row
            and row["state"] not in ("off", "no_report")
            and (row["note"] or "") != truth.said.get(number, "")
        )

    def _end(self, key: tuple[str, str], at: float) -> None:
        since, _wanted = self._behind.pop(key)
        if at - since > self.longest:
            self.longest, self.worst = at - since, f"{key[0]} saw {self._last.get(key)}"

    def begin_anew(self, at: float) -> None:
        """The server is well again: what is behind counts from now."""
        self._behind = {key: (at, wanted) for key, (_, wanted) in self._behind.items()}

    def behind(self) -> int:
        return len(self._behind)

    def close(self, at: float) -> None:
        """What still disagrees at the end has disagreed until now."""
        for key in list(self._behind):
            self._end(key, at)


@dataclass(slots=True)
class Contents:
    """Same version, same content: from any process, before and after any crash, by socket and by snapshot."""

    contradictions: list[str] = field(default_factory=list)
    _seen: dict[tuple[str, str, bool], tuple[int, Row]] = field(default_factory=dict)

    def note(self, rows: Iterable[Row]) -> None:
        for row in rows:
            key = (row["staff"], row["unit"], "note" in row)
            version, known = self._seen.get(key, (0, {}))
            if row["version"] > version:
                self._seen[key] = (row["version"], row)
            elif row["version"] == version and row != known:
                other = sorted(k for k in row.keys() | known.keys() if row.get(k) != known.get(k))
                told = {k: (known.get(k), row.get(k)) for k in other}
                self.contradictions.append(f"{row['staff']} version {version}: {told}")
