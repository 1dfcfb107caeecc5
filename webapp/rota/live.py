"""The live side of the rota: who has a week open hears of a new revision, and of the run of the solver.

Two topics: a run tells its progress twice a second, and a page reads its week anew for each word of a revision.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.accounts.rules import Form
from webapp.core.db import db, snapshot
from webapp.notices.live import NEVER
from webapp.org import queries as org
from webapp.realtime import versions
from webapp.realtime.pump import Frame, Rendered
from webapp.realtime.rooms import room
from webapp.rota import places, runs, service
from webapp.rota.models import Rota, RotaRun
from webapp.rota.weeks import week_of

LEADS = "leads"


def render(rota_ids: Sequence[int]) -> Rendered:
    """`rota`; ids are those of drafts."""
    with snapshot():
        rotas = db.session.scalars(select(Rota).where(Rota.id.in_(rota_ids)))
        frames = [frame for rota in rotas for frame in _frames(rota)]
        return Rendered(frames, _due(service.TOPIC, rota_ids))


def render_runs(run_ids: Sequence[int]) -> Rendered:
    """`rota_run`; ids are those of runs."""
    with snapshot():
        query = select(RotaRun, Rota).join(Rota, Rota.id == RotaRun.rota_id)
        found = db.session.execute(query.where(RotaRun.id.in_(run_ids)).order_by(RotaRun.id))
        frames = [frame for run, rota in found for frame in _run_frames(run, rota)]
        return Rendered(frames, _due(places.TOPIC, run_ids))


def _due(topic: str, ids: Sequence[int]) -> dict[int, tuple[int, datetime]]:
    made = versions.read(db.session, topic, list(ids))
    return {key: (version, NEVER) for key, (version, _) in made.items()}


def _frames(rota: Rota) -> list[Frame]:
    """To who leads; what is fixed also to everybody who sees the unit."""
    if (where := _where(rota)) is None:
        return []
    told = where | {"revision": rota.revision}
    forms = [LEADS, Form.FULL] if rota.fixed_revision == rota.revision else [LEADS]
    return [Frame(room(where["unit"], form), "rota", told) for form in forms]


def _run_frames(run: RotaRun, rota: Rota) -> list[Frame]:
    if (where := _where(rota)) is None:
        return []
    return [Frame(room(where["unit"], LEADS), "rota_run", where | {"run": runs.run_json(run)})]


def _where(rota: Rota) -> dict[str, Any] | None:
    node = org.current_tree().by_id(rota.unit_id)
    if node is None:
        return None
    return {"unit": node.code, "week": week_of(rota.first_on), "kind": rota.kind}
