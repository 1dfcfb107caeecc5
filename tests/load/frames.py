"""Websocket frames, both ways: whole text messages out of whatever pieces a socket delivers, and masked text frames.

Next to no work of one's own: the official client costs about as much per frame as the server does, and ten thousand
of them would measure themselves.
"""

import struct

CLOSE = 8
_CONTINUED = 0


class Unreadable(Exception):
    """What came is no websocket frame of a server."""


class FrameReader:
    """Feed it bytes; it gives back (opcode, payload) of every message that is whole."""

    __slots__ = ("_begun", "_opcode", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._begun = b""  # a message of several frames so far
        self._opcode = 0

    def is_between_messages(self) -> bool:
        return not self._rest and not self._begun

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        if self._rest:
            data = self._rest + data
        found: list[tuple[int, bytes]] = []
        at, size = 0, len(data)
        while size - at >= 2:
            length, body = _length(data, at)
            if length < 0 or size - body < length:
                break
            self._take(data[at], data[body : body + length], found)
            at = body + length
        self._rest = data[at:]
        return found

    def _take(self, first: int, payload: bytes, found: list[tuple[int, bytes]]) -> None:
        """Control frames may stand between the parts of a message."""
        if first & 0x70:
            raise Unreadable(f"reserved bits in {first:#x}")
        opcode, is_last = first & 0x0F, first & 0x80
        if opcode >= CLOSE:
            found.append((opcode, payload))
            return
        if opcode != _CONTINUED:
            self._opcode, self._begun = opcode, b""
        if not is_last:
            self._begun += payload
            return
        found.append((self._opcode, self._begun + payload))
        self._begun = b""


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Of the frame beginning at `at`: payload bytes (-1: its head is not all there) and where they begin."""
    length = data[at + 1]
    if length & 0x80:
        raise Unreadable("a server does not mask")
    if length < 126:
        return length, at + 2
    size, form = (2, ">H") if length == 126 else (8, ">Q")
    if len(data) - at < 2 + size:
        return -1, at
    return struct.unpack_from(form, data, at + 2)[0], at + 2 + size


def lone_text(data: bytes) -> bytes | None:
    """The payload where the bytes are exactly one short text frame, as nearly always; else None."""
    if data[0] != 0x81 or len(data) < 2:
        return None
    length = data[1]
    if length < 126:
        return data[2:] if len(data) == length + 2 else None
    if length == 126 and len(data) >= 4 and len(data) == 4 + (data[2] << 8 | data[3]):
        return data[4:]
    return None


def masked_text(message: bytes) -> bytes:
    """As a client sends it, masked with zeros: the server unmasks it as any other."""
    size = len(message)
    if size < 126:
        head = bytes((0x81, 0x80 | size))
    elif size < 65_536:
        head = struct.pack(">BBH", 0x81, 0xFE, size)
    else:
        head = struct.pack(">BBQ", 0x81, 0xFF, size)
    return head + b"\0\0\0\0" + message
