"""Swaps, orders, burden and the calendar feed of duties."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Response, jsonify, request

from webapp.accounts.access import Actor, current_actor, require_scope
from webapp.accounts.rules import Scope
from webapp.api.blueprint import bp, reader_of, self_actor
from webapp.core import clock
from webapp.core.db import DatabaseBusy, snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.coverage.entries import iso
from webapp.org import queries as org
from webapp.rota import burden_view, call_figures, feeds, swap_forms, swap_lists, swaps
from webapp.rota.models import CalendarFeed, Swap


@bp.get("/units/<code>/burden")
def burden(code: str) -> Response:
    """Weighted load and target a person; names for who leads, one's own line and the mean for others."""
    with snapshot():
        actor, unit = reader_of(code)
        asked = burden_view.asked(request.args, unit, now=clock.now())
        now = clock.now()
        found = burden_view.view(unit, asked, actor, now=now)
        calls = call_figures.json(call_figures.calls_of(unit, found, now=now))
        return jsonify(burden_view.json(unit, found) | {"calls": calls})


# --- swaps ----------------------------------------------------------------------------------


@bp.get("/me/swaps")
def my_swaps() -> Response:
    with snapshot():
        return jsonify(swap_lists.own_lists(self_actor(), now=clock.now()).json())


@bp.get("/units/<code>/swaps")
def unit_swaps(code: str) -> Response:
    with snapshot():
        actor, unit = reader_of(code)
        below = [node.id for node in org.current_tree().subtree(unit.id)]
        return jsonify(swap_lists.unit_lists(below, actor, now=clock.now()).json())


@bp.post("/swaps")
def ask_swap() -> tuple[Response, int]:
    actor, now = self_actor(), clock.now()
    body = valid_or_422(swap_forms.AskBody)
    with transaction():
        swap = swaps.ask(body.wish(now=now), actor=actor, now=now)
    return _shown(swap, actor), 201


@bp.post("/swaps/<int:swap_id>/accept")
def accept_swap(swap_id: int) -> Response:
    return _done(swaps.accept, swap_id)


@bp.post("/swaps/<int:swap_id>/decline")
def decline_swap(swap_id: int) -> Response:
    return _done(swaps.decline, swap_id)


@bp.post("/swaps/<int:swap_id>/withdraw")
def withdraw_swap(swap_id: int) -> Response:
    return _done(swaps.withdraw, swap_id)


@bp.post("/swaps/<int:swap_id>/approve")
def approve_swap(swap_id: int) -> Response:
    require_scope(current_actor(), Scope.UNIT_WRITE)
    return _done(swaps.approve, swap_id)


@bp.post("/swaps/<int:swap_id>/refuse")
def refuse_swap(swap_id: int) -> Response:
    require_scope(current_actor(), Scope.UNIT_WRITE)
    body = valid_or_422(swap_forms.RefuseBody)
    return _done(swaps.refuse, swap_id, body.reason)


def _done(act: Callable[..., Swap], swap_id: int, *more: str) -> Response:
    actor = self_actor()
    with transaction():
        swap = act(swap_id, *more, actor=actor, now=clock.now())
    return _shown(swap, actor)


def _shown(swap: Swap, actor: Actor) -> Response:
    with snapshot():
        row = swap_lists.Book([swap], actor, now=clock.now())
        return jsonify(row.json(swap, row.standing(swap)))


@bp.post("/duties/<int:duty_id>/order")
def order_duty(duty_id: int) -> Response:
    """A duty changes hands by a leader's order, with a reason and a notice to both."""
    actor, now = current_actor(), clock.now()
    require_scope(actor, Scope.UNIT_WRITE)
    body = valid_or_422(swap_forms.OrderBody)
    with transaction():
        taker = body.taker(now=now)
        swap = swaps.order(body.wish(duty_id), taker, actor=actor, now=now)
    return _shown(swap, actor)


# --- calendar -------------------------------------------------------------------------------


@bp.get("/me/calendar-feed")
def my_feed() -> Response:
    actor = self_actor()
    with snapshot():
        return jsonify(_feed_json(actor))


@bp.post("/me/calendar-feed")
def make_feed() -> tuple[Response, int]:
    """A new address; the former one ends. Told once."""
    actor = self_actor()
    with transaction():
        secret = feeds.create(actor, now=clock.now())
    return jsonify(_feed_json(actor) | {"url": feeds.address(secret)}), 201


@bp.delete("/me/calendar-feed")
def end_feed() -> Response:
    actor = self_actor()
    with transaction():
        ended = feeds.revoke(actor, now=clock.now())
    return jsonify(revoked=ended)


def _feed_json(actor: Actor) -> dict[str, Any]:
    row = feeds.in_force(actor.staff_id)
    return {
        "active": row is not None,
        "made_at": iso(row.made_at) if row else None,
        "read_at": iso(row.read_at) if row and row.read_at else None,
    }


@bp.get("/duties.ics")
def duties_ics() -> Response:
    """Open to whoever holds the address: the calendar program has no session."""
    now = clock.now()
    feeds.limit(request.remote_addr or "")
    with snapshot():
        feed = feeds.owner_of(request.args.get("token", ""), now=now)
        text = feeds.calendar_of(feed.staff_id, now=now)
        noted, feed_id = feeds.is_noted(feed, now=now), feed.id
    if not noted:
        with suppress(DatabaseBusy), transaction() as session:
            session.get_one(CalendarFeed, feed_id).read_at = now
    response = Response(text, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="zaiseki-duties.ics"'
    return response
