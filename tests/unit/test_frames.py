"""Websocket frames taken apart: whatever the pieces they come in, and nothing the protocol forbids."""

import os
import random

import pytest

from webapp.realtime import frames
from webapp.realtime.frames import CLOSE, PING, TEXT, Inbound, Violation, frame, unmasked

MOST = 16_384


def masked(
    payload: bytes, opcode: int = TEXT, *, final: bool = True, mask: bytes = b"abcd"
) -> bytes:
    size = len(payload)
    first = (0x80 if final else 0) | opcode
    head = bytes((first, 0x80 | size)) if size < 126 else bytes((first, 0xFE)) + size.to_bytes(2)
    return head + mask + unmasked(payload, mask)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_what_the_server_sends_says_its_length(size: int) -> None:
    made = frame(b"x" * size)
    at, width = {0: (2, 0), 1: (4, 2), 2: (10, 8)}[(size > 125) + (size > 65_535)]
    assert made[0] == 0x81
    assert int.from_bytes(made[2 : 2 + width]) == (size if width else 0)
    assert made[at:] == b"x" * size


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 1000, MOST])
def test_unmasking_byte_by_byte_is_the_same(size: int) -> None:
    payload, mask = os.urandom(size), b"\x01\xff\x00\x7e"
    assert unmasked(payload, mask) == bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


def test_messages_are_whole_however_they_arrive() -> None:
    said = [b"a", "在席".encode(), b"x" * 126, b"", b"y" * MOST]
    wire = b"".join(masked(payload) for payload in said)
    chance = random.Random(5)
    for _ in range(20):
        inbound, heard, at = Inbound(MOST), [], 0
        while at < len(wire):
            step = chance.choice((1, 2, 3, 7, 500, 9000))
            heard += inbound.feed(wire[at : at + step])
            at += step
        assert heard == [(TEXT, payload) for payload in said]


def test_a_message_in_parts_with_a_ping_between() -> None:
    inbound = Inbound(MOST)
    wire = (
        masked(b"one ", final=False)
        + masked(b"!", PING)
        + masked(b"two ", 0, final=False)
        + masked(b"three", 0)
    )
    assert inbound.feed(wire) == [(PING, b"!"), (TEXT, b"one two three")]


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (b"\x81\x01a", 1002),  # not masked
        (masked(b"a", TEXT | 0x40), 1002),  # compressed, though nothing was agreed
        (masked(b"a", 3), 1002),  # no such opcode
        (masked(b"a", PING, final=False), 1002),
        (masked(b"a" * 126, PING), 1002),
        (masked(b"a", 0), 1002),  # goes on with nothing
        (masked(b"a", final=False) + masked(b"b"), 1002),  # begins anew before the end
        (b"\x81\xfe" + (MOST + 1).to_bytes(2), 1009),  # refused before it has arrived
        (b"\x81\xff" + (2**63).to_bytes(8), 1009),
        (masked(b"a" * MOST, final=False) + masked(b"b", 0), 1009),
    ],
)
def test_what_the_protocol_forbids(wire: bytes, status: int) -> None:
    with pytest.raises(Violation) as fault:
        Inbound(MOST).feed(wire)
    assert fault.value.status == status


def test_closing_says_why() -> None:
    assert frames.closing(1009) == bytes((0x80 | CLOSE, 2)) + (1009).to_bytes(2)
