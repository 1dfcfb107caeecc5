"""緊急時 for programs: what is open, beginning and ending, answers, the tally, 災害配備, 窓口縮小."""

from datetime import datetime
from typing import Any

from flask import Response, jsonify, request

from webapp.accounts import access as accounts
from webapp.accounts.access import Actor, current_actor, require_scope
from webapp.accounts.rules import Scope
from webapp.api.blueprint import bp, self_actor
from webapp.core import clock
from webapp.core.db import db, snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import NotAllowed, NotFound
from webapp.coverage.entries import iso
from webapp.emergency import (
    access,
    asking,
    checks,
    closing,
    deploying,
    people,
    queries,
    recording,
    reducing,
    service,
)
from webapp.emergency.access import Seen
from webapp.emergency.blueprint import unit_asked
from webapp.emergency.forms import (
    AnswerBody,
    BeginBody,
    ChangeBody,
    CloseBody,
    DeployBody,
    RecallBody,
    ReduceBody,
    RemindBody,
)
from webapp.emergency.models import Emergency, EmergencyAct
from webapp.emergency.rules import Act
from webapp.org import queries as org

Json = dict[str, Any]


def _seen(emergency_id: int, scope: Scope) -> Seen:
    actor = current_actor()
    require_scope(actor, scope)
    return access.seen_or_404(emergency_id, actor)


def _json(found: Seen) -> Json:
    """What everybody concerned may know, and one's own answer."""
    row, actor = found.emergency, found.actor
    node = found.tree.by_id(row.unit_id) if row.unit_id is not None else None
    given = queries.answers_of(row.id, [actor.staff_id]).get(actor.staff_id)
    return {
        "id": row.id,
        "unit": node.code if node else None,
        "scope": access.scope_name(row.unit_id, found.tree),
        "name": row.name,
        "text": row.text,
        "question": row.question,
        "began_at": iso(row.began_at),
        "ended_at": iso(row.ended_at) if row.ended_at else None,
        "answer": _given(given),
        "leads": found.leads,
    }


def _given(given: queries.Given | None) -> Json | None:
    if given is None:
        return None
    told = {"answer": given.answer.value, "minutes": given.minutes, "channel": given.channel}
    return told | {"at": iso(given.at)}


def _led(found: Seen, *, now: datetime) -> Json:
    """For who leads: counts a unit, names of the unit asked for, what was done."""
    row, unit = found.emergency, unit_asked(found)
    if row.ended_at is not None:
        own = {node.code for node in found.units(Act.TALLY)}
        units = [u for u in row.record.get("units", ()) if found.whole or u["code"] in own]
        return {"units": units} | ({"lines": row.record["lines"]} if found.whole else {})
    tallies = queries.tallies(found.tops, row.id, found.tree, now=now)
    rows = people.rows_of(row, found.tree.subtree(unit.id), now=now) if unit else []
    return {
        "revision": row.revision,
        "remind_minutes": row.remind_minutes,
        "reminders": row.reminders,
        "tally": recording.counts(queries.total(tallies)),
        "units": [
            {"unit": t.unit.code, "name": t.unit.name, "depth": t.depth} | recording.counts(t.tally)
            for t in tallies
        ],
        "people": [
            {"staff": p.number, "name": p.name, "unit": p.unit_code, "answer": _given(p.given)}
            for p in rows
        ],
        "acts": [_act(act) for act in queries.acts_of(row.id)] if found.whole else [],
    }


def _act(act: EmergencyAct) -> Json:
    return {
        "id": act.id,
        "kind": act.kind,
        "words": recording.act_words(act),
        "at": iso(act.at),
        "undone_at": iso(act.undone_at) if act.undone_at else None,
    }


def _whole(emergency_id: int, actor: Actor, *, now: datetime) -> Json:
    found = access.seen_or_404(emergency_id, actor)
    return _json(found) | (_led(found, now=now) if found.leads else {})


# --- reading --------------------------------------------------------------------------------


@bp.get("/emergencies")
def emergencies() -> Response:
    """The open ones that concern one, or that one leads; with ?closed=1 the records of those one led."""
    actor = self_actor()
    with snapshot():
        rows = [db.session.get(Emergency, one.id) for one in queries.open_ones()]
        if request.args.get("closed") == "1":
            rows = list(queries.closed_ones())
        found = [access.seen(row, actor) for row in rows if row is not None]
        shown = [each for each in found if each.leads or (_open(each) and each.may(Act.SEE))]
        return jsonify(emergencies=[_json(each) for each in shown])


def _open(found: Seen) -> bool:
    return found.emergency.ended_at is None


@bp.get("/emergencies/<int:emergency_id>")
def emergency(emergency_id: int) -> Response:
    """?unit= names of a unit one leads, with their answers."""
    with snapshot():
        return jsonify(_whole(emergency_id, self_actor(), now=clock.now()))


# --- beginning, changing, ending ------------------------------------------------------------


@bp.post("/emergencies")
def begin_emergency() -> tuple[Response, int]:
    actor, now = current_actor(), clock.now()
    require_scope(actor, Scope.UNIT_WRITE)
    body = valid_or_422(BeginBody)
    unit_id = accounts.unit_or_404(body.unit).id if body.unit else None
    access.require(Act.BEGIN, actor, unit_id, org.current_tree())
    with transaction():
        emergency_id = service.begin(body.wanted(unit_id), actor=actor, now=now).id
    with snapshot():
        return jsonify(_whole(emergency_id, actor, now=now)), 201


