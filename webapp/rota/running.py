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
from sqlalchemy import func, select

from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.realtime import outbox
from webapp.rota import runs, service
from webapp.rota.models import RotaRun

log = logging.getLogger(__name__)
LOOK_S = 0.5  # between two looks: progress is told at most twice a second
ALIVE_S = 5.0  # between two signs of life without news
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
            self._close("failed", runs.LOST, None)
        finally:
            self._clean_up()

    def _follow(self) -> None:
        while not self._may_begin():
            if self._state() != "queued":
                return
            self.sleep(LOOK_S)
        process, until = self._spawn()
        while process.poll() is None:
            self.sleep(LOOK_S)
            self._tell()
            if not self.stopped and self._state() == "stopping":
                self.stopped = True
                process.send_signal(signal.SIGTERM)
            if clock.monotonic() > until:
                process.kill()
        self._tell()
        self._end(process.returncode)

    # --- waiting for its turn ---------------------------------------------------------------

    def _may_begin(self) -> bool:
        """The oldest waiting begins when a place is free; orphans do not hold one."""
        with self.app.app_context(), transaction():
            now = clock.now()
            runs.bury(now=now)
            row = db.session.get(RotaRun, self.run_id)
            if row is None or row.state != "queued":
                return False
            row.seen_at = now
            going = select(func.count(RotaRun.id)).where(RotaRun.state.in_(("running", "stopping")))
            first = select(func.min(RotaRun.id)).where(RotaRun.state == "queued")
            free = (db.session.scalar(going) or 0) < runs.MOST_AT_ONCE
            if not free or db.session.scalar(first) != row.id:
                return False
            row.state, row.progress = "running", row.progress | {"phase": "starting"}
            outbox.touch(service.TOPIC, row.rota_id)
            return True

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
            row = db.session.get(RotaRun, self.run_id)
            if row is None or row.state not in runs.LIVE:
                return
            row.seen_at = clock.now()
            if is_new:
                row.progress = row.progress | news
                outbox.touch(service.TOPIC, row.rota_id)

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
        with self.app.app_context(), transaction():
            row = db.session.get(RotaRun, self.run_id)
            if row is not None and row.state in runs.LIVE:
                row.plan = plan
                runs.end(row, state, message, now=clock.now())

    def _clean_up(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
