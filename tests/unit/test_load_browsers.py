"""The crowd as pages keep it: a lost connection is taken up again, with `watch` and the board; `resync` is obeyed."""

import asyncio
import json

import pytest

from tests.load import browsers as browsers_module
from tests.load.browsers import browsing
from tests.load.crowd import Crowd
from tests.load.town import Person

HEAD = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
ACK = b'[{"ok":true,"epoch":"e","units":{"A":"full"}}]'


def frame(message: bytes) -> bytes:
    assert len(message) < 126
    return bytes((0x81, len(message))) + message


class Hall:
    """Each handshake takes the next of `plays`: refused, let in, or let in and then told something or closed."""

    def __init__(self, *plays: bytes | None) -> None:
        self.plays = list(plays)
        self.version = 1
        self.fetched = 0
        self.handshakes = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if b"/socket.io/" in head:
                    await self._socket(reader, writer)
                    break
                self._board(writer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    def _board(self, writer: asyncio.StreamWriter) -> None:
        self.fetched += 1
        body = json.dumps({"rows": [{"staff": "1", "version": self.version}]}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    async def _socket(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.handshakes += 1
        then = self.plays.pop(0)
        if then is None:
            writer.write(REFUSAL)
            return
        writer.write(HEAD + frame(b"0{}"))
        await _message(reader)
        writer.write(frame(b"40{}"))
        number = (await _message(reader)).removeprefix(b"42").partition(b"[")[0]
        writer.write(frame(b"43" + number + ACK) + (frame(then) if then else b""))
        await reader.read()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Masked with zeros."""
    head = await reader.readexactly(2)
    return (await reader.readexactly(4 + (head[1] & 0x7F)))[4:]


async def _until(hall: Hall, fetched: int) -> None:
    async with asyncio.timeout(30):
        while hall.fetched < fetched:
            await asyncio.sleep(0.05)


async def _played(hall: Hall, fetched: int) -> tuple[Crowd, dict[str, int], int]:
    server = await asyncio.start_server(hall.serve, "127.0.0.1", 0)
    async with server:
        crowd = Crowd([server.sockets[0].getsockname()[1]])
        crowd.enter(Person("1", "A", "zsk"))
        async with browsing(crowd) as browsers:
            browsers.start()
            await _until(hall, fetched)
            await asyncio.sleep(0.1)
            assert browsers.complete()
            hall.version = 2
            wrong = await browsers.views_wrong()
        crowd.close()
        return crowd, dict(browsers.asked), wrong


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers_module, "FIRST_S", 0.05)
    monkeypatch.setattr(browsers_module, "PROMISED_S", 0.2)


def test_closed_and_refused_it_comes_back_with_its_board() -> None:
    hall = Hall(b"41", None, b"")
    crowd, _, _ = asyncio.run(_played(hall, fetched=2))
    assert hall.handshakes == 3
    assert crowd.forms_wrong == 0


def test_resync_is_obeyed_and_a_view_that_stays_behind_is_found() -> None:
    hall = Hall(b'42["resync",{"spread_s":0}]')
    _, asked, wrong = asyncio.run(_played(hall, fetched=2))
    assert asked == {"resync": 1}
    assert wrong == 1
