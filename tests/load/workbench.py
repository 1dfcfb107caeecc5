"""What the measurements stand on: a folder, a town, servers started when first needed, and where figures go."""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.live.server import Server
from tests.load import town
from tests.load.crowd import Crowd
from tests.load.machine import Cores, load_average
from tests.load.sizes import SECTION, Sizes
from tests.load.town import Person, Town
from tests.load.wire import Http

FOREIGN = 2  # of each section who watch the next one besides, in the directory form

told: list[dict[str, Any]] = []  # every line of this run, for the table at its end


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def tell(name: str, goal: str, **figures: Any) -> None:
    line = {"bench": name, "goal": goal, **figures, "load_average": load_average()}
    told.append(line)
    print(json.dumps(line, ensure_ascii=False), flush=True)


@dataclass
class Bench:
    sizes: Sizes
    cores: Cores
    folder: Path
    _town: Town | None = None
    _server: Server | None = None
    _keys: Iterator[int] = field(default_factory=count)

    @property
    def town(self) -> Town:
        if self._town is None:
            say(f"building a town of {self.sizes.sections} sections of {SECTION}")
            self._town = town.build(self.folder, self.sizes.sections, SECTION)
        return self._town

    def units(self, number: int) -> list[str]:
        return [f"L{section:03}" for section in range(1, number + 1)]

    def everybody(self) -> list[Person]:
        """In front of a board of their own section, as `units` names them."""
        return self.town.of(self.units(self.sizes.sections))

    def server(self) -> Server:
        if self._server is None:
            self._server = self.start(self.town.url)
        return self._server

    def start(self, url: str, **environ: str) -> Server:
        with self.cores.for_server():
            server = Server(
                url,
                environ={"ZAISEKI_SECRET_KEY": town.SECRET_KEY, "ZAISEKI_DEMO": "0", **environ},
                log=self.folder / "server.log",
            ).start()
        say(f"server: process {pid(server)}, {server.url}")
        return server

    def fresh_server(self) -> Server:
        """One whose memory and sockets begin at nothing."""
        self.stop()
        return self.server()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def key(self) -> dict[str, str]:
        return {"Idempotency-Key": f"bench-{next(self._keys)}"}


Measurement = Callable[[Bench], Awaitable[None]]


def pid(server: Server) -> int:
    assert server.process is not None
    return server.process.pid


def bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"}


async def settled(*servers: Server) -> None:
    """Until the pumps have looked at everybody once, as they do after each start."""
    await asyncio.sleep(1)
    for server in servers:
        while await figure(server.port, "zaiseki_pump_waiting"):
            await asyncio.sleep(0.2)


async def figure(port: int, name: str) -> float:
    """One of /metrics."""
    http = Http(port)
    answer = await http.request("GET", "/metrics")
    http.close()
    for line in answer.body.decode().splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise RuntimeError(f"/metrics has no {name}")


@asynccontextmanager
async def gathered(people: list[Person], *servers: Server) -> AsyncIterator[Crowd]:
    """Everybody in front of their board; two of each section watch the next one besides (directory form)."""
    await settled(*servers)
    crowd = Crowd([server.port for server in servers])
    try:
        say(f"connecting {len(people)} sockets")
        await crowd.connect(people)
        await crowd.watch(next_sections(crowd))
        await crowd.quiet()
        yield crowd
    finally:
        crowd.close()


def next_sections(crowd: Crowd) -> dict[int, str]:
    """{watcher: the section after its own} for the first two of each."""
    members: dict[str, list[int]] = {}
    for index, person in enumerate(crowd.people):
        members.setdefault(person.unit, []).append(index)
    units = sorted(members)
    return {
        index: units[(number + 1) % len(units)]
        for number, unit in enumerate(units)
        for index in members[unit][:FOREIGN]
        if len(units) > 1
    }


async def paced(act: Callable[[int, float], Awaitable[None]], dues: list[float]) -> None:
    """Act n is begun dues[n] seconds from now, whether or not those before it are done."""
    began = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as group:
        for turn, wait in enumerate(dues):
            due = began + wait
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            group.create_task(_as_task(act(turn, due)))


def evenly(number: int, over_s: float) -> list[float]:
    return [turn * over_s / number for turn in range(number)]


async def _as_task(what: Awaitable[None]) -> None:
    await what


@contextmanager
def prepared(sizes: Sizes, cores: Cores) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="zaiseki-bench-") as folder:
        bench = Bench(sizes, cores, Path(folder))
        try:
            yield bench
        finally:
            bench.stop()
            for log in bench.folder.glob("*.log"):
                _show_errors(log)


def _show_errors(log: Path) -> None:
    """The folder goes; what the server complained about should not go with it."""
    text = log.read_text()
    if "Traceback" in text:
        say(f"{log.name}: the server complained:\n{text[-4000:]}")
