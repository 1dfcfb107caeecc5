"""The solver in a process of its own, watched by a background task: nothing here holds up the event loop.

What the process says goes to files, so nothing blocks on a pipe, and a server that dies leaves it nobody to wait for.
"""

import contextlib
import json
import logging
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.realtime import outbox
from webapp.rota import places
from webapp.rota.models import RotaRun

log = logging.getLogger(__name__)
LOOK_S = 0.5  # between two looks: progress is told at most twice a second
ALIVE_S = 5.0  # between two signs of life without news
CLOSING_TRIES = 120  # times LOOK_S: a minute
GRACE_S = 20.0  # beyond the time limit before the process is ended
COMMAND = (
    sys.executable,
    "-c",
    "from webapp.rota.commands import rota_group; rota_group(prog_name='rota')",
    "solve",
)
ROOT = Path(__file__).resolve().parents[2]
KILLED = (
    "自動作成のプログラムが途中で止められました。案は変わっていません。もう一度お試しください。"
)


def watch(run_id: int) -> None:
    """After the commit that queued the run."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    app.extensions["socket_server"].start_background_task(Watch(app, run_id).follow)


class Watch:
    def __init__(self, app: Flask, run_id: int) -> None:
        self.app, self.run_id = app, run_id
        self.sleep = app.extensions["socket_server"].sleep
        self.process: subprocess.Popen[bytes] | None = None
        self.folder: Path | None = None
        self.told: dict[str, Any] = {}
        self.seen = clock.monotonic()
        self.stopped = False

    def follow(self) -> None:
        try:
            self._follow()
        except Exception:
            log.exception("watching rota run %d failed", self.run_id)
            self._close("failed", places.LOST, None)
        finally:
            self._clean_up()

    def _follow(self) -> None:
        if not self._comes_to_its_turn():
            return
        process, until = self._spawn()
        while process.poll() is None:
            self.sleep(LOOK_S)
            self._look(process)
            if clock.monotonic() > until:
                process.kill()
        self._end(process.returncode)

    def _look(self, process: "subprocess.Popen[bytes]") -> None:
        """Tell and be told, through the row: whoever stops the run may have asked another process."""
        try:
            self._tell()
            state = self._state()
        except OperationalError as error:  # a database that is away for a moment costs no run
            log.warning("rota run %d: %s", self.run_id, error.orig)
            return
        if state == "stopping" and not self.stopped:
            self.stopped = True
            process.send_signal(signal.SIGTERM)
        elif state not in places.LIVE:  # another took us for dead
            process.kill()

    # --- waiting for its turn ---------------------------------------------------------------

    def _comes_to_its_turn(self) -> bool:
        while True:
            with contextlib.suppress(OperationalError):
                if self._may_begin():
                    return True
                if self._state() != "queued":
                    return False
            self.sleep(LOOK_S)

    def _may_begin(self) -> bool:
        with self.app.app_context(), transaction():
            return places.begin(self.run_id, now=clock.now())

    def _state(self) -> str:
        with self.app.app_context():
            query = select(RotaRun.state).where(RotaRun.id == self.run_id)
            found: str = db.session.scalar(query) or "gone"
            db.session.rollback()
            return found

    # --- the process ------------------------------------------------------------------------

    def _spawn(self) -> tuple["subprocess.Popen[bytes]", float]:
        """(the process, the monotonic second at which it must be over)."""
        with self.app.app_context():
            row = db.session.get(RotaRun, self.run_id)
            problem = row.problem if row is not None else {}
            db.session.rollback()
        folder = self.folder = Path(tempfile.mkdtemp(prefix="zaiseki-rota-"))
        file = folder / "problem.json"
        file.write_text(json.dumps(problem), encoding="utf-8")
        with (folder / "plan.json").open("wb") as out, (folder / "progress").open("wb") as err:
            self.process = subprocess.Popen(  # noqa: S603 our own command
                [*COMMAND, str(file)], stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=ROOT
            )
        with self.app.app_context(), transaction():
            row = db.session.get(RotaRun, self.run_id)
            if row is not None:
                row.pid = self.process.pid
        return self.process, clock.monotonic() + problem.get("time_limit_s", 30) + GRACE_S

    def _read(self, name: str) -> str:
        if self.folder is None:
            return ""
        return (self.folder / name).read_text(encoding="utf-8", errors="replace")

    def _tell(self) -> None:
        """The latest line of progress into the row; the pump tells whoever has the page open."""
        lines = [line for line in self._read("progress").splitlines() if line.startswith("{")]
        news: dict[str, Any] = {}
        for line in lines[-1:]:
            with contextlib.suppress(ValueError):
                news = json.loads(line)
        is_new = bool(news) and news != self.told
        if not is_new and clock.monotonic() - self.seen < ALIVE_S:
            return
        self.told, self.seen = news or self.told, clock.monotonic()
        with self.app.app_context(), transaction():
            row = places.live(self.run_id)
            if row is None:
                return
            row.seen_at = clock.now()
            if is_new:
                row.progress = row.progress | news
                outbox.touch(places.TOPIC, row.id)

    def _end(self, status: int) -> None:
        if status == 0:
            try:
                plan = json.loads(self._read("plan.json"))
            except ValueError:
                return self._close("failed", KILLED, None)
            return self._close("cancelled" if self.stopped else "done", "", plan)
        if self.stopped and status == -signal.SIGTERM:  # before it had begun to search
            return self._close("cancelled", "案ができる前に止めました。", None)
        if status < 0:
            return self._close("failed", KILLED, None)
        faults = [line for line in self._read("progress").splitlines() if not line.startswith("{")]
        log.error("rota run %d refused: %s", self.run_id, faults[-5:])
        words = faults[0].split(": ", 1)[-1] if status == 1 and faults else ""
        message = f"問題を読めませんでした: {words}" if words else KILLED
        return self._close("failed", message, None)

    def _close(self, state: str, message: str, plan: dict[str, Any] | None) -> None:
        """A plan is worth waiting for a database that is away."""
        for _ in range(CLOSING_TRIES):
            with contextlib.suppress(OperationalError), self.app.app_context(), transaction():
                row = places.live(self.run_id)
                if row is not None:
                    row.plan = plan
                    places.end(row, state, message, now=clock.now())
                return
            self.sleep(LOOK_S)
        log.error("rota run %d: %s, and the database does not answer", self.run_id, state)

    def _clean_up(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
