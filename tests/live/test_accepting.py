"""The listening socket of the server's entry: what ends it, and what does not."""

import subprocess
import sys

import pytest

from tests.live.server import ROOT

pytestmark = pytest.mark.live

# The entry patches the process it is imported into, so a process of its own.
SCRIPT = """
import errno, sys
import wsgi

class Green:
    def __init__(self, *says):
        self.says = list(says)
    def accept(self):
        said = self.says.pop(0)
        if isinstance(said, int):
            raise OSError(said, "said")
        return said

door = wsgi.Listener(Green(errno.EMFILE, errno.EMFILE, errno.ECONNABORTED, "a client", errno.EBADF))
assert door.accept() == "a client"
try:
    door.accept()
except OSError as error:
    assert error.errno == errno.EBADF
else:
    sys.exit("deaf for ever")
door = wsgi.Listener(Green(errno.EBADF))
door._accepted, door._green.fileno, door._green.close = 7, lambda: 999, lambda: None
wsgi.eventlet.spawn(door.stop)
try:
    door.accept()
except OSError as error:
    assert error.errno == errno.ESHUTDOWN, error
else:
    sys.exit("accepted after the end")
print("well")
"""


def test_a_shortage_of_descriptors_does_not_end_the_server() -> None:
    """And stopping while the loop has its turn between two connections ends it as asked."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
    assert done.stdout.strip() == "well", done.stderr
    assert done.stderr.count("accepting connections") == 2  # once, and that it works again
