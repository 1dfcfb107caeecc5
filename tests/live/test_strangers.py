"""Those who are nobody: they cannot hold sockets, fill the memory or keep the loop busy."""

import base64
import os
import socket
import struct

import pytest
import requests

from tests.live.conftest import Live

pytestmark = [pytest.mark.live, pytest.mark.one_process]  # nothing here passes between processes


def knock(live: Live, *, seconds: float = 60, headers: str = "") -> tuple[socket.socket, bytes]:
    """A raw websocket handshake, and what comes back."""
    line = begin(live, seconds=seconds, headers=headers)
    return line, line.recv(4096)


def begin(live: Live, *, seconds: float = 60, headers: str = "") -> socket.socket:
    line = socket.create_connection(("127.0.0.1", live.server.port), timeout=seconds)
    key = base64.b64encode(os.urandom(16)).decode()
    line.sendall(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{live.server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n".encode()
    )
    return line


def frame(payload: bytes, *, opcode: int = 1, final: bool = True) -> bytes:
    return (
        struct.pack("!BBH4x", (0x80 if final else 0) | opcode, 0x80 | 126, len(payload)) + payload
    )


def is_closed(line: socket.socket, *, seconds: float) -> bool:
    """Closed, or told by Engine.IO that it is over."""
    line.settimeout(seconds)
    try:
        while part := line.recv(4096):
            if part in (b"\x81\x011", b"1"):
                return True
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def test_a_message_in_many_frames_is_no_longer_than_one_in_one(live: Live) -> None:
    line, _ = knock(live)
    with line:
        part = b"4" * 15_000
        line.sendall(frame(part, final=False))
        line.sendall(frame(part, opcode=0, final=False))
        assert is_closed(line, seconds=8)  # a stranger is shown out after ten at the earliest


def test_who_does_not_say_who_they_are_is_shown_out(live: Live) -> None:
    line, answer = knock(live)
    with line:
        assert b"101" in answer
        assert is_closed(line, seconds=40)  # who answers no ping is lost after 45


@pytest.mark.parametrize(
    "headers",
    [
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://evil.example\r\nX-Forwarded-Host: evil.example\r\n",
    ],
)
def test_other_origins_are_refused(live: Live, headers: str) -> None:
    line, answer = knock(live, headers=headers)
    with line:
        assert answer.startswith(b"HTTP/1.1 400")


def test_a_crowd_at_the_door_waits_outside(live: Live) -> None:
    """As many as there is room for come in; the others wait, each in their turn, and are told when it takes too long.
    Whoever asks for something else meanwhile does not wait behind them."""
    lines = [begin(live) for _ in range(1_100)]
    try:
        assert requests.get(f"{live.server.url}/healthz", timeout=5).ok
        answers = [line.recv(4096) for line in lines]
    finally:
        for line in lines:
            line.close()
    refused = [answer for answer in answers if answer.startswith(b"HTTP/1.1 503")]
    assert len(refused) + sum(answer.startswith(b"HTTP/1.1 101") for answer in answers) == 1_100
    assert refused
    assert b"retry-after: " in refused[0].lower()
