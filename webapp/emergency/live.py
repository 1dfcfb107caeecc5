"""The live side: the bar on everybody's open pages, and the tally in the windows of who leads. No names, no answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

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


class LiveEmergency:
    """The renderer of the topic "emergency"; ids are those of emergencies."""

    def __init__(self) -> None:
        self._shown: dict[int, Any] = {}

    def render(self, ids: Sequence[int]) -> Rendered:
        rendered = Rendered()
        with snapshot():
            now = clock.now()
            for row in db.session.scalars(select(Emergency).where(Emergency.id.in_(ids))):
                rendered.frames += self._bar(row, now)
                rendered.frames += _tally(row)
            made = versions.read(db.session, service.TOPIC, list(ids))
        rendered.due = {key: (version, NEVER) for key, (version, _) in made.items()}
        return rendered

    def _bar(self, row: Emergency, now: datetime) -> list[Frame]:
        """Only when the bar itself looks different: an answer changes one's own alone, which that page knows."""
        looks = (row.revision, row.ended_at)
        if self._shown.get(row.id) == looks:
            return []
        self._shown[row.id] = looks
        payload = {"id": row.id, "open": row.ended_at is None}
        staff = queries.staff_ids_in(row.unit_id, now=now)
        numbers = queries.numbers_of(staff).values()
        return [Frame(room(number, PERSON), service.TOPIC, payload) for number in numbers]


def _tally(row: Emergency) -> list[Frame]:
    """Says that there is something new; the numbers each may see come by HTTP."""
    tree = org.current_tree()
    units = queries.unit_ids_of(row.unit_id, tree)
    above = tree.path(row.unit_id)[:-1] if row.unit_id is not None else []
    codes = [node.code for node in [*above, *tree.nodes] if node.id in units or node in above]
    payload = {"id": row.id}
    return [Frame(room(code, LEADS), "emergency_tally", payload) for code in dict.fromkeys(codes)]
