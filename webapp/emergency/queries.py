"""Reading emergencies. While none is open this costs a page nothing: the open ones are kept until one changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.core import facts
from webapp.core.db import db
from webapp.emergency.models import Emergency
from webapp.org import queries as org
from webapp.org.rules import UnitTree

STAMP = "emergency"


@dataclass(frozen=True, slots=True)
class OpenEmergency:
    """What everybody concerned may know of it. unit_id None = 全庁."""

    id: int
    unit_id: int | None
    name: str
    text: str
    question: bool
    began_at: datetime


_open: dict[tuple[str, str], list[OpenEmergency]] = {}


def open_ones() -> list[OpenEmergency]:
    """The open ones, the oldest first."""
    key = (facts.epoch(), facts.stamp(STAMP))
    if key not in _open or db.session.info.get("writing"):
        query = select(Emergency).where(Emergency.ended_at.is_(None)).order_by(Emergency.id)
        found = [_told(row) for row in db.session.scalars(query)]
        if db.session.info.get("writing"):
            return found
        _open.clear()
        _open[key] = found
    return _open[key]


def _told(row: Emergency) -> OpenEmergency:
    return OpenEmergency(row.id, row.unit_id, row.name, row.text, row.question, row.began_at)


def open_for(unit_id: int, *, now: datetime) -> OpenEmergency | None:
    """The emergency in force for a unit: the city's, its own, or that of a unit above it. None on a calm day."""
    held = open_over([unit_id], org.current_tree())
    return next((one for one in held if one.began_at <= now), None)


def open_over(unit_ids: Iterable[int], tree: UnitTree) -> list[OpenEmergency]:
    """The open ones that concern any of these units."""
    every = open_ones()
    if not every:
        return []
    above = {node.id for unit_id in unit_ids for node in tree.path(unit_id)}
    return [one for one in every if one.unit_id is None or one.unit_id in above]
