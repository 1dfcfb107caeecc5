"""Those who mean no good, or whose network fails without a word: the others must not notice, and nothing may stay."""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from tests.faults.health import figure
from tests.faults.outages import seen
from tests.faults.scene import Scene
from tests.faults.socket_line import Closed, SocketLine, frame, handshake

PAUSE_S = 0.05  # people work on meanwhile, calmly: it is the others that are on trial
GONE_WITHIN_S = 100.0  # ping interval and timeout are 45 s; a slow sender's connection 60 s
MEGABYTES_KEPT = 15.0  # of a process that grew in the first round, and must not in the later ones
TIDY_WITHIN_S = 60.0

DOOR_S, REACTION_S = 20.0, 2.0

Attack = Callable[[Scene], Awaitable[dict[str, Any]]]


async def _besieged(scene: Scene, attack: Attack, rounds: int) -> dict[str, Any]:
    """The boards are held to the promise all the time: nothing of this is a reason to be late."""
    await scene.work(3, PAUSE_S)
    files, memory = scene.servers.open_files(), [scene.servers.memory_mb()]
    connects = sum(page.connects for page in scene.watch.pages)
    last: dict[str, Any] = {}
    own: list[str] = []
    left_after: list[float] = []
    for _ in range(rounds):
        async with seen(scene) as told:
            told["attack"] = await attack(scene)
        last = told
        began = monotonic()
        while scene.servers.open_files() > files + 8 and monotonic() - began < GONE_WITHIN_S:
            await asyncio.sleep(0.5)
        left_after.append(round(monotonic() - began, 1))
        await asyncio.sleep(2)
        memory.append(scene.servers.memory_mb())
    memory[-1] = await _tidied(scene, memory)
    if scene.servers.open_files() > files + 8:
        own.append(f"{scene.servers.open_files() - files} open files stayed")
    if len(memory) > 2 and memory[-1] - memory[1] > MEGABYTES_KEPT:
        own.append(f"{memory[-1] - memory[1]:.0f} MB stayed, round for round")
    if torn := sum(page.connects for page in scene.watch.pages) - connects:
        own.append(f"{torn} sockets of people at work were torn")
    await scene.settle()
    return await scene.figures(
        rounds=rounds,
        last_round=last,
        memory_mb=[round(each) for each in memory],
        files_gone_after_s=left_after,
        faults_of_its_own=own,
    )


async def _tidied(scene: Scene, memory: list[float]) -> float:
    """The server collects its garbage in full in a quiet moment, at most every half minute."""
    began, least = monotonic(), memory[-1]
    while least - memory[1] > MEGABYTES_KEPT and monotonic() - began < TIDY_WITHIN_S:
        await asyncio.sleep(1)
        least = min(least, scene.servers.memory_mb())
    return least


