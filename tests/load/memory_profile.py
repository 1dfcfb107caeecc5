"""Where the memory of an idle connection goes, place by place in the server's code."""

import asyncio
import json
import os
import signal
from pathlib import Path
from time import monotonic

from tests.live.server import Server
from tests.load import town
from tests.load.crowd import Crowd
from tests.load.workbench import Bench, pid, say, settled, tell

SECTIONS = 20
SHOWN = 20
WRITTEN_WITHIN_S = 120.0
ENTRY = Path(__file__).with_name("traced.py")


async def memory_profile(bench: Bench) -> None:
    """The second half of a thousand, so that what is kept once (caches, compiled statements) is not counted."""
    held = bench.folder / "held.json"
    server = _traced(bench, held)
    crowds: list[Crowd] = []
    try:
        await settled(server)
        units = bench.units(min(SECTIONS, bench.sizes.sections))
        half = len(units) // 2
        found: list[dict[str, int]] = []
        for part in (units[:half], units[half:]):
            crowds.append(Crowd([server.port]))
            await crowds[-1].connect(bench.town.of(part))
            await crowds[-1].watch()
            await crowds[-1].quiet()
            found.append(await _held(server, held))
        connections = crowds[1].connected()
    finally:
        for crowd in crowds:
            crowd.close()
        server.kill()
    _tell(found, connections)


def _traced(bench: Bench, held: Path) -> Server:
    with bench.cores.for_server():
        return Server(
            bench.town.url,
            environ={
                "ZAISEKI_SECRET_KEY": town.SECRET_KEY,
                "ZAISEKI_DEMO": "0",
                "ZAISEKI_HELD": str(held),
            },
            log=bench.folder / "traced.log",
            entry=ENTRY,
        ).start()


async def _held(server: Server, target: Path) -> dict[str, int]:
    target.unlink(missing_ok=True)
    os.kill(pid(server), signal.SIGUSR2)
    began = monotonic()
    while not target.exists():
        if monotonic() - began > WRITTEN_WITHIN_S:
            raise TimeoutError("the server wrote nothing down")
        await asyncio.sleep(0.2)
    found: dict[str, int] = json.loads(target.read_text())
    return found


def _tell(found: list[dict[str, int]], connections: int) -> None:
    """No total: what the server gives back meanwhile would be taken off it. `sockets_accepted` has that figure."""
    before, after = found
    more = {place: size - before.get(place, 0) for place, size in after.items()}
    largest = sorted(more, key=lambda place: -more[place])[:SHOWN]
    places = {place: round(more[place] / connections) for place in largest}
    for place, size in places.items():
        say(f"{size:6} bytes  {place}")
    tell(
        "memory_profile",
        "",
        connections=connections,
        places=places,
    )
