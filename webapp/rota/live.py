"""The live side of the rota: who has a week open hears of a new revision, and of the run of the solver."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from webapp.accounts.rules import Form
from webapp.core.db import db, snapshot
from webapp.notices.live import NEVER
from webapp.org import queries as org
from webapp.realtime import versions
from webapp.realtime.pump import Frame, Rendered
from webapp.realtime.rooms import room
from webapp.rota import runs, service
from webapp.rota.models import Rota
from webapp.rota.weeks import week_of

LEADS = "leads"


class LiveRota:
    """The renderer of the topic "rota"; ids are those of drafts."""

    def __init__(self) -> None:
        self._sent: dict[int, Any] = {}

    def render(self, rota_ids: Sequence[int]) -> Rendered:
        rendered = Rendered()
        with snapshot():
            query = select(Rota).where(Rota.id.in_(rota_ids))
            for rota in db.session.scalars(query):
                rendered.frames += self._frames(rota)
            made = versions.read(db.session, service.TOPIC, list(rota_ids))
        rendered.due = {key: (version, NEVER) for key, (version, _) in made.items()}
        return rendered

    def _frames(self, rota: Rota) -> list[Frame]:
        node = org.current_tree().by_id(rota.unit_id)
        if node is None:
            return []
        where = {"unit": node.code, "week": week_of(rota.first_on), "kind": rota.kind}
        frames = []
        before = self._sent.get(rota.id)
        revision = (rota.revision, rota.fixed_revision, rota.changed_at)
        if before != revision:
            self._sent[rota.id] = revision
            told = where | {"revision": rota.revision}
            frames.append(Frame(room(node.code, LEADS), "rota", told))
            if rota.fixed_revision == rota.revision:
                frames.append(Frame(room(node.code, Form.FULL), "rota", told))
        run = runs.newest_of(rota)
        if run is not None:
            payload = where | {"run": runs.run_json(run)}
            frames.append(Frame(room(node.code, LEADS), "rota_run", payload))
        return frames
