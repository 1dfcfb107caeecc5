"""The word between server processes that something changed: ids, never rows. Redis carries it where there is one.

Every process renders and sends to its own sockets, from the database. So a word that is lost costs half a second
(`catchup`), and nothing that goes through Redis has to be believed. Measured with two processes: ids as JSON 2.5 ms,
where a message queue of frames would have every process decode what concerns a fraction of its sockets.
"""

import json
import threading
from collections.abc import Callable, Iterable
from typing import Any

import redis

from webapp.core import clock, trouble

WORD = "wake-up between processes"
SEND_S = 0.02  # words of so long go in one message
PAUSE_S = 1.0  # after a failure
ALIVE_S = 2.0  # between two signs of life; a process hears its own, or the line is dead
DEAD_AFTER_S = 5.0
MOST_IDS = 5_000  # in one message; the database says the rest

Handler = Callable[[list[int]], object]


class Wake:
    """One per process. `tell` from any greenlet or thread, never blocking; `on` before `start`."""

    def __init__(
        self, own_id: str, open_line: Callable[[bool], Any], channel: Callable[[], str]
    ) -> None:
        self._own_id, self._open, self._channel = own_id, open_line, channel
        self._handlers: dict[str, Handler] = {}
        self._lock = threading.Lock()
        self._waiting: dict[str, dict[int, None]] = {}
        self._heard_at = -DEAD_AFTER_S

    def on(self, kind: str, handler: Handler) -> None:
        self._handlers[kind] = handler

    def tell(self, kind: str, ids: Iterable[int]) -> None:
        with self._lock:
            self._waiting.setdefault(kind, {}).update(dict.fromkeys(ids))

    def is_alive(self) -> bool:
        """Whether what is told now reaches the others within a moment, as far as one can know."""
        return clock.monotonic() - self._heard_at < DEAD_AFTER_S

    def start(self, server: Any) -> None:
        server.start_background_task(self._for_ever, self._listen, server.sleep)
        server.start_background_task(self._for_ever, self._send, server.sleep)

    def _for_ever(self, work: Callable[[Any], None], sleep: Callable[[float], None]) -> None:
        while True:
            try:
                work(sleep)
            except Exception as error:  # noqa: BLE001 an outage of whatever kind: said once, tried again
                trouble.tell(WORD, error)
            sleep(PAUSE_S)

    # --- sending ----------------------------------------------------------------------------

    def _send(self, sleep: Callable[[float], None]) -> None:
        line, channel, said_at = self._open(False), self._channel(), 0.0
        try:
            while True:
                sleep(SEND_S)
                kinds = self._take()
                now = clock.monotonic()
                if not kinds and now - said_at < ALIVE_S:
                    continue
                line.publish(channel, json.dumps({"from": self._own_id, "kinds": kinds}))
                said_at = now
        finally:
            line.close()

    def _take(self) -> dict[str, list[int]]:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        return {kind: list(ids)[:MOST_IDS] for kind, ids in waiting.items()}

    # --- listening --------------------------------------------------------------------------

    def _listen(self, _sleep: Callable[[float], None]) -> None:
        line = self._open(True)
        try:
            ear = line.pubsub(ignore_subscribe_messages=True)
            ear.subscribe(self._channel())
            began = clock.monotonic()
            while True:
                message = ear.get_message(timeout=DEAD_AFTER_S)
                if message is not None:  # None also stands for the answer to the subscription
                    self._hear(message["data"])
                if clock.monotonic() - max(began, self._heard_at) > DEAD_AFTER_S:
                    raise redis.TimeoutError("not even an own word came back")
        finally:
            line.close()

    def _hear(self, data: bytes) -> None:
        said = json.loads(data)
        if said["from"] == self._own_id:
            self._heard_at = clock.monotonic()
            trouble.over(WORD)
            return
        for kind, ids in said["kinds"].items():
            handler = self._handlers.get(kind)
            if handler is not None:
                handler(ids)
