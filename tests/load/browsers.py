"""The crowd as pages keep it: whoever loses the connection comes back, watches again and fetches the board again.

As the page's own client does: 1 to 30 s with half of it by chance, what a Retry-After says at least; ten seconds for
the answer to `watch`; a fetch that fails is tried again after two to eight. `resync` and `drain` are obeyed: fetch
again, or come back, after a random part of the spread.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from random import Random
from time import monotonic

from tests.load.crowd import Crowd, versions_in
from tests.load.watcher import Refused
from tests.load.wire import Lines
from tests.load.workbench import bearer

FIRST_S, LONGEST_S = 1.0, 30.0
CONNECT_S, WATCH_S = 15.0, 10.0
LOOK_S = 0.25
MOST_TRIES = 20
PROMISED_S = 5.0  # no board shows what the database contradicts for longer
FETCHING = 64  # HTTP connections, as a proxy in front would keep them


@asynccontextmanager
async def browsing(crowd: Crowd) -> AsyncIterator["Browsers"]:
    browsers = Browsers(crowd)
    try:
        yield browsers
    finally:
        await browsers.stop()


class Browsers:
    """known: {watcher: {unit: {staff number: version}}} as last fetched; back: when each was last complete."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.away: set[int] = set()  # who stays away
        self.known: dict[int, dict[str, dict[str, int]]] = {}
        self.back: dict[int, float] = {}
        self.refused: dict[str, int] = {}
        self.fetch_failed = 0
        self._chance = Random(1)
        self._lines = Lines(crowd.ports, FETCHING)
        self._returning: dict[int, asyncio.Task[None]] = {}
        self._boards: dict[tuple[str, int], dict[str, int]] = {}  # the same bytes are read once
        self._looking: asyncio.Task[None] | None = None
        self._not_before: dict[int, float] = {}  # who was asked to stay away for a while
        self._fetching: set[asyncio.Task[None]] = set()
        self.asked: Counter[str] = Counter()
        crowd.ledger.asked = self._asked

    async def fetch_all(self, indexes: Iterable[int]) -> None:
        waiting = iter(list(indexes))

        async def some() -> None:
            for index in waiting:
                await self.fetch(index)

        await asyncio.gather(*(some() for _ in range(FETCHING)))

    def start(self) -> None:
        self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        tasks = [
            *self._fetching,
            *self._returning.values(),
            *([self._looking] if self._looking else []),
        ]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._lines.close()

    def complete(self) -> bool:
        """Everybody who does not stay away is connected and has their boards."""
        return not self._returning and all(
            watcher.open and watcher.index in self.back
            for watcher in self.crowd.watchers
            if watcher.index not in self.away
        )

    async def _look(self) -> None:
        while True:
            for watcher in self.crowd.watchers:
                index = watcher.index
                if not watcher.open and index not in self.away and index not in self._returning:
                    self._returning[index] = asyncio.create_task(self._return(index))
            await asyncio.sleep(LOOK_S)

    async def _return(self, index: int) -> None:
        attempt, at_least = 0, self._not_before.pop(index, 0.0) - monotonic()
        self.back.pop(index, None)
        while True:
            wait = min(FIRST_S * 2**attempt, LONGEST_S) * self._chance.uniform(0.5, 1.5)
            await asyncio.sleep(max(wait, at_least))
            attempt += 1
            try:
                await self.connect(index)
                break
            except (Refused, OSError) as error:
                at_least = (getattr(error, "retry_after", None) or 0.0) * self._chance.uniform(
                    1.0, 1.5
                )
                self._note(error)
                self.crowd.watchers[index].drop()
        await self.fetch(index)
        del self._returning[index]

    def _asked(self, index: int, event: str, spread_s: float) -> None:
        self.asked[event] += 1
        wait = self._chance.uniform(0.0, spread_s)
        if event == "drain":
            self._not_before[index] = monotonic() + wait
            return
        task = asyncio.create_task(self._fetch_later(index, wait))
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    async def _fetch_later(self, index: int, wait: float) -> None:
        await asyncio.sleep(wait)
        await self.fetch(index)

    async def connect(self, index: int) -> None:
        """Raises Refused, OSError, TimeoutError."""
        async with asyncio.timeout(CONNECT_S):
            await self.crowd.watchers[index].connect(self.crowd.port_of(index))
        async with asyncio.timeout(WATCH_S):
            await self.crowd.watch_one(index)

    def _note(self, error: Exception) -> None:
        word = str(error) or type(error).__name__
        self.refused[word] = self.refused.get(word, 0) + 1

    async def fetch(self, index: int) -> None:
        """Begun after the answer to `watch`, so that it is never older than what follows."""
        found = {unit: await self._board(index, unit) for unit in self.crowd.units[index]}
        self.known[index] = found
        self.back[index] = monotonic()

    async def _board(self, index: int, unit: str) -> dict[str, int]:
        headers = bearer(self.crowd.people[index])
        for _ in range(MOST_TRIES):
            try:
                answer = await self._lines.request("GET", f"/api/v1/boards/{unit}", headers=headers)
                if answer.status == 200:
                    return self._read(unit, answer.body)
            except (OSError, asyncio.IncompleteReadError):
                pass
            self.fetch_failed += 1
            await asyncio.sleep(self._chance.uniform(2.0, 8.0))
        raise RuntimeError(f"no board of {unit} after {MOST_TRIES} tries")

    def _read(self, unit: str, body: bytes) -> dict[str, int]:
        before, _, rest = body.partition(b'"as_of":"')
        key = (unit, hash(before + rest.partition(b'"')[2]))
        if key not in self._boards:
            self._boards[key] = versions_in(body)
        return self._boards[key]

    async def views_wrong(self) -> int:
        """Watchers whose view (fetched, and told since) is behind a fresh look for longer than the promise allows.

        Newer than the look is not wrong: the look was taken first.
        """
        rooms: dict[str, list[int]] = {}
        for index in filter(self._is_there, self.back):
            for unit in self.crowd.units[index]:
                rooms.setdefault(f"{unit}:{self.crowd.form(index, unit)}", []).append(index)
        fresh = {
            room: await self._board(members[0], room.partition(":")[0])
            for room, members in rooms.items()
        }
        end = monotonic() + PROMISED_S
        while (wrong := self._behind(rooms, fresh)) and monotonic() < end:
            await asyncio.sleep(0.5)
        for room, members in rooms.items():
            for index in members:
                self.known[index][room.partition(":")[0]] = fresh[room]
        return wrong

    def _is_there(self, index: int) -> bool:
        """Connected, with its boards: who is on the way back shows the old view with its time."""
        return self.crowd.watchers[index].open and index in self.back

    def _behind(self, rooms: dict[str, list[int]], fresh: dict[str, dict[str, int]]) -> int:
        told = self.crowd.ledger.views_by_room()
        behind = 0
        for room, members in rooms.items():
            unit = room.partition(":")[0]
            for index in filter(self._is_there, members):
                known, since = self.known[index][unit], told.get(room, {}).get(index, {})
                behind += is_behind(known, since, fresh[room])
        return behind


def is_behind(known: dict[str, int], told: dict[str, int], fresh: dict[str, int]) -> bool:
    """{staff number: version} fetched, told since, and fetched now: somebody older, lacking, or there too much."""
    return (known.keys() | told.keys()) != fresh.keys() or any(
        max(known.get(number, 0), told.get(number, 0)) < version
        for number, version in fresh.items()
    )
