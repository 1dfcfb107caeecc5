"""Many watchers at once, and what they were shown: who saw which version when, and what nobody should have seen."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import monotonic

from tests.load.town import Person
from tests.load.wire import Refused, Watcher

AT_ONCE = 64  # handshakes under way
MOST_TRIES = 20
# What anybody may know of anybody; one key more in a directory row is a leak.
DIRECTORY = frozenset(
    ("staff", "version", "name", "kana", "unit", "title", "state", "until", "reach", "extension")
)


@dataclass(slots=True)
class Crowd:
    """One socket a person; each watches its own unit, some a foreign one besides."""

    port: int
    watchers: list[Watcher] = field(default_factory=list)
    own_unit: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)  # {unit: form} of each watcher
    refused: int = 0
    failed: int = 0
    frames: int = 0
    row_frames: int = 0
    received: int = 0
    not_for_them: int = 0
    last_heard: float = 0.0
    # {staff number: [(version, when, watcher)]}
    seen: dict[str, list[tuple[int, float, int]]] = field(default_factory=dict)
    _known: dict[bytes, tuple[str, str, list[tuple[str, int]]]] = field(default_factory=dict)

    async def connect(self, people: Iterable[Person]) -> None:
        waiting = iter(people)
        await asyncio.gather(*(self._connect_some(waiting) for _ in range(AT_ONCE)))

    async def _connect_some(self, waiting: Iterable[Person]) -> None:
        for person in waiting:
            watcher = await self._connected(person)
            if watcher is None:
                self.failed += 1
                continue
            watcher.index = len(self.watchers)
            self.watchers.append(watcher)
            self.own_unit.append(person.unit)
            self.forms.append({})

    async def _connected(self, person: Person) -> Watcher | None:
        """Comes back when the server says so, as a browser does."""
        for _ in range(MOST_TRIES):
            watcher = Watcher(-1, person.token, self._heard)
            try:
                async with asyncio.timeout(60):
                    await watcher.connect(self.port)
                return watcher
            except (Refused, OSError, TimeoutError) as error:
                watcher.drop()
                self.refused += 1
                await asyncio.sleep(getattr(error, "retry_after", None) or 0.5)
        return None

    async def watch(self, foreign: dict[int, str] | None = None) -> None:
        """Everybody their own unit; foreign {watcher: unit} besides."""
        waiting = iter(range(len(self.watchers)))
        also = foreign or {}

        async def some() -> None:
            for index in waiting:
                units = [self.own_unit[index], *([also[index]] if index in also else [])]
                answer = await self.watchers[index].ask("watch", {"units": units})
                self.forms[index] = answer["units"]

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))

    async def quiet(self, *, seconds: float = 1.0, at_most: float = 30.0) -> None:
        """Until nobody has been told anything for a while."""
        end = monotonic() + at_most
        while monotonic() < end and monotonic() - self.last_heard < seconds:
            await asyncio.sleep(0.1)

    def forget(self) -> None:
        self.frames = self.row_frames = self.received = self.not_for_them = 0
        self.seen.clear()

    def drop(self) -> None:
        for watcher in self.watchers:
            watcher.drop()

    def connected(self) -> int:
        return sum(watcher.open for watcher in self.watchers)

    def out_of_order(self) -> int:
        """Rows that came after a newer one of the same person."""
        count = 0
        for heard in self.seen.values():
            newest: dict[int, int] = {}
            for version, _, index in heard:
                count += version < newest.get(index, 0)
                newest[index] = max(version, newest.get(index, 0))
        return count

    # --- what they hear ---------------------------------------------------------------------

    def _heard(self, watcher: Watcher, message: bytes, now: float) -> None:
        self.frames += 1
        self.received += len(message)
        if not message.startswith(b'42["rows"'):
            return
        self.row_frames += 1
        self.last_heard = now
        known = self._known.get(message)
        if known is None:
            if len(self._known) > 500:
                self._known.clear()
            known = self._known[message] = _parsed(message)
        unit, form, rows = known
        index = watcher.index
        if index < 0 or not self._may_see(index, unit, form):
            self.not_for_them += 1
        for number, version in rows:
            self.seen.setdefault(number, []).append((version, now, index))

    def _may_see(self, index: int, unit: str, form: str) -> bool:
        """Full rows of one's own unit only, and nothing of a unit one does not watch.

        Until the answer to `watch` is there, only the first can be judged.
        """
        if form == "full" and unit != self.own_unit[index]:
            return False
        forms = self.forms[index]
        return not forms or forms.get(unit) == form or (form == "none" and unit in forms)


def _parsed(message: bytes) -> tuple[str, str, list[tuple[str, int]]]:
    """unit, form, [(staff number, version)]."""
    payload = json.loads(message[2:])[1]
    rows = payload["rows"]
    form = "none"
    if rows:
        form = "directory" if all(row.keys() <= DIRECTORY for row in rows) else "full"
    return payload["unit"], form, [(row["staff"], row["version"]) for row in rows]
