"""A town hall at work while things break: who writes, who watches, who asks for health, and the verdict at the end."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from tests.faults import hall as halls
from tests.faults.acts import Outcome
from tests.faults.checker import Verdict, judge
from tests.faults.ground import Postgres, RedisServer, Servers, Sqlite, mounted
from tests.faults.hall import Hall
from tests.faults.health import Health, figure, is_ready
from tests.faults.truth import Truths
from tests.faults.watchers import Watch
from tests.faults.writers import Writers
from tests.live.nursery import Nursery

PROMISED_S = 5.0  # a board may contradict the database for that long after recovery
SMALL_MB = 160  # what the server wants free to call itself ready, and as much again for the work
SETTLES_WITHIN_S = 60.0  # then it is called a fault, not waited for any longer


@dataclass(frozen=True)
class Sizes:
    sections: int = 4
    people: int = 12


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass
class Scene:
    """store.servers are running; nobody writes or watches yet."""

    store: Any
    servers: Servers
    hall: Hall
    truths: Truths
    writers: Writers
    watch: Watch
    seed: int
    folder: Path
    redis: RedisServer | None = None
    healths: list[Health] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    pages_back: list[float] = field(default_factory=list)
    never_settled: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _log_from: list[int] = field(default_factory=list)
    _judged: int = 0

    async def begin(self) -> None:
        self.healths = [Health(port).start() for port in self.servers.ports]
        self.watch.start()
        self.watch.is_well(True)
        if await self.watch.settled(SETTLES_WITHIN_S) is None:
            raise RuntimeError(f"the pages never came up: {self._refusals()}")
        for health in self.healths:
            health.take()
        self._log_from = [self.servers.log_size(turn) for turn in range(len(self.servers.all))]

    def _refusals(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for page in self.watch.pages:
            for words, times in page.refusals.items():
                found[words] = found.get(words, 0) + times
        return found

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.writers.stop()
        await self.watch.stop()
        self.writers.close()
        for health in self.healths:
            await asyncio.to_thread(health.stop)
        await asyncio.sleep(0.1)  # transports are closed by the loop, in its next round

    # --- a fault ------------------------------------------------------------------------------

    async def work(self, seconds: float, pause_s: float = 0.01) -> None:
        """Undisturbed."""
        self.writers.start(pause_s)
        await asyncio.sleep(seconds)

    @asynccontextmanager
    async def broken(self) -> AsyncIterator[Callable[[], None]]:
        """What happens inside is not counted against the boards; after it they have to agree.

        Yields what to call when nothing stands in the way of recovery any more; else that is the end of the block.
        """
        mended: list[float] = []
        self.watch.is_well(False)
        yield lambda: mended.append(monotonic())
        began = mended[0] if mended else monotonic()
        await self.ready(SETTLES_WITHIN_S)
        self.watch.is_well(True)
        self.recoveries.append(monotonic() - began)
        self._tasks.append(asyncio.create_task(self._all_back(monotonic())))

    async def _all_back(self, since: float) -> None:
        """How long it took the pages: part of what their boards were late by."""
        while not all(page.is_up for page in self.watch.pages):
            await asyncio.sleep(0.1)
        self.pages_back.append(monotonic() - since)

    async def ready(self, within_s: float) -> None:
        deadline = monotonic() + within_s
        for port in self.servers.ports:
            while not await asyncio.to_thread(is_ready, port):
                if monotonic() > deadline:
                    said = [health.said for health in self.healths if health.port == port]
                    raise RuntimeError(f"not ready after {within_s:.0f} s: port {port} {said}")
                await asyncio.sleep(0.05)

    async def settle(self) -> float | None:
        """The writers finish what they are at; until every page agrees with the database."""
        await self.writers.stop()
        took = await self.watch.settled(SETTLES_WITHIN_S)
        self.never_settled += took is None
        return took

    async def round_is_good(self) -> Verdict:
        """Of what was written since the last time."""
        facts = await asyncio.to_thread(self.truths.facts)
        verdict = judge(self.writers.ledger, facts, since=self._judged)
        self._judged = len(self.writers.ledger.acts)
        return verdict

    # --- the verdict --------------------------------------------------------------------------

    async def phantoms(self) -> int:
        """Sockets the servers count beyond those that are there."""
        counted = 0.0
        for port in self.servers.ports:
            counted += await asyncio.to_thread(figure, port, "zaiseki_sockets")
        return int(counted) - self.watch.up()

    async def figures(self, **more: Any) -> dict[str, Any]:
        """The line to print. Everybody has settled."""
        verdict = judge(self.writers.ledger, await asyncio.to_thread(self.truths.facts))
        ledger, agreement = self.writers.ledger, self.watch.agreement
        agreement.close(monotonic())
        health = [health.take() for health in self.healths]
        line = {
            "store": self.store.name,
            "processes": len(self.servers.all),
            **more,
            "acknowledged": ledger.count(Outcome.ACKNOWLEDGED),
            "of_each": ledger.acknowledged(),
            "answers_lost_for_good": ledger.count(Outcome.UNKNOWN),
            **verdict.figures(),
            "contradicting_answers": len(ledger.wrong),
            "longest_disagreement_s": round(agreement.longest, 2),
            "never_settled": self.never_settled,
            "ahead_of_the_database": len(agreement.ahead),
            "same_version_other_content": len(self.watch.contents.contradictions),
            "leaks": len(self.watch.leaks()),
            "phantom_sockets": await self.phantoms(),
            "recovery_s": _spread(self.recoveries),
            "pages_back_s": _spread(self.pages_back),
            "healthz_longest_s": max(h["healthz_longest_s"] for h in health),
            "readyz_longest_s": max(h["readyz_longest_s"] for h in health),
            "readyz_said": [h["readyz_said"] for h in health],
            "log_said": [
                _most(self.servers.log_words(turn, since))
                for turn, since in enumerate(self._log_from)
            ],
            "answers_said": _most(ledger.refusals),
            "pages_said": _most(self._refusals()),
        }
        if agreement.longest > PROMISED_S:
            line["worst_disagreement"] = agreement.worst
        for name, told in (
            ("wrong", ledger.wrong),
            ("ahead", agreement.ahead),
            ("contradictions", self.watch.contents.contradictions),
            ("leaked", self.watch.leaks()),
        ):
            if told:
                line[name] = told[:5]
        return line


def is_good(line: dict[str, Any]) -> bool:
    """The promise, kept."""
    never = (
        "lost",
        "duplicated",
        "half_done",
        "never_asked_for",
        "contradicting_answers",
        "never_settled",
        "ahead_of_the_database",
        "same_version_other_content",
        "leaks",
    )
    return (
        not any(line[name] for name in never)
        and line["phantom_sockets"] <= 0
        and line["longest_disagreement_s"] <= PROMISED_S
        and not line.get("faults_of_its_own")
    )


def _spread(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {"p50": round(ordered[len(ordered) // 2], 2), "max": round(ordered[-1], 2)}


def _most(counted: dict[str, int], most: int = 12) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda pair: -pair[1])[:most])


Play = Callable[[Scene], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Setting:
    """What a fault is played on. environ: what the servers need besides, made of the scene's folder."""

    store: str = "sqlite"
    processes: int = 1
    redis: bool = False
    seed: int = 1
    small_disk: bool = False
    environ: Callable[[Path], dict[str, str]] = lambda _: {}
    forked: bool = False  # from a process that has imported everything: quick to start again
    logs: Path | None = None  # where the servers' logs are put at the end


