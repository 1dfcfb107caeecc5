"""An import beside the running server: what it delays."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

from tests.live.server import Server
from tests.load import town
from tests.load.city_files import CityFiles, write_city
from tests.load.machine import Effort, in_ms
from tests.load.town import Person, Town
from tests.load.wire import Lines
from tests.load.workbench import Bench, bearer, pid, say, settled, tell


def taken_in(url: str, files: CityFiles) -> dict[str, float]:
    """The city into an empty migrated database; seconds of each file."""
    return {
        kind: _timed(town.zaiseki, url, "import", kind, str(path))
        for kind, path in (
            ("units", files.units),
            ("patterns", files.patterns),
            ("staff", files.staff),
        )
    }


async def import_time(bench: Bench) -> None:
    bench.stop()
    files = write_city(bench.folder)
    url = f"sqlite:///{bench.folder / 'city.db'}"
    town.zaiseki(url, "migrate")
    say("importing 177 units and 1,393 staff into an empty database")
    seconds = taken_in(url, files)
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
    lines = Lines([server.port], 16)
    people = iter(city.people)
    done = asyncio.Event()

    async def report(person: Person, due: float) -> None:
        answer = await lines.request(
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
                group.create_task(report(person, due))
                turn += 1

    await settled(server)
    say("importing a reshuffle beside the running server")
    effort = Effort(pid(server))
    reporting = asyncio.create_task(reports())
    await asyncio.sleep(1)
    began = perf_counter()
    await asyncio.to_thread(town.zaiseki, city.url, "import", "staff", str(file))
    took = perf_counter() - began
    await asyncio.sleep(3)
    done.set()
    await reporting
    lines.close()
    return answered, statuses, effort.since(len(answered)), took
