"""What the watchers were told: every distinct frame once, with who got it when; and the judgement over it.

The server sends the same bytes to a whole room, so a frame is parsed once however many get it.
"""

import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

# What anybody may know of anybody; one key more in a directory row is a leak.
DIRECTORY = frozenset(
    ("staff", "version", "name", "kana", "unit", "title", "state", "until", "reach", "extension")
)
DIRECTORY_STATES = frozenset(("available", "busy", "absent"))
ANYBODY = ""  # the room of what every socket may get: beats, one's own messages
ASKING = ("resync", "drain")
MOST_KNOWN = 4_000
MOST_EXAMPLES = 5

Row = dict[str, Any]


class Listener(Protocol):
    """index: which watcher; rooms: what it may be told, as of `rooms_of`."""

    index: int
    rooms: set[str]


def rooms_of(unit: str, form: str) -> set[str]:
    """Of one watched unit: its rows in that form, and what has no form (who left, coverage, digests)."""
    return {ANYBODY, f"{unit}:{form}", f"{unit}:any"}


@dataclass(slots=True)
class Told:
    """One frame: rows {staff number: row}; who[i] got it when[i]; at: the server's own stamp, if it has one."""

    room: str
    unit: str
    rows: dict[str, Row]
    at: float
    asks: tuple[str, float] | None = None  # `resync` or `drain`, and its spread in seconds
    who: "array[int]" = field(default_factory=lambda: array("i"))
    when: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass(slots=True)
class Change:
    """One acknowledged change of a person; seconds of the monotonic clock. version 0: not known."""

    number: str
    unit: str
    due: float
    answered: float = 0.0
    status: int = 0
    version: int = 0


@dataclass(slots=True)
class Verdict:
    """late: seconds from when a change was due to that version, or a newer one, at each who watches."""

    late: list[float]
    lost: int
    twice: int
    out_of_order: int
    not_for_them: int
    different: int  # the same version with another content

    def figures(self) -> dict[str, int]:
        return {
            "rows_seen": len(self.late),
            "rows_lost": self.lost,
            "rows_twice": self.twice,
            "rows_not_for_them": self.not_for_them,
            "rows_out_of_order": self.out_of_order,
            "rows_different": self.different,
        }


class Ledger:
    """Hears everything; `forget` begins a new measurement."""

    def __init__(self) -> None:
        self._known: dict[bytes, Told] = {}
        self._contents: dict[tuple[str, str, int], int] = {}
        self.last_heard = 0.0
        # What a client does when it is asked to: (which one, event, spread in seconds)
        self.asked: Callable[[int, str, float], None] = lambda *_: None
        self.forget()

    def forget(self) -> None:
        self._known.clear()
        self._contents.clear()
        self.told: list[Told] = []
        self.newest: dict[tuple[str, str], int] = {}  # {(room, staff number): version}
        self.frames = self.row_frames = self.received = 0
        self.not_for_them = self.different = 0
        self.events: Counter[str] = Counter()
        self.examples: list[str] = []

    def hear(self, listener: Listener, message: bytes, now: float) -> None:
        self.frames += 1
        self.received += len(message)
        told = self._known.get(message)
        if told is None:
            told = self._meet(message)
        if told.room not in listener.rooms:
            self._leaked(listener, told, message)
        if told.rows:
            self.row_frames += 1
            self.last_heard = now
            told.who.append(listener.index)
            told.when.append(now)
        elif told.asks:
            self.asked(listener.index, *told.asks)

    def _meet(self, message: bytes) -> Told:
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        event, payload = parsed(message)
        told = self._known[message] = _told(event, payload)
        self.events[event] += 1
        if told.rows:
            self.told.append(told)
            self._note(told)
        return told

    def _note(self, told: Told) -> None:
        """Same version, same content: whichever process rendered it, and however often."""
        for number, row in told.rows.items():
            key = (told.room, number)
            self.newest[key] = max(row["version"], self.newest.get(key, 0))
            content = hash(json.dumps(row, sort_keys=True))
            if self._contents.setdefault((told.room, number, row["version"]), content) != content:
                self.different += 1
                self._example("different", told.room, str(row))

    def _leaked(self, listener: Listener, told: Told, message: bytes) -> None:
        self.not_for_them += 1
        self._example(f"watcher {listener.index}", told.room, message[:200].decode(errors="ignore"))

    def _example(self, *words: str) -> None:
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(" ".join(words))

    # --- judgement ------------------------------------------------------------------------------

    def judge(self, changes: Iterable[Change], watchers: dict[str, set[int]]) -> Verdict:
        """changes: those acknowledged; watchers: {unit: who watched it all the time}."""
        arrivals = self.arrivals()
        late: list[float] = []
        lost = 0
        for one in changes:
            first = first_seen(arrivals.get(one.number, {}), one.version)
            for index in watchers.get(one.unit, ()):
                if index in first:
                    late.append(first[index] - one.due)
                else:
                    lost += 1
                    self._example(
                        f"lost: {one.number} version {one.version} at watcher {index};",
                        *(
                            f"{room}: {version} came"
                            for (room, number), version in self.newest.items()
                            if number == one.number
                        ),
                    )
        twice, out_of_order = _repeated_and_late(arrivals)
        return Verdict(late, lost, twice, out_of_order, self.not_for_them, self.different)

    def arrivals(self) -> dict[str, dict[int, list[Told]]]:
        """{staff number: {version: frames that carried it}}."""
        found: dict[str, dict[int, list[Told]]] = {}
        for told in self.told:
            for number, row in told.rows.items():
                found.setdefault(number, {}).setdefault(row["version"], []).append(told)
        return found

    def views_by_room(self) -> dict[str, dict[int, dict[str, int]]]:
        """{room: {watcher: {staff number: newest version it was told}}}."""
        found: dict[str, dict[int, dict[str, int]]] = {}
        for told in self.told:
            views = found.setdefault(told.room, {})
            for index in told.who:
                view = views.setdefault(index, {})
                for number, row in told.rows.items():
                    view[number] = max(row["version"], view.get(number, 0))
        return found


