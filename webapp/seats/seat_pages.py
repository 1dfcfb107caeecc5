"""席: the sites of a day, booking in two taps, the usual seat in one, giving up and taking back. Plain forms."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts import access
from webapp.accounts.access import Actor, current_actor
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import Conflict, Refusal, RuleBroken
from webapp.org import queries as org
from webapp.seats import access as may
from webapp.seats import page, queries, service
from webapp.seats.asked import Asked, asked, booking_days, colleagues
from webapp.seats.blueprint import bp
from webapp.seats.forms import SeatForm
from webapp.seats.models import Seat
from webapp.seats.service import SeatTaken


@bp.get("/seats")
def seats() -> Any:
    return _page(current_actor())


def _page(actor: Actor, fault: Refusal | None = None) -> Any:
    now = clock.now()
    with snapshot():
        wanted = asked(actor, now=now)
        sites = page.site_days(wanted, actor, now=now)
        taken = fault if isinstance(fault, SeatTaken) else None
        shown = render_template(
            "seats/seats.html",
            viewer=actor,
            nav="seats",
            asked=wanted,
            days=booking_days(wanted.today, wanted.day),
            colleagues=colleagues(actor, now=now),
            sites=sites,
            usual=_usual(wanted, sites),
            own=page.own(wanted, now=now),
            fault=fault,
            offered=taken.nearest if taken else [],
            undo=request.args.get("undo", type=int),
            keeps=may.keeps_any(actor),
            span_words=page.span_words,
        )
    return shown, fault.status if fault else 200


def _usual(wanted: Asked, sites: list[page.SiteDay]) -> dict[str, Any] | None:
    """The usual seat on the day, and what is nearest where somebody else has it."""
    rows = [(day, row) for day in sites for row in day.rows if row.usual]
    if not rows:
        return None
    day, row = rows[0]
    near: list[Seat] = []
    if row.state == "taken":
        near = queries.nearest_free(row.seat, wanted.day, wanted.span)
    return {"site": day.site, "seat": row.seat, "state": row.state, "why": day.why, "near": near}


@bp.post("/seats/book")
def book() -> Any:
    actor, now = current_actor(), clock.now()
    try:
        body = valid_or_422(SeatForm)
        staff_id = person_of(body.staff, actor)
        with transaction():
            span = body.span
            row = service.book_seat(
                body.seat, staff_id, body.day, span.start, span.end, actor=actor, now=now
            )
            seat = queries.seats_by_id([row.seat_id])[row.seat_id]
            words = f"{seat.site.name} {seat.name}"
    except (RuleBroken, Conflict) as refused:
        return _page(actor, refused)
    flash(_("%(seat)s を予約しました。", seat=words), "done")
    return _back()


def person_of(number: str, actor: Actor) -> int:
    """Raises NotFound, NotAllowed for who is not of one's 係."""
    if not number or number == actor.number:
        return actor.staff_id
    now = clock.now()
    return access.colleague(actor, number, on=org.today(now), now=now)[0].id


def _back(**more: Any) -> Any:
    """To the day and time one came from."""
    kept: dict[str, Any] = {
        key: request.form[key] for key in ("day", "start", "end", "staff") if request.form.get(key)
    }
    return redirect(url_for("seats.seats", **kept, **more), 303)


@bp.post("/seats/bookings/<int:booking_id>/cancel")
def cancel(booking_id: int) -> Any:
    actor, now = current_actor(), clock.now()
    try:
        with transaction():
            row = service.cancel_seat(booking_id, actor=actor, now=now)
            ended = row.state == "cancelled"
    except Conflict as late:
        return _page(actor, late)
    if ended:
        return _back(undo=booking_id)
    flash(_("席を空けました。"), "done")
    return _back()


@bp.post("/seats/bookings/<int:booking_id>/restore")
def restore(booking_id: int) -> Any:
    actor = current_actor()
    try:
        with transaction():
            service.restore_seat(booking_id, actor=actor, now=clock.now())
    except Conflict as late:
        return _page(actor, late)
    flash(_("予約を元に戻しました。"), "done")
    return _back()


@bp.post("/seats/usual")
def usual() -> Any:
    """seat: its id; empty = none any more."""
    actor = current_actor()
    chosen = request.form.get("seat", type=int)
    with transaction():
        service.set_usual(actor.staff_id, chosen, now=clock.now())
    words = _("いつもの席にしました。") if chosen else _("いつもの席をなくしました。")
    flash(words, "done")
    return _back()
