"""The server's entry: patches first, then serves. The only file that names eventlet.

`zaiseki serve` and `zaiseki run` replace themselves by this file, so that nothing is imported before it is patched.
"""

import errno
import gc
import os
import socket
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

EVENTLET = os.environ.get("ZAISEKI_ASYNC_MODE", "").strip() in {"", "eventlet"}
if EVENTLET:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing eventlet announces its retirement
        import eventlet

        eventlet.monkey_patch()

from webapp import serving
from webapp.core import trouble
from webapp.extensions import run_off_loop_with
from webapp.realtime.anteroom import Anteroom, is_handshake
from webapp.realtime.door import Door

ACCEPTED_AT_ONCE, ACCEPTING_S = 64, 0.01
BEGUN_AT_ONCE, MANY_WAITING, MOST_WAITING = 4, 32, 1_000
AT_ONCE = frozenset({"/healthz", "/readyz", "/metrics"})  # what tells others how the server is
ACCEPTING = "accepting connections"
# What accept() says of a shortage that passes, and of a client that has gone before it was taken.
SHORT_OF = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
OF_ONE = frozenset({errno.ECONNABORTED, errno.ECONNRESET, errno.EPROTO, errno.EPERM})
SHORT_S = 0.1
IDLE_S = 30  # between two requests on a connection
HEAD_S = 10
BODY_S = 60
LOOK_S = 0.02  # between two looks whether somebody waiting may come in
LARGEST_CROWD = 20_000  # sockets at once; the default of 1024 lets the 1,025th hang


class Loop:
    """What the sockets need of the event loop: see `webapp.realtime.lines.Loop`."""

    def __init__(self) -> None:
        from eventlet import hubs

        self._hub = hubs.get_hub()
        self._socket = eventlet.patcher.original("socket").socket

    def take_over(self, environ: dict[str, Any]) -> socket.socket:
        """The HTTP handler's stream keeps an empty shell; its greenlet, buffers and headers go when it returns."""
        from eventlet import wsgi

        green = environ["eventlet.input"].get_socket()
        stream: socket.socket = self._socket(fileno=green.fd.detach())
        stream.setblocking(False)
        wsgi.WSGI_LOCAL.already_handled = True
        return stream

    def on_readable(self, fd: int, call: Callable[[int], None]) -> Any:
        return self._listen(self._hub.READ, fd, call)

    def on_writable(self, fd: int, call: Callable[[int], None]) -> Any:
        return self._listen(self._hub.WRITE, fd, call)

    def _listen(self, what: str, fd: int, call: Callable[[int], None]) -> Any:
        listener = self._hub.add(what, fd, call, _gone, None)
        listener.greenlet = self._hub.greenlet  # it would keep the handler's alive
        return listener

    def forget(self, handle: Any) -> None:
        with suppress(KeyError):  # the hub removes by itself what it could not call
            self._hub.remove(handle)


