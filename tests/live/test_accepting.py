"""The listening socket of the server's entry: what ends it, and what does not."""

import subprocess
import sys

import pytest

from tests.live.server import ROOT

pytestmark = pytest.mark.live

# The entry patches the process it is imported into, so a process of its own.
SCRIPT = """
import errno, sys
from types import SimpleNamespace
import wsgi

class Green:
    def __init__(self, *says):
        self.says = list(says)
    def accept(self):
        said = self.says.pop(0)
        if isinstance(said, int):
            raise OSError(said, "said")
        return said

client = (SimpleNamespace(fd=None), "where from")
turns = wsgi.Turns()
door = wsgi.Listener(Green(errno.EMFILE, errno.EMFILE, errno.ECONNABORTED, client, errno.EBADF), turns)
assert door.accept() == client
try:
    door.accept()
except OSError as error:
    assert error.errno == errno.EBADF
else:
    sys.exit("deaf for ever")
door = wsgi.Listener(Green(errno.EBADF), turns)
door._green.fileno, door._green.close = lambda: 999, lambda: None
wsgi.eventlet.spawn(door.stop)
try:
    door.accept()
except OSError as error:
    assert error.errno == errno.ESHUTDOWN, error
else:
    sys.exit("accepted after the end")
print("well")
"""

# No room: what is accepted is who is no handshake, or has said nothing yet.
FLOOD = """
import socket
from types import SimpleNamespace
import wsgi
from eventlet.patcher import original

HANDSHAKE = b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
listener = wsgi.eventlet.listen(("127.0.0.1", 0))
full = SimpleNamespace(has_room_for_more=lambda: False, refusal=lambda: b"HTTP/1.1 503 Service Unavailable\\r\\n\\r\\n")
door = wsgi.Listener(listener, wsgi.Turns(), wsgi._turning_away(full))

def client(says):
    made = original("socket").create_connection(listener.getsockname())
    made.settimeout(30)
    made.sendall(says)
    return made

flood = [client(HANDSHAKE) for _ in range(30)]
others = [client(b"GET /healthz HTTP/1.1\\r\\nUpgrade: websocket\\r\\n\\r\\n"), client(b""), client(HANDSHAKE[:20])]
for other in others:
    taken, address = door.accept()
    assert address == other.getsockname(), "another one"
for one in flood:
    answer = b"".join(iter(lambda: one.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 503 "), answer
full.has_room_for_more = lambda: True
last = client(HANDSHAKE)
assert door.accept()[1] == last.getsockname()
print("well")
"""


def test_handshakes_there_is_no_room_for_are_refused_before_anybody_waits_behind_them() -> None:
    """Each gets its answer and an end of the connection, not a reset."""
    done = _ran(FLOOD)
    assert done.stdout.strip() == "well", done.stderr


# A byte in a tenth of a second: a body that is read, and one that only has to be passed over.
SLOW = """
import socket
import wsgi
from eventlet import wsgi as server
from flask import Flask, request

wsgi.BODY_S = 1
app = Flask("x")
app.add_url_rule("/read", "read", lambda: f"{len(request.get_data())} bytes", methods=["POST"])
app.add_url_rule("/unread", "unread", lambda: "not read", methods=["POST"])
listener = wsgi.eventlet.listen(("127.0.0.1", 0))
wsgi.eventlet.spawn(server.server, listener, app, log_output=False, protocol=wsgi._protocol(None, wsgi.Turns()))

def post(path, each, pause):
    with socket.create_connection(listener.getsockname()) as line:
        line.settimeout(30)
        line.sendall(f"POST {path} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 40\\r\\n\\r\\n".encode())
        for _ in range(2 if each > 1 else 8):
            line.sendall(b"x" * each)
            wsgi.eventlet.sleep(pause)
        answer = line.recv(4096).decode()
        try:
            line.settimeout(0.2 if each > 1 else 30)
            ended = not line.recv(1)
        except ConnectionResetError:
            ended = True
        except TimeoutError:
            ended = False
        return answer.split("\\r\\n")[0], "ended" if ended else "open"

for path in ("/read", "/unread"):
    print(path, *post(path, 20, 0.1), *post(path, 1, 0.1))
"""


def test_a_body_that_takes_too_long_is_refused_and_let_go() -> None:
    done = _ran(SLOW)
    assert done.stdout.splitlines() == [
        "/read HTTP/1.1 200 OK open HTTP/1.1 400 BAD REQUEST ended",
        "/unread HTTP/1.1 200 OK open HTTP/1.1 200 OK ended",
    ], done.stderr


# Two hundred requests that keep the loop 2 ms each, and behind them who wants to know how the server is.
CROWD = """
import socket, time
import wsgi
from eventlet import wsgi as server
from eventlet.patcher import original

begun = []

def app(environ, start_response):
    begun.append(environ["PATH_INFO"])
    until = time.monotonic() + 0.002
    while environ["PATH_INFO"] != "/healthz" and time.monotonic() < until:
        pass
    start_response("200 OK", [("Content-Length", "0")])
    return []

listener, turns = wsgi.eventlet.listen(("127.0.0.1", 0), backlog=1000), wsgi.Turns()
lines = []
for path in ["/busy"] * 200 + ["/healthz"]:
    lines.append(original("socket").create_connection(listener.getsockname()))
    lines[-1].sendall(f"GET {path} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode())
wsgi.eventlet.spawn(
    server.server, wsgi.Listener(listener, turns), app, log_output=False, protocol=wsgi._protocol(None, turns)
)
while len(begun) < len(lines):
    wsgi.eventlet.sleep(0.01)
print(begun.index("/healthz") < 100, turns.waiting())
"""


def test_who_asks_how_the_server_is_does_not_wait_behind_the_crowd() -> None:
    done = _ran(CROWD)
    assert done.stdout.split() == ["True", "0"], done.stderr


def test_a_shortage_of_descriptors_does_not_end_the_server() -> None:
    """And stopping while the loop has its turn between two connections ends it as asked."""
    done = _ran(SCRIPT)
    assert done.stdout.strip() == "well", done.stderr
    assert done.stderr.count("accepting connections") == 2  # once, and that it works again


def _ran(script: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
