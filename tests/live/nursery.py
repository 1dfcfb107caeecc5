"""Servers forked from one process that has imported everything: 0.1 s of a core each instead of 2.5.

What is forked is the entry itself (`wsgi.main`, patched as for `zaiseki serve`), with an environment, a session and a
log of its own. That `zaiseki serve` gets there is what test_start and the load program show.
"""

import contextlib
import ctypes
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
EVERY_S = 0.02
PR_SET_PDEATHSIG = 1


class Nursery:
    def __init__(self) -> None:
        plain = {name: text for name, text in os.environ.items() if not name.startswith("ZAISEKI_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.live.nursery"],
            cwd=ROOT,
            env=plain,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def serve(self, environ: dict[str, str], log: Path) -> "Nursling":
        return Nursling(self, int(self.ask(environ=environ, log=str(log))))

    def ask(self, **words: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        with self._process as ending:  # closes the pipes; at the end of its input it goes
            assert ending.stdin is not None
            ending.stdin.close()


class Nursling:
    """What the tests need of `subprocess.Popen`, of a process that is somebody else's child."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery, self.pid = nursery, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.ask(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = time.monotonic() + timeout if timeout is not None else None
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("nursling", timeout or 0)
            time.sleep(EVERY_S)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


# --- the process that forks --------------------------------------------------------------------


def main() -> None:
    """Lines of JSON in: an environment to serve, or a child to look after; a line of JSON out."""
    import wsgi

    _import_everything()
    alive: set[int] = set()
    for line in sys.stdin:
        words = json.loads(line)
        if "ended" in words:
            said = _ended(words["ended"])
            alive -= {words["ended"]} if said is not None else set()
        else:
            said = _serve(wsgi, words)
            alive.add(said)
        print(json.dumps(said), flush=True)
    for pid in alive:  # whoever asked was killed: nobody looks after them any more
        os.kill(pid, signal.SIGKILL)


def _import_everything() -> None:
    """Modules that the making of an application imports late. No loop is started, no file or socket left open."""
    from webapp import create_app
    from webapp.config import Config
    from webapp.core import templates
    from webapp.core.db import db
    from webapp.core.migrate import is_current

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/empty.db"
        app = create_app(Config(database_url=url, secret_key="nursery-" * 4))
        with app.app_context():
            is_current()  # alembic
            templates.compile_all(app)
            db.session.remove()
            db.engine.dispose()
    gc.collect()
    gc.freeze()


def _serve(wsgi: Any, words: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _grow_up(wsgi, words)
    return pid


def _grow_up(wsgi: Any, words: dict[str, Any]) -> NoReturn:
    code = 1
    try:
        os.setsid()
        _die_with_parent()
        _say_to(words["log"])
        os.environ.clear()  # in place: it is a default argument here and there
        os.environ.update(words["environ"])
        wsgi.main(fill=False)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 what a process of its own would do
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


def _die_with_parent() -> None:
    """Also when the nursery is killed and cannot look after anybody; on Linux."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _say_to(log: str) -> None:
    silent = os.open(os.devnull, os.O_RDONLY)
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for source, target in ((silent, 0), (said, 1), (said, 2)):
        os.dup2(source, target)
    os.close(silent)
    os.close(said)


def _ended(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


if __name__ == "__main__":
    main()
