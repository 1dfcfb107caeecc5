"""The Socket.IO server, set up for a town hall: small messages, websocket only, same origin, nothing kept too long.

Four of the libraries' classes are replaced by subclasses, each made by the one above it:
Flask-SocketIO's SocketIO → Socket.IO's Server → Engine.IO's Server → Engine.IO's Socket (`lines.Line`).
Without an event loop lent by the server's entry (threads, tests) the sockets are the stock ones.
"""

import base64
import hashlib
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import engineio
import flask_socketio
import socketio
from engineio import packet as packets

from webapp.config import Config
from webapp.core import clock
from webapp.realtime import frames
from webapp.realtime.crew import Crew
from webapp.realtime.lines import LINGER_S, Counters, Line, Loop
from webapp.realtime.manager import TownHallManager
from webapp.realtime.wheel import SLOT_S, Wheel

log = logging.getLogger(__name__)
PING_S, PONG_S = 25, 20
HANDS = 6  # that answer clients at the same time; a handler that waits for the database holds one
TURN_S = 0.005
STRANGER_S = 10.0  # a connection may be without a name that long
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# What a connect handler and the browser's session need of the request; the rest holds buffers and the handler alive.
_KEPT = (
    "CONTENT_TYPE",
    "HTTP_COOKIE",
    "HTTP_HOST",
    "HTTP_ORIGIN",
    "HTTP_USER_AGENT",
    "PATH_INFO",
    "QUERY_STRING",
    "REMOTE_ADDR",
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "flask.app",
    "wsgi.url_scheme",
)


