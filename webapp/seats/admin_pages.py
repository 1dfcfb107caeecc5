"""Administration of sites and seats, for 管理者 and 人事担当; and what one keeps, for 所属長 and 係長."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from webapp.accounts.access import Actor, current_actor
from webapp.core import clock
from webapp.core.db import db, snapshot, transaction
from webapp.core.hours import clock_of
from webapp.core.parse import valid_or_422
from webapp.core.refusals import NotAllowed, NotFound, Refusal, RuleBroken
from webapp.org import queries as org
from webapp.seats import access, administering, queries
from webapp.seats.admin_forms import SeatForm, SeatsForm, SiteForm
from webapp.seats.blueprint import bp
from webapp.seats.models import LoanItem, Seat, Site


def admin() -> Actor:
    actor = current_actor()
    access.require_admin(actor)
    return actor


@bp.get("/seats/admin")
def admin_page() -> Any:
    actor = current_actor()
    if not access.keeps_any(actor):
        raise NotAllowed
    with snapshot():
        tree, today = org.current_tree(), org.today(clock.now())
        rows = db.session.scalars(select(LoanItem).order_by(LoanItem.kind, LoanItem.number))
        items = [item for item in rows if access.keeps(actor, item.unit_id, tree)]
        return page(
            "admin",
            actor,
            items=items,
            booked=administering.people_booked([item.id for item in items], today),
            units={node.id: node.name for node in tree.nodes},
            sites=_sites() if access.administers(actor) else None,
            today=today,
        )


def page(template: str, actor: Actor, fault: Refusal | None = None, **words: Any) -> Any:
    shown = render_template(
        f"seats/{template}.html",
        viewer=actor,
        nav="seats",
        keeps=True,
        fault=fault,
        errors=fault.fields if fault else {},
        clock_of=clock_of,
        **words,
    )
    return shown, fault.status if fault else 200


def _sites() -> list[Site]:
    query = select(Site).options(selectinload(Site.seats)).order_by(*queries.SITE_ORDER)
    return list(db.session.scalars(query))


# --- sites ----------------------------------------------------------------------------------


@bp.get("/seats/admin/sites/new")
def new_site() -> Any:
    return page("site", admin(), site=None, values={})


@bp.post("/seats/admin/sites/new")
def add_site() -> Any:
    actor = admin()
    try:
        wanted = valid_or_422(SiteForm).wanted()
        with transaction():
            key = administering.put_site(None, wanted, actor=actor, now=clock.now()).id
    except RuleBroken as fault:
        return page("site", actor, fault, site=None, values=request.form)
    flash(_("拠点を登録しました。続けて席を入れてください。"), "done")
    return redirect(url_for("seats.site", site_id=key), 303)


@bp.get("/seats/admin/sites/<int:site_id>")
def site(site_id: int) -> Any:
    actor = admin()
    with snapshot():
        row = _site(site_id)
        return page("site", actor, site=row, values=_site_values(row))


def _site(site_id: int) -> Site:
    row = db.session.get(Site, site_id)
    if row is None:
        raise NotFound
    return row


def _site_values(row: Site) -> dict[str, Any]:
    return {
        "name": row.name,
        "telephone": row.telephone,
        "personal_data": row.personal_data,
        "opens": clock_of(row.open_minute, padded=True) if row.open_minute is not None else "",
        "closes": clock_of(row.close_minute, padded=True) if row.close_minute is not None else "",
        "near": row.near,
        "note": row.note,
        "sort_order": row.sort_order,
        "closed_on": row.closed_on or "",
    }


@bp.post("/seats/admin/sites/<int:site_id>")
def change_site(site_id: int) -> Any:
    actor = admin()
    try:
        wanted = valid_or_422(SiteForm).wanted()
        with transaction():
            administering.put_site(_site(site_id), wanted, actor=actor, now=clock.now())
    except RuleBroken as fault:
        return page("site", actor, fault, site=_site(site_id), values=request.form)
    flash(_("保存しました。"), "done")
    return redirect(url_for("seats.site", site_id=site_id), 303)


@bp.post("/seats/admin/sites/<int:site_id>/seats")
def add_seats(site_id: int) -> Any:
    actor = admin()
    try:
        names = valid_or_422(SeatsForm).wanted()
        with transaction():
            count = administering.add_seats(_site(site_id), names, actor=actor, now=clock.now())
    except RuleBroken as fault:
        row = _site(site_id)
        typed = request.form.get("names", "")
        return page("site", actor, fault, site=row, values=_site_values(row), names=typed)
    flash(_("%(n)s席を登録しました。", n=count), "done")
    return redirect(url_for("seats.site", site_id=site_id), 303)


# --- seats ----------------------------------------------------------------------------------


@bp.get("/seats/admin/seats/<int:seat_id>")
def seat(seat_id: int) -> Any:
    actor = admin()
    with snapshot():
        return page("seat", actor, seat=(row := _seat(seat_id)), values=row)


def _seat(seat_id: int) -> Seat:
    row = queries.seats_by_id([seat_id]).get(seat_id)
    if row is None:
        raise NotFound
    return row


@bp.post("/seats/admin/seats/<int:seat_id>")
def change_seat(seat_id: int) -> Any:
    actor = admin()
    try:
        wanted = valid_or_422(SeatForm).wanted()
        with transaction():
            row = _seat(seat_id)
            administering.put_seat(row, wanted, actor=actor, now=clock.now())
            site_id = row.site_id
    except RuleBroken as fault:
        return page("seat", actor, fault, seat=_seat(seat_id), values=request.form)
    flash(_("保存しました。"), "done")
    return redirect(url_for("seats.site", site_id=site_id), 303)
