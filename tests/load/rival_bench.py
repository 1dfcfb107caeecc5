"""Fan-out alone, ours and Node's socket.io, one after the other under the same client.

Both get the same HTTP POSTs and send the same bytes to rooms of the same size. Two clocks: from the POST's appointed
time, and from the moment at which the server emits (its own stamp, of the clock that all processes share). CPU a frame
is given whole, and less what the same POSTs cost when nobody is in the room.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from tests.live.server import ROOT, Server
from tests.load import town
from tests.load.crowd import Crowd
from tests.load.house import dropped, everybody_in
from tests.load.machine import Effort, in_ms
from tests.load.told import Change, Told
from tests.load.town import Person
from tests.load.wire import Lines
from tests.load.workbench import Bench, evenly, paced, pid, say, settled, tell

OURS, NODE = "Zaiseki", "Node socket.io"
NOBODY = "nobody:full"
GOAL = "p99 ratio ≤ 1, CPU a frame ≤ 1.2 × Node's"
# As long as what the board sends of one changed person in full; in ASCII, since the two escape Japanese differently.
ROW = {
    "name": "Wakaba Taro Wakaba Taro",
    "kana": "wakaba taro wakaba taro wakaba taro",
    "title": "shuji shuji",
    "place": "office",
    "site": None,
    "state": "busy",
    "source": "manual",
    "planned": False,
    "since": "2026-11-24T08:30:00+09:00",
    "until": None,
    "note": "papers for the council until three, then back at the desk",
    "reach": "callback",
    "extension": "2041",
    "duty": None,
    "connected": True,
}


class Program(Server):
    """Another program than `zaiseki serve`, started and ended in the same way; it may live as long as its input."""

    command: list[str]

    def _serve(self, environ: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
        with log.open("ab") as out:
            process = subprocess.Popen(
                self.command,
                env=environ,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.input = process.stdin
        return process

    def stop(self) -> None:
        super().stop()
        if self.input is not None:
            self.input.close()


@contextmanager
def ours(bench: Bench) -> Iterator[Server]:
    server = Program(
        bench.town.url, environ=town.environment(bench.town.url), log=bench.folder / "server.log"
    )
    server.command = [sys.executable, "-m", "tests.load.fan_out"]
    yield from _served(bench, server)


@contextmanager
def node(bench: Bench) -> Iterator[Server]:
    server = Program("", log=bench.folder / "node.log")
    own = shutil.which("node", path=f"{ROOT}/.venv/node{os.pathsep}{os.environ['PATH']}")
    if own is None:
        raise RuntimeError("no Node here: make setup-dev")
    server.command = [own, "tests/load/rival/server.mjs", str(server.port)]
    yield from _served(bench, server)


def _served(bench: Bench, server: Program) -> Iterator[Server]:
    with bench.cores.for_server():
        server.start()
    try:
        yield server
    finally:
        server.stop()


async def rival(bench: Bench) -> None:
    bench.stop()
    for name, serve in ((OURS, ours), (NODE, node)):
        with serve(bench) as server:
            say(f"{name}: process {pid(server)}, {server.url}")
            await settled(server)
            crowd = Crowd([server.port])
            try:
                found = await everybody_in(bench, server, crowd)
                tell("rival_sockets", "KB a connection; handshakes/s", server=name, **found)
                for each_s in bench.sizes.fan_out_each_s:
                    found = await _fan_out(bench, server, crowd, each_s)
                    tell("rival_fan_out", GOAL, server=name, **found)
                found = await dropped(server, crowd)
                tell("rival_mass_drop", "≤ 2 s, lag < 250 ms", server=name, **found)
            finally:
                crowd.close()


@dataclass(slots=True)
class Emits:
    """POSTs to the rooms of these people in turn; `done` holds those answered."""

    people: list[Person]
    lines: Lines
    room: str | None = None  # instead of the person's own
    version: int = 1_000_000
    done: list[Change] = field(default_factory=list)

    async def emit(self, turn: int, due: float) -> None:
        person = self.people[turn % len(self.people)]
        self.version += 1
        one = Change(person.number, person.unit, due, version=self.version)
        row = {"staff": person.number, "version": one.version, "unit": person.unit, **ROW}
        payload = {"unit": person.unit, "epoch": "e", "as_of": "", "rows": [row], "gone": []}
        body = {"room": self.room or f"{person.unit}:full", "payload": payload}
        answer = await self.lines.request("POST", "/fan-out", body=body)
        if answer.status != 200:
            raise RuntimeError(f"POST /fan-out: {answer.status} {answer.body[:200]!r}")
        one.answered = monotonic()
        self.done.append(one)


async def _fan_out(bench: Bench, server: Server, crowd: Crowd, each_s: int) -> dict[str, Any]:
    sizes = bench.sizes
    number = int(each_s * sizes.fan_out_s)
    lines = Lines([server.port], 16)
    say(f"{number} fan-outs in {sizes.fan_out_s:.0f} s, {crowd.connected()} sockets connected")
    alone = Emits(crowd.people, lines, NOBODY)
    post_cpu = await _spent(server, alone.emit, number, sizes.fan_out_s)
    crowd.ledger.forget()
    emits = Emits(crowd.people[:: max(1, len(crowd.people) // 997)], lines)
    effort = Effort(pid(server))
    await paced(emits.emit, evenly(number, sizes.fan_out_s))
    await crowd.all_told(emits.done, at_most=10)
    cpu, frames, spent = effort.cpu_s(), max(1, crowd.ledger.row_frames), effort.since(number)
    lines.close()
    verdict = crowd.judge(emits.done)
    return {
        "each_s": each_s,
        **in_ms(verdict.late),
        "from_emission": in_ms(_from_emission(crowd.ledger.told)),
        "cpu_us_a_frame": round(cpu / frames * 1e6, 2),
        "cpu_us_a_frame_without_posts": round((cpu - post_cpu) / frames * 1e6, 2),
        "post_cpu_ms": round(post_cpu / number * 1000, 3),
        "row_frames": frames,
        "bytes_a_frame": crowd.ledger.received // max(1, crowd.ledger.frames),
        **verdict.figures(),
        **spent,
    }


async def _spent(
    server: Server, act: Callable[[int, float], Awaitable[None]], number: int, seconds: float
) -> float:
    effort = Effort(pid(server))
    await paced(act, evenly(number, seconds))
    return effort.cpu_s()


def _from_emission(told: list[Told]) -> list[float]:
    return [when - one.at for one in told for when in one.when]