class TownHallEngine(engineio.Server):  # type: ignore[misc]
    """Websockets without greenlets where a loop is lent; who says nothing or does not answer is shown out."""

    _async: dict[str, Any]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.loop: Loop | None = None
        self.counters = Counters()
        self.strangers: dict[str, float] = {}  # connected, nobody yet; oldest first
        self._pings: Wheel[Line] = Wheel(PING_S)
        self._pinged: dict[int, float] = {}  # slot: when
        self._lingering: deque[tuple[float, Line]] = deque()
        spawn, pause = self.start_background_task, self.sleep
        self._crew = Crew(self._answer, spawn=spawn, pause=pause, most=HANDS, turn_s=TURN_S)
        self._reaper = Crew(self._tell, spawn=spawn, pause=pause, most=1, turn_s=TURN_S)

    def run_on(self, loop: Loop) -> None:
        self.loop = loop
        self.start_background_task(self._tend_for_ever)

    def replace_websocket(self, subclass: Callable[[type], type]) -> None:
        """Of this engine alone: the library's table of what its mode uses is shared."""
        self._async = {**self._async, "websocket": subclass(self._async["websocket"])}

    # --- coming -----------------------------------------------------------------------------

    def _handle_connect(
        self, environ: Any, start_response: Any, transport: str, jsonp_index: Any = None
    ) -> Any:
        if self.loop is None or transport != "websocket":
            return super()._handle_connect(environ, start_response, transport, jsonp_index)
        key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "")
        if not _is_handshake(environ, key):
            start_response("400 Bad Request", [("Sec-WebSocket-Version", "13")])
            return [b"websocket version 13 is needed\n"]
        line = Line(self, self.generate_id())
        self.sockets[line.sid] = line
        if self._trigger_event("connect", line.sid, environ, run_async=False) is False:
            self.forget(line)
            return self._unauthorized()
        self._pings.add(line)
        line.open(self.loop.take_over(environ), _accepted(key) + self._opening(line.sid))
        return []

    def _opening(self, sid: str) -> bytes:
        about = {
            "sid": sid,
            "upgrades": [],
            "pingTimeout": int(self.ping_timeout * 1000),
            "pingInterval": int(self.ping_interval * 1000),
            "maxPayload": self.max_http_buffer_size,
        }
        return frames.frame(packets.Packet(packets.OPEN, about).encode().encode())

    def named(self, sid: str) -> None:
        self.strangers.pop(sid, None)

    def unnamed(self, sid: str) -> None:
        """Left the conversation but not the connection."""
        if sid in self.sockets:
            self.strangers[sid] = clock.monotonic()

    # --- what lines ask for -----------------------------------------------------------------

    def came(self, line: Line) -> None:
        if not line.busy:
            line.busy = True
            self._crew.add(line)

    def _answer(self, line: Line) -> None:
        """One message; the next one of the same client after everybody else's turn."""
        try:
            if line.inbox and not line.closed:
                message = line.inbox.popleft()
                self._trigger_event("message", line.sid, message, run_async=False)
        finally:
            if line.told is not None:
                self._reaper.add(line)
            elif line.inbox and not line.closed:
                self._crew.add(line)
            else:
                line.busy, line.inbox = False, None

    def lost(self, line: Line, reason: str) -> None:
        """Never while one of its messages is at work: a connect that ends later would stay as a phantom."""
        if line.told is None:
            line.told = reason
            self._pings.discard(line)
            if not line.busy:
                self._reaper.add(line)

    def _tell(self, line: Line) -> None:
        try:
            self._trigger_event("disconnect", line.sid, line.told, run_async=False)
        finally:
            self.forget(line)

    def forget(self, line: Line) -> None:
        self._pings.discard(line)
        self.strangers.pop(line.sid, None)
        self.sockets.pop(line.sid, None)

    def lingers(self, line: Line) -> None:
        self._lingering.append((clock.monotonic(), line))

    def waiting(self) -> int:
        return len(self._crew)

    def untold(self) -> int:
        return len(self._reaper)

    # --- tending ----------------------------------------------------------------------------

    def _tend_for_ever(self) -> None:
        while True:
            before = clock.monotonic()
            self.sleep(SLOT_S)
            try:
                now = clock.monotonic()
                self.tend(now, late_s=now - before - SLOT_S)
            except Exception:
                log.exception("tending the sockets failed; going on")

    def tend(self, now: float, *, late_s: float = 0.0) -> None:
        """late_s: after a standstill of the whole process the answers of everybody lie unread in the system: then
        nobody is taken for gone before they have been read."""
        if late_s > 1.0:
            self._pinged = {slot: at + late_s + 2.0 for slot, at in self._pinged.items()}
        self._miss(now)
        for slot in self._pings.due(now):
            self._pinged[slot] = now
            for line in list(self._pings.slots[slot]):
                line.ping()
        while self._lingering and self._lingering[0][0] < now - LINGER_S:
            self._lingering.popleft()[1].let_go()
        self.show_out(now)

    def _miss(self, now: float) -> None:
        for slot in [slot for slot, at in self._pinged.items() if at < now - PONG_S]:
            del self._pinged[slot]
            for line in [line for line in self._pings.slots[slot] if line.unanswered]:
                self.counters.timed_out += 1
                line.give_up(self.reason.PING_TIMEOUT)

    def show_out(self, now: float) -> None:
        """A connection that does not say who it is, or was refused, is closed after a while.

        Not one that did and waits for its turn: under a rush that would send away whom the server kept waiting.
        """
        while self.strangers:
            sid, since = next(iter(self.strangers.items()))
            if since > now - STRANGER_S:
                return
            del self.strangers[sid]
            line = self.sockets.get(sid)
            if isinstance(line, Line) and line.busy:
                self.strangers[sid] = now
            elif isinstance(line, Line):
                line.leave(frames.POLICY)
            elif line is not None:
                del self.sockets[sid]
                line.close(wait=False)


def _is_handshake(environ: dict[str, Any], key: str) -> bool:
    asked = {word.strip() for word in environ.get("HTTP_CONNECTION", "").lower().split(",")}
    try:
        is_key = len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        is_key = False
    return "upgrade" in asked and environ.get("HTTP_SEC_WEBSOCKET_VERSION") == "13" and is_key


def _accepted(key: str) -> bytes:
    """No extension is agreed: deflate costs 100 KB a connection."""
    proof = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n"
    )


