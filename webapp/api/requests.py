"""Filing telework requests and reading them. Deciding stands in `requests_deciding`."""

from typing import Any

from flask import Response, jsonify, request

from webapp.accounts import access as accounts
from webapp.accounts.access import Actor, require_scope
from webapp.accounts.rules import LEADING, Scope, has_scope
from webapp.api.blueprint import bp, self_actor
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import NotAllowed, RuleBroken
from webapp.org import queries as org
from webapp.org.rules import Role
from webapp.requests import cases, filing, records, showing
from webapp.requests.forms import RefileBody, RequestBody
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import State

MOST_LISTED = 500


@bp.post("/requests")
def file_requests() -> tuple[Response, int]:
    """All days or none; `left_out`: days of `repeat` on which nothing can be filed."""
    actor, now = self_actor(), clock.now()
    body = valid_or_422(RequestBody)
    staff_id = _whose(body.staff, actor)
    with transaction():
        rows = filing.file(body, staff_id, actor=actor, now=now)
        left_out = filing.left_out(body, rows, now=now)
    with snapshot():
        found = showing.requests_json(_fresh(rows), actor, now=now)
    out = [{"date": day.isoformat(), "why": why} for day, why in left_out]
    return jsonify(requests=found, left_out=out), 201


def _whose(number: str | None, actor: Actor) -> int:
    """A token enters for colleagues only where it may write for its unit."""
    staff_id = filing.person_for(number, actor=actor, now=clock.now())
    if staff_id != actor.staff_id:
        require_scope(actor, Scope.UNIT_WRITE)
    return staff_id


def acting_on(request_id: int, wider: Scope) -> Actor:
    """A token without the wider scope is kept to its person's own requests. NotFound, NotAllowed."""
    actor = self_actor()
    if not has_scope(actor.scopes, wider):
        with snapshot():
            row = cases.read(request_id, actor, now=clock.now())
        if row.staff_id != actor.staff_id:
            require_scope(actor, wider)
    return actor


def _fresh(rows: list[TeleworkRequest]) -> list[TeleworkRequest]:
    return records.by_ids(row.id for row in rows)


@bp.put("/requests/<int:request_id>")
def refile_request(request_id: int) -> Response:
    """The same again before a decision or after 差し戻し; after the approval a change, a request of its own."""
    actor, now = acting_on(request_id, Scope.UNIT_WRITE), clock.now()
    body = valid_or_422(RefileBody)
    with transaction():
        row = filing.refile(request_id, body, revision=body.revision, actor=actor, now=now)
    with snapshot():
        return jsonify(showing.requests_json(_fresh([row]), actor, now=now)[0])


@bp.get("/requests")
def list_requests() -> Response:
    """One's own; with ?unit= those of a unit one leads. ?state=, ?from=, ?to= narrow it."""
    actor, now = self_actor(), clock.now()
    with snapshot():
        first, last = _days()
        state = _state()
        code = request.args.get("unit")
        ids = _unit_ids(code, actor) if code else None
        rows = records.listed(
            None if ids is not None else actor.staff_id,
            unit_ids=ids,
            state=state,
            first=first,
            last=last,
            most=MOST_LISTED,
            now=now,
        )
        return jsonify(requests=showing.requests_json(rows, actor, now=now))


def _unit_ids(code: str, actor: Actor) -> list[int]:
    require_scope(actor, Scope.UNIT_READ)
    unit = accounts.unit_or_404(code)
    tree = org.current_tree()
    if not (accounts.leads(actor, unit.id, tree, LEADING) or actor.roles & {Role.HR, Role.ADMIN}):
        raise NotAllowed("所属の申請は、その所属の所属長・係長・代決者・当番調整担当が見られます。")
    return [node.id for node in tree.subtree(unit.id)]


def _state() -> str | None:
    text = request.args.get("state")
    if text and text not in set(State):
        raise RuleBroken("状態を直してください。", {"state": f"{'・'.join(State)} のどれか"})
    return text or None


def _days() -> tuple[Any, Any]:
    from_, to = request.args.get("from"), request.args.get("to")
    try:
        return records.day_or_none(from_), records.day_or_none(to)
    except ValueError:
        fault = "2026-12-01 のように指定してください"
        raise RuleBroken("日付を直してください。", {"from": fault, "to": fault}) from None


@bp.get("/requests/<int:request_id>")
def one_request(request_id: int) -> Response:
    actor, now = acting_on(request_id, Scope.UNIT_READ), clock.now()
    with snapshot():
        row = cases.read(request_id, actor, now=now)
        return jsonify(showing.request_json(row, actor, now=now))
