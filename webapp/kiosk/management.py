"""共有端末 of a unit: who leads it makes, unbinds, renews and revokes terminals, and resets 暗証番号."""

from datetime import datetime
from typing import Any

import segno
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts import access
from webapp.accounts.access import Actor, current_actor
from webapp.core import clock
from webapp.core.db import transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import NotAllowed, NotFound, Refusal, RuleBroken
from webapp.kiosk import pins, queries, terminals
from webapp.kiosk.blueprint import bp
from webapp.kiosk.forms import MakeForm
from webapp.kiosk.terminals import Made
from webapp.org import queries as org
from webapp.org.rules import UnitNode


def leading(code: str) -> tuple[Actor, UnitNode]:
    """The actor, if they may look after the terminals of this unit. Raises NotAllowed, NotFound."""
    actor, unit = current_actor(), access.unit_or_404(code)
    if not (actor.may_admin or access.leads_duties(actor, unit.id, org.current_tree())):
        raise NotAllowed("共有端末は、この所属の所属長・係長・代決者・当番調整担当が用意します。")
    return actor, unit


@bp.get("/kiosks/")
def own_kiosks() -> Any:
    code = current_actor().unit_code
    return redirect(url_for("kiosk.kiosks", code=code) if code else "/admin/")


@bp.get("/kiosks/<code>")
def kiosks(code: str) -> Any:
    _actor, unit = leading(code)
    return _page(unit)


def _page(unit: UnitNode, made: Made | None = None, fault: Refusal | None = None) -> Any:
    now = clock.now()
    people = queries.people_of(unit, now=now)
    found = queries.kiosks_of(unit.id)
    page = render_template(
        "kiosk/kiosks.html",
        nav="kiosks",
        unit=unit,
        below=org.current_tree().children(unit.id),
        kiosks=found,
        names=org.names_of({kiosk.made_by for kiosk in found}),
        people=people,
        pins=queries.pins_of([person.staff_id for person in people]),
        now=now,
        typed=request.form if fault else {},
        errors=fault.fields if fault else {},
        **_shown_once(made),
    )
    return page, fault.status if fault else 200 if made is None else 201


def _shown_once(made: Made | None) -> dict[str, Any]:
    if made is None:
        return {"address": ""}
    address = url_for("kiosk.screen", token=made.token, _external=True)
    qr = segno.make(address, error="m")
    size = qr.symbol_size(border=0)[0]
    return {"address": address, "made": made.kiosk, "qr_path": _outline(qr), "qr_size": size}


def _outline(qr: segno.QRCode) -> str:
    """The dark squares as one path: no style, no script, nothing to fetch."""
    squares = ((x, y) for y, line in enumerate(qr.matrix) for x, dark in enumerate(line) if dark)
    return "".join(f"M{x} {y}h1v1h-1z" for x, y in squares)


@bp.post("/kiosks/<code>")
def make_kiosk(code: str) -> Any:
    actor, unit = leading(code)
    try:
        form = valid_or_422(MakeForm)
        with transaction():
            made = terminals.make(
                unit, form.name, asks_pin=form.asks_pin, actor=actor, now=clock.now()
            )
    except RuleBroken as fault:
        return _page(unit, fault=fault)
    return _page(unit, made)


@bp.post("/kiosks/<code>/<int:kiosk_id>/renew")
def renew_kiosk(code: str, kiosk_id: int) -> Any:
    actor, unit = leading(code)
    with transaction():
        made = terminals.renew(kiosk_id, unit, actor=actor, now=clock.now())
    return _page(unit, made)


@bp.post("/kiosks/<code>/<int:kiosk_id>/unbind")
def unbind_kiosk(code: str, kiosk_id: int) -> Any:
    actor, unit = leading(code)
    with transaction():
        kiosk = terminals.unbind(kiosk_id, unit, actor=actor, now=clock.now())
    flash(
        _("%(name)s を端末から外しました。次にアドレスをひらいた端末で使えます。", name=kiosk.name),
        "done",
    )
    return _back(unit)


@bp.post("/kiosks/<code>/<int:kiosk_id>/revoke")
def revoke_kiosk(code: str, kiosk_id: int) -> Any:
    actor, unit = leading(code)
    with transaction():
        kiosk = terminals.revoke(kiosk_id, unit, actor=actor, now=clock.now())
    flash(
        _(
            "%(name)s を取り消しました。ひらいている画面も、数秒で使えなくなります。",
            name=kiosk.name,
        ),
        "done",
    )
    return _back(unit)


@bp.post("/kiosks/<code>/pins/<number>/reset")
def reset_pin(code: str, number: str) -> Any:
    actor, unit = leading(code)
    now: datetime = clock.now()
    person = queries.person_in(unit, number, now=now)
    if person is None:
        raise NotFound("この職員は見つかりません。")
    with transaction():
        pins.remove(person.staff_id, actor=actor, now=now)
    flash(_("%(name)sさんの暗証番号を消しました。本人が決め直せます。", name=person.name), "done")
    return _back(unit)


def _back(unit: UnitNode) -> Any:
    return redirect(url_for("kiosk.kiosks", code=unit.code), 303)
