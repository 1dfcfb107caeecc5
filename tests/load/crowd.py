"""Many watchers at once: one socket a person, each in front of its own unit, some of a foreign one besides.

Measured on 10,000 of them: 0.25 ms of CPU for connect and watch, 12–20 µs a frame with its share of the POSTs: at
15,000 frames a second a fifth of a core, where Node's server needs a third of one. `load_cpu_s` in each line tells.
"""

import asyncio
import json
from collections.abc import Iterable
from time import monotonic
from typing import Any

from tests.load.poller import Poller
from tests.load.told import ANYBODY, Change, Ledger, Verdict, rooms_of
from tests.load.town import Person
from tests.load.watcher import Refused, Watcher

AT_ONCE = 64  # handshakes under way
MOST_TRIES = 20
PATIENCE_S = 60.0


class Crowd:
    """Member n speaks to the server at ports[n % len(ports)]."""

    def __init__(self, ports: list[int]) -> None:
        self.ports = ports
        self.ledger = Ledger()
        self.people: list[Person] = []
        self.watchers: list[Watcher] = []
        self.units: list[list[str]] = []  # what each one watches, its own first
        self.deaf: set[int] = set()  # those that do not read; nothing is expected of them
        self.poller = Poller()
        self.refused = 0
        self.failed = 0
        self.forms_wrong = 0

    # --- coming and going ---------------------------------------------------------------------

    async def connect(self, people: Iterable[Person], *, stalled: bool = False) -> None:
        """As fast as it goes; who is refused comes again when the server says so."""
        waiting = iter(people)
        await asyncio.gather(*(self._connect_some(waiting, stalled) for _ in range(AT_ONCE)))

    async def _connect_some(self, waiting: Iterable[Person], stalled: bool) -> None:
        for person in waiting:
            watcher = self.enter(person)
            if not await self._connected(watcher, stalled):
                self.failed += 1

    def enter(self, person: Person) -> Watcher:
        """A place in the crowd, not yet connected."""
        watcher = Watcher(len(self.watchers), person.token, self.poller, self.ledger.hear)
        watcher.rooms = {ANYBODY}
        self.watchers.append(watcher)
        self.people.append(person)
        self.units.append([person.unit])
        return watcher

    def port_of(self, index: int) -> int:
        return self.ports[index % len(self.ports)]

    async def _connected(self, watcher: Watcher, stalled: bool) -> bool:
        for _ in range(MOST_TRIES):
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await watcher.connect(self.port_of(watcher.index), like_a_stalled_one=stalled)
                return True
            except (Refused, OSError) as error:
                self.refused += 1
                await asyncio.sleep(getattr(error, "retry_after", None) or 0.5)
        return False

    async def watch(self, foreign: dict[int, str] | None = None) -> None:
        """Everybody their own unit; foreign {watcher: unit} besides."""
        for index, unit in (foreign or {}).items():
            self.units[index].append(unit)
        waiting = iter([watcher.index for watcher in self.watchers if watcher.open])

        async def some() -> None:
            for index in waiting:
                await self.watch_one(index)

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))

    async def watch_one(self, index: int) -> Any:
        """What may be told is laid down before it is asked: by the contract, not by what the server says."""
        units = self.units[index]
        expected = {unit: self.form(index, unit) for unit in units}
        for unit, form in expected.items():
            self.watchers[index].rooms |= rooms_of(unit, form)
        answer = await self.watchers[index].ask("watch", {"units": units})
        self.forms_wrong += answer["units"] != expected
        return answer

    def form(self, index: int, unit: str) -> str:
        return "full" if unit == self.people[index].unit else "directory"

    def drop(self) -> None:
        for watcher in self.watchers:
            watcher.drop()

    def close(self) -> None:
        self.drop()
        self.poller.close()

    # --- what became of it ----------------------------------------------------------------------

    def connected(self) -> int:
        return sum(watcher.open for watcher in self.watchers)

    def watching(self) -> dict[str, set[int]]:
        """{unit: who watches it}, of those still connected and reading."""
        found: dict[str, set[int]] = {}
        for watcher in self.watchers:
            if watcher.open and watcher.index not in self.deaf:
                for unit in self.units[watcher.index]:
                    found.setdefault(unit, set()).add(watcher.index)
        return found

    def judge(self, changes: Iterable[Change]) -> Verdict:
        return self.ledger.judge(changes, self.watching())

    async def all_told(self, changes: Iterable[Change], *, at_most: float) -> None:
        """Until somebody of its unit has every change, and nothing more comes; or for so long."""
        end = monotonic() + at_most
        newest, watching = self.ledger.newest, self.watching()
        waiting = [one for one in changes if one.unit in watching]
        while waiting and monotonic() < end:
            await asyncio.sleep(0.1)
            waiting = [
                c for c in waiting if newest.get((f"{c.unit}:full", c.number), 0) < c.version
            ]
        await self.quiet(at_most=max(0.0, end - monotonic()))

    async def quiet(self, *, seconds: float = 1.0, at_most: float = 30.0) -> None:
        """Until nobody has been told a row for a while."""
        end = monotonic() + at_most
        while monotonic() < end and monotonic() - self.ledger.last_heard < seconds:
            await asyncio.sleep(0.1)


def versions_in(board: bytes) -> dict[str, int]:
    """{staff number: version} of a board as fetched."""
    return {row["staff"]: row["version"] for row in json.loads(board)["rows"]}
