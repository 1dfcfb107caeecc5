"""A line over a real pair of sockets and a loop turned by hand: order, limits, and who is told when."""

import select
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from engineio import packet as packets
from engineio import server as stock

from tests.unit.test_frames import masked
from webapp.core import clock
from webapp.realtime import lines
from webapp.realtime.engine import PONG_S, STRANGER_S, TownHallEngine
from webapp.realtime.frames import CLOSE, PING, frame
from webapp.realtime.lines import Line
from webapp.realtime.wheel import SLOT_S


class HandTurned:
    """The loop the server's entry lends, turned once when asked."""

    def __init__(self) -> None:
        self.readers: dict[int, Callable[[int], None]] = {}
        self.writers: dict[int, Callable[[int], None]] = {}
        self.given: socket.socket | None = None

    def take_over(self, environ: dict[str, Any]) -> socket.socket:
        assert self.given is not None
        return self.given

    def on_readable(self, fd: int, call: Callable[[int], None]) -> Any:
        self.readers[fd] = call
        return self.readers, fd

    def on_writable(self, fd: int, call: Callable[[int], None]) -> Any:
        self.writers[fd] = call
        return self.writers, fd

    def forget(self, handle: Any) -> None:
        del handle[0][handle[1]]

    def turn(self) -> None:
        readable, writable, _ = select.select(list(self.readers), list(self.writers), [], 0)
        for fd in readable:
            if fd in self.readers:
                self.readers[fd](fd)
        for fd in writable:
            if fd in self.writers:
                self.writers[fd](fd)