@asynccontextmanager
async def knocked(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _say(port: int, data: bytes, *, upgrade: bool, token: str = "") -> str:
    """How it ended: "closed", "answered …", "open" (two seconds after it was said)."""
    try:
        async with asyncio.timeout(DOOR_S), knocked(port) as (reader, writer):
            if upgrade:
                writer.write(handshake())
                await reader.readuntil(b"\r\n\r\n")
                if token:
                    writer.write(frame(f'40{{"token":"{token}"}}'.encode()))
                    await reader.readuntil(b'40{"sid"')
            return await _reaction(reader, writer, data, upgrade=upgrade)
    except TimeoutError:
        return "not let in"
    except (OSError, asyncio.IncompleteReadError):
        return "closed"


async def _reaction(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes, *, upgrade: bool
) -> str:
    said = b""
    try:
        async with asyncio.timeout(REACTION_S):
            writer.write(data)
            await writer.drain()
            while part := await reader.read(4096):
                said += part
    except TimeoutError:
        return "open"
    return f"answered {said[:15]!r}" if said.startswith(b"HTTP") and not upgrade else "closed"


# --- garbage ----------------------------------------------------------------------------------------

PACKETS = (
    b"4", b"42", b"42[", b"42[]", b"42{}", b"42null", b'42["watch"]', b'42["watch",{"units":7}]',
    b'42["watch",{"units":["H001",{}]}]', b'42["hello",[]]', b'42["nobody knows",1]', b'421["connect"]',
    b'42["disconnect"]', b'4299999999999999999999["watch"]', b"43[]", b"431[1]", b"44", b"40", b"40/x,",
    b'42/x,["watch"]', b'451-["watch",{"_placeholder":true,"num":0}]', b"4599999-[]", b"46", b"47", b"5",
    b"6", b"9", b"", b"\xff\xfe", b"42" + b"[" * 5000, b'42["watch",' + b"[" * 5000 + b"]" * 5000 + b"]",
    b'42["watch",{"units":["' + b"H" * 9000 + b'"]}]', b"42[1e999]", b'42["\\ud800"]', b"2probe", b"1",
)  # fmt: skip
FRAMES = (
    frame(b"42", opcode=2), frame(b"x" * 126, opcode=9), frame(b"x", opcode=3), frame(b"x", opcode=11),
    frame(b"", opcode=8), frame(b"\x03", opcode=8), frame(b"\xff\xff", opcode=8), frame(b"x", opcode=0),
    frame(b"4", final=False) + frame(b"4"), frame(b"x", opcode=9, final=False), b"\xf1\x81\0\0\0\0x",
    b"\x81\x05hello", b"\x81\xff" + b"\xff" * 8, b"\x81\xfe\x00\x01\0\0\0\0x", b"\x00" * 64,
)  # fmt: skip
REQUESTS = (
    b"\r\n\r\n", b"\0" * 400, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
    b"POST /api/v1/me/status HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/v1/me/status HTTP/1.1\r\nContent-Length: many\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nx\r\n",
    b"GET / HTTP/1.1\r\n: nameless\r\nnocolon\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /socket.io/?EIO=3&transport=websocket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
    b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /socket.io/?EIO=4&transport=websocket&sid=nobody HTTP/1.1\r\nHost: x\r\n\r\n",
)  # fmt: skip


async def garbage(scene: Scene, rounds: int) -> dict[str, Any]:
    chance = random.Random(scene.seed)
    port, token = scene.servers.ports[0], scene.hall.clerks[-1].token

    async def attack(_: Scene) -> dict[str, Any]:
        noise = [chance.randbytes(chance.randrange(1, 4000)) for _ in range(20)]
        wishes = [(data, False, "") for data in (*REQUESTS, *noise)]
        for who in ("", token):
            wishes += [(frame(data), True, who) for data in PACKETS]
            wishes += [(data, True, who) for data in (*FRAMES, *noise)]
        ends: dict[str, int] = {}
        for at in range(0, len(wishes), 25):
            part = wishes[at : at + 25]
            for end in await asyncio.gather(
                *(_say(port, d, upgrade=u, token=t) for d, u, t in part)
            ):
                ends[end] = ends.get(end, 0) + 1
        return {"sent": len(wishes), "ended": ends}

    return await _besieged(scene, attack, rounds)


async def oversize(scene: Scene, rounds: int) -> dict[str, Any]:
    port, token = scene.servers.ports[0], scene.hall.clerks[-1].token
    text = b'42["watch",{"units":["' + b"x" * 16_384 + b'"]}]'
    pieces = frame(b"4" * 15_000, final=False) + frame(b"4" * 15_000, opcode=0, final=False)
    many = frame(b"4", final=False) + frame(b"", opcode=0, final=False) * 20_000
    announced = b"\x81\xff" + struct.pack(">Q", 2**40) + b"\0" * 4
    sockets = [frame(text), frame(b"x" * 2**20), pieces, many, announced]
    head = b"POST /api/v1/me/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
    bodies = [
        head + token.encode() + b"\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 100_000,
        head + token.encode() + b"\r\nContent-Length: 3000000\r\n\r\n" + b"[" * 3_000_000,
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 10**6 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
        b"GET /" + b"y" * 10**6 + b" HTTP/1.1\r\n\r\n",
    ]

    async def attack(_: Scene) -> dict[str, Any]:
        ends: dict[str, int] = {}
        for _turn in range(4):
            wishes = [
                _say(port, data, upgrade=True, token=who) for data in sockets for who in ("", token)
            ]
            wishes += [_say(port, data, upgrade=False) for data in bodies]
            for end in await asyncio.gather(*wishes):
                ends[end] = ends.get(end, 0) + 1
        return {"sent": 4 * (2 * len(sockets) + len(bodies)), "ended": ends}

    return await _besieged(scene, attack, rounds)


# --- slow, many, silent -----------------------------------------------------------------------------

SLOW_ONES, SLOW_S = 1_500, 20.0


async def slowloris(scene: Scene, rounds: int) -> dict[str, Any]:
    """A header, or a body, a byte at a time; fifteen hundred at once."""
    port, token = scene.servers.ports[0], scene.hall.clerks[-1].token
    body = (
        f"POST /api/v1/me/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
    ).encode()
    header = b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "

    async def attack(_: Scene) -> dict[str, Any]:
        lines: list[asyncio.StreamWriter] = []
        for number in range(SLOW_ONES):
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(body if number % 3 == 0 else header)
            lines.append(writer)
        end = monotonic() + SLOW_S
        while monotonic() < end:
            for writer in lines:
                if not writer.is_closing():
                    writer.write(b"x")
            await asyncio.sleep(2)
        shut = sum(writer.transport.is_closing() for writer in lines)
        for writer in lines:
            writer.transport.abort()
        return {"connections": len(lines), "shut_by_the_server": shut}

    return await _besieged(scene, attack, rounds)


HANDSHAKES_A_S, HANDSHAKE_S, KEPT_OPEN_S = 5_000, 3, 2.0


async def handshakes(scene: Scene, rounds: int) -> dict[str, Any]:
    """As many a second as this machine can send up to 5,000, by nobody in particular, each left open for a while."""
    port = scene.servers.ports[0]

    async def attack(_: Scene) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, _storm, port)

    return await _besieged(scene, attack, rounds)


