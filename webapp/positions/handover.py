"""Positions of units that are no more: from the first day on they are at home with the 引継先. Nothing is rewritten."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import or_, select

from webapp.core import clock
from webapp.core.db import db, read_cache
from webapp.org import queries as org
from webapp.org.models import UnitTerm
from webapp.positions.rules import heir_of


def heirs(on: date) -> dict[int, int]:
    """{unit no longer in force on the day: the unit that stands for it}, as far as it is known at present."""
    kept = read_cache()
    key = f"positions.heirs:{on}"
    if key not in kept:
        kept[key] = _heirs(on)
    found: dict[int, int] = kept[key]
    return found


def _heirs(on: date) -> dict[int, int]:
    now = clock.now()
    query = select(UnitTerm.unit_id, UnitTerm.successor_id).where(
        UnitTerm.successor_id.is_not(None),
        UnitTerm.starts_on <= on,
        or_(UnitTerm.known_from.is_(None), UnitTerm.known_from <= now),
        or_(UnitTerm.closed_known_from.is_(None), UnitTerm.closed_known_from <= now),
    )
    rows = db.session.execute(query.order_by(UnitTerm.starts_on, UnitTerm.id))
    successors = {unit_id: heir for unit_id, heir in rows if heir is not None}
    in_force = {node.id for node in org.tree(on, known_at=now).nodes}
    found = {unit_id: heir_of(unit_id, in_force, successors) for unit_id in successors}
    return {unit_id: heir for unit_id, heir in found.items() if heir != unit_id}


def family(unit_ids: Iterable[int], on: date) -> set[int]:
    """These units, and those they stand for."""
    wanted = set(unit_ids)
    return wanted | {old for old, heir in heirs(on).items() if heir in wanted}


def home_of(unit_id: int, on: date) -> int:
    return heirs(on).get(unit_id, unit_id)
