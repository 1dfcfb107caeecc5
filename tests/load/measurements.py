"""The measurements, one function each; each prints its line as soon as it has it."""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

from tests.live.server import Server
from tests.load import (
    approval_bench,
    coverage_bench,
    pages,
    plan_bench,
    requests_bench,
    seats_bench,
    town,
)
from tests.load.city_files import write_city
from tests.load.crowd import Crowd
from tests.load.machine import Cores, Effort, in_ms, load_average, memory_kb
from tests.load.probe import probing
from tests.load.town import Person, Town
from tests.load.wire import Http

SECTION = 50


@dataclass(frozen=True)
class Sizes:
    sections: int = 40
    watching: int = 20  # sections with all their people in front of the board
    tap_s: float = 30.0
    taps_each_s: int = 20
    starts: int = 400
    starts_s: float = 20.0
    snapshot_s: float = 5.0
    import_posts_each_s: int = 10


QUICK = Sizes(sections=6, watching=4, tap_s=6, starts=60, starts_s=4, snapshot_s=1.5)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def tell(name: str, goal: str, **figures: Any) -> None:
    line = {"bench": name, "goal": goal, **figures, "load_average": load_average()}
    print(json.dumps(line, ensure_ascii=False), flush=True)


@dataclass
class Bench:
    """A folder, a town, and a server started when first needed."""

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

    def server(self) -> Server:
        if self._server is None:
            self._server = self.start(self.town.url)
        return self._server

    def start(self, url: str) -> Server:
        with self.cores.for_server():
            server = Server(
                url,
                environ={"ZAISEKI_SECRET_KEY": town.SECRET_KEY, "ZAISEKI_DEMO": "0"},
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


def pid(server: Server) -> int:
    assert server.process is not None
    return server.process.pid


def bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"}


async def settled(server: Server) -> None:
    """Until the pump has looked at everybody once, as it does after each start."""
    await asyncio.sleep(1)
    while await figure(server, "zaiseki_pump_waiting"):
        await asyncio.sleep(0.2)


async def figure(server: Server, name: str) -> float:
    """One of /metrics."""
    http = Http(server.port)
    answer = await http.request("GET", "/metrics")
    http.close()
    for line in answer.body.decode().splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise RuntimeError(f"/metrics has no {name}")


@asynccontextmanager
async def gathered(bench: Bench) -> AsyncIterator[Crowd]:
    """Sections with everybody in front of the board; two of each watch the next section besides (directory form)."""
    server, units = bench.server(), bench.units(bench.sizes.watching)
    await settled(server)
    crowd = Crowd(server.port)
    try:
        people = bench.town.of(units)
        say(f"connecting {len(people)} sockets")
        await crowd.connect(people)
        # The first two of each section, in whatever order they came in.
        foreign: dict[int, str] = {}
        for number, unit in enumerate(units):
            members = [i for i, own in enumerate(crowd.own_unit) if own == unit]
            for index in members[:2]:
                foreign[index] = units[(number + 1) % len(units)]
        await crowd.watch(foreign)
        await crowd.quiet()
        yield crowd
    finally:
        crowd.drop()


# --- a tap, and everybody sees it ----------------------------------------------------------------

STATES = ("busy", "dnd", "away", "available")


@dataclass(slots=True)
class Tap:
    person: Person
    due: float
    answered: float = 0.0
    version: int = 0


async def tap_to_screen(bench: Bench) -> None:
    sizes, server = bench.sizes, bench.server()
    async with gathered(bench) as crowd:
        people = bench.town.of(bench.units(sizes.watching))
        # Neighbours in time sit in different sections, as in a town hall.
        order = sorted(range(len(people)), key=lambda i: (i % SECTION, i // SECTION))
        number = int(sizes.tap_s * sizes.taps_each_s)
        lines = [Http(server.port) for _ in range(8)]
        taps: list[Tap] = []

        async def tap(turn: int, due: float) -> None:
            one = Tap(people[order[turn % len(order)]], due)
            body = {"state": STATES[turn % 4], "note": f"{turn}"}
            http = lines[turn % len(lines)]
            answer = await http.request(
                "POST", "/api/v1/me/status", headers=bearer(one.person), body=body
            )
            one.answered = monotonic()
            if answer.status != 200:
                raise RuntimeError(f"POST /me/status: {answer.status} {answer.body[:200]!r}")
            one.version = answer.json()["version"]
            taps.append(one)

        say(f"{number} changes in {sizes.tap_s:.0f} s, {crowd.connected()} sockets connected")
        crowd.forget()
        effort = Effort(pid(server))
        await _paced(tap, number, sizes.tap_s)
        await crowd.quiet(at_most=5)
        spent = effort.since(number)
        late, lost = _seen_by_all(crowd, taps)
        tell(
            "tap_to_screen",
            "p99 < 250 ms, none lost (at 10,000 sockets and 100 changes/s; here fewer)",
            **in_ms(late),
            post=in_ms([one.answered - one.due for one in taps]),
            sockets=crowd.connected(),
            changes=len(taps),
            changes_each_s=sizes.taps_each_s,
            rows_seen=len(late),
            rows_lost=lost,
            rows_not_for_them=crowd.not_for_them,
            rows_out_of_order=crowd.out_of_order(),
            frames=crowd.frames,
            row_frames=crowd.row_frames,
            kilobytes=crowd.received // 1024,
            **spent,
            loop_lag_max_ms=round(await figure(server, "zaiseki_loop_lag_seconds_max") * 1000, 1),
        )
        for http in lines:
            http.close()


async def _paced(act: Callable[[int, float], Awaitable[None]], number: int, over_s: float) -> None:
    """`number` acts spread evenly, each begun when due whether or not those before it are done."""
    began = monotonic()
    async with asyncio.TaskGroup() as group:
        for turn in range(number):
            due = began + turn * over_s / number
            await asyncio.sleep(max(0.0, due - monotonic()))
            group.create_task(_as_task(act(turn, due)))


async def _as_task(what: Awaitable[None]) -> None:
    await what


def _seen_by_all(crowd: Crowd, taps: list[Tap]) -> tuple[list[float], int]:
    """Seconds from when each tap was due to that version (or a newer one) at every watcher; how many never came."""
    watchers: dict[str, set[int]] = {}
    for index, forms in enumerate(crowd.forms):
        for unit in forms:
            watchers.setdefault(unit, set()).add(index)
    late: list[float] = []
    lost = 0
    for one in taps:
        first: dict[int, float] = {}
        for version, when, index in crowd.seen.get(one.person.number, ()):
            if version >= one.version:
                first[index] = min(when, first.get(index, when))
        for index in watchers.get(one.person.unit, ()):
            if index in first:
                late.append(first[index] - one.due)
            else:
                lost += 1
    return late, lost


# --- the start of the day ------------------------------------------------------------------------


async def start_of_day(bench: Bench) -> None:
    sizes, server = bench.sizes, bench.server()
    async with gathered(bench) as crowd:
        # Those in front of a board report as well as those who are not.
        people = bench.town.people[:: max(1, len(bench.town.people) // sizes.starts)]
        lines = [Http(server.port) for _ in range(16)]
        answered: list[float] = []
        refused = 0

        async def start(turn: int, due: float) -> None:
            nonlocal refused
            answer = await lines[turn % len(lines)].request(
                "POST",
                "/api/v1/me/punches",
                headers=bearer(people[turn]) | bench.key(),
                body={"kind": "start", "place": "office"},
            )
            answered.append(monotonic() - due)
            refused += answer.status != 201

        say(f"{sizes.starts} reports of 始業 within {sizes.starts_s:.0f} s")
        effort = Effort(pid(server))
        await _paced(start, min(sizes.starts, len(people)), sizes.starts_s)
        tell(
            "start_of_day",
            "p99 < 300 ms, every tap answered (1,393 in five minutes; here as dense as four times that)",
            **in_ms(answered),
            starts=len(answered),
            refused=refused,
            sockets=crowd.connected(),
            **effort.since(len(answered)),
        )
        for http in lines:
            http.close()


# --- many sockets --------------------------------------------------------------------------------


async def sockets_accepted(bench: Bench) -> None:
    await _full_house(bench, tell_of={"sockets_accepted"})


async def mass_drop(bench: Bench) -> None:
    await _full_house(bench, tell_of={"mass_drop"})


async def full_house(bench: Bench) -> None:
    await _full_house(bench, tell_of={"sockets_accepted", "mass_drop"})


async def _full_house(bench: Bench, tell_of: set[str]) -> None:
    server = bench.fresh_server()
    everybody = bench.town.people
    await settled(server)
    before = memory_kb(pid(server))
    crowd = Crowd(server.port)
    try:
        say(f"connecting {len(everybody)} sockets as fast as it goes")
        effort = Effort(pid(server))
        began = perf_counter()
        with probing(server.port) as health:
            await crowd.connect(everybody)
            connected_s = perf_counter() - began
            watch_began = perf_counter()
            await crowd.watch()
            watched_s = perf_counter() - watch_began
        await crowd.quiet()
        spent = effort.since(len(everybody))
        memory = memory_kb(pid(server)) - before
        accepted = crowd.connected()
        if "sockets_accepted" in tell_of:
            tell(
                "sockets_accepted",
                "2,000 and more than 1,024; ≤ 30 KB a connection; Node does 1,887 handshakes/s",
                wanted=len(everybody),
                accepted=accepted,
                known_to_server=int(await figure(server, "zaiseki_sockets")),
                refused_at_first=crowd.refused,
                handshakes_each_s=round(accepted / connected_s),
                watches_each_s=round(accepted / watched_s),
                healthz=health,
                kb_a_connection=round(memory / max(1, accepted), 1),
                server_mb=round(memory_kb(pid(server)) / 1024),
                rows_not_for_them=crowd.not_for_them,
                **spent,
            )
        if "mass_drop" in tell_of:
            await _drop_all(server, crowd, accepted)
    finally:
        crowd.drop()


async def _drop_all(server: Server, crowd: Crowd, number: int) -> None:
    say(f"dropping {number} at once")
    effort = Effort(pid(server))
    with probing(server.port) as health:
        began = perf_counter()
        crowd.drop()
        left = number
        while left and perf_counter() - began < 60:
            await asyncio.sleep(0.02)
            left = int(await figure(server, "zaiseki_sockets"))
        seconds = perf_counter() - began
        await asyncio.sleep(1)
    tell(
        "mass_drop",
        "≤ 2 s, longest /healthz < 250 ms (at 10,000)",
        dropped=number,
        left=left,
        drop_s=round(seconds, 2),
        healthz=health,
        **effort.since(number),
    )


# --- snapshots -----------------------------------------------------------------------------------


async def snapshot_rate(bench: Bench) -> None:
    server = bench.server()
    await settled(server)
    unit = bench.units(1)[0]
    person = bench.town.of([unit])[1]
    path = f"/api/v1/boards/{unit}"
    http = Http(server.port)
    board = await http.request("GET", path, headers=bearer(person))
    http.close()
    unchanged = bearer(person) | {"If-None-Match": board.headers["etag"]}
    for name, headers, status in (("304", unchanged, 304), ("200", bearer(person), 200)):
        say(f"snapshots of {SECTION} people, {name}")
        effort = Effort(pid(server))
        took, elsewise = await _as_fast_as_it_goes(server, path, headers, status, bench.sizes)
        tell(
            f"snapshot_rate_{name}",
            "≥ 1,500 requests/s a process, with token and permission check",
            each_s=round(len(took) / bench.sizes.snapshot_s),
            **in_ms(took),
            connections=4,
            other_answers=elsewise,
            bytes=len(board.body) if status == 200 else 0,
            **effort.since(len(took)),
        )


async def _as_fast_as_it_goes(
    server: Server, path: str, headers: dict[str, str], status: int, sizes: Sizes
) -> tuple[list[float], int]:
    took: list[float] = []
    elsewise = 0
    end = monotonic() + sizes.snapshot_s

    async def ask() -> None:
        nonlocal elsewise
        http = Http(server.port)
        while (began := monotonic()) < end:
            answer = await http.request("GET", path, headers=headers)
            took.append(monotonic() - began)
            elsewise += answer.status != status
        http.close()

    await asyncio.gather(*(ask() for _ in range(4)))
    return took, elsewise


# --- an import beside the running server ---------------------------------------------------------


async def import_time(bench: Bench) -> None:
    bench.stop()
    files = write_city(bench.folder)
    url = f"sqlite:///{bench.folder / 'city.db'}"
    town.zaiseki(url, "migrate")
    say("importing 177 units and 1,393 staff into an empty database")
    seconds = {
        kind: _timed(town.zaiseki, url, "import", kind, str(path))
        for kind, path in (
            ("units", files.units),
            ("patterns", files.patterns),
            ("staff", files.staff),
        )
    }
    city = town.open_doors(url)
    server = bench.start(url)
    try:
        answered, statuses, spent, took = await _beside(bench, server, city, files.reshuffle)
    finally:
        server.stop()
    tell(
        "import_time",
        "177 units and 1,393 staff in < 10 s; no report delayed by more than 500 ms",
        import_s=round(sum(seconds.values()), 2),
        **{f"{kind}_s": round(value, 2) for kind, value in seconds.items()},
        reshuffle_s=round(took, 2),
        people=len(city.people),
        reports_beside=in_ms(answered),
        reports=len(answered),
        refused=sum(status != 201 for status in statuses),
        **spent,
    )


def _timed(act: Callable[..., None], *words: str) -> float:
    began = perf_counter()
    act(*words)
    return perf_counter() - began


async def _beside(
    bench: Bench, server: Server, city: Town, file: Path
) -> tuple[list[float], list[int], dict[str, Any], float]:
    """Reports at an even pace while the file is imported, and three seconds longer."""
    answered: list[float] = []
    statuses: list[int] = []
    lines = [Http(server.port) for _ in range(16)]
    people = iter(city.people)
    done = asyncio.Event()

    async def report(turn: int, person: Person, due: float) -> None:
        answer = await lines[turn % len(lines)].request(
            "POST",
            "/api/v1/me/punches",
            headers=bearer(person) | bench.key(),
            body={"kind": "start", "place": "office"},
        )
        answered.append(monotonic() - due)
        statuses.append(answer.status)

    async def reports() -> None:
        began, turn = monotonic(), 0
        async with asyncio.TaskGroup() as group:
            while not done.is_set() and (person := next(people, None)) is not None:
                due = began + turn / bench.sizes.import_posts_each_s
                await asyncio.sleep(max(0.0, due - monotonic()))
                group.create_task(report(turn, person, due))
                turn += 1

    await settled(server)
    say("importing a reshuffle beside the running server")
    effort = Effort(pid(server))
    reporting = asyncio.create_task(reports())
    await asyncio.sleep(1)
    began = perf_counter()
    importing = ["import", "staff", str(file)]
    await asyncio.to_thread(town.zaiseki, city.url, *importing)
    took = perf_counter() - began
    await asyncio.sleep(3)
    done.set()
    await reporting
    for http in lines:
        http.close()
    return answered, statuses, effort.since(len(answered)), took


# --- pages ---------------------------------------------------------------------------------------


async def page_weight(bench: Bench) -> None:
    server = bench.server()
    for name, path in (("home", "/"), ("board", f"/board/{bench.units(1)[0]}"), ("city", "/city")):
        found = await asyncio.to_thread(pages.load, server.url + path, bench.town.cookie)
        by_kind: dict[str, list[int]] = {}
        for fetched in found.values():
            sums = by_kind.setdefault(fetched.kind.rpartition("/")[2], [0, 0, 0])
            for place, value in enumerate((1, len(fetched.body), fetched.zipped)):
                sums[place] += value
        tell(
            "page_weight",
            "light enough for a phone on a bad day: first visit, nothing cached",
            page=name,
            requests=len(found),
            bytes=sum(len(fetched.body) for fetched in found.values()),
            gzip_bytes=sum(fetched.zipped for fetched in found.values()),
            by_kind=dict(sorted(by_kind.items())),  # number, bytes, gzip
        )


Measurement = Callable[[Bench], Awaitable[None]]


async def coverage_time(bench: Bench) -> None:
    """Out of the request path; the load's core is free meanwhile."""
    bench.stop()
    found = await asyncio.to_thread(coverage_bench.coverage, bench.folder)
    section = found.pop("section")
    tell("coverage_day", "60 people, 8 positions: < 50 ms", **section)
    tell("coverage_city", "180 units: < 5 s", **found)


async def approval_time(bench: Bench) -> None:
    """What an approval would do, and the page of who has 200 of them before them."""
    bench.stop()
    found = await asyncio.to_thread(approval_bench.approval, bench.folder / "approval")
    tell("approval", "preview of 60 × 8 < 200 ms, inbox of 200 < 300 ms", **found)


async def requests_filed(bench: Bench) -> None:
    """An evening before the deadline, in a process of its own."""
    bench.stop()
    found = await asyncio.to_thread(requests_bench.evening, bench.folder / "evening")
    tell("requests_filed", "500 requests in an evening, none lost, none twice", **found)


async def plans_imported(bench: Bench) -> None:
    """What the nightly file of 庶務事務 costs whoever reports meanwhile."""
    bench.stop()
    found = await asyncio.to_thread(plan_bench.plans, bench.folder / "plans")
    tell("plans_imported", "28,000 rows: no report waits longer than 500 ms", **found)


async def lines_booked(bench: Bench) -> None:
    """A booked line looks again at テレワーク可能 of the sections for which lines are scarce, and of no other."""
    bench.stop()
    found = await asyncio.to_thread(seats_bench.lines, bench.folder / "lines")
    tell("lines_booked", "180 units: < 0.1 s while lines are plenty", **found)


ALL: dict[str, Measurement] = {
    "page_weight": page_weight,
    "tap_to_screen": tap_to_screen,
    "start_of_day": start_of_day,
    "snapshot_rate": snapshot_rate,
    "sockets_accepted": sockets_accepted,
    "mass_drop": mass_drop,
    "import_time": import_time,
    "coverage": coverage_time,
    "approval": approval_time,
    "requests_filed": requests_filed,
    "plans_imported": plans_imported,
    "lines_booked": lines_booked,
}


@contextmanager
def prepared(sizes: Sizes, cores: Cores) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="zaiseki-bench-") as folder:
        bench = Bench(sizes, cores, Path(folder))
        try:
            yield bench
        finally:
            bench.stop()
            _show_errors(bench.folder / "server.log")


def _show_errors(log: Path) -> None:
    """The folder goes; what the server complained about should not go with it."""
    if log.exists():
        text = log.read_text()
        if "Traceback" in text:
            say(f"the server complained:\n{text[-4000:]}")
