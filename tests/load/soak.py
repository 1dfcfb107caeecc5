"""Hours in minutes: changes, people who lose their connection and come back, and memory that has to stay where it is.

After each quarter everything stands still for a moment, and every view is compared with a fresh look.
"""

import asyncio
from random import Random
from time import monotonic
from typing import Any

from tests.load.browsers import Browsers, browsing
from tests.load.changes import Taps, in_turn
from tests.load.crowd import Crowd
from tests.load.machine import Effort, in_ms, memory_kb
from tests.load.wire import Lines
from tests.load.workbench import Bench, evenly, gathered, paced, pid, say, tell

QUARTERS = 4
COMES_BACK_S = 60.0


async def soak(bench: Bench) -> None:
    sizes, server = bench.sizes, bench.fresh_server()
    people = bench.town.of(bench.units(sizes.soak_sections))
    async with gathered(people, server) as crowd, browsing(crowd) as browsers:
        lines = Lines(crowd.ports, 16)
        await browsers.fetch_all(range(len(crowd.watchers)))
        browsers.start()
        taps = Taps(in_turn(people), lines)
        effort = Effort(pid(server))
        quarter_s = sizes.soak_minutes * 60 / QUARTERS
        memory, quarters = [memory_kb(pid(server))], []
        for number in range(QUARTERS):
            say(f"soak: quarter {number + 1} of {QUARTERS}, {quarter_s:.0f} s")
            quarters.append(await _quarter(bench, crowd, browsers, taps, quarter_s))
            memory.append(memory_kb(pid(server)))
        spent = effort.since(sum(one["changes"] for one in quarters))
        lines.close()
        tell(
            "soak",
            "flat memory, every view right after each quarter",
            minutes=sizes.soak_minutes,
            sockets=crowd.connected(),
            server_mb=[round(kb / 1024, 1) for kb in memory],
            # The first quarter fills caches; growth that goes on is what a leak looks like.
            mb_more_after_first_quarter=round((memory[-1] - memory[1]) / 1024, 1),
            **{f"{name}_sum": sum(one[name] for one in quarters) for name in SUMMED},
            to_screens=[one["to_screens"] for one in quarters],
            refused=taps.refused,
            refused_sockets=browsers.refused,
            **spent,
        )


SUMMED = ("changes", "reconnects", "views_wrong", "rows_lost", "rows_twice", "rows_not_for_them")


async def _quarter(
    bench: Bench, crowd: Crowd, browsers: Browsers, taps: Taps, seconds: float
) -> dict[str, Any]:
    sizes = bench.sizes
    crowd.ledger.forget()
    taps.done.clear()
    chance = Random(int(monotonic()))
    stayed = set(range(len(crowd.watchers)))

    async def lose(_turn: int, _due: float) -> None:
        index = chance.randrange(len(crowd.watchers))
        stayed.discard(index)
        crowd.watchers[index].drop()

    await asyncio.gather(
        paced(taps.tap, evenly(int(seconds * sizes.soak_changes_each_s), seconds)),
        paced(lose, evenly(int(seconds * sizes.soak_reconnects_each_s), seconds)),
    )
    await _all_back(browsers)
    await crowd.all_told(taps.done, at_most=20)
    verdict = crowd.ledger.judge(
        taps.done, {unit: members & stayed for unit, members in crowd.watching().items()}
    )
    return {
        **verdict.figures(),
        "changes": len(taps.done),
        "reconnects": int(seconds * sizes.soak_reconnects_each_s),
        "to_screens": in_ms(verdict.late),
        "views_wrong": await browsers.views_wrong(),
    }


async def _all_back(browsers: Browsers) -> None:
    end = monotonic() + COMES_BACK_S
    await asyncio.sleep(0.5)
    while not browsers.complete() and monotonic() < end:
        await asyncio.sleep(0.25)
