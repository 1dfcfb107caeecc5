"""Deciding on telework requests. Who loses a race gets 409 with the record as it is now."""

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify

from webapp.accounts.access import Actor, current_actor, require_scope
from webapp.accounts.rules import Scope
from webapp.api.blueprint import bp, self_actor
from webapp.api.requests import acting_on
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.hours import clock_of
from webapp.core.parse import valid_or_422
from webapp.requests import (
    bulk,
    cases,
    deciding,
    effects,
    inbox,
    inbox_effects,
    showing,
    swapping,
    undoing,
    ways,
)
from webapp.requests.cases import Stale
from webapp.requests.decide_forms import (
    ApproveBody,
    BulkBody,
    ProposeBody,
    ReasonBody,
    RequestAskBody,
    RequestOrderBody,
    SeenBody,
)
from webapp.requests.effect_table import table_json, table_of
from webapp.requests.models import TeleworkRequest
from webapp.requests.ways import Ways

Answer = Response | tuple[Response, int]


def _decider() -> Actor:
    actor = current_actor()
    require_scope(actor, Scope.UNIT_WRITE)
    return actor


def _decided(actor: Actor, act: Callable[[], TeleworkRequest]) -> Answer:
    try:
        with transaction():
            row = act()
    except Stale as late:
        return _stale(late, actor)
    with snapshot():
        return jsonify(showing.request_json(row, actor, now=clock.now()))


def _stale(late: Stale, actor: Actor) -> Answer:
    with snapshot():
        now = clock.now()
        row = cases.read(late.request_id, actor, now=now)
        fresh = showing.request_json(row, actor, now=now)
    error = {"code": late.code, "message": late.message, "fields": {}}
    return jsonify(error=error, request=fresh), 409


# --- before deciding ------------------------------------------------------------------------


@bp.get("/requests/waiting")
def waiting_requests() -> Response:
    """What the caller may decide now, oldest first, with what each alone would do as far as it is worked out."""
    actor = current_actor()
    require_scope(actor, Scope.UNIT_READ)
    with snapshot():
        now = clock.now()
        rows = inbox.waiting_for(actor, now=now)
        known = inbox_effects.summaries(rows, now=now, budget_s=0.1)
        found = showing.requests_json(rows, actor, now=now)
    for each in found:
        summary = known.get(each["id"])
        each["effect"] = summary.json() if summary else None
    return jsonify(requests=found)


@bp.get("/requests/<int:request_id>/preview")
def preview_request(request_id: int) -> Response:
    """Coverage before and after, and ways to approve without a shortage. For who may decide it."""
    actor = current_actor()
    require_scope(actor, Scope.UNIT_READ)
    with snapshot():
        now = clock.now()
        row = cases.read_to_decide(request_id, actor, now=now)
        found = effects.preview([row], now=now)
        possible = ways.ways_of(row, found.summary, now=now)
        return jsonify(
            request=row.id,
            revision=row.revision,
            effect=found.summary.json(),
            positions=table_json(table_of(found.groups)),
            ways=_ways(possible),
        )


def _ways(found: Ways) -> dict[str, Any]:
    return {
        "complete": found.complete,
        "duties": [
            {
                "duty": way.duty_id,
                "words": way.words,
                "from": clock_of(way.start, padded=True),
                "until": clock_of(way.end, padded=True),
                "takers": [
                    {
                        "staff": option.taker.number,
                        "name": option.taker.name,
                        "load": round(option.taker.load, 1),
                        "after": round(option.after, 1),
                        "target": round(option.taker.target, 1),
                        "taken": option.taker.taken,
                    }
                    for option in way.options
                ],
            }
            for way in found.duties
        ],
        "times": [
            {
                "words": way.words,
                "from": clock_of(way.times.start, padded=True),
                "to": clock_of(way.times.end, padded=True),
                "before": way.times.before,
                "after": way.times.after,
            }
            for way in found.times
        ],
        "others": list(found.others),
    }


# --- deciding -------------------------------------------------------------------------------


