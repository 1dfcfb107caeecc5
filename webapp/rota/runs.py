"""Runs of the solver as rows: one at a time for a unit, a few at a time for the server. Inside transactions.

state: queued, running, stopping, done, cancelled, failed, taken, dropped.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import clock
from webapp.core.db import db
from webapp.core.hours import minute_of
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.org import queries as org
from webapp.org.models import Unit
from webapp.realtime import outbox
from webapp.rota import service
from webapp.rota.desk import Desk
from webapp.rota.horizon import Horizon
from webapp.rota.models import Rota, RotaRun
from webapp.rota.places import LIVE, TOPIC, bury, end
from webapp.rota.problem_of_unit import Given, problem
from webapp.rota.rules import Cell, from_minute, missing_from, until_minute
from webapp.rota.service import Stale

ENDED = ("done", "cancelled")


def start(
    desk: Desk, *, keep: str, seconds: int, revision: int, actor: Actor, now: datetime
) -> RotaRun:
    """A queued run for the week on the desk. Raises Stale, Conflict while another runs, RuleBroken."""
    if revision != (desk.rota.revision if desk.rota else 0):
        raise Stale(revision, desk.cells)
    if not desk.horizon.days or not desk.horizon.rostered:
        raise RuleBroken("この週には、当番を割り当てる持ち場がありません。")
    if all(desk.horizon.begins(date.fromisoformat(d.date)) >= 24 * 60 for d in desk.horizon.days):
        raise RuleBroken("過ぎた週は作り直せません。")
    _refuse_second(desk.horizon.unit_id, now=now)
    rota = desk.rota or service.begin(desk, actor=actor, now=now)
    row = RotaRun(
        rota_id=rota.id,
        unit_id=desk.horizon.unit_id,
        state="queued",
        from_revision=rota.revision,
        problem=asked(desk, keep) | {"time_limit_s": seconds},
        progress={"phase": "queued", "seconds": 0, "wished": seconds, "keep": keep},
        started_at=now,
        seen_at=now,
        started_by=actor.staff_id,
    )
    db.session.add(row)
    db.session.flush()
    outbox.touch(TOPIC, row.id)
    return row


def _refuse_second(unit_id: int, *, now: datetime) -> None:
    """The unit's row is held, so that of two who start at once the second sees the first."""
    db.session.execute(select(Unit.id).filter_by(id=unit_id).with_for_update())
    bury(now=now)
    query = select(RotaRun).where(RotaRun.unit_id == unit_id, RotaRun.state.in_(LIVE))
    row = db.session.scalars(query).first()
    if row is not None:
        name = org.names_of([row.started_by]).get(row.started_by, "ほかの人")
        at = clock.to_tokyo(row.started_at).strftime("%-H:%M")
        raise Conflict(f"{name}さんが {at} に始めた自動作成が動いています。", {"run": str(row.id)})


def asked(desk: Desk, keep: str) -> dict[str, Any]:
    """keep pins: pins stay, few changes against what is fixed; present: few changes against the draft; nothing: anew.

    What is past is given as it was in any case.
    """
    horizon, begins = desk.horizon, desk.horizon.begins
    past = until_minute(desk.fixed, begins)
    if keep == "nothing":
        return problem(_untouched(desk), Given((), _of_days(past, _untouched(desk)), ()))
    pins = [cell for cell in desk.cells if cell.pinned]
    published = desk.fixed if keep == "pins" else [*past, *from_minute(desk.cells, begins)]
    return problem(horizon, Given(pins, published, pins))


def _untouched(desk: Desk) -> Horizon:
    """Only days of which nothing is past, as long as there are any: a half day weighs as a re-plan."""
    horizon = desk.horizon
    fresh = tuple(d for d in horizon.days if horizon.begins(date.fromisoformat(d.date)) == 0)
    return replace(horizon, days=fresh or horizon.days)


def _of_days(cells: list[Cell], horizon: Horizon) -> list[Cell]:
    return [cell for cell in cells if horizon.is_open(cell.day)]


