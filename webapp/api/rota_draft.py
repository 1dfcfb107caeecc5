"""Changing the draft of a week: as a whole, by edits, back and forth, from another week or a template."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, jsonify

from webapp.accounts.access import Actor
from webapp.api.blueprint import bp, leader_of, reader_of
from webapp.api.rota import first_of, kind_of_query, week_json
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import RuleBroken
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.rota import copying, drafts, picture, service, wishes
from webapp.rota.copying import LeftOut
from webapp.rota.desk import Desk, desk_of
from webapp.rota.forms import CopyBody, EditBody, RevisionBody, RotaBody, TemplateBody
from webapp.rota.rules import Cell, RotaKind, missing_from
from webapp.rota.service import Stale

Change = Callable[[Desk, Actor], Any]


def desk_here(unit: UnitNode, week: str) -> Desk:
    return desk_of(unit.id, first_of(week), now=clock.now(), kind=kind_of_query())


def changed(code: str, week: str, change: Change) -> Any:
    """Play a change of the draft; the answer is the new week, or 409 with both versions."""
    try:
        with transaction():
            actor, unit = leader_of(code)
            found = change(desk_here(unit, week), actor)
    except Stale as stale:
        return clash(stale, code, week)
    left = found[1] if isinstance(found, tuple) else None
    with snapshot():
        actor, unit = leader_of(code)
        desk = desk_here(unit, week)
        answer = week_json(actor, unit, desk)
        if left is not None:
            answer["left_out"] = [_left_out(one, desk) for one in left]
        return jsonify(answer)


def _left_out(one: LeftOut, desk: Desk) -> dict[str, Any]:
    return picture.named_row(one.cell, desk) | {"reason": one.reason, "words": one.words}


def clash(stale: Stale, code: str, week: str) -> tuple[Response, int]:
    """409: what they have now, and what each did since the version the loser had seen."""
    with snapshot():
        actor, unit = leader_of(code)
        desk = desk_here(unit, week)
        base = _base(desk, stale.base)
        body = {
            "error": {"code": stale.code, "message": stale.message, "fields": {}},
            "theirs": week_json(actor, unit, desk),
            "difference": {
                "mine": _signed(base, stale.mine, desk),
                "theirs": _signed(base, desk.cells, desk),
            },
        }
    return jsonify(body), 409


def _base(desk: Desk, revision: int) -> Sequence[Cell]:
    step = drafts.step_of(desk.rota, revision) if desk.rota is not None else None
    return [drafts.stored_cell(one) for one in step.cells] if step is not None else desk.cells


def _signed(before: Sequence[Cell], after: Sequence[Cell], desk: Desk) -> list[dict[str, Any]]:
    rows = [("added", cell) for cell in missing_from(after, before)]
    rows += [("removed", cell) for cell in missing_from(before, after)]
    return [picture.named_row(cell, desk) | {"change": sign} for sign, cell in rows]


@bp.put("/units/<code>/rotas/<week>")
def save_rota(code: str, week: str) -> Any:
    """The whole draft; what is missing from it is taken out."""
    body = valid_or_422(RotaBody)

    def change(desk: Desk, actor: Actor) -> Any:
        cells = wishes.whole(desk, body)
        return service.save(
            desk, cells, revision=body.revision, what="edit", actor=actor, now=clock.now()
        )

    return changed(code, week, change)


@bp.post("/units/<code>/rotas/<week>/edit")
def edit_rota(code: str, week: str) -> Any:
    body = valid_or_422(EditBody)

    def change(desk: Desk, actor: Actor) -> Any:
        if body.revision != (desk.rota.revision if desk.rota else 0):
            raise Stale(body.revision, wishes.as_meant(desk, body, _base(desk, body.revision)))
        cells = wishes.edited(desk, body)
        return service.save(
            desk, cells, revision=body.revision, what="edit", actor=actor, now=clock.now()
        )

    return changed(code, week, change)


@bp.post("/units/<code>/rotas/<week>/undo")
def undo_rota(code: str, week: str) -> Any:
    return _turned(code, week, service.undo)


@bp.post("/units/<code>/rotas/<week>/redo")
def redo_rota(code: str, week: str) -> Any:
    return _turned(code, week, service.redo)


def _turned(code: str, week: str, turn: Callable[..., Any]) -> Any:
    body = valid_or_422(RevisionBody)
    return changed(
        code,
        week,
        lambda desk, actor: turn(desk, revision=body.revision, actor=actor, now=clock.now()),
    )


# --- history --------------------------------------------------------------------------------


@bp.get("/units/<code>/rotas/<week>/history")
def rota_history(code: str, week: str) -> Response:
    with snapshot():
        _, unit = leader_of(code)
        rota = drafts.rota_of(unit.id, first_of(week), kind_of_query())
        steps = drafts.steps_of(rota) if rota is not None else []
        names = org.names_of({step.made_by for step in steps if step.made_by is not None})
        older = [*steps[1:], None][: len(steps)]
        return jsonify(
            {
                "steps": [
                    {
                        "revision": step.revision,
                        "what": step.what,
                        "by": names.get(step.made_by or 0, ""),
                        "at": clock.to_tokyo(step.made_at).isoformat(),
                        **_counts(step, before),
                    }
                    for step, before in zip(steps, older, strict=True)
                ]
            }
        )


def _counts(step: Any, before: Any) -> dict[str, int]:
    now = [drafts.stored_cell(one) for one in step.cells]
    then = [drafts.stored_cell(one) for one in before.cells] if before is not None else now
    return {"added": len(missing_from(now, then)), "removed": len(missing_from(then, now))}


@bp.post("/units/<code>/rotas/<week>/history/<int:wanted>/restore")
def restore_rota(code: str, week: str, wanted: int) -> Any:
    body = valid_or_422(RevisionBody)
    return changed(
        code,
        week,
        lambda desk, actor: service.restore(
            desk, wanted, revision=body.revision, actor=actor, now=clock.now()
        ),
    )


# --- another week, a template -----------------------------------------------------------------


@bp.post("/units/<code>/rotas/<week>/copy")
def copy_rota(code: str, week: str) -> Any:
    """`left_out` of the answer lists what could not be laid down, with its reason."""
    body = valid_or_422(CopyBody)
    source = first_of(body.from_)
    return changed(
        code,
        week,
        lambda desk, actor: copying.copy_week(
            desk, source, revision=body.revision, actor=actor, now=clock.now()
        ),
    )


@bp.get("/units/<code>/rota-templates")
def rota_templates(code: str) -> Response:
    with snapshot():
        _, unit = reader_of(code)
        return jsonify({"templates": _templates(unit)})


def _templates(unit: UnitNode) -> list[dict[str, Any]]:
    rows = copying.templates_of(unit.id)
    names = org.names_of({row.made_by for row in rows if row.made_by is not None})
    return [
        {
            "id": row.id,
            "name": row.name,
            "cells": len(row.cells),
            "made_at": clock.to_tokyo(row.made_at).isoformat(),
            "made_by": names.get(row.made_by or 0, ""),
        }
        for row in rows
    ]


@bp.post("/units/<code>/rota-templates")
def keep_template(code: str) -> tuple[Response, int]:
    """The week as drafted (else as fixed) under a name: A週, B週."""
    body = valid_or_422(TemplateBody)
    if body.kind not in set(RotaKind):
        raise RuleBroken(
            "種類を直してください。", {"kind": "week・day・team のどれかにしてください"}
        )
    with transaction():
        actor, unit = leader_of(code)
        now = clock.now()
        desk = desk_of(unit.id, first_of(body.week), now=now, kind=RotaKind(body.kind))
        copying.keep_as_template(desk, body.name, actor=actor, now=now)
        answer = _templates(unit)
    return jsonify({"templates": answer}), 201


@bp.delete("/units/<code>/rota-templates/<int:template_id>")
def drop_template(code: str, template_id: int) -> Response:
    with transaction() as session:
        _, unit = leader_of(code)
        session.delete(copying.template_or_404(unit.id, template_id))
        session.flush()
        answer = _templates(unit)
    return jsonify({"templates": answer})


@bp.post("/units/<code>/rotas/<week>/templates/<int:template_id>/apply")
def apply_template(code: str, week: str, template_id: int) -> Any:
    body = valid_or_422(RevisionBody)

    def change(desk: Desk, actor: Actor) -> Any:
        template = copying.template_or_404(desk.horizon.unit_id, template_id)
        return copying.apply_template(
            desk, template, revision=body.revision, actor=actor, now=clock.now()
        )

    return changed(code, week, change)
