"""The load program's own websocket parser: whatever pieces the bytes come in, the same messages."""

import struct

import pytest

from tests.load.frames import FrameReader, Unreadable, lone_text, masked_text

TEXT = 1


def text_frame(message: bytes) -> bytes:
    """RFC 6455, 5.2: final, text, unmasked."""
    size = len(message)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + message
    if size < 65_536:
        return struct.pack("!BBH", 0x81, 126, size) + message
    return struct.pack("!BBQ", 0x81, 127, size) + message


SHORT, MIDDLE, LONG = b"42[1]", b"x" * 300, b"y" * 70_000


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1_000, 1_000_000])
def test_the_same_messages_in_whatever_pieces(piece: int) -> None:
    stream = b"".join(map(text_frame, (SHORT, MIDDLE, LONG, b"", SHORT)))
    reader = FrameReader()
    found = [
        message
        for at in range(0, len(stream), piece)
        for message in reader.feed(stream[at : at + piece])
    ]
    assert found == [(TEXT, SHORT), (TEXT, MIDDLE), (TEXT, LONG), (TEXT, b""), (TEXT, SHORT)]
    assert reader.is_between_messages()


def test_a_message_of_several_frames_with_a_ping_between() -> None:
    reader = FrameReader()
    found = reader.feed(b"\x01\x02ab" + b"\x89\x01p" + b"\x00\x01c" + b"\x80\x01d")
    assert found == [(9, b"p"), (TEXT, b"abcd")]


def test_half_a_message_is_not_between_messages() -> None:
    reader = FrameReader()
    assert reader.feed(b"\x01\x02ab") == []
    assert not reader.is_between_messages()


@pytest.mark.parametrize("frame", [b"\x81\x81\0\0\0\0a", b"\xc1\x01a"])
def test_masked_or_compressed_frames_are_no_servers(frame: bytes) -> None:
    with pytest.raises(Unreadable):
        FrameReader().feed(frame)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (text_frame(SHORT), SHORT),
        (text_frame(MIDDLE), MIDDLE),
        (text_frame(b""), b""),
        (text_frame(SHORT)[:-1], None),
        (text_frame(SHORT) + b"\x81", None),
        (text_frame(MIDDLE)[:3], None),
        (text_frame(LONG), None),
        (b"\x81", None),
        (b"\x88\x00", None),
    ],
)
def test_the_short_way_takes_one_whole_text_and_nothing_else(
    data: bytes, message: bytes | None
) -> None:
    assert lone_text(data) == message


@pytest.mark.parametrize("message", [SHORT, MIDDLE, LONG])
def test_what_it_sends_is_masked(message: bytes) -> None:
    frame = masked_text(message)
    assert frame[1] & 0x80
    unmasked = frame[:1] + bytes([frame[1] & 0x7F]) + frame[2:].replace(b"\0\0\0\0", b"", 1)
    if len(message) < 65_536:  # the long head has zeros of its own
        assert FrameReader().feed(unmasked) == [(TEXT, message)]
    assert frame.endswith(b"\0\0\0\0" + message)
