"""Places of the solver: which run begins, which is still alive, and how one ends. Inside transactions.

Whichever process was asked for a run watches it and gives signs of life; a row that stands still belongs to a server
that is no more.
"""

import os
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from webapp.core import clock, facts, turns
from webapp.core.db import db
from webapp.realtime import outbox
from webapp.rota.models import RotaRun

TOPIC = "rota_run"
LIVE = ("queued", "running", "stopping")
ORPHAN_AFTER_S = 20.0
# A solver takes a core, the server needs the other. Of all processes together, also of those on another machine.
MOST_AT_ONCE = max(1, (os.cpu_count() or 2) // 2)
LOST = "自動作成がとちゅうで止まりました（サーバーの再起動など）。案は変わっていません。もう一度お試しください。"

# {(database, run): (its last sign of life, when it was first seen here)}. Watched, not timed: the clocks of two
# machines differ, and one that is set by an hour would bury the living or keep the dead.
_signs: dict[tuple[str, int], tuple[datetime, float]] = {}


def orphaned() -> list[int]:
    """Ids of runs that gave no sign of life while this process looked on. Cheap: mostly nothing runs."""
    query = select(RotaRun.id, RotaRun.seen_at).where(RotaRun.state.in_(LIVE))
    epoch, at = facts.epoch(), clock.monotonic()
    live = {(epoch, run_id): seen_at for run_id, seen_at in db.session.execute(query)}
    for key in _signs.keys() - live.keys():
        del _signs[key]
    for key, seen_at in live.items():
        if key not in _signs or _signs[key][0] != seen_at:
            _signs[key] = (seen_at, at)
    return [key[1] for key in live if at - _signs[key][1] > ORPHAN_AFTER_S]


def bury(*, now: datetime) -> list[RotaRun]:
    """Runs whose server is gone: failed, the draft untouched. What gives a sign at this moment is left alone."""
    ids = orphaned()
    if not ids:
        return []
    rows = _locked(RotaRun.id.in_(ids), RotaRun.state.in_(LIVE))
    dead = [row for row in rows if _signs[facts.epoch(), row.id][0] == row.seen_at]
    for row in dead:
        end(row, "failed", LOST, now=now)
    return dead


def _locked(*which: ColumnElement[bool]) -> list[RotaRun]:
    query = select(RotaRun).where(*which).order_by(RotaRun.id)
    found = db.session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return list(found)


def live(run_id: int) -> RotaRun | None:
    """The run, to change it; None where it has ended, whoever ended it."""
    return next(iter(_locked(RotaRun.id == run_id, RotaRun.state.in_(LIVE))), None)


def begin(run_id: int, *, now: datetime) -> bool:
    """The oldest waiting begins when a place is free; orphans do not hold one.

    One after the other: of two processes each of which counts before the other's run shows, both would begin.
    """
    turns.hold("solver")
    bury(now=now)
    row = live(run_id)
    if row is None or row.state != "queued":
        return False
    row.seen_at = now
    going = select(func.count(RotaRun.id)).where(RotaRun.state.in_(("running", "stopping")))
    first = select(func.min(RotaRun.id)).where(RotaRun.state == "queued")
    if (db.session.scalar(going) or 0) >= MOST_AT_ONCE or db.session.scalar(first) != row.id:
        return False
    row.state, row.progress = "running", row.progress | {"phase": "starting"}
    outbox.touch(TOPIC, row.id)
    return True


def end(row: RotaRun, state: str, message: str, *, now: datetime) -> None:
    row.state, row.message, row.ended_at, row.pid = state, message[:300], now, None
    outbox.touch(TOPIC, row.id)
