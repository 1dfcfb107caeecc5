"""Frames written straight to sockets: only where nothing can be overtaken, and never half."""

from types import SimpleNamespace
from typing import Any

import pytest

from webapp.realtime.direct import DirectLines, text_frame


class Lock:
    balance = 1

    def acquire(self) -> None:
        self.balance -= 1

    def release(self) -> None:
        self.balance += 1


class Stream:
    """Takes `room` bytes at once; None = the connection is gone."""

    def __init__(self, room: int | None = 100) -> None:
        self.room, self.written, self.fd = room, b"", self

    def send(self, data: bytes) -> int:
        if self.room is None:
            raise BrokenPipeError
        if self.room == 0:
            raise BlockingIOError
        self.written += data[: self.room]
        return min(self.room, len(data))

    def sendall(self, data: bytes) -> None:
        self.written += data


class Scene:
    def __init__(self, stream: Stream, **differs: Any) -> None:
        self.later: list[Any] = []
        eio = SimpleNamespace(
            _async={"websocket": None},
            start_background_task=lambda act, *given: self.later.append((act, given)),
        )
        self.lines = DirectLines(eio)
        self.lock = Lock()
        self.queued = False
        queue = SimpleNamespace(empty=lambda: not self.queued)
        state = {"closed": False, "closing": False, "upgraded": True} | differs
        of = SimpleNamespace(sid="a", queue=queue, **state)
        self.lines.note(of, SimpleNamespace(_sendlock=self.lock, socket=stream))

    def send(self, frame: bytes = b"frame") -> bool:
        return self.lines.send("a", frame)


def test_written_at_once_where_nothing_is_under_way() -> None:
    stream = Stream()
    assert Scene(stream).send()
    assert stream.written == b"frame"


@pytest.mark.parametrize("differs", [{"closed": True}, {"closing": True}, {"upgraded": False}])
def test_not_to_a_socket_that_closes_or_still_upgrades(differs: dict[str, bool]) -> None:
    stream = Stream()
    assert not Scene(stream, **differs).send()
    assert stream.written == b""


def test_not_past_what_is_queued_or_being_written() -> None:
    stream = Stream()
    scene = Scene(stream)
    scene.queued = True
    assert not scene.send()
    scene.queued, scene.lock.balance = False, 0
    assert not scene.send()
    assert stream.written == b""


@pytest.mark.parametrize("room", [0, None])
def test_a_full_or_lost_line_is_left_to_the_queue(room: int | None) -> None:
    assert not Scene(Stream(room)).send()


def test_the_rest_of_a_half_sent_frame_comes_before_anything_else() -> None:
    stream = Stream(room=2)
    scene = Scene(stream)
    assert scene.send(b"first")
    assert not scene.send(b"second")
    ((act, given),) = scene.later
    act(*given)
    assert stream.written == b"first"
    assert scene.lock.balance == 1


def test_a_websocket_of_another_make_keeps_to_the_queue() -> None:
    scene = Scene(Stream())
    scene.lines.note(SimpleNamespace(sid="b"), SimpleNamespace())
    assert not scene.lines.send("b", b"frame")
    scene.lines.forget("a")
    assert not scene.send()


@pytest.mark.parametrize(("size", "head"), [(5, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)])
def test_frames_of_every_length(size: int, head: int) -> None:
    frame = text_frame(b"x" * size)
    assert len(frame) == head + size
    assert frame[0] == 0x81
    assert int.from_bytes(frame[2 if head > 2 else 1 : head]) == size