@bp.post("/emergencies/<int:emergency_id>/change")
def change_emergency(emergency_id: int) -> Response:
    found, now = _seen(emergency_id, Scope.UNIT_WRITE), clock.now()
    access.require(Act.CHANGE, found.actor, found.emergency.unit_id, found.tree)
    body = valid_or_422(ChangeBody)
    with transaction():
        wanted = body.change()
        service.change(emergency_id, wanted, revision=body.revision, actor=found.actor, now=now)
    with snapshot():
        return jsonify(_whole(emergency_id, found.actor, now=now))


@bp.post("/emergencies/<int:emergency_id>/close")
def close_emergency(emergency_id: int) -> Response:
    """What is deployed or reduced stays so; take it back before."""
    found, now = _seen(emergency_id, Scope.UNIT_WRITE), clock.now()
    access.require(Act.CLOSE, found.actor, found.emergency.unit_id, found.tree)
    body = valid_or_422(CloseBody)
    nothing = closing.Wanted()
    with transaction():
        closing.close(emergency_id, nothing, revision=body.revision, actor=found.actor, now=now)
    with snapshot():
        return jsonify(_whole(emergency_id, found.actor, now=now))


# --- answers --------------------------------------------------------------------------------


@bp.post("/emergencies/<int:emergency_id>/answer")
def answer_emergency(emergency_id: int) -> Response:
    """One's own; with `staff` a colleague's, heard on the telephone (needs unit:write)."""
    found, now = _seen(emergency_id, Scope.SELF), clock.now()
    body = valid_or_422(AnswerBody)
    staff_id, _name = checks.answering(found, body.staff, now=now)
    is_own = staff_id == found.actor.staff_id
    if not is_own:
        require_scope(found.actor, Scope.UNIT_WRITE)
    with transaction():
        asking.answer(
            emergency_id,
            staff_id,
            body.answer,
            body.minutes,
            channel="self" if is_own else "phone",
            actor=found.actor,
            now=now,
        )
    with snapshot():
        return jsonify(_given(queries.answers_of(emergency_id, [staff_id])[staff_id]))


@bp.post("/emergencies/<int:emergency_id>/remind")
def remind_emergency(emergency_id: int) -> Response:
    found, now = _seen(emergency_id, Scope.UNIT_WRITE), clock.now()
    body = valid_or_422(RemindBody)
    units = {node.id for node in found.units(Act.REMIND)}
    if not units:
        raise NotAllowed
    if body.unit:
        node = found.tree.by_code(body.unit)
        if node is None or node.id not in units:
            raise NotFound("この所属は見つかりません。")
        units = found.tree.subtree_ids(node.id)
    with transaction():
        count = asking.remind(emergency_id, sorted(units), actor=found.actor, now=now)
    return jsonify(reminded=count)


# --- 災害配備, 窓口縮小 -------------------------------------------------------------------------


@bp.post("/emergencies/<int:emergency_id>/deployments")
def deploy_people(emergency_id: int) -> tuple[Response, int]:
    """{"staff": […], "site", "from", "to"}; with ?preview=1 only its effect on counters and telephones."""
    found, now = _seen(emergency_id, Scope.UNIT_WRITE), clock.now()
    checks.must(found, Act.DEPLOY)
    body = valid_or_422(DeployBody)
    staff_ids = checks.staff_ids_of(body.staff)
    access.check_people(Act.DEPLOY, staff_ids, found, now=now)
    wanted = body.deployment(staff_ids)
    if request.args.get("preview") == "1":
        with snapshot():
            lines = deploying.effect_lines(wanted, now=now)
        return jsonify(short=[_short(line) for line in lines]), 200
    with transaction():
        act = _act(deploying.deploy(emergency_id, wanted, actor=found.actor, now=now))
    return jsonify(act), 201


def _short(line: Json) -> Json:
    return {
        "unit": line["unit"],
        "position": line["position"],
        "from": iso(line["from"]),
        "to": iso(line["to"]),
        "before": line["before"],
        "after": line["after"],
    }


@bp.post("/emergencies/<int:emergency_id>/deployments/<int:act_id>/recall")
def recall_people(emergency_id: int, act_id: int) -> Response:
    """{"staff": […]}; empty = all of them."""
    found, now = _seen(emergency_id, Scope.UNIT_WRITE), clock.now()
    body = valid_or_422(RecallBody)
    named = checks.staff_ids_of(body.staff) or None
    staff_ids = checks.recallable(found, act_id, named, now=now)
    with transaction():
        act = _act(deploying.recall(act_id, staff_ids, actor=found.actor, now=now))
    return jsonify(act)


@bp.post("/emergencies/<int:emergency_id>/reductions")
def reduce_positions(emergency_id: int) -> tuple[Response, int]:
    """{"positions": […], "need": 1, "until": "2026-11-24"}; without need they are closed."""
    found, now = _seen(emergency_id, Scope.UNIT_WRITE), clock.now()
    checks.must(found, Act.REDUCE)
    wanted = valid_or_422(ReduceBody).reduction()
    checks.check_positions(found, wanted.position_ids, now=now)
    with transaction():
        act = _act(reducing.reduce(emergency_id, wanted, actor=found.actor, now=now))
    return jsonify(act), 201


@bp.post("/emergencies/<int:emergency_id>/reductions/<int:act_id>/reopen")
def reopen_positions(emergency_id: int, act_id: int) -> Response:
    found, now = _seen(emergency_id, Scope.UNIT_WRITE), clock.now()
    checks.reopenable(found, act_id)
    with transaction():
        act = _act(reducing.reopen(act_id, actor=found.actor, now=now))
    return jsonify(act)