def run_or_404(unit_id: int, first: date, run_id: int, *, lock: bool = False) -> RotaRun:
    """A run of that week. lock: to change it; a page that only looks must not wait for whoever tells the progress."""
    query = (
        select(RotaRun)
        .join(Rota, Rota.id == RotaRun.rota_id)
        .where(RotaRun.id == run_id, RotaRun.unit_id == unit_id, Rota.first_on == first)
    )
    if lock:
        query = query.with_for_update(of=RotaRun).execution_options(populate_existing=True)
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("この自動作成は見つかりません。")
    return row


def cancel(row: RotaRun, *, now: datetime) -> None:
    """The best so far is kept; whoever watches the process passes it on."""
    if row.state == "queued":
        end(row, "cancelled", "始まる前にやめました。", now=now)
    elif row.state == "running":
        row.state = "stopping"
        outbox.touch(TOPIC, row.id)


def drop(row: RotaRun, *, now: datetime) -> None:
    if row.state in LIVE:
        raise Conflict("まだ動いています。先に止めてください。")
    if row.state in ENDED:
        end(row, "dropped", "", now=now)


def plan_cells(desk: Desk, plan: dict[str, Any]) -> list[Cell]:
    """The plan's assignments of what is ahead, with the draft's pins; days it did not plan stay as drafted."""
    planned = {row["date"] for row in plan.get("days", ())}
    pins = [cell for cell in desk.cells if cell.pinned and _is_in(cell, planned)]
    found = [
        cell
        for one in plan["assignments"]
        if (cell := _cell(desk, one)) is not None and _is_in(cell, planned)
    ]
    kept = [cell for cell in desk.cells if not _is_in(cell, planned)]
    return service.with_past_of(desk, [*kept, *pins, *missing_from(found, pins)])


def _is_in(cell: Cell, planned: set[str]) -> bool:
    return not planned or cell.day.isoformat() in planned


def _cell(desk: Desk, one: dict[str, Any]) -> Cell | None:
    staff_id = desk.ids.get(one["staff"])
    if staff_id is None:
        return None
    day = date.fromisoformat(one["date"])
    return Cell(day, minute_of(one["from"]), minute_of(one["to"]), int(one["position"]), staff_id)


def take(
    row: RotaRun, desk: Desk, *, revision: int, force: bool, actor: Actor, now: datetime
) -> Rota:
    """The plan becomes the draft, as one step. Raises Stale where the draft went on since, unless forced."""
    if desk.rota is None or desk.rota.id != row.rota_id:
        raise NotFound("この自動作成は見つかりません。")  # of 日直, asked for with the week
    if row.state not in ENDED or row.plan is None:
        raise Conflict("入れられる案がありません。")
    plan = row.plan | {"days": row.problem["days"]}
    cells = plan_cells(desk, plan)
    if row.from_revision != revision and not force:
        raise Stale(row.from_revision, cells)
    detail = {"run": row.id}
    rota = service.save(
        desk, cells, revision=revision, what="solve", actor=actor, now=now, detail=detail
    )
    end(row, "taken", "", now=now)
    return rota


# --- as JSON --------------------------------------------------------------------------------


def latest_of(rota: Rota | None) -> RotaRun | None:
    """The run that the page still has to show."""
    row = newest_of(rota) if rota is not None else None
    return row if row is not None and row.state in (*LIVE, *ENDED) else None


def newest_of(rota: Rota) -> RotaRun | None:
    query = select(RotaRun).where(RotaRun.rota_id == rota.id).order_by(RotaRun.id.desc())
    return db.session.scalars(query.limit(1)).first()


def run_json(row: RotaRun) -> dict[str, Any]:
    """queued and stopping are phases to the page: something is going on."""
    waiting = row.state in ("queued", "stopping")
    phase = {"phase": row.state} if waiting else {}
    return {
        "id": row.id,
        "state": "running" if row.state in LIVE else row.state,
        "progress": row.progress | phase,
        "message": row.message or ("順番待ちです。" if row.state == "queued" else ""),
        "started_at": clock.to_tokyo(row.started_at).isoformat(),
        "started_by": org.names_of([row.started_by]).get(row.started_by, ""),
        "from_revision": row.from_revision,
    }
