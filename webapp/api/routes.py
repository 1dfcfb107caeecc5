"""HTTP for programs and for the pages' own scripts: /api/v1, JSON. The contract is `openapi.json` beside it."""

from typing import Any

from flask import Response, jsonify, request

from webapp.accounts import access
from webapp.accounts.access import Actor, current_actor, require_scope
from webapp.accounts.rules import Scope
from webapp.api import boards as _boards  # noqa: F401 its routes join the blueprint
from webapp.api import coverage as _coverage  # noqa: F401
from webapp.api import emergency as _emergency  # noqa: F401
from webapp.api import help as _help  # noqa: F401
from webapp.api import messages as _messages  # noqa: F401
from webapp.api import notices as _notices  # noqa: F401
from webapp.api import requests as _requests  # noqa: F401
from webapp.api import requests_deciding as _requests_deciding  # noqa: F401
from webapp.api import rota as _rota  # noqa: F401
from webapp.api import rota_draft as _rota_draft  # noqa: F401
from webapp.api import rota_fixing as _rota_fixing  # noqa: F401
from webapp.api import rota_runs as _rota_runs  # noqa: F401
from webapp.api import seats as _seats  # noqa: F401
from webapp.api import swaps as _swaps  # noqa: F401
from webapp.api import tasks as _tasks  # noqa: F401
from webapp.api.blueprint import bp, self_actor
from webapp.api.forms import StandupBody, day_of_query
from webapp.api.openapi import document
from webapp.attendance import importing
from webapp.attendance import queries as attendance
from webapp.attendance import service as reports
from webapp.board import card, home, queries, search
from webapp.board.forms import ProxyPunchBody, PunchBody, StatusBody
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import body_json, valid_or_422
from webapp.core.refusals import BadRequest, NotAllowed, NotFound, RuleBroken
from webapp.day import queries as day
from webapp.org import queries as org
from webapp.presence import service as presence
from webapp.standup import queries as standup
from webapp.standup import service as standup_service
from webapp.standup.rules import Half, NoteText

LONGEST_KEY = 120
LARGEST_ID = 2**31 - 1


@bp.get("/openapi.json")
def openapi() -> Response:
    return jsonify(document())


# --- oneself --------------------------------------------------------------------------------


@bp.get("/me")
def me() -> Response:
    with snapshot():
        return jsonify(home.me(self_actor(), now=clock.now()))


@bp.post("/me/status")
def set_status() -> Response:
    actor = self_actor()
    return _set_status(actor, actor.staff_id)


def _set_status(actor: Actor, staff_id: int) -> Response:
    wanted = valid_or_422(StatusBody).wanted()
    presence.limit_taps(actor.staff_id, at=clock.monotonic())
    with transaction():
        presence.set_status(staff_id, wanted, actor=actor, now=clock.now())
    with snapshot():
        return jsonify(queries.row_of(staff_id))


@bp.post("/me/status/undo")
def undo_status() -> Response:
    actor = self_actor()
    return _undo_status(actor, actor.staff_id)


def _undo_status(actor: Actor, staff_id: int) -> Response:
    with transaction():
        presence.undo_status(staff_id, actor=actor, now=clock.now())
    with snapshot():
        return jsonify(queries.row_of(staff_id))


@bp.post("/me/punches")
def report() -> tuple[Response, int]:
    actor = self_actor()
    return _report(actor, actor.staff_id, PunchBody)


def _report(actor: Actor, staff_id: int, body: type[PunchBody]) -> tuple[Response, int]:
    key = request.headers.get("Idempotency-Key", "").strip()
    if not 0 < len(key) <= LONGEST_KEY:
        raise BadRequest(
            "Idempotency-Key を付けてください。",
            {
                "Idempotency-Key": f"報告ごとに新しい値（{LONGEST_KEY}文字まで）。再送では同じ値にします"
            },
        )
    now = clock.now()
    source = "web" if actor.scopes is None else "api"
    wanted = valid_or_422(body).wanted(now=now, planned=lambda: planned_place(staff_id))
    with transaction():
        answer = reports.report(
            staff_id,
            wanted,
            actor=actor,
            now=now,
            source=source if actor.staff_id == staff_id else "proxy",
            key=key,
            body_hash=reports.fingerprint(body_json()),
        )
    response = jsonify(answer.body)
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response, 201


