"""A real server on the loopback address that takes webhooks, in every way a server can."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """how: a status, redirect, slow (says nothing), drip (a byte at a time), noise (no HTTP), hang-up."""

    how: int | str = 204
    got: list[dict[str, Any]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(each["body"]) for each in self.got]


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def log_message(self, *_args: Any) -> None:
        """The test reads what was received, not the console."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        got = {"path": self.path, "body": body, "headers": dict(self.headers)}
        self.receiver.got.append(got)
        self._answer(self.receiver.how)
        self.close_connection = True

    def do_GET(self) -> None:
        self.receiver.got.append({"path": self.path, "body": b"null", "headers": {}})

    def _answer(self, how: int | str) -> None:
        if how == "slow":
            self.receiver.stopped.wait(20)
        elif how == "drip":
            self._drip()
        elif how == "noise":
            self.wfile.write(b"220 smtp.example ESMTP\r\n")
        elif how != "hang-up":
            self.send_response(302 if how == "redirect" else int(how))
            self.send_header("Location", "/elsewhere")
            self.end_headers()

    def _drip(self) -> None:
        """Never a whole line; the other side hangs up."""
        for letter in b"HTTP/1.1 204 No Content" * 100:
            if self.receiver.stopped.wait(0.05):
                return
            try:
                self.wfile.write(bytes([letter]))
            except OSError:
                return


@contextmanager
def receiving(how: int | str = 204) -> Iterator[Receiver]:
    receiver = Receiver(how)
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Taking", (Handler,), {"receiver": receiver})
    )
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks/t0ken"
    try:
        yield receiver
    finally:
        receiver.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


def until(what: Any, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(what())
