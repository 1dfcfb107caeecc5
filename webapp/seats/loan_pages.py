"""貸出物品・回線: what is free, booking, giving up; handing over and taking back by who keeps it. Plain forms."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import Actor, current_actor
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import Conflict, Refusal, RuleBroken
from webapp.seats import access as may
from webapp.seats import loan_page, loans
from webapp.seats.asked import asked, booking_days, colleagues, last_day
from webapp.seats.blueprint import bp
from webapp.seats.forms import LoanForm
from webapp.seats.models import LoanBooking
from webapp.seats.page import span_words
from webapp.seats.seat_pages import person_of

ACTS: dict[str, tuple[Callable[..., LoanBooking], str]] = {
    "restore": (loans.restore_item, "予約を元に戻しました。"),
    "hand-over": (loans.hand_over, "渡したことを記録しました。"),
    "take-back": (loans.take_back, "返却を記録しました。"),
}


@bp.get("/loans")
def items() -> Any:
    return _page(current_actor())


def _page(actor: Actor, fault: Refusal | None = None) -> Any:
    now = clock.now()
    with snapshot():
        wanted = asked(actor, now=now)
        last = last_day(wanted)
        hand_over, back = loan_page.to_keep(actor, now=now)
        shown = render_template(
            "seats/loans.html",
            viewer=actor,
            nav="seats",
            asked=wanted,
            last_day=last,
            days=booking_days(wanted.today, wanted.day),
            colleagues=colleagues(actor, now=now),
            kinds=loan_page.kinds(wanted, last, now=now),
            own=loan_page.own(wanted, now=now),
            hand_over=hand_over,
            back=back,
            fault=fault,
            undo=request.args.get("undo", type=int),
            keeps=may.keeps_any(actor),
            span_words=span_words,
        )
    return shown, fault.status if fault else 200


@bp.post("/loans/book")
def book_loan() -> Any:
    actor, now = current_actor(), clock.now()
    try:
        body = valid_or_422(LoanForm)
        staff_id = person_of(body.staff, actor)
        with transaction():
            row = loans.book_item(
                body.item,
                staff_id,
                body.day,
                body.span.start,
                body.span.end,
                last_day=body.last_day,
                actor=actor,
                now=now,
            )
            words = loan_page.words_of(row)
    except (RuleBroken, Conflict) as refused:
        return _page(actor, refused)
    flash(_("予約しました（%(when)s）。", when=words), "done")
    return _back()


def _back(**more: Any) -> Any:
    names = ("day", "last_day", "start", "end", "staff")
    kept: dict[str, Any] = {key: request.form[key] for key in names if request.form.get(key)}
    return redirect(url_for("seats.items", **kept, **more), 303)


@bp.post("/loans/bookings/<int:booking_id>/cancel")
def cancel_loan(booking_id: int) -> Any:
    actor = current_actor()
    try:
        with transaction():
            loans.cancel_item(booking_id, actor=actor, now=clock.now())
    except Conflict as late:
        return _page(actor, late)
    return _back(undo=booking_id)


@bp.post("/loans/bookings/<int:booking_id>/<any('restore', 'hand-over', 'take-back'):what>")
def act_on_loan(booking_id: int, what: str) -> Any:
    actor = current_actor()
    act, words = ACTS[what]
    try:
        with transaction():
            act(booking_id, actor=actor, now=clock.now())
    except Conflict as late:
        return _page(actor, late)
    flash(_(words), "done")
    return _back()
