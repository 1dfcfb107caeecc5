"""A full house: how fast everybody gets in, what each costs while nothing happens, and everybody leaving at once."""

import asyncio
from time import perf_counter
from typing import Any

from tests.live.server import Server
from tests.load.crowd import Crowd
from tests.load.machine import Effort, memory_kb
from tests.load.probe import probing
from tests.load.workbench import Bench, figure, pid, say, settled, tell

DROP_AT_MOST_S = 60.0
IDLE_S = 3.0


async def sockets_accepted(bench: Bench) -> None:
    await _full_house(bench, {"sockets_accepted"})


async def mass_drop(bench: Bench) -> None:
    await _full_house(bench, {"mass_drop"})


async def full_house(bench: Bench) -> None:
    """Both over the same sockets."""
    await _full_house(bench, {"sockets_accepted", "mass_drop"})


async def _full_house(bench: Bench, tell_of: set[str]) -> None:
    server = bench.fresh_server()
    await settled(server)
    crowd = Crowd([server.port])
    try:
        accepted = await everybody_in(bench, server, crowd)
        if "sockets_accepted" in tell_of:
            tell(
                "sockets_accepted",
                "10,000; ≤ 30 KB a connection (Node 15–20)",
                **accepted,
            )
        if "mass_drop" in tell_of:
            tell(
                "mass_drop",
                "≤ 2 s, loop lag and longest /healthz < 250 ms (10,000)",
                **await dropped(server, crowd),
            )
    finally:
        crowd.close()


async def everybody_in(bench: Bench, server: Server, crowd: Crowd) -> dict[str, Any]:
    """Connect, watch, and sit still: the figures of each."""
    everybody = bench.everybody()
    before = memory_kb(pid(server))
    say(f"connecting {len(everybody)} sockets as fast as it goes")
    effort = Effort(pid(server))
    with probing(server.port) as health:
        began = perf_counter()
        await crowd.connect(everybody)
        connected_s = perf_counter() - began
        handshake_cpu = effort.cpu_s()
        began = perf_counter()
        await crowd.watch()
        watched_s = perf_counter() - began
    await crowd.quiet(seconds=IDLE_S)
    memory = memory_kb(pid(server)) - before
    accepted = crowd.connected()
    return {
        "wanted": len(everybody),
        "accepted": accepted,
        "known_to_server": int(await figure(server.port, "zaiseki_sockets")),
        "refused_at_first": crowd.refused,
        "handshakes_each_s": round(accepted / connected_s),
        "handshake_cpu_ms": round(handshake_cpu / max(1, accepted) * 1000, 3),
        "watches_each_s": round(accepted / watched_s),
        "healthz": health,
        "kb_a_connection": round(memory / max(1, accepted), 1),
        "server_mb": round(memory_kb(pid(server)) / 1024),
        "rows_not_for_them": crowd.ledger.not_for_them,
        **effort.since(len(everybody)),
    }


async def dropped(server: Server, crowd: Crowd) -> dict[str, Any]:
    """Everybody gone at one blow: until the server knows, how long it answers nobody, and how late its loop is."""
    number = crowd.connected()
    say(f"dropping {number} at once")
    effort = Effort(pid(server))
    with probing(server.port, metrics=True) as health:
        began = perf_counter()
        crowd.drop()
        dropping_s = perf_counter() - began
        left = number
        while left and perf_counter() - began < DROP_AT_MOST_S:
            await asyncio.sleep(0.02)
            left = int(await figure(server.port, "zaiseki_sockets"))
        seconds = perf_counter() - began
        await asyncio.sleep(1)
    return {
        "dropped": number,
        "left": left,
        "dropping_s": round(dropping_s, 2),  # of the load program itself, within drop_s
        "drop_s": round(seconds, 2),
        "healthz": health,
        **effort.since(number),
    }
