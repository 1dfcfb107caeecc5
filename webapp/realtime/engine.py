"""The Socket.IO server, set up for a town hall: small messages, websocket only, same origin, fast mass drops."""

from typing import Any

import socketio
from engineio import packet as engine_packet
from flask_socketio import SocketIO

from webapp.config import Config
from webapp.realtime.direct import DirectLines, text_frame


class TownHallManager(socketio.Manager):  # type: ignore[misc]
    """Knows the rooms of each sid, and writes what a whole room gets straight to its sockets.

    The stock `basic_disconnect` scans every room for each leaver: O(N²) when ten thousand drop at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rooms_of: dict[tuple[str, str], set[str | None]] = {}
        self._direct: DirectLines | None = None

    def set_server(self, server: Any) -> None:
        super().set_server(server)
        self._direct = DirectLines(server.eio)

    def emit(self, event: str, data: Any, namespace: str, room: Any = None, **options: Any) -> None:
        room = options.pop("to", None) or room
        message = self._message(event, data, namespace)
        if (
            self._direct is None
            or options.get("callback")
            or options.get("skip_sid")
            or not isinstance(message, str)
        ):
            super().emit(event, data, namespace, room=room, **options)
            return
        packet = engine_packet.Packet(engine_packet.MESSAGE, message)
        frame = text_frame(packet.encode().encode())
        if namespace in self.rooms:
            for _, eio_sid in self.get_participants(namespace, room):
                if not self._direct.send(eio_sid, frame):
                    self.server.eio.send_packet(eio_sid, packet)

    def _message(self, event: str, data: Any, namespace: str) -> Any:
        """One text, or several parts where there are bytes in it."""
        arguments = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        packet = self.server.packet_class(
            socketio.packet.EVENT, namespace=namespace, data=[event, *arguments]
        )
        return packet.encode()

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        super().basic_enter_room(sid, namespace, room, eio_sid)
        self._rooms_of.setdefault((namespace, sid), set()).add(room)

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        super().basic_leave_room(sid, namespace, room)
        self._rooms_of.get((namespace, sid), set()).discard(room)

    def basic_disconnect(self, sid: str, namespace: str, **_: Any) -> None:
        for room in self._rooms_of.pop((namespace, sid), set()):
            super().basic_leave_room(sid, namespace, room)
        self.callbacks.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            if sid in pending.get(namespace, ()):
                pending[namespace].remove(sid)
                if not pending[namespace]:
                    del pending[namespace]


def make_server(config: Config) -> SocketIO:
    transports = ["websocket", "polling"] if config.polling else ["websocket"]
    # No origin allowed besides one's own; an empty list would switch the check off.
    options: dict[str, Any] = {"transports": transports, "cors_allowed_origins": None}
    return SocketIO(
        async_mode=config.async_mode,  # type: ignore[arg-type]
        client_manager=TownHallManager(),
        **options,
        max_http_buffer_size=16_384,  # unmasking is pure Python: 1 MB would hold the loop for 284 ms
        manage_session=False,
        ping_interval=25,
        ping_timeout=20,
        async_handlers=False,  # two events of one client must not overtake each other
        http_compression=False,
        logger=False,
        engineio_logger=False,
    )