@bp.post("/requests/<int:request_id>/approve")
def approve_request(request_id: int) -> Answer:
    actor, now = _decider(), clock.now()
    body = valid_or_422(ApproveBody)
    return _decided(
        actor,
        lambda: deciding.approve(
            request_id,
            revision=body.revision,
            actor=actor,
            now=now,
            condition=body.condition,
            reason=body.reason,
        ),
    )


@bp.post("/requests/<int:request_id>/refuse")
def refuse_request(request_id: int) -> Answer:
    return _with_reason(deciding.refuse, request_id)


@bp.post("/requests/<int:request_id>/return")
def return_request(request_id: int) -> Answer:
    return _with_reason(deciding.return_, request_id)


def _with_reason(decide: Callable[..., TeleworkRequest], request_id: int) -> Answer:
    actor, now = _decider(), clock.now()
    body = valid_or_422(ReasonBody)
    return _decided(
        actor,
        lambda: decide(request_id, body.reason, revision=body.revision, actor=actor, now=now),
    )


@bp.post("/requests/<int:request_id>/propose")
def propose_time(request_id: int) -> Answer:
    actor, now = _decider(), clock.now()
    body = valid_or_422(ProposeBody)
    return _decided(
        actor,
        lambda: deciding.propose(
            request_id, body.times(), revision=body.revision, actor=actor, now=now
        ),
    )


@bp.post("/requests/<int:request_id>/ask")
def ask_for_request(request_id: int) -> Answer:
    actor, now = _decider(), clock.now()
    body = valid_or_422(RequestAskBody)
    return _decided(
        actor,
        lambda: swapping.ask(
            request_id, body.wanted(now=now), revision=body.revision, actor=actor, now=now
        ),
    )


@bp.post("/requests/<int:request_id>/order")
def order_for_request(request_id: int) -> Answer:
    actor, now = _decider(), clock.now()
    body = valid_or_422(RequestOrderBody)
    return _decided(
        actor,
        lambda: swapping.order(
            request_id,
            body.wanted(now=now),
            body.reason,
            revision=body.revision,
            actor=actor,
            now=now,
        ),
    )


@bp.post("/requests/<int:request_id>/review")
def review_request(request_id: int) -> Answer:
    return _alone(deciding.review, request_id, _decider())


# --- the person's own -----------------------------------------------------------------------


@bp.post("/requests/<int:request_id>/withdraw")
def withdraw_request(request_id: int) -> Answer:
    return _alone(deciding.withdraw, request_id, acting_on(request_id, Scope.UNIT_WRITE))


@bp.post("/requests/<int:request_id>/accept-proposal")
def accept_proposal(request_id: int) -> Answer:
    return _alone(deciding.accept_proposal, request_id, self_actor())


@bp.post("/requests/<int:request_id>/decline-proposal")
def decline_proposal(request_id: int) -> Answer:
    return _alone(deciding.decline_proposal, request_id, self_actor())


@bp.post("/requests/<int:request_id>/undo")
def undo_decision(request_id: int) -> Answer:
    """One's own last step, for ten seconds."""
    actor, now = acting_on(request_id, Scope.UNIT_WRITE), clock.now()
    body = valid_or_422(SeenBody)
    return _decided(
        actor,
        lambda: undoing.undo(request_id, revision=body.revision, actor=actor, now=now).row,
    )


def _alone(decide: Callable[..., TeleworkRequest], request_id: int, actor: Actor) -> Answer:
    now, body = clock.now(), valid_or_422(SeenBody)
    return _decided(actor, lambda: decide(request_id, revision=body.revision, actor=actor, now=now))


# --- several --------------------------------------------------------------------------------


@bp.post("/requests/approve")
def approve_requests() -> Response:
    """Each for itself, oldest first; what would bring a shortage, also together with those before it, is left."""
    actor, now = _decider(), clock.now()
    body = valid_or_422(BulkBody)
    results = bulk.approve(body.requests, actor=actor, now=now)
    return jsonify(results=[result.json() for result in results])
