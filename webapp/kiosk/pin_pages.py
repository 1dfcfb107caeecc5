"""One's own 暗証番号 for shared terminals."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from webapp.accounts.access import Actor, current_actor
from webapp.accounts.blueprint import browser_only
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import RuleBroken
from webapp.kiosk import pins
from webapp.kiosk.blueprint import bp
from webapp.kiosk.forms import PinForm
from webapp.kiosk.models import KioskPin


@bp.get("/me/kiosk-pin")
def pin_page() -> Any:
    return _page(browser_only(current_actor()))


def _page(actor: Actor, fault: RuleBroken | None = None) -> Any:
    page = render_template(
        "kiosk/pin.html",
        nav="account",
        pin=db.session.get(KioskPin, actor.staff_id),
        now=clock.now(),
        errors=fault.fields if fault else {},
    )
    return page, fault.status if fault else 200


@bp.post("/me/kiosk-pin")
def choose_pin() -> Any:
    actor = browser_only(current_actor())
    try:
        form = valid_or_422(PinForm)
        pin_hash = pins.hashed_pin(form.pin, form.again, number=actor.number)
    except RuleBroken as fault:
        return _page(actor, fault)
    with transaction():
        pins.choose(pin_hash, actor=actor, now=clock.now())
    flash(_("暗証番号を決めました。"), "done")
    return redirect(url_for("kiosk.pin_page"), 303)


@bp.post("/me/kiosk-pin/remove")
def remove_pin() -> Any:
    actor = browser_only(current_actor())
    with transaction():
        pins.remove(actor.staff_id, actor=actor, now=clock.now())
    flash(_("暗証番号を消しました。"), "done")
    return redirect(url_for("kiosk.pin_page"), 303)
