"""/units/{code}/coverage: need, planned, present, open, slack; and taking a shortage on."""

from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request

from webapp.accounts.access import Actor, current_actor, require_scope
from webapp.accounts.rules import Scope
from webapp.api.blueprint import bp, reader_of
from webapp.api.forms import day_of_query
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.refusals import RuleBroken
from webapp.coverage import board, entries, queries, service
from webapp.org import queries as org
from webapp.org.rules import UnitNode

MOST_DAYS = 28


@bp.get("/units/<code>/coverage")
def coverage(code: str) -> Response:
    """One day of the unit and all below; names of the missing only to who leads it."""
    now = clock.now()
    with snapshot():
        actor, unit = reader_of(code)
        on = day_of_query(request.args.get("date"), today=org.today(now))
        units = [node.id for node in org.current_tree().subtree(unit.id)]
    queries.look_ahead(units, [on], now=now)
    with snapshot():
        tree = org.current_tree()
        found = {
            node.id: one
            for node in tree.subtree(unit.id)
            if (one := queries.cover_of_day(node.id, on, now=now)) is not None
        }
        body = board.body(found, tree) | _room(found, tree)
        if on == org.today(now):
            body["missing"] = board.missing_names(board.led_by(actor, found, tree))
    return jsonify({"unit": unit.code, "date": on.isoformat(), "as_of": entries.iso(now)} | body)


def _room(found: dict[int, Any], tree: Any) -> dict[str, Any]:
    return {
        "room_by_half_hour": {
            tree.by_id(unit_id).code: entries.rooms_by_half_hour(one)
            for unit_id, one in found.items()
        }
    }


@bp.get("/units/<code>/telework-room")
def telework_room(code: str) -> Response:
    """テレワーク可能 あと何人, by half hour, for the coming days (default 14, at most 28)."""
    number, now = _days(), clock.now()
    with snapshot():
        _, unit = reader_of(code)
        units = [node.id for node in org.current_tree().subtree(unit.id)]
        days = [org.today(now) + timedelta(days=n) for n in range(number)]
    queries.look_ahead(units, days, now=now)
    with snapshot():
        answer = [_day(unit, on, now) for on in days]
    return jsonify({"unit": unit.code, "as_of": entries.iso(now), "days": answer})


def _days() -> int:
    text = request.args.get("days", "14")
    if not text.isdigit() or not 1 <= int(text) <= MOST_DAYS:
        raise RuleBroken(
            "日数を直してください。", {"days": f"1 から {MOST_DAYS} の数にしてください"}
        )
    return int(text)


def _day(unit: UnitNode, on: Any, now: Any) -> dict[str, Any]:
    tree = org.tree(on, known_at=now)
    units = {
        node.code: entries.rooms_by_half_hour(one)
        for node in tree.subtree(unit.id)
        if (one := queries.cover_of_day(node.id, on, now=now)) is not None
    }
    return {
        "date": on.isoformat(),
        "closed": org.business_calendar().closed_because(on),
        "units": units,
    }


@bp.post("/coverage/<int:position_id>/take")
def take_shortage(position_id: int) -> Response:
    return _taken(service.take, position_id)


@bp.delete("/coverage/<int:position_id>/take")
def give_shortage_back(position_id: int) -> Response:
    return _taken(service.give_back, position_id)


def _taken(change: Any, position_id: int) -> Response:
    actor: Actor = current_actor()
    require_scope(actor, Scope.UNIT_WRITE)
    extra = {"now": clock.now()} if change is service.take else {}
    with transaction():
        row = change(position_id, actor=actor, **extra)
        unit_id = row.unit_id
    with snapshot():
        now = clock.now()
        found = queries.covers([unit_id], now=now)
        return jsonify({"as_of": entries.iso(now)} | board.body(found, org.current_tree()))