def first_seen(frames: dict[int, list[Told]], version: int) -> dict[int, float]:
    """{watcher: when it first had this version or a newer one}."""
    first: dict[int, float] = {}
    for carried, frames_of in frames.items():
        if carried >= version:
            for told in frames_of:
                for index, when in zip(told.who, told.when, strict=True):
                    if when < first.get(index, float("inf")):
                        first[index] = when
    return first


def _repeated_and_late(arrivals: dict[str, dict[int, list[Told]]]) -> tuple[int, int]:
    """Rows that came twice to one watcher, and rows that came after a newer one of the same person."""
    twice = late = 0
    for by_version in arrivals.values():
        newest: dict[int, float] = {}  # {watcher: when the versions below were last seen}
        for version in sorted(by_version):
            met: Counter[int] = Counter()
            for index, when in _who_when(by_version[version]):
                met[index] += 1
                if met[index] == 1 and when < newest.get(index, 0.0):
                    late += 1
            twice += sum(count - 1 for count in met.values())
            for index, when in _who_when(by_version[version]):
                newest[index] = max(when, newest.get(index, 0.0))
    return twice, late


def _who_when(frames: list[Told]) -> Iterator[tuple[int, float]]:
    for told in frames:
        yield from zip(told.who, told.when, strict=True)


def parsed(message: bytes) -> tuple[str, Any]:
    """Event and payload of a Socket.IO event without acknowledgement ("42[…]")."""
    event, *payload = json.loads(message[2:])
    return event, payload[0] if payload else None


def _told(event: str, payload: Any) -> Told:
    unit = payload.get("unit") if isinstance(payload, dict) else None
    if event != "rows":
        room = f"{unit}:any" if unit and event in ("coverage", "digest") else ANYBODY
        asks = (event, float(payload.get("spread_s", 0))) if event in ASKING else None
        return Told(room, unit or "", {}, 0.0, asks)
    rows = {row["staff"]: row for row in payload["rows"]}
    form = form_of(rows.values()) if rows else "any"
    return Told(f"{unit}:{form}", unit or "", rows, float(payload.get("at", 0.0)))


def form_of(rows: Iterable[Row]) -> str:
    """One detail more than the directory has makes a row a full one."""
    for row in rows:
        if not row.keys() <= DIRECTORY or row["state"] not in DIRECTORY_STATES:
            return "full"
    return "directory"
