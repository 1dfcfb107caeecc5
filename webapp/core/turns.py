"""Whose turn a periodic job is, of several processes on one database.

The row of a job says when it last began; who moves it has the turn. A process that dies in its turn is followed by
whoever asks when the next is due.
"""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, func, insert, or_, select, update

from webapp.core.db import db, transaction
from webapp.core.models import JobTurn

EARLY = 0.1  # of the interval: sleeping does not wake to the millisecond


def take(name: str, every_s: float, *, now: datetime) -> bool:
    """Whether the caller is to do the job now; at most one of those that ask is. Opens its own transaction.

    A turn that lies ahead by more than an interval was written before the clock was set back: it binds nobody, or an
    hour's step would keep every job waiting for an hour. Less than that is how far clocks of two machines may differ.
    """
    since, ahead = now - timedelta(seconds=every_s * (1 - EARLY)), now + timedelta(seconds=every_s)
    last = db.session.scalar(select(JobTurn.last_at).where(JobTurn.name == name))
    db.session.rollback()
    if last is not None and since < last <= ahead:
        return False  # mostly another was first: that costs no write
    with transaction():
        if last is None:
            hold(f"turn:{name}")
            if db.session.scalar(select(JobTurn.name).where(JobTurn.name == name)) is None:
                db.session.execute(insert(JobTurn).values(name=name, last_at=now))
                return True
        moved = db.session.execute(
            update(JobTurn)
            .where(JobTurn.name == name, or_(JobTurn.last_at <= since, JobTurn.last_at > ahead))
            .values(last_at=now)
            .execution_options(synchronize_session=False)
        )
        return cast("CursorResult[Any]", moved).rowcount == 1


def hold(name: str) -> None:
    """Until this transaction ends nobody else holds this name; whoever asks meanwhile waits.

    For decisions that depend on rows which are not there yet (a count of what runs), so that no row can be locked. On
    SQLite there is one writer anyway.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"zaiseki:{name}"))))
