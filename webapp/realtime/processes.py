"""The server processes of one database: who runs, who died, and what the living do about it.

A process counts its beat up in its row. Peers remember when they last saw it move, each by its own monotonic clock:
no clock is compared with another, so neither a step of the time nor a machine whose clock is off buries the living.
A process that hung and comes back finds its row gone, and enters again with everybody it holds.
"""

import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

from flask import Flask
from sqlalchemy import delete, select, update

from webapp.core import clock, trouble
from webapp.core.db import db, transaction
from webapp.realtime.catchup import CatchUp
from webapp.realtime.models import ServerProcess
from webapp.realtime.patience import Patience
from webapp.realtime.versions import CHUNK
from webapp.realtime.wake import Wake

log = logging.getLogger(__name__)
BEAT_S = 5.0
# + RESTART_GRACE + GRACE is when the people of a dead process are shown as gone.
DEAD_AFTER_S = 15.0
LETTING_GO_S, BREATH_S = 1.0, 0.02
ALONE_S, TOGETHER_S = 1.0, 0.5  # between two looks for what others changed
FAILED_S = 1.0


class Leases(Protocol):
    """What the sockets of a process stand for, kept by a feature above."""

    def record(
        self,
        arrived: Iterable[int],
        lost: Iterable[int],
        signed_out: Iterable[int],
        *,
        process: str,
        now: datetime,
        sockets: Callable[[int], int] = ...,
    ) -> list[int]: ...
    def release(self, process: str, *, now: datetime, waited: timedelta = ...) -> int: ...
    def holders(self) -> set[str]: ...
    def let_go(self, *, now: datetime) -> int: ...


