"""In front of the application: which websockets come in now, and how many requests are being answered."""

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from werkzeug.wsgi import ClosingIterator

from webapp.realtime.admission import Admission

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WSGI = Callable[[Environ, StartResponse], Iterable[bytes]]


class Door:
    """admission: told how many are on their way in; in_flight: requests without an end of their answer yet."""

    def __init__(self, wsgi: WSGI, admission: Admission, on_their_way: Callable[[], int]) -> None:
        self._wsgi, self._admission, self._on_their_way = wsgi, admission, on_their_way
        self._lock = Lock()
        self.in_flight = 0
        self.queued = 0  # handshakes read, whose turn has not come

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if "HTTP_SEC_WEBSOCKET_KEY" in environ:
            return self._websocket(environ, start_response)
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket":  # the handshakes before RFC 6455
            start_response("400 Bad Request", [("Sec-WebSocket-Version", "13")])
            return [b"websocket version 13 is needed\n"]
        self._count(1)
        try:
            answer = self._wsgi(environ, start_response)
        except BaseException:
            self._count(-1)
            raise
        return ClosingIterator(answer, lambda: self._count(-1))

    def _websocket(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Without compression: 66 → 167 KB a connection in the stock engine."""
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        if self.has_room():
            return self._wsgi(environ, start_response)
        headers = [
            ("Content-Type", "text/plain"),
            ("Retry-After", str(self._admission.refuse())),
            ("Connection", "close"),
        ]
        start_response("503 Service Unavailable", headers)
        return [b"too many are connecting at once\n"]

    def has_room(self) -> bool:
        return self._admission.has_room(self._on_their_way())

    def has_room_for_more(self, besides: int = 0) -> bool:
        """Asked before a handshake is even read: reading a head costs more than everything else about a refusal."""
        return self._admission.has_room(self._on_their_way() + self.queued + besides)

    def keep_waiting(self) -> None:
        """Somebody waits before it."""
        self._admission.keep_out()

    def press(self) -> None:
        """Many wait behind it."""
        self._admission.press()

    def refusal(self) -> bytes:
        return (
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n"
            f"Retry-After: {self._admission.refuse()}\r\n\r\n"
        ).encode()

    def _count(self, more: int) -> None:
        with self._lock:
            self.in_flight += more
