"""kill -9 at random moments, round after round: what was acknowledged before is there after, once."""

import asyncio
import random
import signal
from time import monotonic
from typing import Any

from tests.faults.checker import Verdict
from tests.faults.scene import Scene, say

WORK_S = (0.3, 2.0)  # until the blow falls


async def kill(scene: Scene, rounds: int, minutes: float = 60.0) -> dict[str, Any]:
    """Of one process, or of one of several: the others go on. No round is begun after so many minutes."""
    end = monotonic() + minutes * 60
    chance = random.Random(scene.seed)
    settled: list[float] = []
    bad: list[Verdict] = []
    for turn in range(rounds):
        if monotonic() > end:
            break
        victim = turn % len(scene.servers.all)
        await scene.work(chance.uniform(*WORK_S))
        async with scene.broken() as mended:
            scene.servers.send(victim, signal.SIGKILL)
            mended()
            server = scene.servers.all[victim]
            assert server.process is not None
            await asyncio.to_thread(server.process.wait)
            await asyncio.to_thread(server.start)
        took = await scene.settle()
        settled.append(took if took is not None else -1)
        verdict = await scene.round_is_good()
        if not verdict.is_good:
            bad.append(verdict)
        if turn % 10 == 9:
            acts = len(scene.writers.ledger.acts)
            say(f"kill: {turn + 1} rounds, {acts} wishes, {len(bad)} bad rounds")
    return await scene.figures(
        rounds=len(settled), bad_rounds=len(bad), settled_s_max=round(max(settled, default=0.0), 2)
    )