class Listener:
    """The listening socket as `eventlet.wsgi` uses it: a few connections at a time, and an end of it.

    Handshakes there is no room for wait in the anteroom, before each gets a greenlet and an HTTP handler of its own:
    in a rush everybody else waits behind the backlog.
    """

    def __init__(self, green: Any, turns: "Turns", anteroom: Anteroom) -> None:
        self._green, self._turns, self._anteroom = green, turns, anteroom
        self._taken, self._until = 0, 0.0
        self._stopped = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._green, name)

    def accept(self) -> Any:
        """The stock loop takes the whole backlog of 4,096 in one go, without a turn for anybody else."""
        while not self._stopped:
            self._let_others()
            accepted = self._anteroom.next(self._taken) or self._accepted()
            if accepted is not None:
                self._taken += 1
                return accepted
        raise OSError(errno.ESHUTDOWN, "no more")

    def _accepted(self) -> Any:
        """None: nobody, or one who has to wait."""
        try:
            self._green.settimeout(LOOK_S if self._anteroom else None)
            accepted = self._green.accept()
        except TimeoutError:
            return None
        except OSError as error:
            self._look_at(error)
            return None
        trouble.over(ACCEPTING)
        return None if self._anteroom.takes(accepted, self._taken) else accepted

    def _let_others(self) -> None:
        if self._taken >= ACCEPTED_AT_ONCE or time.monotonic() > self._until:
            eventlet.sleep(0)
            while self._turns.crowded() and not self._stopped:
                eventlet.sleep(0.01)
            self._taken, self._until = 0, time.monotonic() + ACCEPTING_S

    def _look_at(self, error: OSError) -> None:
        """The stock loop ends, and with it the server, at the first connection there is no descriptor for."""
        if error.errno in SHORT_OF:
            trouble.tell(ACCEPTING, error)
            eventlet.sleep(SHORT_S)
        elif error.errno in OF_ONE:
            eventlet.sleep(0)
        elif not self._stopped:
            raise error

    def stop(self) -> None:
        """Who waits in `accept` is told it was shut down, which ends the server once all is answered."""
        from eventlet import hubs

        self._stopped = True
        self._anteroom.close()
        hubs.notify_close(self._green.fileno())
        self._green.close()


class Turns:
    """Requests begin in the order in which their heads were read, a few in each turn of the loop.

    With ten thousand coming back after a kill, `accept` alone kept turns short, a few connections in each: the rest
    waited in the backlog, /healthz among them for 20 s, which is a dead server to whoever watches it.
    """

    def __init__(self, pressing: Callable[[], None] = lambda: None) -> None:
        """pressing: told while many wait."""
        self._pressing = pressing
        self._waiting: deque[Any] = deque()
        self._begun = 0
        self._counting = False

    def waiting(self) -> int:
        return len(self._waiting)

    def crowded(self) -> bool:
        return len(self._waiting) > MOST_WAITING

    def take(self) -> None:
        """Returns when it is the caller's turn."""
        if self._begun < BEGUN_AT_ONCE and not self._waiting:
            self._begun += 1
            self._count_anew_next_turn()
        else:
            turn = eventlet.Event()
            self._waiting.append(turn)
            if len(self._waiting) > MANY_WAITING:
                self._pressing()
            turn.wait()

    def _count_anew_next_turn(self) -> None:
        if not self._counting:
            self._counting = True
            eventlet.hubs.get_hub().schedule_call_global(0, self._next)

    def _next(self) -> None:
        self._counting = False
        self._begun = min(len(self._waiting), BEGUN_AT_ONCE)
        for _ in range(self._begun):
            self._waiting.popleft().send()
        if self._begun:
            self._count_anew_next_turn()


class Body:
    """What the body of a request is read from: whole within BODY_S of the first look.

    The stock timeout begins anew with every byte: one in 59 s kept a greenlet for ever. Who is late is answered 400,
    and the connection ends.
    """

    def __init__(self, stream: Any) -> None:
        self._stream, self._until = stream, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def read(self, *size: int) -> bytes:
        return self._in_time(self._stream.read, *size)

    def readline(self, *size: int) -> bytes:
        return self._in_time(self._stream.readline, *size)

    def _in_time(self, read: Callable[..., bytes], *size: int) -> bytes:
        now = time.monotonic()
        self._until = self._until or now + BODY_S
        late = TimeoutError("the body of the request took too long")
        if now >= self._until:
            raise late
        with eventlet.Timeout(self._until - now, late):
            return read(*size)