class Houses:
    """A town hall for each store, built once; each fault gets a copy."""

    def __init__(self, folder: Path, sizes: Sizes) -> None:
        self._folder, self._sizes = folder, sizes
        self._stores: dict[str, Any] = {}
        self._halls: dict[str, Hall] = {}

    def fresh(self, name: str, folder: Path) -> tuple[Any, Hall]:
        if name not in self._stores:
            self._build(name)
        store = self._stores[name].copied(folder)
        return store, replace(self._halls[name], url=store.url)

    def _build(self, name: str) -> None:
        say(f"building a town hall on {name}")
        store = self._stores[name] = STORES[name](self._folder)
        self._halls[name] = halls.build(
            store.url, self._folder, sections=self._sizes.sections, people=self._sizes.people
        )

    def stop(self) -> None:
        for store in self._stores.values():
            store.stop()


STORES: dict[str, Any] = {"sqlite": Sqlite, "postgresql": Postgres}


@contextmanager
def houses(sizes: Sizes) -> Iterator[Houses]:
    with TemporaryDirectory(prefix="zaiseki-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else where we are root
        made = Houses(folder, sizes)
        try:
            yield made
        finally:
            made.stop()


async def played(houses: Houses, setting: Setting, play: Play) -> dict[str, Any]:
    """Copy, break, judge, clear away."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="zaiseki-faults-")))
        place = folder / "disk"
        place.mkdir()
        if setting.small_disk:
            stack.enter_context(mounted(place, SMALL_MB))
        store, hall = houses.fresh(setting.store, place)
        environ = setting.environ(folder)
        redis = None
        if setting.redis:
            redis = RedisServer(folder)
            stack.callback(redis.kill)
            environ["ZAISEKI_REDIS_URL"] = redis.url
        nursery = Nursery() if setting.forked else None
        if nursery is not None:
            stack.callback(nursery.close)
        servers = Servers.on(store.url, folder, setting.processes, environ, nursery)
        stack.callback(servers.stop)
        if setting.logs is not None:
            stack.callback(servers.keep_logs, setting.logs)
        servers.start()
        scene = set_up(store, servers, hall, seed=setting.seed, folder=folder, redis=redis)
        try:
            await scene.begin()
            return await play(scene)
        finally:
            await scene.end()


def set_up(
    store: Any,
    servers: Servers,
    hall: Hall,
    *,
    seed: int,
    folder: Path,
    redis: RedisServer | None = None,
    pages: int = 24,
) -> Scene:
    truths = Truths(store.url)
    return Scene(
        store=store,
        servers=servers,
        hall=hall,
        truths=truths,
        writers=Writers(hall, servers.ports, seed),
        watch=Watch(hall, servers.ports, truths, pages),
        seed=seed,
        folder=folder,
        redis=redis,
    )


def tell(line: dict[str, Any]) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=True)
