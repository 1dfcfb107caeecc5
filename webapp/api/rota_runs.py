"""Runs of the solver: begun, watched, stopped, taken into the draft."""

from typing import Any

from flask import Response, jsonify

from webapp.api.blueprint import bp, leader_of
from webapp.api.rota import first_of
from webapp.api.rota_draft import changed, clash, desk_here
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.rota import openings, picture, places, running, runs
from webapp.rota.desk import Desk
from webapp.rota.forms import SolveBody, TakeBody
from webapp.rota.models import RotaRun
from webapp.rota.service import Stale


@bp.post("/units/<code>/rotas/<week>/solve")
def solve_rota(code: str, week: str) -> Any:
    body = valid_or_422(SolveBody)
    try:
        with transaction():
            actor, unit = leader_of(code)
            row = runs.start(
                desk_here(unit, week),
                keep=body.keep,
                seconds=body.seconds,
                revision=body.revision,
                actor=actor,
                now=clock.now(),
            )
            answer = runs.run_json(row)
    except Stale as stale:
        return clash(stale, code, week)
    running.watch(row.id)
    return jsonify({"run": answer}), 202


@bp.get("/units/<code>/rotas/<week>/runs/<int:run_id>")
def rota_run(code: str, week: str, run_id: int) -> Response:
    """With the plan's cells, open stretches and figures once it has ended; nothing of it is in the draft yet."""
    _bury_if_orphaned(code, week, run_id)
    with snapshot():
        _, unit = leader_of(code)
        row = runs.run_or_404(unit.id, first_of(week), run_id)
        answer = runs.run_json(row)
        if row.state in runs.ENDED and row.plan is not None:
            answer |= _planned(row, desk_here(unit, week))
        return jsonify({"run": answer})


def _bury_if_orphaned(code: str, week: str, run_id: int) -> None:
    with snapshot():
        _, unit = leader_of(code)
        row = runs.run_or_404(unit.id, first_of(week), run_id)
        is_orphaned = row.state in places.LIVE and row.id in places.orphaned()
    if is_orphaned:
        with transaction():
            places.bury(now=clock.now())


def _planned(row: RotaRun, desk: Desk) -> dict[str, Any]:
    plan = (row.plan or {}) | {"days": row.problem["days"]}
    laid = desk.with_cells(runs.plan_cells(desk, plan))
    return {
        "cells": picture.cells(laid, set()),
        "open": openings.rows(laid),
        "conflicts": picture.conflicts(laid),
        "figures": picture.figures(laid),
        "status": plan.get("status"),
        "repeatable": plan.get("repeatable"),
    }


@bp.post("/units/<code>/rotas/<week>/runs/<int:run_id>/cancel")
def cancel_run(code: str, week: str, run_id: int) -> Response:
    """Keeps the best so far; the process ends within a moment."""
    return _ended(code, week, run_id, runs.cancel)


@bp.post("/units/<code>/rotas/<week>/runs/<int:run_id>/drop")
def drop_run(code: str, week: str, run_id: int) -> Response:
    return _ended(code, week, run_id, runs.drop)


def _ended(code: str, week: str, run_id: int, how: Any) -> Response:
    with transaction():
        _, unit = leader_of(code)
        row = runs.run_or_404(unit.id, first_of(week), run_id, lock=True)
        how(row, now=clock.now())
        answer = runs.run_json(row)
    return jsonify({"run": answer})


@bp.post("/units/<code>/rotas/<week>/runs/<int:run_id>/take")
def take_run(code: str, week: str, run_id: int) -> Any:
    """409 with the difference where the draft went on meanwhile; "force": true takes it nevertheless."""
    body = valid_or_422(TakeBody)

    def change(desk: Desk, actor: Any) -> Any:
        row = runs.run_or_404(desk.horizon.unit_id, desk.horizon.first, run_id, lock=True)
        return runs.take(
            row, desk, revision=body.revision, force=body.force, actor=actor, now=clock.now()
        )

    return changed(code, week, change)