def _protocol(door: Door, turns: Turns) -> type:
    """HTTP with a time for the head of a request, a refusal that costs next to nothing, and turns."""
    from eventlet import wsgi

    class Protocol(wsgi.HttpProtocol):
        def _read_request_line(self) -> Any:
            """The stock timeout begins anew with every byte: a byte in 29 s kept a greenlet for ever."""
            self.raw_requestline = b""
            with eventlet.Timeout(IDLE_S + HEAD_S, False):
                self.raw_requestline = super()._read_request_line()
            return self.raw_requestline

        def parse_request(self) -> bool:
            if is_handshake(self.raw_requestline) and not door.has_room_for_more():
                self.wfile.write(door.refusal())
                self.close_connection = True
                return False
            is_whole = False
            with eventlet.Timeout(HEAD_S, False):
                is_whole = super().parse_request()
            self.close_connection = self.close_connection or not is_whole
            return is_whole

        def handle_one_response(self) -> None:
            if is_handshake(self.raw_requestline):
                door.queued += 1
                try:
                    turns.take()
                finally:
                    door.queued -= 1
            elif self.path not in AT_ONCE:
                turns.take()
            super().handle_one_response()

        def get_environ(self) -> dict[str, Any]:
            environ: dict[str, Any] = super().get_environ()
            body = environ["eventlet.input"]
            body.rfile = Body(body.rfile)
            return environ

    return Protocol


def _poll(fd: int) -> int:
    """What is up with a descriptor; the patched module has no poll."""
    select = eventlet.patcher.original("select")
    poll = select.poll()
    poll.register(fd, select.POLLRDHUP)
    return sum(events for _, events in poll.poll(0))


def _calm_collector() -> None:
    """What is there after the start stays: the collector need not look at it again and again. And of ten thousand
    sockets most live for hours: a full collection after every 70,000 new objects found nothing, at 40 ms each."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _gone(*_: Any) -> None:
    """A descriptor that was closed behind our back; lines take their listeners away before they close."""


def serve_eventlet(app: serving.Served) -> None:
    from eventlet import tpool, wsgi

    run_off_loop_with(tpool.execute)
    try:
        listener = eventlet.listen((app.host, app.port), backlog=4096, reuse_port=False)
    except OSError as error:
        serving.stop_with(f"{app.host}:{app.port} で待ち受けられません（{error.strerror}）")
    # Inherited by every connection. Without it an answer of several segments waits 40 ms for the other side's
    # delayed acknowledgement (measured: a snapshot of 50 people took 48 ms, of which 5 ms were work).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(
        socket, "TCP_DEFER_ACCEPT"
    ):  # the anteroom looks at what has come: most, at once, nothing
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 1)
    engine = app.flask.extensions["hub"].engine
    engine.replace_websocket(_bounded_messages)
    engine.run_on(Loop())
    turns = Turns(app.wsgi.press)
    door = Listener(listener, turns, Anteroom(app.wsgi, _poll))
    app.stop_listening, app.waiting = door.stop, turns.waiting
    app.start()
    wsgi.server(
        door,
        app.wsgi,
        max_size=LARGEST_CROWD,
        log_output=False,
        debug=False,
        socket_timeout=60,
        keepalive=IDLE_S,
        protocol=_protocol(app.wsgi, turns),
    )
    while True:  # the listener is closed; the rest of going down ends the process
        eventlet.sleep(1)


def _bounded_messages(stock: type) -> type:
    """For websockets that began with long-polling, which stay with the library: eventlet limits a frame, not a
    message in many frames; and a flood of them would never let go of the loop."""
    from eventlet import websocket

    class Message(websocket.RFC6455WebSocket.Message):
        taken = 0

        def push(self, data: bytes, final: bool = False) -> None:
            self.taken += len(data)
            if self.taken > self.max_frame_length:
                raise websocket.FailedConnectionError(1009, "The message is too large.")
            super().push(data, final)
            eventlet.sleep(0)

    class Bounded(stock):
        def _handle_hybi_request(self, environ: dict[str, Any]) -> Any:
            socket = super()._handle_hybi_request(environ)
            socket.Message = Message
            return socket

    return Bounded


def serve_threading(app: serving.Served) -> None:
    app.start()
    app.run_with_threads()


def main(fill: bool) -> None:
    app = serving.prepare(fill=fill)
    _calm_collector()
    (serve_eventlet if EVENTLET else serve_threading)(app)


if __name__ == "__main__":
    main(fill="run" in sys.argv[1:])