class Scene:
    def __init__(self) -> None:
        self.engine = TownHallEngine(
            async_mode="threading", transports=["websocket"], max_http_buffer_size=16_384
        )
        self.loop = self.engine.loop = HandTurned()
        self.later: list[Callable[[], None]] = []
        for crew in (self.engine._crew, self.engine._reaper):
            crew._spawn = self.later.append
            crew._pause = lambda _: None
        self.told: list[tuple[str, Any]] = []
        self.engine.on(
            "connect", lambda sid, _: self.engine.strangers.update({sid: clock.monotonic()})
        )
        self.engine.on("message", lambda sid, data: self.told.append(("message", data)))
        self.engine.on("disconnect", lambda sid, reason: self.told.append(("gone", reason)))
        self.client, self.line = self.connect()

    def connect(self) -> tuple[socket.socket, Line]:
        client, server = socket.socketpair()
        client.settimeout(2)
        server.setblocking(False)
        self.loop.given = server
        environ = {
            "HTTP_CONNECTION": "keep-alive, Upgrade",
            "HTTP_SEC_WEBSOCKET_VERSION": "13",
            "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        self.engine._handle_connect(environ, lambda *_: None, "websocket")
        answer = client.recv(4096)
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer  # the example of RFC 6455
        assert b'"pingInterval":25000' in answer
        return client, list(self.engine.sockets.values())[-1]

    def say(self, *texts: str) -> None:
        self.client.sendall(b"".join(masked(text.encode()) for text in texts))
        self.loop.turn()

    def work(self) -> None:
        while self.later:
            self.later.pop(0)()


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.client.close()
    made.line.let_go()


def test_messages_are_handed_on_in_their_order_and_outside_the_loop(scene: Scene) -> None:
    scene.say("420[1]", "421[2]")
    scene.say("422[3]")
    assert scene.told == []
    scene.work()
    assert scene.told == [("message", "20[1]"), ("message", "21[2]"), ("message", "22[3]")]


def test_a_control_ping_is_answered_and_a_close_said_back(scene: Scene) -> None:
    scene.client.sendall(masked(b"hello", PING))
    scene.loop.turn()
    assert scene.client.recv(100) == b"\x8a\x05hello"
    scene.client.sendall(masked((1000).to_bytes(2), CLOSE))
    scene.loop.turn()
    assert scene.client.recv(100) == b"\x88\x02\x03\xe8"
    assert scene.client.recv(100) == b""
    scene.work()
    assert scene.told == [("gone", "transport close")]
    assert scene.engine.sockets == {}


@pytest.mark.parametrize("text", ["x", "4", "4x", "0", "9", "在席", '4{"a":1}'])
def test_what_is_not_engine_io_ends_the_connection(scene: Scene, text: str) -> None:
    """With the stock class an unknown letter ends the reader alone: the socket stays until it times out."""
    scene.say(text)
    assert scene.client.recv(100)[0] == 0x88
    scene.work()
    assert scene.told == [("gone", "transport error")]
    assert scene.engine.sockets == {}


def test_a_flood_is_ended(scene: Scene) -> None:
    scene.say(*["3"] * (lines.MOST_A_SECOND + 1))
    assert scene.client.recv(100)[:2] == b"\x88\x02"


def test_who_does_not_read_is_cut_off_and_keeps_no_memory(scene: Scene) -> None:
    """The stock queue has no end; nobody else waits for this one."""
    part = frame(b"x" * 8_000)
    for _ in range(200):
        scene.line.write(part)
    assert scene.engine.counters.cut_off == 1
    assert scene.line.closed
    assert scene.engine.counters.queued == 0
    scene.work()
    assert scene.told == [("gone", "slow consumer")]


def test_what_waits_goes_out_in_order_once_the_client_reads(scene: Scene) -> None:
    texts = [bytes([65 + number % 26]) * 5_000 for number in range(60)]
    scene.line.server.counters.queued = 0
    for text in texts:
        scene.line.write(frame(text))
    assert 0 < scene.engine.counters.queued < lines.MOST_QUEUED
    wanted, got = b"".join(frame(text) for text in texts), b""
    while len(got) < len(wanted):
        scene.loop.turn()
        got += scene.client.recv(65_536)
    assert got == wanted
    assert scene.engine.counters.queued == 0
    assert scene.loop.writers == {}


def test_a_lost_client_is_told_of_only_after_its_message_at_work(scene: Scene) -> None:
    """A connect that ends after its disconnect would stay in every room for ever."""
    reached: list[Any] = []

    def slowly(sid: str, data: Any) -> None:
        scene.client.close()
        scene.loop.turn()
        reached.append(list(scene.told))

    scene.engine.on("message", slowly)
    scene.say("40")
    scene.work()
    assert reached == [[]]
    assert scene.told == [("gone", "transport close")]


def unanswered(scene: Scene) -> bool:
    return scene.line.unanswered


def is_closed(scene: Scene) -> bool:
    return scene.line.closed


def test_no_pong_no_connection(scene: Scene) -> None:
    scene.engine.named(scene.line.sid)
    slots = len(scene.engine._pings.slots)
    # Just behind the line's slot, the first one: it comes last, so that the wait for its pong is not over as well.
    rounds = int(clock.monotonic() / (slots * SLOT_S))
    now = (rounds * slots + 1.5) * SLOT_S
    for turn in range(slots + 1):
        scene.engine.tend(now + turn * SLOT_S)
    assert scene.client.recv(100).startswith(frame(b"2"))
    assert unanswered(scene)
    scene.say("3")
    assert not unanswered(scene)
    scene.line.ping()
    scene.engine.tend(now + 2 * slots * SLOT_S + PONG_S + 1)
    scene.engine.tend(now + 4 * slots * SLOT_S)
    scene.work()
    assert scene.told == [("gone", "ping timeout")]


def test_after_a_standstill_nobody_is_taken_for_gone_unheard(scene: Scene) -> None:
    now = clock.monotonic()
    scene.engine._pinged = dict.fromkeys(range(len(scene.engine._pings.slots)), now)
    scene.engine.named(scene.line.sid)
    scene.line.unanswered = True
    scene.engine.tend(now + 60, late_s=60.0)
    assert not scene.line.closed


def test_nobody_stays_without_a_name(scene: Scene) -> None:
    scene.engine.show_out(clock.monotonic() + STRANGER_S - 1)
    assert not is_closed(scene)
    scene.say("40")  # said who it is, and waits for its turn
    scene.engine.show_out(clock.monotonic() + STRANGER_S + 1)
    assert not is_closed(scene)
    scene.work()
    scene.engine.show_out(clock.monotonic() + 2 * STRANGER_S + 3)
    assert is_closed(scene)
    scene.work()
    assert scene.engine.sockets == {}


def test_closing_by_the_application_says_good_bye_after_what_waits(scene: Scene) -> None:
    scene.line.send(packets.Packet(packets.MESSAGE, "4last"))
    scene.engine.disconnect(scene.line.sid)
    assert scene.told == [("gone", "server disconnect")]
    said = b""
    while part := scene.client.recv(4096):
        said += part
    assert said == frame(b"44last") + frame(b"1") + b"\x88\x02\x03\xe8"
    scene.client.close()
    scene.loop.turn()
    assert scene.loop.readers == {}
    assert scene.engine.sockets == {}


def test_no_queue_no_thread_no_environment_is_kept(scene: Scene) -> None:
    assert scene.line.queue is None
    assert "environ" not in dir(scene.line)
    assert scene.line.__dict__ == {}
    assert not isinstance(stock.socket.Socket(scene.engine, "a").queue, type(None))
