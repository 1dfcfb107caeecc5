"""Snapshots of a section, as many as one process answers: who asks again, and who has nothing yet."""

import asyncio
from time import monotonic

from tests.live.server import Server
from tests.load.machine import Effort, in_ms
from tests.load.sizes import SECTION, Sizes
from tests.load.wire import Http
from tests.load.workbench import Bench, bearer, pid, say, settled, tell

GOAL = "≥ 1,500 requests/s a process, with token and permission check"
CONNECTIONS = 4


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
            GOAL,
            each_s=round(len(took) / bench.sizes.snapshot_s),
            **in_ms(took),
            connections=CONNECTIONS,
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

    await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))
    return took, elsewise
