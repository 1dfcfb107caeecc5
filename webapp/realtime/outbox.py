"""What a transaction changed. Counted inside it, handed to the pump after the commit, forgotten by a rollback."""

from collections.abc import Iterable
from typing import Any

from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session

from webapp.core import clock
from webapp.core.db import db
from webapp.realtime import versions

_TOUCHED, _RECONSIDERED = "outbox.touched", "outbox.reconsidered"
_COMMITTED, _TOLD = "outbox.committed", "outbox.told"


def touch(topic: str, ids: int | Iterable[int]) -> None:
    """These rows look different from now on: a new version each, however often touched in one transaction."""
    _collect(_TOUCHED, topic, ids)


def reconsider(topic: str, ids: int | Iterable[int]) -> None:
    """These rows look the same, but the clock may change them at another time than thought."""
    _collect(_RECONSIDERED, topic, ids)


def _collect(what: str, topic: str, ids: int | Iterable[int]) -> None:
    wanted = {ids} if isinstance(ids, int) else set(ids)
    db.session.info.setdefault(what, {}).setdefault(topic, set()).update(wanted)


@event.listens_for(Session, "before_commit")
def _make_versions(session: Session) -> None:
    touched: dict[str, set[int]] = session.info.pop(_TOUCHED, {})
    reconsidered: dict[str, set[int]] = session.info.pop(_RECONSIDERED, {})
    if not touched and not reconsidered:
        return
    session.flush()
    now = clock.now()
    for topic in sorted(touched):
        versions.bump(session, topic, touched[topic], now=now)
    for topic in sorted(reconsidered):
        versions.reconsider(session, topic, reconsidered[topic] - touched.get(topic, set()))
    both: dict[str, set[int]] = {topic: set(ids) for topic, ids in touched.items()}
    for topic, ids in reconsidered.items():
        both.setdefault(topic, set()).update(ids)
    session.info[_COMMITTED], session.info[_TOLD] = both, touched


@event.listens_for(Session, "after_commit")
def _hand_over(session: Session) -> None:
    committed: dict[str, set[int]] = session.info.pop(_COMMITTED, {})
    told: dict[str, set[int]] = session.info.pop(_TOLD, {})
    pump = current_app.extensions.get("pump") if current_app else None
    if pump is None:
        return
    for topic, ids in committed.items():
        pump.mark_reconsidered(topic, ids - told.get(topic, set()))
    for topic, ids in told.items():
        pump.mark(topic, ids)
        pump.tell(topic, ids)  # a due time moved is nothing to the others


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _previous: Any) -> None:
    for what in (_TOUCHED, _RECONSIDERED, _COMMITTED, _TOLD):
        session.info.pop(what, None)
