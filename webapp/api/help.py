"""What concerns a person on whatever page (/me/alerts), and 窓口応援: ask, accept, decline, call off, end."""

from typing import Any

from flask import Response, jsonify

from webapp.accounts.access import current_actor, require_scope
from webapp.accounts.rules import Scope
from webapp.api.blueprint import bp, self_actor
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.coverage import alerts, help_live
from webapp.coverage import help_service as service
from webapp.coverage.entries import iso
from webapp.coverage.models import HelpCall


@bp.get("/me/alerts")
def my_alerts() -> Response:
    actor = self_actor()
    with snapshot():
        now = clock.now()
        return jsonify({"as_of": iso(now)} | alerts.of_person(actor, now=now))


@bp.post("/coverage/<int:position_id>/help")
def ask_for_help(position_id: int) -> tuple[Response, int]:
    """201 with the call (200 where it was open already); 200 with `later` where nobody is free."""
    actor, now = current_actor(), clock.now()
    require_scope(actor, Scope.SELF)
    service.limit_calls(actor.staff_id, at=clock.monotonic())
    with transaction():
        answer = service.ask(position_id, actor=actor, now=now)
        call = _body(answer.call) if answer.call else None
        later = help_live.later(answer.later)
    return jsonify(call=call, later=later), 201 if answer.fresh else 200


def _body(call: HelpCall) -> dict[str, Any]:
    return help_live.bodies([call], now=clock.now())[call.id]


def _changed(change: Any, call_id: int) -> Response:
    actor = self_actor()
    with transaction():
        call = change(call_id, actor=actor, now=clock.now())
        return jsonify(_body(call))


@bp.post("/help/<int:call_id>/accept")
def accept_help(call_id: int) -> Response:
    return _changed(service.accept, call_id)


@bp.post("/help/<int:call_id>/decline")
def decline_help(call_id: int) -> Response:
    return _changed(service.decline, call_id)


@bp.delete("/help/<int:call_id>")
def call_help_off(call_id: int) -> Response:
    return _changed(service.call_off, call_id)


@bp.post("/help/<int:call_id>/end")
def end_help(call_id: int) -> Response:
    return _changed(service.end, call_id)
