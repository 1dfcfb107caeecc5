"""Who is in which room: by sid as well as by room, and what a whole room gets written straight to its lines."""

from collections.abc import Iterator
from typing import Any

import socketio
from engineio import packet as engine_packet

from webapp.realtime import frames
from webapp.realtime.lines import Line


class TownHallManager(socketio.Manager):  # type: ignore[misc]
    """Knows the rooms of each sid, makes a frame once, and gives nobody a room of their own.

    The stock `basic_disconnect` scans every room for each leaver: O(N²) when ten thousand drop at once. The stock
    room of one's own costs a two-way dictionary for each socket; here a sid is found among everybody.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rooms_of: dict[tuple[str, str], set[str]] = {}

    # --- sending ----------------------------------------------------------------------------

    def emit(self, event: str, data: Any, namespace: str, room: Any = None, **options: Any) -> None:
        room = options.pop("to", None) or room
        message = self._message(event, data, namespace)
        if options.get("callback") or options.get("skip_sid") or not isinstance(message, str):
            super().emit(event, data, namespace, room=room, **options)
            return
        sids = [eio_sid for _, eio_sid in self.get_participants(namespace, room)]
        self.write_to(sids, message)

    def write_to(self, eio_sids: list[str], message: str) -> None:
        """One message, encoded once, to each of these."""
        packet = engine_packet.Packet(engine_packet.MESSAGE, message)
        frame = frames.frame(packet.encode().encode())
        sockets = self.server.eio.sockets
        for eio_sid in eio_sids:
            line = sockets.get(eio_sid)
            if isinstance(line, Line):
                line.write(frame)
            elif line is not None:
                self.server.eio.send_packet(eio_sid, packet)

    def _message(self, event: str, data: Any, namespace: str) -> Any:
        """One text, or several parts where there are bytes in it."""
        arguments = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        packet = self.server.packet_class(
            socketio.packet.EVENT, namespace=namespace, data=[event, *arguments]
        )
        return packet.encode()

    def encoded(self, event: str, data: Any, namespace: str = "/") -> str:
        return str(self._message(event, data, namespace))

    # --- rooms ------------------------------------------------------------------------------

    def get_participants(self, namespace: str, room: Any) -> Iterator[tuple[str, str]]:
        everybody = self.rooms.get(namespace, {}).get(None)
        if isinstance(room, str) and everybody is not None and room in everybody:
            yield room, everybody[room]
            return
        yield from super().get_participants(namespace, room)

    def room_names(self, namespace: str = "/") -> list[str]:
        return [room for room in self.rooms.get(namespace, {}) if room is not None]

    def rooms_of(self, sid: str, namespace: str = "/") -> set[str]:
        return set(self._rooms_of.get((namespace, sid), ()))

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        return sorted({sid, *self.rooms_of(sid, namespace)})

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        if room == sid:
            return
        super().basic_enter_room(sid, namespace, room, eio_sid)
        if room is not None:
            self._rooms_of.setdefault((namespace, sid), set()).add(room)

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        super().basic_leave_room(sid, namespace, room)
        if room is not None:
            self._rooms_of.get((namespace, sid), set()).discard(room)

    def basic_disconnect(self, sid: str, namespace: str, **_: Any) -> None:
        for room in (*self._rooms_of.pop((namespace, sid), ()), None):
            super().basic_leave_room(sid, namespace, room)
        self.callbacks.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            if sid in pending.get(namespace, ()):
                pending[namespace].remove(sid)
                if not pending[namespace]:
                    del pending[namespace]

    def phantoms(self, eio_sids: Any, namespace: str = "/") -> list[str]:
        """Sids whose connection is not among these any more: members nobody can reach."""
        everybody = self.rooms.get(namespace, {}).get(None, {})
        return [sid for sid, eio_sid in list(everybody.items()) if eio_sid not in eio_sids]
