"""Pages left open: each connects, watches, fetches, merges, and comes back by itself. Held against the database."""

import asyncio
import random
from time import monotonic
from typing import Any
from zlib import crc32

from tests.faults.boards import Agreement, Board, Contents
from tests.faults.hall import Clerk, Hall
from tests.faults.socket_line import Closed, SocketLine
from tests.faults.truth import Truths
from tests.load.wire import Answer, Http

LOOK_S = 0.2
# Sooner than a browser (1–30 s): here the server is on trial, not the patience of its clients.
BACK_AFTER_S = (0.3, 1.0)
DIGEST_WAIT_S = 3.0  # as the contract has it


class Page:
    """One person's page: own unit, and one of a neighbour."""

    def __init__(self, clerk: Clerk, units: list[str], port: int, contents: Contents) -> None:
        self.clerk, self.units, self.port = clerk, units, port
        forms = {unit: "full" if unit == clerk.unit else "directory" for unit in units}
        self.board = Board(clerk.number, clerk.unit, forms=forms)
        self.contents = contents
        self.connects = 0
        self.fetches_for_digest = 0
        self.messages: list[int] = []
        self.refusals: dict[str, int] = {}
        self.line: SocketLine | None = None
        self.is_up = False
        self.epoch = ""
        self._http = Http(port)
        self._jobs: set[asyncio.Task[None]] = set()
        self._chance = random.Random(clerk.number)

    def state(self) -> str:
        return f"connected {self.connects} times, {'up' if self.is_up else 'not up'}"

    async def live(self) -> None:
        while True:
            try:
                await self._visit()
            except (Closed, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                self._refused(error)
                await asyncio.sleep(getattr(error, "retry_after", None) or 0)
            finally:
                self.is_up = False
                if self.line is not None:
                    self.line.drop()
            await asyncio.sleep(self._chance.uniform(*BACK_AFTER_S))

    def _refused(self, error: Exception) -> None:
        name = f"{type(error).__name__}: {error}"[:80]
        self.refusals[name] = self.refusals.get(name, 0) + 1

    async def _visit(self) -> None:
        """Subscribe, then snapshot, then merge by version: the order the contract asks for."""
        self.line = SocketLine(self.clerk.token, self._heard)
        await self.line.connect(self.port)
        self.connects += 1
        answer = await self.line.ask("watch", {"units": self.units})
        if answer["units"] != self.board.forms:
            self.board.leaks.append(f"{self.clerk.number} was given {answer['units']}")
        for unit in self.units:
            await self.fetch(unit)
        self.is_up = True
        await self.line.over.wait()

    async def close(self) -> None:
        jobs = list(self._jobs)
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        self._http.close()

    async def fetch(self, unit: str) -> Answer:
        """Raises OSError when there is none to be had."""
        headers = {"Authorization": f"Bearer {self.clerk.token}"}
        async with asyncio.timeout(10):
            answer = await self._http.request("GET", f"/api/v1/boards/{unit}", headers=headers)
        if answer.status != 200:
            raise OSError(f"GET /boards: {answer.status}")
        said = answer.json()
        self._epoch(said["epoch"])
        self.contents.note(said["rows"])
        self.board.merge(unit, said["rows"])
        here = {row["staff"] for row in said["rows"]}
        for number in self.board.rows[unit].keys() - here:
            del self.board.rows[unit][number]
        return answer

    def _epoch(self, epoch: str) -> None:
        """A new one only after a restore; none happens here, so it would be a fault."""
        if self.epoch not in ("", epoch):
            self.board.leaks.append(f"the epoch changed from {self.epoch} to {epoch}")
        self.epoch = epoch

    def _heard(self, event: str, data: Any) -> None:
        if event == "rows":
            self._epoch(data["epoch"])
            self.contents.note(data["rows"])
            self.board.merge(data["unit"], data["rows"], data["gone"])
        elif event == "digest":
            self._later(self._compare(data))
        elif event == "resync":
            self._later(self._fetch_all(self._chance.random() * data["spread_s"]))
        elif event == "message":
            self.messages.append(data["id"])

    def _later(self, what: Any) -> None:
        job = asyncio.create_task(what)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def _compare(self, digest: dict[str, Any]) -> None:
        if digest != self.digest(digest):
            await asyncio.sleep(DIGEST_WAIT_S)
            if digest != self.digest(digest):
                self.fetches_for_digest += 1
                await self._fetch_all(0)

    def digest(self, like: dict[str, Any]) -> dict[str, Any]:
        rows = self.board.rows.get(like["unit"], {})
        total = sum(crc32(f"{number}:{row['version']}".encode()) for number, row in rows.items())
        return like | {"count": len(rows), "sum": total % 2**32}

    async def _fetch_all(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        try:
            for unit in self.units:
                await self.fetch(unit)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self._refused(error)


class Watch:
    """All pages, and the look at the database beside them."""

    def __init__(self, hall: Hall, ports: list[int], truths: Truths, pages: int) -> None:
        self.agreement, self.contents = Agreement(), Contents()
        self.pages = [
            Page(
                clerk,
                [clerk.unit, hall.next_unit(clerk.unit)],
                ports[turn % len(ports)],
                self.contents,
            )
            for turn, clerk in enumerate(hall.clerks[:: max(1, len(hall.clerks) // pages)])
        ]
        self._truths = truths
        self._is_well = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(page.live()) for page in self.pages]
        self._tasks.append(asyncio.create_task(self._look()))

    async def stop(self) -> None:
        self.agreement.close(monotonic())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(page.close() for page in self.pages))

    def is_well(self, well: bool) -> None:
        """While the server is broken nothing is counted against it; from recovery on everything is."""
        self._is_well = well
        if well:
            self.agreement.begin_anew(monotonic())

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if self._is_well:
                await self.look()

    async def look(self) -> None:
        """What the boards show is copied first: the database is never older."""
        shown = [
            Board(
                p.board.who,
                p.board.own_unit,
                p.state(),
                rows={u: dict(r) for u, r in p.board.rows.items()},
            )
            for p in self.pages
        ]
        truth = await asyncio.to_thread(self._truths.boards)
        if truth is not None and self._is_well:
            self.agreement.look(monotonic(), truth, shown)

    async def settled(self, within_s: float) -> float | None:
        """Seconds until everybody is there and shows what the database says; None if it never came to that."""
        began = monotonic()
        while monotonic() - began < within_s:
            await self.look()
            if all(page.is_up for page in self.pages) and not self.agreement.behind():
                return monotonic() - began
            await asyncio.sleep(LOOK_S / 2)
        return None

    def up(self) -> int:
        return sum(page.is_up for page in self.pages)

    def leaks(self) -> list[str]:
        return [leak for page in self.pages for leak in page.board.leaks]
