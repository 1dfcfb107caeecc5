"""必要数 of a position: a band more, another one, one less."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from webapp.core import clock
from webapp.core.db import transaction
from webapp.core.refusals import RuleBroken
from webapp.org import queries as org
from webapp.positions import compare, demand_check, forms, queries, service, stored
from webapp.positions.blueprint import Desk, bp, editing, page
from webapp.positions.models import DemandBand, Position
from webapp.positions.position_pages import demand_words
from webapp.positions.stored import Overtaken
from webapp.positions.wanted import WORKING_DAYS, BandWanted, Fit

NEW = BandWanted(9 * 60, 12 * 60, 1, 1, weekdays=WORKING_DAYS)


@bp.get("/positions/<code>/position/<int:position_id>/demand/new")
def new_band(code: str, position_id: int) -> Any:
    desk = editing(code)
    row = service.position_of(desk.unit.id, position_id, now=clock.now())
    values = forms.of_band(NEW) | {"start": "", "end": "", "lock": request.args.get("lock", "")}
    return _form(desk, row, None, values, {})


@bp.get("/positions/<code>/position/<int:position_id>/demand/<int:band_id>")
def band(code: str, position_id: int, band_id: int) -> Any:
    desk = editing(code)
    row = service.position_of(desk.unit.id, position_id, now=clock.now())
    found = service.band_of(row, band_id)
    return _form(desk, row, found, forms.of_band(stored.band_wanted(found)), {})


@bp.post("/positions/<code>/position/<int:position_id>/demand/new")
def add_band(code: str, position_id: int) -> Any:
    return _save(code, position_id, None)


@bp.post("/positions/<code>/position/<int:position_id>/demand/<int:band_id>")
def change_band(code: str, position_id: int, band_id: int) -> Any:
    return _save(code, position_id, band_id)


def _save(code: str, position_id: int, band_id: int | None) -> Any:
    desk = editing(code)
    now = clock.now()
    values = forms.shown(request.form)
    row = service.position_of(desk.unit.id, position_id, now=now)
    old = service.band_of(row, band_id) if band_id else None
    locks = {lock.id for lock in stored.locks_of(desk.unit.id, org.today(now))}
    wanted, faults = forms.band(request.form, locks)
    fit = _fit(desk, row, wanted) if not faults else Fit()
    if fit.nothing_left:
        faults = {"start": demand_check.fault_of(fit)}
    if faults:
        return _form(desk, row, old, values, faults, status=422)
    try:
        with transaction():
            row = service.position_of(desk.unit.id, position_id, now=now)
            service.put_band(
                row,
                wanted,
                band=service.band_of(row, band_id) if band_id else None,
                version=request.form.get("version", ""),
                actor=desk.actor,
                now=now,
            )
    except RuleBroken as broken:
        return _form(desk, row, old, values, broken.fields, status=422)
    except Overtaken as lost:
        values["version"] = lost.stored.version
        both = compare.differences(lost.stored, wanted)
        return _form(desk, row, old, values, {}, status=409, both=both)
    _tell(fit)
    if request.form.get("then") == "more":
        target = url_for("positions.new_band", code=code, position_id=position_id)
    else:
        target = url_for("positions.position", code=code, position_id=position_id) + "#demand"
    return redirect(target, 303)


def _tell(fit: Fit) -> None:
    flash(_("必要数を保存しました。"), "done")
    if fit.cut:
        flash(_("%(cut)s は開庁時間の外なので、数えません。", cut=fit.cut), "error")


def _fit(desk: Desk, row: Position, wanted: BandWanted) -> Fit:
    openings = queries.openings_for([desk.unit.id], org.current_tree(), org.today(clock.now())).get(
        desk.unit.id, []
    )
    return demand_check.fit(queries.posts_by_id([row.id])[row.id], wanted, openings)


@bp.post("/positions/<code>/position/<int:position_id>/demand/<int:band_id>/remove")
def remove_band(code: str, position_id: int, band_id: int) -> Any:
    desk = editing(code)
    now = clock.now()
    with transaction():
        row = service.position_of(desk.unit.id, position_id, now=now)
        service.remove_band(row, service.band_of(row, band_id), actor=desk.actor, now=now)
    flash(_("必要数を1つ消しました。"), "done")
    target = url_for("positions.position", code=code, position_id=position_id)
    return redirect(target + "#demand", 303)


def _form(
    desk: Desk,
    row: Position,
    band: DemandBand | None,
    values: dict[str, Any],
    errors: dict[str, str],
    status: int = 200,
    **more: Any,
) -> Any:
    shown = demand_words(desk, row)
    locks = [
        (lock.id, f"{lock.name}（{lock.starts_on}〜{lock.ends_on}）") for lock in shown["locks"]
    ]
    return page(
        "demand",
        desk,
        at="positions",
        status=status,
        row=row,
        band=band,
        values=values,
        errors=errors,
        lock_choices=[("", _("ふだん")), *locks],
        **shown,
        **more,
    )
