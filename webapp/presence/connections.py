"""Whose browser is connected: leases of the server processes that hold the sockets, and the grace after the last one.

Each process writes what its own sockets do. A person is connected while any process holds a lease; the last one gone
starts the grace. A process that dies leaves its leases behind; whoever notices releases them (realtime.processes).
All of it in statements over many people: ten thousand come back at once after a restart.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from webapp.core import settings
from webapp.core.db import db, transaction
from webapp.presence.models import Connection, ConnectionLease
from webapp.presence.settings import AUTO_AWAY
from webapp.realtime import outbox
from webapp.realtime.sockets import MOST_SOCKETS
from webapp.realtime.versions import CHUNK, chunks

GRACE = timedelta(seconds=25)  # a lost connection is believed only after this
# With GRACE 40 s: browsers have this long to come back after a restart, and longer while the server itself turns them
# away (realtime.patience).
RESTART_GRACE = timedelta(seconds=15)


@dataclass(slots=True)
class _Moves:
    """What becomes of people of whom something was noticed."""

    new: list[int] = field(default_factory=list)  # connected for the first time
    back: list[int] = field(default_factory=list)  # shown as gone, and here again
    in_grace: list[int] = field(default_factory=list)  # never shown as gone
    lost: list[int] = field(default_factory=list)
    signed_out: list[int] = field(default_factory=list)


def record(
    arrived: Iterable[int],
    lost: Iterable[int],
    signed_out: Iterable[int],
    *,
    process: str,
    now: datetime,
    sockets: Callable[[int], int] = lambda _: 1,
) -> list[int]:
    """What the sockets of this process did since the last look; inside a transaction.

    sockets: how many this process holds of a person. Returns who has more than anybody may, over all processes:
    where they arrived is the newest, so the others close their oldest.

    A loss within the grace changes nothing that is shown, and neither does coming back within it. So 10,000
    browsers that reconnect after a restart make no version and no frame.
    """
    came = set(arrived)
    out = set(signed_out) - came
    went = set(lost) - came - out
    crowded: list[int] = []
    for part in chunks(sorted(came | went | out)):
        here = {staff_id: sockets(staff_id) for staff_id in part if staff_id in came}
        _lease(here, process)
        _record(part, came, out, process=process, now=now)
        crowded += _crowded(here, process)
    return crowded


def _crowded(here: dict[int, int], process: str) -> list[int]:
    """Mostly nobody is leased anywhere else."""
    if not here:
        return []
    others = ConnectionLease.process_id != process
    query = select(ConnectionLease.staff_id, func.sum(ConnectionLease.sockets))
    query = query.where(ConnectionLease.staff_id.in_(list(here)), others)
    elsewhere = db.session.execute(query.group_by(ConnectionLease.staff_id))
    return [staff_id for staff_id, count in elsewhere if here[staff_id] + count > MOST_SOCKETS]


def _record(
    part: Sequence[int], came: set[int], out: set[int], *, process: str, now: datetime
) -> None:
    """The rows are locked before the leases are read: of two processes that give up the last lease and take one at
    the same moment, the second sees what the first did."""
    known = _locked(part)
    leaving = [staff_id for staff_id in part if staff_id not in came]
    _end_leases(leaving, process)
    held = _held(leaving)
    moves = _Moves()
    for staff_id in part:
        if staff_id in came:
            _come(moves, staff_id, known.get(staff_id))
        elif staff_id not in held:
            _go(moves, staff_id, known.get(staff_id), signed_out=staff_id in out)
    _write(moves, now)


def _locked(part: Sequence[int]) -> dict[int, tuple[bool, datetime | None]]:
    table = Connection.__table__.c
    query = select(table.staff_id, table.connected, table.lost_at)
    query = query.where(table.staff_id.in_(part)).order_by(table.staff_id).with_for_update()
    return {staff_id: (on, lost_at) for staff_id, on, lost_at in db.session.execute(query)}


def _come(moves: _Moves, staff_id: int, known: tuple[bool, datetime | None] | None) -> None:
    if known is None:
        moves.new.append(staff_id)
        return
    on, lost_at = known
    if not on:
        moves.back.append(staff_id)
    elif lost_at is not None:
        moves.in_grace.append(staff_id)


def _go(
    moves: _Moves,
    staff_id: int,
    known: tuple[bool, datetime | None] | None,
    *,
    signed_out: bool,
) -> None:
    if known is None or not known[0]:
        return
    if signed_out:
        moves.signed_out.append(staff_id)
    elif known[1] is None:
        moves.lost.append(staff_id)


def _write(moves: _Moves, now: datetime) -> None:
    if moves.new:
        rows = [{"staff_id": i, "connected": True} for i in moves.new]
        new = _insert(Connection).on_conflict_do_nothing()
        db.session.connection().execute(new, rows)
    # Also for the new: two processes may see the same person for the first time.
    _set(moves.new + moves.back + moves.in_grace, connected=True, lost_at=None)
    _set(moves.lost, lost_at=now)
    _set(moves.signed_out, connected=False, lost_at=None)
    outbox.touch("staff", moves.new + moves.back + moves.signed_out)
    _reconsider(moves.in_grace + moves.lost)


def _reconsider(staff_ids: Sequence[int]) -> None:
    """Only 自動で退席中 follows from the time of a loss: elsewhere ten thousand lines need no look."""
    if settings.values(AUTO_AWAY) != {0}:
        outbox.reconsider("staff", staff_ids)


def let_go(*, now: datetime) -> int:
    """Who did not come back within the grace is shown as gone from now on; how many they were, at most CHUNK.

    One question for all, not a due time for each: after a restart ten thousand would have to be looked at when they
    are given time, and again as they come.
    """
    over = Connection.connected.is_(True) & (Connection.lost_at <= now - GRACE)
    query = select(Connection.staff_id).where(over)
    if not db.session.scalars(query.limit(1)).all():  # mostly: no transaction
        return 0
    with transaction():
        some = query.order_by(Connection.staff_id).limit(CHUNK).with_for_update()
        ids = list(db.session.scalars(some))
        _set(ids, connected=False)
        outbox.touch("staff", ids)
    return len(ids)


def _set(staff_ids: Sequence[int], **values: Any) -> None:
    for part in chunks(sorted(staff_ids)):
        db.session.execute(
            update(Connection)
            .where(Connection.staff_id.in_(part))
            .values(values)
            .execution_options(synchronize_session=False)
        )


# --- leases ---------------------------------------------------------------------------------


def _lease(here: dict[int, int], process: str) -> None:
    if here:
        rows = [
            {"staff_id": staff_id, "process_id": process, "sockets": count}
            for staff_id, count in here.items()
        ]
        new = _insert(ConnectionLease)
        own = new.on_conflict_do_update(
            index_elements=["staff_id", "process_id"], set_={"sockets": new.excluded.sockets}
        )
        db.session.connection().execute(own, rows)


def _insert(model: Any) -> Any:
    own: Any = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    return own.insert(cast(Table, model.__table__))


def _end_leases(staff_ids: Sequence[int], process: str) -> None:
    if staff_ids:
        mine = ConnectionLease.process_id == process
        db.session.execute(
            delete(ConnectionLease).where(mine, ConnectionLease.staff_id.in_(staff_ids))
        )


def _held(staff_ids: Sequence[int]) -> set[int]:
    query = select(ConnectionLease.staff_id).where(ConnectionLease.staff_id.in_(staff_ids))
    return set(db.session.scalars(query)) if staff_ids else set()


def holders() -> set[str]:
    """Ids of the processes that hold leases."""
    return set(db.session.scalars(select(ConnectionLease.process_id).distinct()))


def release(process: str, *, now: datetime, waited: timedelta = timedelta()) -> int:
    """A process is no more: who was connected there alone counts as connected until the browsers had time to come
    back. Returns how many people it had. Inside a transaction.

    waited: for how long it is known to be gone, which they had already.
    """
    query = select(ConnectionLease.staff_id).where(ConnectionLease.process_id == process)
    left = list(db.session.scalars(query.order_by(ConnectionLease.staff_id)))
    for part in chunks(left):
        _locked(part)
        _end_leases(part, process)
    _give_time(now + max(timedelta(), RESTART_GRACE - waited))
    return len(left)


def _give_time(lost_at: datetime) -> None:
    """To whoever counts as connected and is leased by nobody: the grace runs from then."""
    leased = exists().where(ConnectionLease.staff_id == Connection.staff_id)
    alone = Connection.connected.is_(True) & Connection.lost_at.is_(None) & ~leased
    query = select(Connection.staff_id).where(alone).order_by(Connection.staff_id)
    ids = list(db.session.scalars(query.with_for_update()))
    _set(ids, lost_at=lost_at)
    _reconsider(ids)
