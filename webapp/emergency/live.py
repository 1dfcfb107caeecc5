"""The live side: the bar on everybody's open pages, and the tally in the windows of who leads. No names, no answers."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from webapp.core import clock
from webapp.core.db import db, snapshot
from webapp.emergency import queries, service
from webapp.emergency.models import Emergency
from webapp.notices.live import NEVER
from webapp.org import queries as org
from webapp.realtime import versions
from webapp.realtime.pump import Frame, Rendered
from webapp.realtime.rooms import room

REST_S = 1.0  # thousands answer in the same minutes; a tally that moves once a second is live
LEADS, PERSON = "leads", "person"


def render_tallies(ids: Sequence[int]) -> Rendered:
    """The topic "emergency"; ids are those of emergencies."""
    with snapshot():
        rows = _rows(ids)
        frames = [frame for row in rows for frame in _tally(row)]
        return Rendered(frames, _due(service.TOPIC, ids))


def render_bars(ids: Sequence[int]) -> Rendered:
    """To every open page, and so only when the bar itself looks different: thousands fetch it then. An answer changes
    one's own alone, which that page knows."""
    with snapshot():
        now = clock.now()
        frames = [frame for row in _rows(ids) for frame in _bar(row, now)]
        return Rendered(frames, _due(service.BAR, ids))


def _rows(ids: Sequence[int]) -> list[Emergency]:
    return list(db.session.scalars(select(Emergency).where(Emergency.id.in_(ids))))


def _due(topic: str, ids: Sequence[int]) -> dict[int, tuple[int, datetime]]:
    made = versions.read(db.session, topic, list(ids))
    return {key: (version, NEVER) for key, (version, _) in made.items()}


def _bar(row: Emergency, now: datetime) -> list[Frame]:
    payload = {"id": row.id, "open": row.ended_at is None}
    numbers = queries.numbers_of(queries.staff_ids_in(row.unit_id, now=now)).values()
    return [Frame(room(number, PERSON), service.TOPIC, payload) for number in numbers]


def _tally(row: Emergency) -> list[Frame]:
    """Says that there is something new; the numbers each may see come by HTTP."""
    tree = org.current_tree()
    units = queries.unit_ids_of(row.unit_id, tree)
    above = tree.path(row.unit_id)[:-1] if row.unit_id is not None else []
    codes = [node.code for node in [*above, *tree.nodes] if node.id in units or node in above]
    payload = {"id": row.id}
    return [Frame(room(code, LEADS), "emergency_tally", payload) for code in dict.fromkeys(codes)]