class TownHallServer(socketio.Server):  # type: ignore[misc]
    """Keeps of a request what connecting needs, until it has; an ill disconnect handler leaves no phantom."""

    eio: TownHallEngine

    def _engineio_server_class(self) -> type[TownHallEngine]:
        return TownHallEngine

    def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        slim = {name: environ[name] for name in _KEPT if name in environ}
        super()._handle_eio_connect(eio_sid, slim)
        self.eio.strangers[eio_sid] = clock.monotonic()

    def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        super()._handle_eio_disconnect(eio_sid, reason)
        self.eio.strangers.pop(eio_sid, None)

    def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        """What is not Socket.IO ends the connection; the stock one logs a traceback for each."""
        try:
            super()._handle_eio_message(eio_sid, data)
        except (ValueError, RecursionError, TypeError, AttributeError, IndexError, KeyError):
            log.info("not Socket.IO: %r", str(data)[:80])
            self.eio.counters.broke_rules += 1
            self.eio.disconnect(eio_sid)

    def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        if eio_sid not in self.environ:  # once a connection; after "left" it is closed
            refusal = {"message": "Unable to connect"}
            kind = socketio.packet.CONNECT_ERROR
            self._send_packet(
                eio_sid, self.packet_class(kind, data=refusal, namespace=namespace or "/")
            )
            return
        super()._handle_connect(eio_sid, namespace, data)
        if self.manager.sid_from_eio_sid(eio_sid, namespace or "/") is not None:
            self.environ.pop(eio_sid, None)
            self.eio.named(eio_sid)

    def _handle_disconnect(
        self, eio_sid: str, namespace: str | None, reason: str | None = None
    ) -> None:
        super()._handle_disconnect(eio_sid, namespace, reason)
        self.eio.unnamed(eio_sid)

    def disconnect(
        self, sid: str, namespace: str | None = None, ignore_queue: bool = False
    ) -> None:
        eio_sid = self.manager.eio_sid_from_sid(sid, namespace or "/")
        super().disconnect(sid, namespace, ignore_queue)
        self.eio.unnamed(eio_sid)

    def _trigger_event(self, event: str, namespace: str, *args: Any) -> Any:
        """An exception in a disconnect handler would leave the sid in its rooms for ever."""
        if event != "disconnect":
            return super()._trigger_event(event, namespace, *args)
        try:
            return super()._trigger_event(event, namespace, *args)
        except Exception:
            log.exception("disconnect handler")
            return None


class TownHallSockets(flask_socketio.SocketIO):
    """Handlers get their sid; a request is made up for `connect` alone, which looks into the browser's session."""

    server: TownHallServer | None
    server_options: dict[str, Any]  # the package's types leave these out
    handlers: list[tuple[str, Any, str]]
    sockio_mw: Any
    default_exception_handler: Any

    def init_app(self, app: Any, **options: Any) -> None:
        super().init_app(app, **options)
        self.server = TownHallServer(**self.server_options)
        for event, handler, namespace in self.handlers:
            self.server.on(event, handler, namespace=namespace)
        self.sockio_mw.engineio_app = self.server

    def _handle_event(
        self, handler: Any, message: str, namespace: str, sid: str, *args: Any
    ) -> Any:
        if message == "connect":
            return super()._handle_event(  # type: ignore[misc]
                handler, message, namespace, sid, *args
            )
        try:
            return handler(sid, *args)
        except Exception as error:
            if self.default_exception_handler is None:
                raise
            return self.default_exception_handler(error)


def make_server(config: Config) -> TownHallSockets:
    transports = ["websocket", "polling"] if config.polling else ["websocket"]
    # No origin allowed besides one's own; an empty list would switch the check off.
    options: dict[str, Any] = {"transports": transports, "cors_allowed_origins": None}
    return TownHallSockets(
        async_mode=config.async_mode,  # type: ignore[arg-type]
        client_manager=TownHallManager(),
        **options,
        max_http_buffer_size=16_384,
        manage_session=False,
        ping_interval=PING_S,
        ping_timeout=PONG_S,
        async_handlers=False,  # two events of one client must not overtake each other
        http_compression=False,
        logger=False,
        engineio_logger=False,
    )
