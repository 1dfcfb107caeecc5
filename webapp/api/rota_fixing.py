"""確定 of a week, and 急な休み: what changes the duties that count."""

from typing import Any

from flask import Response, jsonify, request

from webapp.api.blueprint import bp, leader_of
from webapp.api.rota import candidate_json, excluded_json
from webapp.api.rota_draft import clash, desk_here
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.hours import clock_of, minute_of
from webapp.core.parse import valid_or_422
from webapp.core.refusals import NotFound, RuleBroken
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.rota import absence, absence_undo, openings, picture, publish
from webapp.rota.absence import OpenDuty
from webapp.rota.desk import Desk
from webapp.rota.forms import AbsenceBody, AbsenceUndoBody, AssignBody, PublishBody
from webapp.rota.publish import Difference
from webapp.rota.service import Stale


@bp.post("/units/<code>/rotas/<week>/publish")
def publish_rota(code: str, week: str) -> Any:
    """The difference, who was told, and what stays open. ?preview=1: nothing is written."""
    body = valid_or_422(PublishBody)
    if request.args.get("preview") == "1":
        with snapshot():
            _, unit = leader_of(code)
            desk = desk_here(unit, week)
            found = publish.difference(desk, force=body.force)
            return jsonify(_told(found, len(found.people), desk))
    try:
        with transaction():
            actor, unit = leader_of(code)
            desk = desk_here(unit, week)
            found, told = publish.publish(
                desk, revision=body.revision, actor=actor, now=clock.now(), force=body.force
            )
            answer = _told(found, told, desk)
            answer["revision"] = desk.rota.revision if desk.rota else 0
    except Stale as stale:
        return clash(stale, code, week)
    return jsonify(answer)


def _told(found: Difference, told: int, desk: Desk) -> dict[str, Any]:
    return {
        "difference": {
            "added": len(found.come),
            "removed": len(found.go),
            "people": [_person(staff_id, found, desk) for staff_id in found.people],
        },
        "notices": told,
        "open": openings.rows(desk),
        "left_open": [picture.named_row(cell, desk) for cell in found.left_open],
    }


def _person(staff_id: int, found: Difference, desk: Desk) -> dict[str, Any]:
    number, name = picture.who(staff_id, desk)
    return {
        "staff": number,
        "name": name,
        "added": [picture.named_row(cell, desk) for cell in found.come if cell.staff == staff_id],
        "removed": [picture.named_row(cell, desk) for cell in found.go if cell.staff == staff_id],
    }


# --- 急な休み -------------------------------------------------------------------------------


@bp.post("/units/<code>/absence")
def sudden_absence(code: str) -> Response:
    """The duties somebody still has on that day, each with who could take it. "leave": true enters 休暇等 as well."""
    body = valid_or_422(AbsenceBody)
    now = clock.now()
    undo = None
    if body.leave:
        with transaction():
            actor, unit = leader_of(code)
            staff_id, _ = _concerned(body, unit)
            before = absence_undo.entered(staff_id, body.date)
            absence.enter_leave(staff_id, body.date, actor=actor, now=now)
            undo = absence_undo.token(before, actor=actor, now=now)
    with snapshot():
        _, unit = leader_of(code)
        staff_id, name = _concerned(body, unit)
        found = absence.duties_left(_below(unit), staff_id, body.date, now=now)
        return jsonify(
            {
                "staff": body.staff,
                "name": name,
                "date": body.date.isoformat(),
                "duties": [_open(one) for one in found],
                "undo": undo,
            }
        )


def _below(unit: UnitNode) -> set[int]:
    return org.current_tree().subtree_ids(unit.id)


def _concerned(body: AbsenceBody, unit: UnitNode) -> tuple[int, str]:
    """Somebody of the unit, or with a duty at one of its positions. NotFound."""
    now = clock.now()
    staff_id, name = absence.person_or_404(body.staff, body.date, now=now)
    if not absence.is_concerned(staff_id, _below(unit), body.date, now=now):
        raise NotFound("この職員は見つかりません。")
    return staff_id, name


def _open(one: OpenDuty) -> dict[str, Any]:
    return {
        "duty": one.duty.id,
        "position": str(one.post.id),
        "name": one.post.name,
        "from": clock_of(one.start, padded=True),
        "to": clock_of(one.end, padded=True),
        "candidates": [candidate_json(each) for each in one.candidates],
        "excluded": [excluded_json(each) for each in one.excluded],
    }


@bp.post("/units/<code>/absence/assign")
def assign_duty(code: str) -> Response:
    """One tap: what is left of a fixed duty (or from..until of it) goes to another person."""
    body = valid_or_422(AssignBody)
    with transaction():
        actor, unit = leader_of(code)
        row, post = absence.duty_or_404(body.duty)
        if post.unit_id not in _below(unit):
            raise NotFound("この当番は見つかりません。")
        span, source, now = _span(body, row.start_minute, row.end_minute), row.source, clock.now()
        move = absence.assign(row, post, body.to, span, actor=actor, now=now)
        given = absence_undo.given(move, source)
        answer = {
            "position": str(post.id),
            "name": post.name,
            "date": move.day.isoformat(),
            "from": clock_of(move.start, padded=True),
            "to": clock_of(move.end, padded=True),
            "staff": body.to,
            "undo": absence_undo.token(given, actor=actor, now=now),
        }
    return jsonify(answer)


@bp.post("/units/<code>/absence/undo")
def undo_absence(code: str) -> Response:
    """At once after: {"undo": [...]} of the answers above, in their order; the duties return, the leave goes."""
    body = valid_or_422(AbsenceUndoBody)
    with transaction():
        actor, unit = leader_of(code)
        returned, gone = absence_undo.take_back(
            body.undo, _below(unit), actor=actor, now=clock.now()
        )
    return jsonify({"duties": returned, "leave": gone})


def _span(body: AssignBody, start: int, end: int) -> tuple[int, int]:
    try:
        first = minute_of(body.from_) if body.from_ else start
        last = minute_of(body.until) if body.until else end
    except ValueError as fault:
        raise RuleBroken("時間を直してください。", {"from": str(fault)}) from None
    return first, last
