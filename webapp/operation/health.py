"""Whether this process can do its work: asked apart from the request, so that an answer comes even where none does.

A database that hangs keeps whoever asks it; the question goes to a thread (a green one under the event loop), the
answer is waited for no longer than WITHIN_S, and while one question is out no second one is sent after it.
"""

import os
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import make_url, text

from webapp.config import Config
from webapp.core import clock, facts, migrate, redis_server, trouble
from webapp.core.db import db, transaction
from webapp.core.outages import FULL, READ_ONLY, recognised
from webapp.errors import WRITING

WITHIN_S = 2.0
LEAST_FREE = 64 * 1024 * 1024  # bytes: a day of a large city's log and a checkpoint

Faults = dict[str, str]


@dataclass(slots=True)
class Probe:
    """One question at a time, however many ask."""

    name: str
    ask: Callable[[Flask], Faults]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: threading.Event = field(default_factory=threading.Event)
    _asked_at: float | None = None
    _faults: Faults = field(default_factory=dict)

    def faults(self, app: Flask, within_s: float) -> Faults:
        with self._lock:
            if self._asked_at is None:
                self._asked_at = clock.monotonic()
                self._done.clear()
                threading.Thread(target=self._run, args=(app,), daemon=True).start()
            asked_at = self._asked_at
        if self._done.wait(within_s):
            return self._faults
        waited = clock.monotonic() - asked_at
        return {
            self.name: f"{waited:.0f}秒たっても答えがありません（止まっているか、混み合っています）"
        }

    def _run(self, app: Flask) -> None:
        try:
            with app.app_context():
                self._faults = self.ask(app)
        except Exception as error:  # noqa: BLE001 whatever it is, the answer names it
            outage = recognised(error)
            words = outage.words if outage else f"確かめられません（{type(error).__name__}）"
            self._faults = {self.name: words}
        finally:
            self._asked_at = None
            self._done.set()


def _database(app: Flask) -> Faults:
    if not migrate.is_current():
        return {"migrations": "データベースが古い版です。zaiseki migrate を実行してください"}
    return _writes(app)


def _writes(app: Flask) -> Faults:
    """Not tried for its own sake: only where the room is short or a write has failed, until one succeeds."""
    config: Config = app.config["ZAISEKI"]
    free = free_bytes(config)
    if free is not None and free < LEAST_FREE:
        return {"disk": f"{FULL.words}（残り {free // 1_048_576} MB）"}
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect() as connection:
            if connection.execute(text("SHOW transaction_read_only")).scalar() == "on":
                return {"database": READ_ONLY.words}
    if trouble.is_known(WRITING):
        with transaction():
            facts.put("last_trial", clock.now().isoformat())
        trouble.over(WRITING)
    return {}


def free_bytes(config: Config) -> int | None:
    """Room where the embedded database lies; None where it is a server of its own."""
    url = make_url(config.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    room = os.statvfs(Path(url.database).resolve().parent)
    return room.f_bavail * room.f_frsize


def _redis(app: Flask) -> Faults:
    url = app.config["ZAISEKI"].redis_url
    if url:
        with closing(redis_server.connect(url)) as client:  # asked every few seconds for years
            client.ping()
    return {}


class Readiness:
    """The probes of one process."""

    def __init__(self) -> None:
        self._probes = [Probe("database", _database), Probe("redis", _redis)]

    def faults(self, app: Flask, within_s: float = WITHIN_S) -> Faults:
        """{what: words}, empty when ready; within twice within_s at the longest."""
        found: Faults = {}
        for probe in self._probes:
            found |= probe.faults(app, within_s)
        return found
