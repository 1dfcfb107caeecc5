"""What the servers stand on goes away and comes back: disk, database, Redis, the processor, the clock."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.faults.scene import Scene

WORK_S = 4.0
OUT_S = 8.0
HUNG_S = 20.0
HOUR = 3600.0
BALLAST_LEAVES = 48 * 1024
SMALL = 512 * 2**20


@asynccontextmanager
async def seen(scene: Scene) -> AsyncIterator[dict[str, Any]]:
    """What /readyz, /healthz, the log and the answers said inside: for people who have to find out what is wrong."""
    logs = [scene.servers.log_size(turn) for turn in range(len(scene.servers.all))]
    answers = dict(scene.writers.ledger.refusals)
    for health in scene.healths:
        health.take()
    found: dict[str, Any] = {}
    yield found
    found |= scene.healths[0].take()
    found["log"] = scene.servers.log_words(0, logs[0])
    now = scene.writers.ledger.refusals
    found["answers"] = {w: n - answers.get(w, 0) for w, n in now.items() if n > answers.get(w, 0)}


async def _around(
    scene: Scene, out: Callable[[], None], back: Callable[[], None], seconds: float, rounds: int
) -> dict[str, Any]:
    """People go on trying all the time."""
    last: dict[str, Any] = {}
    for _ in range(rounds):
        await scene.work(WORK_S)
        async with scene.broken() as mended:
            async with seen(scene) as told:
                await asyncio.to_thread(out)
                try:
                    await asyncio.sleep(seconds)
                finally:
                    await asyncio.to_thread(back)
            mended()
        last = told
        await asyncio.sleep(WORK_S / 2)
        await scene.settle()
        await scene.round_is_good()
    return await scene.figures(rounds=rounds, while_out=last)


async def database_gone(scene: Scene, rounds: int) -> dict[str, Any]:
    """All its processes killed at once, and started again."""
    return await _around(scene, scene.store.crash, scene.store.start, OUT_S, rounds)


async def database_hung(scene: Scene, rounds: int) -> dict[str, Any]:
    """It takes what is sent and says nothing."""
    return await _around(scene, scene.store.hang, scene.store.go_on, HUNG_S, rounds)


async def redis_gone(scene: Scene, rounds: int) -> dict[str, Any]:
    assert scene.redis is not None
    return await _around(scene, scene.redis.kill, scene.redis.start, OUT_S, rounds)


async def redis_hung(scene: Scene, rounds: int) -> dict[str, Any]:
    redis = scene.redis
    assert redis is not None
    return await _around(
        scene, lambda: redis.send(signal.SIGSTOP), lambda: redis.send(signal.SIGCONT), OUT_S, rounds
    )


async def server_hung(scene: Scene, rounds: int) -> dict[str, Any]:
    """The last of the processes stands still for a while; of several, the others go on without it."""
    last = len(scene.servers.all) - 1
    return await _around(
        scene,
        lambda: scene.servers.send(last, signal.SIGSTOP),
        lambda: scene.servers.send(last, signal.SIGCONT),
        HUNG_S,
        rounds,
    )


# --- disk ---------------------------------------------------------------------------------------


async def disk_full(scene: Scene, rounds: int) -> dict[str, Any]:
    """To the last page, where a small file system could be mounted; else the files may grow no more."""
    ballast = scene.store.file.parent / "ballast"
    small = psutil.disk_usage(str(scene.store.file.parent)).total < SMALL
    process = scene.servers.all[0].process
    assert process is not None
    server = psutil.Process(process.pid)

    def fill() -> None:
        if not small:
            log = scene.store.file.with_name(scene.store.file.name + "-wal")
            size = log.stat().st_size if log.exists() else 0
            server.rlimit(psutil.RLIMIT_FSIZE, (max(size, 4096), -1))
            return
        free = psutil.disk_usage(str(ballast.parent)).free
        ballast.write_bytes(b"x" * max(0, free - BALLAST_LEAVES))

    def clear() -> None:
        if small:
            ballast.unlink(missing_ok=True)
        else:
            server.rlimit(psutil.RLIMIT_FSIZE, (-1, -1))

    line = await _around(scene, fill, clear, OUT_S, rounds)
    return line | {"disk": "a file system of its own" if small else "RLIMIT_FSIZE"}


# --- the clock ------------------------------------------------------------------------------------


async def clock_stepped(scene: Scene, rounds: int) -> dict[str, Any]:
    """An hour ahead, right again, an hour behind, right again: of the last process alone, if there are several."""
    last = len(scene.servers.all) - 1
    file = scene.folder / "clock"
    for _ in range(rounds):
        for off_s in (HOUR, 0.0, -HOUR, 0.0):
            await scene.work(WORK_S)
            file.write_text(str(off_s))
            scene.servers.send(last, signal.SIGUSR2)
            await asyncio.sleep(WORK_S)
            await scene.settle()
            await scene.round_is_good()
    return await scene.figures(rounds=rounds)


def stepped_clock(folder: Path) -> dict[str, str]:
    """What a server's environment needs for it."""

    here = str(Path(__file__).resolve().parent / "stepped_clock")
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    (folder / "clock").write_text("0")
    return {"PYTHONPATH": os.pathsep.join(paths), "ZAISEKI_FAULTS_CLOCK": str(folder / "clock")}
