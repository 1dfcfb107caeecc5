"""Going down without taking anything along: told, served, sent, closed — and gone within ten seconds."""

import logging
from collections.abc import Callable
from typing import Any

from webapp.core import clock
from webapp.realtime.lines import Line
from webapp.realtime.sockets import Hub

log = logging.getLogger(__name__)
AT_MOST_S = 8.0
LEAVING_S = 3.0  # over which the sockets are closed
COME_BACK_A_SECOND = 500  # what a server that starts, or the others, can take in
SLICES = 30
LOOK_S = 0.02


class Drain:
    """SIGTERM: no new sockets, `drain {"spread_s"}` to each client a moment before its socket is closed, what is in
    flight is answered, what the pump holds is sent.

    Nobody is noted as lost: the people are on their way to a server, and their leases run out by themselves.
    """

    def __init__(self, hub: Hub, in_flight: Callable[[], int]) -> None:
        self._hub, self._in_flight = hub, in_flight
        self._until = clock.monotonic() + AT_MOST_S

    def run(self) -> bool:
        """True: nothing was cut short."""
        self._hub.go_down()
        self._wait_for(lambda: self._in_flight() == 0, until=self._until - LEAVING_S)
        self._wait_for(lambda: self._hub.pump.waiting() == 0, until=self._until - LEAVING_S)
        self._let_everybody_go()
        return self._wait_for(lambda: self._in_flight() == 0, until=self._until)

    def _wait_for(self, done: Callable[[], bool], *, until: float) -> bool:
        while not done():
            if clock.monotonic() >= until:
                return False
            self._hub.server.sleep(LOOK_S)
        return True

    def _let_everybody_go(self) -> None:
        sockets = list(self._hub.engine.sockets.values())
        spread_s = max(1, round(len(sockets) / COME_BACK_A_SECOND))
        manager = self._hub.server.server.manager
        word = manager.encoded("drain", {"spread_s": spread_s})
        size = max(50, -(-len(sockets) // SLICES))
        for start in range(0, len(sockets), size):
            some = sockets[start : start + size]
            manager.write_to([socket.sid for socket in some], word)
            for socket in some:
                _close(socket)
            if start + size < len(sockets):
                self._hub.server.sleep(LEAVING_S / SLICES)
        # The stock sockets are written by threads of their own, and clients say good-bye in turn.
        self._wait_for(lambda: not self._hub.engine.sockets, until=clock.monotonic() + 1.0)


def _close(socket: Any) -> None:
    try:
        if isinstance(socket, Line):
            socket.leave()
        else:
            socket.close(wait=False)
    except Exception:
        log.exception("a socket could not be closed; the others are")