def planned_place(staff_id: int) -> Any:
    now = clock.now()
    person = day.days_of([staff_id], now=now).get(staff_id)
    return home.proposed_place(person.facts, now) if person else (None, None)


@bp.get("/me/punches")
def my_punches() -> Response:
    actor = self_actor()
    on = day_of_query(request.args.get("date"), today=org.today())
    with snapshot():
        punches = [attendance.as_json(punch) for punch in attendance.punches_on(actor.staff_id, on)]
    return jsonify(date=on.isoformat(), punches=punches)


@bp.delete("/me/punches/<int:punch_id>")
def take_back(punch_id: int) -> Response:
    actor = self_actor()
    if punch_id > LARGEST_ID:
        raise NotFound("この報告は見つかりません。")
    with transaction():
        punch = reports.take_back(actor.staff_id, punch_id, actor=actor, now=clock.now())
        body = attendance.as_json(punch) | {"taken_back": True}
    return jsonify(body)


@bp.put("/me/standup/<day_text>/<half>")
def put_standup(day_text: str, half: str) -> Response:
    actor = self_actor()
    if half not in set(Half):
        raise RuleBroken(
            "朝か夕を指定してください。", {"half": "morning か evening にしてください"}
        )
    on = day_of_query(day_text, today=org.today())
    body = valid_or_422(StandupBody)
    with transaction():
        text = NoteText(tuple(body.lines), tuple(body.carried_over), tuple(body.links))
        note = standup_service.put_note(
            actor.staff_id, on, Half(half), text, actor=actor, now=clock.now()
        )
        answer = standup.note_json(note)
    return jsonify(answer)


# --- others ---------------------------------------------------------------------------------


@bp.get("/staff")
def find_staff() -> Response:
    self_actor()
    q = request.args.get("q", "").strip()[:100]
    with snapshot():
        people, more = search.people(q, now=clock.now())
    return jsonify(people=people, more=more)


@bp.get("/staff/<number>")
def staff_card(number: str) -> Response:
    actor = self_actor()
    with snapshot():
        return jsonify(card.card(actor, number, now=clock.now()))


@bp.post("/staff/<number>/status")
def set_status_for(number: str) -> Response:
    actor, now = self_actor(), clock.now()
    staff, _ = access.colleague(actor, number, on=org.today(now), now=now)
    return _set_status(actor, staff.id)


@bp.post("/staff/<number>/status/undo")
def undo_status_for(number: str) -> Response:
    actor, now = self_actor(), clock.now()
    staff, _ = access.colleague(actor, number, on=org.today(now), now=now)
    return _undo_status(actor, staff.id)


@bp.post("/staff/<number>/punches")
def report_for(number: str) -> tuple[Response, int]:
    actor, now = self_actor(), clock.now()
    staff, _ = access.colleague(actor, number, on=org.today(now), now=now)
    return _report(actor, staff.id, ProxyPunchBody)


@bp.post("/punches")
def import_punches() -> Response:
    """Card readers and 庶務事務: rows as in the CSV, idempotent."""
    actor = current_actor()
    if actor.scopes is None:
        raise NotAllowed("取り込みにはトークン（punch:write）を使ってください。")
    require_scope(actor, Scope.PUNCH_WRITE)
    rows = body_json()
    if not isinstance(rows, list):
        raise BadRequest("行の配列で送ってください。")
    return jsonify(importing.take_json(rows, actor=actor, now=clock.now()))


# --- boards ---------------------------------------------------------------------------------


@bp.get("/units")
def units() -> Response:
    self_actor()
    with snapshot():
        now = clock.now()
        tree = org.current_tree()
        heads = org.headcounts(org.today(now), known_at=now)
        found = []
        for node in tree.nodes:
            parent = tree.by_id(node.parent_id) if node.parent_id is not None else None
            found.append(
                {
                    "unit": node.code,
                    "name": node.name,
                    "kana": node.kana,
                    "kind": node.kind,
                    "parent": parent.code if parent else None,
                    "people": heads.get(node.id, 0),
                }
            )
    return jsonify(units=found)
