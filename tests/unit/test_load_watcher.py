"""The load program's own socket: signs in, answers pings, takes acknowledgements, notices every kind of end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.load.browsers import is_behind
from tests.load.poller import Poller
from tests.load.watcher import Refused, Watcher

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
YES = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def frame(message: bytes) -> bytes:
    assert len(message) < 126
    return bytes((0x81, len(message))) + message


async def said(reader: asyncio.StreamReader) -> bytes:
    """The next message of the client, which masks with zeros."""
    head = await reader.readexactly(2)
    await reader.readexactly(4)
    return await reader.readexactly(head[1] & 0x7F)


@asynccontextmanager
async def a_server(script: Script) -> AsyncIterator[int]:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await script(reader, writer)
        writer.close()

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def a_watcher(heard: list[bytes]) -> AsyncIterator[Watcher]:
    poller = Poller()
    watcher = Watcher(0, "zsk_t", poller, lambda _who, message, _now: heard.append(message))
    try:
        yield watcher
    finally:
        watcher.drop()
        poller.close()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(YES + frame(b'0{"sid":"x"}'))
    assert await said(reader) == b'40{"token": "zsk_t"}'
    writer.write(frame(b'40{"sid":"y"}'))


def test_a_conversation() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await greet(reader, writer)
        writer.write(frame(b"2"))
        assert await said(reader) == b"3"
        assert await said(reader) == b'420["watch", {"units": ["A"]}]'
        event = frame(b'42["beat",{}]')
        writer.write(event[:5])
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(event[5:] + frame(b'430[{"ok":true}]'))
        assert await said(reader) == b'421["bye", null]'

    async def play() -> None:
        heard: list[bytes] = []
        async with a_server(script) as port, a_watcher(heard) as watcher:
            await watcher.connect(port)
            assert await watcher.ask("watch", {"units": ["A"]}) == {"ok": True}
            assert heard == [b'42["beat",{}]']
            with pytest.raises(Refused):  # closed before the answer
                await watcher.ask("bye", None)
            assert not watcher.open
            assert watcher.lost_at

    asyncio.run(play())


def test_refused_with_a_time_to_come_again() -> None:
    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\n\r\nbusy")
        await writer.drain()

    async def play() -> None:
        async with a_server(script) as port, a_watcher([]) as watcher:
            with pytest.raises(Refused) as refused:
                await watcher.connect(port)
            assert refused.value.retry_after == 7

    asyncio.run(play())


@pytest.mark.parametrize("last", [frame(b"41"), frame(b"1"), b"\x88\x00", b""])
def test_every_kind_of_end(last: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await greet(reader, writer)
        writer.write(last)
        await writer.drain()

    async def play() -> None:
        async with a_server(script) as port, a_watcher([]) as watcher:
            await watcher.connect(port)
            await until(lambda: watcher.lost_at)
            assert not watcher.open

    asyncio.run(play())


def test_who_stopped_reading_hears_it_later() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await greet(reader, writer)
        assert await said(reader) == b'420["go", null]'
        writer.write(frame(b"430[1]"))
        await reader.read()

    async def play() -> None:
        async with a_server(script) as port, a_watcher([]) as watcher:
            await watcher.connect(port)
            watcher.stop_reading()
            answer = asyncio.create_task(watcher.ask("go", None))
            await asyncio.sleep(0.1)
            assert not answer.done()
            watcher.read_again()
            assert await answer == 1

    asyncio.run(play())


@pytest.mark.parametrize(
    ("known", "told", "fresh", "behind"),
    [
        ({"1": 3}, {}, {"1": 3}, False),
        ({"1": 3}, {"1": 4}, {"1": 4}, False),
        ({"1": 3}, {"1": 5}, {"1": 4}, False),  # the look was taken before
        ({"1": 3}, {}, {"1": 4}, True),
        ({"1": 3}, {}, {"1": 3, "2": 1}, True),
        ({"1": 3, "2": 1}, {}, {"1": 3}, True),
        ({"1": 3}, {"2": 1}, {"1": 3, "2": 1}, False),
    ],
)
def test_a_view_that_is_behind(
    known: dict[str, int], told: dict[str, int], fresh: dict[str, int], behind: bool
) -> None:
    assert is_behind(known, told, fresh) is behind