class Processes:
    """This process among its peers."""

    def __init__(self, app: Flask, leases: Leases, catch_up: CatchUp, wake: Wake | None) -> None:
        self.app, self.leases, self.catch_up, self.wake = app, leases, catch_up, wake
        self.id = own_id(app)
        config = app.config["ZAISEKI"]
        self.place = f"{socket.gethostname()}:{config.host}:{config.port}"[:120]
        self._seen: dict[str, tuple[int, float]] = {}  # peer: (its beat, when it was first seen)
        self._looked_at = clock.monotonic()
        self._kept_out: dict[str, int] = {}  # by peers
        self._patience = Patience()
        self._behind = (
            timedelta()
        )  # what the clock of a peer lags behind ours, if that is more than a beat

    # --- coming and going -------------------------------------------------------------------

    def enter(self) -> None:
        """Before the first client. A server that starts at the place of another is what became of it."""
        with self.app.app_context(), transaction():
            now = clock.now()
            before = db.session.scalars(select(ServerProcess).filter_by(place=self.place)).all()
            self._add(now)
            for old in before:
                db.session.delete(old)
                self.leases.release(old.id, now=now)
            db.session.flush()
            self._release_orphans(now)

    def _add(self, now: datetime) -> None:
        db.session.add(
            ServerProcess(
                id=self.id, place=self.place, pid=os.getpid(), started_at=now, seen_at=now, beat=0
            )
        )

    def _release_orphans(self, now: datetime) -> None:
        """Leases of processes nobody knows, and people leased by nobody: after a restore, or an older version."""
        known = set(db.session.scalars(select(ServerProcess.id)))
        for unknown in self.leases.holders() - known or {""}:
            self.leases.release(unknown, now=now)

    def leave(self) -> None:
        """At the end of a shutdown: peers need not wait until they believe it."""
        with self.app.app_context(), transaction():
            self.leases.release(self.id, now=clock.now())
            db.session.execute(delete(ServerProcess).where(ServerProcess.id == self.id))

    # --- living together --------------------------------------------------------------------

    def start(self, server: Any) -> None:
        steps = {
            "beat": self._beat,
            "look at what others changed": self._look,
            "let go who did not come back": self._let_go,
        }
        for name, step in steps.items():
            server.start_background_task(self._for_ever, name, step, server.sleep)
        if self.wake is not None:
            self.wake.start(server)

    def _for_ever(
        self, name: str, step: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        wait = 0.0
        while True:
            sleep(wait)
            wait = FAILED_S
            with trouble.told(name):
                wait = step()

    def _look(self) -> float:
        told = self.wake is not None and self.wake.is_alive()
        self.catch_up.step(told=told, behind=self._behind)
        return TOGETHER_S if self._seen else ALONE_S

    def _let_go(self) -> float:
        return LETTING_GO_S if self.let_go() < CHUNK else BREATH_S

    def let_go(self) -> int:
        """Each process for all: of two that find the same, the second finds nothing left. Returns how many it were."""
        now = clock.monotonic()
        own = self.app.extensions["hub"].admission.kept_out
        self._patience.note(self._kept_out | {self.id: own}, now)
        if self._patience.is_needed(now):
            return 0
        with self.app.app_context():
            return self.leases.let_go(now=clock.now())

    def _beat(self) -> float:
        self.beat()
        return BEAT_S

    def beat(self) -> None:
        with self.app.app_context():
            with transaction():
                if not self._count_up():
                    self._enter_again()
            for peer in self._dead_peers():
                self._bury(*peer)

    def _count_up(self) -> bool:
        own = update(ServerProcess).where(ServerProcess.id == self.id)
        kept_out = self.app.extensions["hub"].admission.kept_out
        moved = db.session.execute(
            own.values(beat=ServerProcess.beat + 1, seen_at=clock.now(), kept_out=kept_out)
        )
        return bool(moved.rowcount)  # type: ignore[attr-defined]

    def _enter_again(self) -> None:
        """Peers took it for dead: it hung, or lost the database for a while."""
        log.warning("this process was taken for dead; it goes on with the sockets it has")
        now = clock.now()
        self._add(now)
        hub = self.app.extensions["hub"]
        self.leases.record(hub.present(), (), (), process=self.id, now=now, sockets=hub.sockets_of)

    def _dead_peers(self) -> list[tuple[str, int]]:
        """[(id, the beat at which it stands still)]."""
        row = ServerProcess
        columns = select(row.id, row.beat, row.seen_at, row.kept_out)
        found = db.session.execute(columns.where(row.id != self.id)).all()
        self._kept_out = {peer: count for peer, _, _, count in found}
        rows = [(peer, beat, at) for peer, beat, at, _ in found]
        now = clock.monotonic()
        if now - self._looked_at > 2 * BEAT_S:  # nobody could count while the database was away
            self._seen = {}
        self._looked_at = now
        beats = {peer: beat for peer, beat, _ in rows}
        moving = [at for peer, beat, at in rows if self._seen.get(peer, (beat,))[0] != beat]
        self._behind = _lag(moving, clock.now()) if moving else self._behind
        self._seen = {
            peer: before
            if (before := self._seen.get(peer)) is not None and before[0] == beat
            else (beat, now)
            for peer, beat in beats.items()
        }
        return [(peer, beat) for peer, (beat, at) in self._seen.items() if now - at >= DEAD_AFTER_S]

    def _bury(self, peer: str, beat: int) -> None:
        """By one of the living: whoever deletes the row at that beat."""
        with transaction():
            standing = (ServerProcess.id == peer) & (ServerProcess.beat == beat)
            gone = db.session.execute(delete(ServerProcess).where(standing))
            if not gone.rowcount:  # type: ignore[attr-defined]
                return
            waited = timedelta(seconds=DEAD_AFTER_S)
            people = self.leases.release(peer, now=clock.now(), waited=waited)
        self._seen.pop(peer, None)
        log.warning("process %s is no more; it held sockets of %d people", peer, people)

    def peers(self) -> int:
        """Others that lived when last looked at."""
        return len(self._seen)


def _lag(seen_at: Iterable[datetime], now: datetime) -> timedelta:
    """Of peers that moved since the last look, so that what they wrote is not much older than a beat by any clock."""
    lag = max(now - at for at in seen_at)
    return lag if lag > timedelta(seconds=DEAD_AFTER_S) else timedelta()


def own_id(app: Flask) -> str:
    """Made once; a fork or a restart is another process."""
    made: str = app.extensions.setdefault("process_id", secrets.token_hex(8))
    return made
