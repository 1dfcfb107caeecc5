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
    def settimeout(self, seconds):
        pass

class Nobody(list):
    next = lambda self, besides: None
    takes = lambda self, accepted, besides: False
    close = lambda self: None

client = (SimpleNamespace(fd=None), "where from")
turns = wsgi.Turns()
door = wsgi.Listener(Green(errno.EMFILE, errno.EMFILE, errno.ECONNABORTED, client, errno.EBADF), turns, Nobody())
assert door.accept() == client
try:
    door.accept()
except OSError as error:
    assert error.errno == errno.EBADF
else:
    sys.exit("deaf for ever")
door = wsgi.Listener(Green(errno.EBADF), turns, Nobody())
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

# No room: what is accepted is who is no handshake, or has said nothing yet. Later there is, for one after the other.
RUSH = """
import socket
from types import SimpleNamespace
import wsgi
from eventlet.patcher import original
from webapp.realtime import anteroom

HANDSHAKE = b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
listener = wsgi.eventlet.listen(("127.0.0.1", 0))
room = [0]
told = []
hall = SimpleNamespace(
    has_room_for_more=lambda besides=0: besides < room[0],
    refusal=lambda: b"HTTP/1.1 503 Service Unavailable\\r\\n\\r\\n",
    keep_waiting=lambda: told.append(1),
)
anteroom.MOST = 30
waiting = anteroom.Anteroom(hall, wsgi._poll)
door = wsgi.Listener(listener, wsgi.Turns(), waiting)

def client(says):
    made = original("socket").create_connection(listener.getsockname())
    made.settimeout(30)
    made.sendall(says)
    return made

def accepted():
    taken, address = door.accept()
    return taken.fd.recv(4096), address

def answer(one):
    return b"".join(iter(lambda: one.recv(4096), b""))

rush = [client(HANDSHAKE) for _ in range(32)]
others = [client(b"GET /healthz HTTP/1.1\\r\\nUpgrade: websocket\\r\\n\\r\\n"), client(b""), client(HANDSHAKE[:20])]
for other in others:
    taken, address = door.accept()
    assert address == other.getsockname(), "another one"
assert len(waiting) == 30 and told
for one in rush[30:]:
    assert answer(one).startswith(b"HTTP/1.1 503 ")
rush[1].close()
room[0] = 10**6
for one in (rush[0], rush[2], rush[3]):
    says, address = accepted()
    assert (says, address) == (HANDSHAKE, one.getsockname()), "not in their order"
last = client(HANDSHAKE)
for one in (*rush[4:28], rush[28]):
    assert accepted()[1] == one.getsockname()
room[0] = 0
wsgi.eventlet.spawn_after(0.3, lambda: room.__setitem__(0, 10**6))
assert accepted()[1] == rush[29].getsockname()  # nobody comes, and the look goes on
assert accepted()[1] == last.getsockname() and len(waiting) == 0

crowded = [True]
door._turns.crowded = lambda: bool(crowded)
wsgi.eventlet.sleep(0.05)  # the next look at it is due
wsgi.eventlet.spawn_after(0.3, crowded.clear)
another, began = client(b"GET / HTTP/1.1\\r\\n\\r\\n"), wsgi.time.monotonic()
assert accepted()[1] == another.getsockname()
assert wsgi.time.monotonic() - began > 0.25, "accepted though a thousand wait for their turn"

room[0] = 0
late, stays = client(HANDSHAKE), client(b"")
door.accept()
anteroom.LONGEST_S = -1
wsgi.eventlet.spawn_after(0.3, lambda: client(b""))
door.accept()
assert answer(late).startswith(b"HTTP/1.1 503 ") and len(waiting) == 0
anteroom.LONGEST_S = 60
one = client(HANDSHAKE)
client(b"")
door.accept()
assert len(waiting) == 1
door.stop()
assert answer(one).startswith(b"HTTP/1.1 503 ")
print("well")
"""


def test_handshakes_there_is_no_room_for_wait_in_their_order_and_nobody_behind_them() -> None:
    """Who finds it full or waits too long gets an answer and an end of the connection, not a reset."""
    done = _ran(RUSH)
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
from types import SimpleNamespace
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
anteroom = wsgi.Anteroom(SimpleNamespace(has_room_for_more=lambda besides=0: True), wsgi._poll)
lines = []
for path in ["/busy"] * 200 + ["/healthz"]:
    lines.append(original("socket").create_connection(listener.getsockname()))
    lines[-1].sendall(f"GET {path} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode())
wsgi.eventlet.spawn(
    server.server, wsgi.Listener(listener, turns, anteroom), app, log_output=False, protocol=wsgi._protocol(None, turns)
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