def _storm(port: int) -> dict[str, Any]:
    question, began = handshake(), monotonic()
    open_lines: list[tuple[float, socket.socket]] = []
    sent = unsent = 0
    answers: dict[str, int] = {}

    def hang_up(before: float) -> None:
        while open_lines and open_lines[0][0] < before:
            _, line = open_lines.pop(0)
            with contextlib.suppress(OSError), line:
                answer = line.recv(15).decode("latin-1")
                answers[answer] = answers.get(answer, 0) + 1

    while (now := monotonic()) - began < HANDSHAKE_S:
        if sent + unsent >= (now - began) * HANDSHAKES_A_S:
            continue
        line = socket.socket()
        line.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            line.connect(("127.0.0.1", port))
        try:
            line.send(question)
            sent += 1
        except OSError:
            unsent += 1
        open_lines.append((now, line))
        hang_up(now - KEPT_OPEN_S)
    took = monotonic() - began
    hang_up(monotonic() + 1)
    return {"sent": sent, "unsent": unsent, "each_s": round(sent / took), "answers": answers}


class Tunnel:
    """A way to the server that can go silent: both ends stay open, and nothing passes any more."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = 0
        self._passes = asyncio.Event()
        self._passes.set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> "Tunnel":
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def fall_silent(self) -> None:
        self._passes.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        for one, other in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._pass_on(one, other))
            self._tasks.add(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while part := await reader.read(16_384):
                await self._passes.wait()
                writer.write(part)
                await writer.drain()
            writer.close()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()


async def half_open(scene: Scene, rounds: int) -> dict[str, Any]:
    """Networks that fail without a word: the server has to find out, and to tell that these people are gone."""
    clerks = [c for c in scene.hall.clerks if c not in [page.clerk for page in scene.watch.pages]][
        :20
    ]

    async def attack(scene: Scene) -> dict[str, Any]:
        tunnel = await Tunnel(scene.servers.ports[0]).open()
        lines = [SocketLine(clerk.token, lambda *_: None) for clerk in clerks]
        for line, clerk in zip(lines, clerks, strict=True):
            with contextlib.suppress(Closed):
                await line.connect(tunnel.port)
                await line.ask("watch", {"units": [clerk.unit]})
        before = await asyncio.to_thread(figure, scene.servers.ports[0], "zaiseki_sockets")
        tunnel.fall_silent()
        began = monotonic()
        up = len(scene.watch.pages)
        while monotonic() - began < GONE_WITHIN_S:
            await asyncio.sleep(1)
            if await asyncio.to_thread(figure, scene.servers.ports[0], "zaiseki_sockets") <= up:
                break
        noticed = monotonic() - began
        for line in lines:
            line.drop()
        await tunnel.close()
        return {"sockets": before, "half_open": len(lines), "noticed_after_s": round(noticed, 1)}

    return await _besieged(scene, attack, rounds)
