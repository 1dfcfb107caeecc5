"""開庁時間 and 電話の受付時間, and 期間で増やす."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from webapp.core import clock
from webapp.core.db import transaction
from webapp.org import queries as org
from webapp.positions import compare, forms, service, stored
from webapp.positions.blueprint import Desk, bp, editing, page, reading, site_names, sites
from webapp.positions.models import DayLock, OpeningHours
from webapp.positions.overview import Card, exceptions_ahead, hours_of, overview
from webapp.positions.stored import Overtaken
from webapp.positions.wanted import WORKING_DAYS, OpeningWanted


@bp.get("/positions/<code>/hours")
def hours(code: str) -> Any:
    desk = reading(code)
    applies_to = "phone" if request.args.get("for") == "phone" else "counter"
    new = forms.of_opening(OpeningWanted(applies_to, weekdays=WORKING_DAYS, start=540, end=990))
    return _hours(desk, None, new, {})


def _hours(
    desk: Desk,
    row: OpeningHours | None,
    values: dict[str, Any],
    errors: dict[str, str],
    status: int = 200,
    **more: Any,
) -> Any:
    now = clock.now()
    return page(
        "hours",
        desk,
        at="hours",
        status=status,
        parts=hours_of(desk.unit, now=now),
        ahead=exceptions_ahead(desk.unit, now=now),
        cut=_cut(desk),
        row=row,
        values=values,
        errors=errors,
        sites=sites(),
        **more,
    )


def _cut(desk: Desk) -> list[Card]:
    """Positions with demand outside of these hours."""
    return [card for card in overview(desk.unit, now=clock.now()).cards if card.warnings]


@bp.get("/positions/<code>/hours/<int:opening_id>")
def opening(code: str, opening_id: int) -> Any:
    desk = editing(code)
    row = service.opening_of(desk.unit.id, opening_id, now=clock.now())
    return _hours(desk, row, forms.of_opening(stored.opening_wanted(row)), {})


@bp.post("/positions/<code>/hours")
def add_opening(code: str) -> Any:
    return _save_opening(code, None)


@bp.post("/positions/<code>/hours/<int:opening_id>")
def change_opening(code: str, opening_id: int) -> Any:
    return _save_opening(code, opening_id)


def _save_opening(code: str, opening_id: int | None) -> Any:
    desk = editing(code)
    now = clock.now()
    values = forms.shown(request.form)
    old = service.opening_of(desk.unit.id, opening_id, now=now) if opening_id else None
    wanted, faults = forms.opening(request.form, site_names())
    if faults:
        return _hours(desk, old, values, faults, status=422)
    try:
        with transaction():
            service.put_opening(
                desk.unit.id,
                wanted,
                row=service.opening_of(desk.unit.id, opening_id, now=now) if opening_id else None,
                version=request.form.get("version", ""),
                actor=desk.actor,
                now=now,
            )
    except Overtaken as lost:
        values["version"] = lost.stored.version
        both = compare.differences(lost.stored, wanted)
        return _hours(desk, old, values, {}, status=409, both=both)
    flash(_("時間を保存しました。"), "done")
    return redirect(url_for("positions.hours", code=code), 303)


@bp.post("/positions/<code>/hours/<int:opening_id>/remove")
def remove_opening(code: str, opening_id: int) -> Any:
    desk = editing(code)
    now = clock.now()
    with transaction():
        row = service.opening_of(desk.unit.id, opening_id, now=now)
        service.remove_opening(desk.unit.id, row, actor=desk.actor, now=now)
    flash(_("時間を1つ消しました。"), "done")
    return redirect(url_for("positions.hours", code=code), 303)


# --- 期間で増やす -------------------------------------------------------------------------------------


@bp.get("/positions/<code>/locks")
def locks(code: str) -> Any:
    return _locks(reading(code), None, {}, {})


def _locks(
    desk: Desk,
    row: DayLock | None,
    values: dict[str, Any],
    errors: dict[str, str],
    status: int = 200,
    **more: Any,
) -> Any:
    now = clock.now()
    found = overview(desk.unit, now=now)
    bands = {
        lock.id: [
            (card, line)
            for card in found.cards
            for line in card.bands
            if line.wanted.lock_id == lock.id
        ]
        for lock in found.locks
    }
    return page(
        "locks",
        desk,
        at="locks",
        status=status,
        overview=found,
        bands=bands,
        row=row,
        values=values,
        errors=errors,
        today=org.today(now),
        **more,
    )


@bp.get("/positions/<code>/locks/<int:lock_id>")
def lock(code: str, lock_id: int) -> Any:
    desk = editing(code)
    row = service.lock_of(desk.unit.id, lock_id, now=clock.now())
    return _locks(desk, row, forms.of_lock(stored.lock_wanted(row)), {})


@bp.post("/positions/<code>/locks")
def add_lock(code: str) -> Any:
    return _save_lock(code, None)


@bp.post("/positions/<code>/locks/<int:lock_id>")
def change_lock(code: str, lock_id: int) -> Any:
    return _save_lock(code, lock_id)


def _save_lock(code: str, lock_id: int | None) -> Any:
    desk = editing(code)
    now = clock.now()
    values = forms.shown(request.form)
    old = service.lock_of(desk.unit.id, lock_id, now=now) if lock_id else None
    wanted, faults = forms.lock(request.form)
    if faults:
        return _locks(desk, old, values, faults, status=422)
    try:
        with transaction():
            service.put_lock(
                desk.unit.id,
                wanted,
                row=service.lock_of(desk.unit.id, lock_id, now=now) if lock_id else None,
                version=request.form.get("version", ""),
                actor=desk.actor,
                now=now,
            )
    except Overtaken as lost:
        values["version"] = lost.stored.version
        both = compare.differences(lost.stored, wanted)
        return _locks(desk, old, values, {}, status=409, both=both)
    flash(_("%(name)s を保存しました。", name=wanted.name), "done")
    return redirect(url_for("positions.locks", code=code), 303)


@bp.post("/positions/<code>/locks/<int:lock_id>/remove")
def remove_lock(code: str, lock_id: int) -> Any:
    desk = editing(code)
    now = clock.now()
    with transaction():
        row = service.lock_of(desk.unit.id, lock_id, now=now)
        name = row.name
        service.remove_lock(row, actor=desk.actor, now=now)
    flash(_("%(name)s を消しました。ふだんの必要数はそのままです。", name=name), "done")
    return redirect(url_for("positions.locks", code=code), 303)
