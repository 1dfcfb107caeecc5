"""Official clients that keep what they were sent, and calls beside them."""

import json
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import socketio

if TYPE_CHECKING:
    from tests.live.conftest import Live


class Watcher:
    """One official client that keeps what it was sent."""

    def __init__(self, live: "Live", number: str | None) -> None:
        self.events: list[tuple[str, Any]] = []
        self.client = socketio.Client(reconnection=False)
        self.client.on("*", lambda event, data=None: self.events.append((event, data)))
        auth = {"token": live.token(number)} if number else None
        self.client.connect(live.url, auth=auth, transports=["websocket"], wait_timeout=30)
        self.line: Any = self.client.eio.ws

    def close(self) -> None:
        self.client.disconnect()
        self.line.close()  # the client leaves it open where the server ended the conversation

    def call(self, event: str, data: Any) -> Any:
        return self.client.call(event, data, timeout=30)

    def is_closed(self, seconds: float = 60) -> bool:
        """By the server, within the time it may take on a busy machine."""
        deadline = time.monotonic() + seconds
        while self.client.connected and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.client.connected

    def rows(self, staff: str | None = None) -> list[dict[str, Any]]:
        found = [row for event, data in self.events if event == "rows" for row in data["rows"]]
        return [row for row in found if staff is None or row["staff"] == staff]

    def wait_for(self, test: Any, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not test(self):
            assert time.monotonic() < deadline, self.events
            time.sleep(0.02)


def request(
    live: "Live", number: str, method: str, path: str, body: Any = None, **headers: str
) -> Any:
    call = urllib.request.Request(
        f"{live.other.url}/api/v1{path}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={
            "Authorization": f"Bearer {live.token(number)}",
            "Content-Type": "application/json",
            **headers,
        },
    )
    with urllib.request.urlopen(call, timeout=30) as answer:
        return json.load(answer)
