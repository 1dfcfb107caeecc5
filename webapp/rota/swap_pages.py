"""当番の交代: the lists, asking, answering, ordering, the calendar feed. Plain forms; nothing needs a script."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import segno
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import Actor
from webapp.core import clock
from webapp.core.db import db, snapshot, transaction
from webapp.core.hours import minute_of
from webapp.core.parse import valid_or_422
from webapp.core.refusals import Conflict, NotFound, Refusal, RuleBroken
from webapp.duties import queries as duties
from webapp.duties.models import Duty
from webapp.notices import queries as notices
from webapp.notices.rules import Group
from webapp.org import queries as org
from webapp.positions import queries as positions
from webapp.rota import feeds, readers, swap_forms, swap_lists, swap_work, swaps, takers
from webapp.rota.blueprint import bp
from webapp.rota.models import Swap
from webapp.rota.swap_lists import OwnDuty
from webapp.rota.swap_rules import Stretch, chips
from webapp.rota.takers import Held, Taker
from webapp.rota.weighing import weighted

TRADE_DAYS = 14
DONE_WORDS = {
    "accept": "引き受けました。",
    "decline": "引き受けないと答えました。",
    "withdraw": "取り下げました。",
    "approve": "承認しました。当番が代わりました。",
    "refuse": "承認しませんでした。",
}
ACTS: dict[str, Callable[..., Swap]] = {
    "accept": swaps.accept,
    "decline": swaps.decline,
    "withdraw": swaps.withdraw,
    "approve": swaps.approve,
}


# --- the lists ------------------------------------------------------------------------------


@bp.get("/rota/<code>/swaps")
def swap_list(code: str) -> Any:
    return _list_page(code)


def _list_page(code: str, secret: str = "", status: int = 200) -> Any:
    with snapshot():
        actor, unit = readers.reader(code)
        now = clock.now()
        leads = readers.leads(actor, unit)
        own = swap_lists.own_lists(actor, now=now)
        below = [node.id for node in org.current_tree().subtree(unit.id)]
        of_unit = swap_lists.unit_lists(below, actor, now=now) if leads else None
        shown = _without_twice(own, of_unit)
        address = feeds.address(secret) if secret else ""
        page = render_template(
            "rota/swaps.html",
            own=own,
            to_approve=shown,
            of_unit=of_unit,
            leads=leads,
            duties=swap_lists.coming_duties(actor.staff_id, now=now),
            told=notices.block_of(actor, frozenset({Group.ROTA})),
            feed=feeds.in_force(actor.staff_id),
            address=address,
            qr=_qr(address) if address else "",
            **readers.nav_words(actor, unit),
        )
    return page, status


def _without_twice(own: swap_lists.Lists, of_unit: swap_lists.Lists | None) -> list[dict[str, Any]]:
    rows = [*own.to_approve, *(of_unit.to_approve if of_unit else [])]
    return list({row["id"]: row for row in rows}.values())


def _qr(address: str) -> str:
    return segno.make(address, error="m").svg_data_uri(scale=4, border=4, omitsize=True)


# --- asking ---------------------------------------------------------------------------------


@bp.get("/rota/<code>/swaps/new")
def new_swap(code: str) -> Any:
    """?duty=12, or ?position=3&date=2026-11-24&from=540 of the one who looks."""
    return _new_page(code, _asked_duty(code))


def _asked_duty(code: str) -> int:
    actor, _unit = readers.reader(code)
    given = request.values.get("duty", "")
    if given.isascii() and given.isdigit() and len(given) < 16:
        return int(given)
    try:
        day = date.fromisoformat(request.args.get("date", ""))
        at, position = int(request.args.get("from", "")), int(request.args.get("position", ""))
    except ValueError:
        raise NotFound(_("この当番は見つかりません。")) from None
    rows = duties.duties_at([position], day, day)
    here = [row for row in rows if row.start_minute <= at < row.end_minute]
    row = next((r for r in here if r.staff_id == actor.staff_id), next(iter(here), None))
    if row is None:
        raise NotFound(_("この当番は見つかりません。"))
    return row.id


def _new_page(code: str, duty_id: int, fault: Refusal | None = None) -> Any:
    with snapshot():
        actor, unit = readers.reader(code)
        now = clock.now()
        row, duty, leads = _duty_for(duty_id, actor)
        start, end = _typed_span(duty)
        held = Held(duty.post, Stretch(duty.day, start, end), row.staff_id)
        able = takers.takers_of(held, now=now)
        weight = _weight(row, start, end, now)
        page = render_template(
            "rota/swap_new.html",
            duty=duty,
            holder=org.names_of([row.staff_id]).get(row.staff_id, ""),
            is_mine=row.staff_id == actor.staff_id,
            leads=leads,
            chips=chips(duty.start, duty.end),
            start=start,
            end=end,
            takers=able,
            trades=_trades(duty, row.staff_id, able, now) if row.staff_id == actor.staff_id else [],
            weight=weight,
            typed=request.form,
            errors=fault.fields if fault else {},
            message=fault.message if fault else "",
            **readers.nav_words(actor, unit),
        )
    return page, fault.status if fault else 200


def _duty_for(duty_id: int, actor: Actor) -> tuple[Duty, OwnDuty, bool]:
    """One's own duty, or one of a unit one leads. Raises NotFound."""
    row = db.session.get(Duty, duty_id)
    if row is None:
        raise NotFound(_("この当番は見つかりません。"))
    post = positions.posts_by_id([row.position_id])[row.position_id]
    home = org.current_tree().by_id(post.unit_id)
    leads = home is not None and readers.leads(actor, home)
    if row.staff_id != actor.staff_id and not leads:
        raise NotFound(_("この当番は見つかりません。"))
    return row, swap_lists.own_duty(row, post), leads


def _typed_span(duty: OwnDuty) -> tuple[int, int]:
    """The part chosen in the form, as far as it lies in the duty; else the whole."""
    try:
        start = minute_of(request.values.get("from") or "x")
        end = minute_of(request.values.get("until") or "x")
    except ValueError:
        return duty.start, duty.end
    return (start, end) if duty.start <= start < end <= duty.end else (duty.start, duty.end)


def _weight(row: Duty, start: int, end: int, now: datetime) -> float:
    """Weighted hours of the part: what it adds to whoever takes it."""
    whole = weighted([row], now=now)[row.id]
    share = (end - start) / (row.end_minute - row.start_minute)
    return (whole.counter + whole.phone) * share


def _trades(
    duty: OwnDuty, holder_id: int, able: list[Taker], now: datetime
) -> list[tuple[OwnDuty, str]]:
    """Duties of others in the coming two weeks, at positions of the same unit: what one could take in exchange."""
    names = {taker.staff_id: taker.name for taker in able}
    posts = {p.id: p for p in positions.posts_of([duty.post.unit_id], duty.day)}
    today = org.today(now)
    rows = duties.duties_at(posts, today, today + timedelta(days=TRADE_DAYS))
    found = []
    for row in rows:
        beside = row.day == duty.day and row.start_minute < duty.end and duty.start < row.end_minute
        begun = row.start_minute <= swap_work.minute_of(row.day, now)
        if row.staff_id == holder_id or begun or not (row.staff_id in names or beside):
            continue
        found.append((swap_lists.own_duty(row, posts[row.position_id]), row.staff_id))
    missing = {staff_id for _duty, staff_id in found} - names.keys()
    names |= org.names_of(missing)
    return [(each, names.get(staff_id, "")) for each, staff_id in found]


@bp.post("/rota/<code>/swaps/new")
def ask_swap(code: str) -> Any:
    actor, unit = readers.reader(code)
    now = clock.now()
    try:
        body = valid_or_422(swap_forms.AskForm)
        with transaction():
            swaps.ask(body.wish(now=now), actor=actor, now=now)
    except (RuleBroken, Conflict) as fault:
        return _new_page(code, _asked_duty(code), fault)
    flash(_("交代を頼みました。引き受ける人がいると、お知らせします。"), "done")
    return redirect(url_for("rota.swap_list", code=unit.code))


@bp.post("/rota/<code>/swaps/order")
def order_swap(code: str) -> Any:
    """変更の指示 of who leads."""
    actor, unit = readers.reader(code)
    now = clock.now()
    duty_id = _asked_duty(code)
    try:
        body = valid_or_422(swap_forms.OrderForm)
        with transaction():
            swaps.order(body.wish(duty_id), body.taker(now=now), actor=actor, now=now)
    except (RuleBroken, Conflict) as fault:
        return _new_page(code, duty_id, fault)
    flash(_("当番を変えました。二人にお知らせしました。"), "done")
    return redirect(url_for("rota.swap_list", code=unit.code))


# --- answering ------------------------------------------------------------------------------


@bp.post("/rota/<code>/swaps/<int:swap_id>/<any(accept, decline, withdraw, approve, refuse):what>")
def answer_swap(code: str, swap_id: int, what: str) -> Any:
    actor, unit = readers.reader(code)
    now = clock.now()
    try:
        swap = _answered(swap_id, what, actor, now)
    except Conflict as late:
        flash(_(late.message), "error")
        return redirect(url_for("rota.swap_list", code=unit.code))
    words = DONE_WORDS[what]
    if what == "accept":
        words += "当番が代わりました。" if swap.state == "done" else "承認を待っています。"
    flash(_(words), "done")
    return redirect(url_for("rota.swap_list", code=unit.code))


def _answered(swap_id: int, what: str, actor: Actor, now: datetime) -> Swap:
    if what == "refuse":
        reason = valid_or_422(swap_forms.RefuseForm).reason
        with transaction():
            return swaps.refuse(swap_id, reason, actor=actor, now=now)
    with transaction():
        return ACTS[what](swap_id, actor=actor, now=now)


# --- the calendar ----------------------------------------------------------------------------


@bp.post("/rota/<code>/calendar")
def make_calendar(code: str) -> Any:
    """A new address, shown once on the page that answers."""
    actor, _unit = readers.reader(code)
    with transaction():
        secret = feeds.create(actor, now=clock.now())
    return _list_page(code, secret, 201)


@bp.post("/rota/<code>/calendar/end")
def end_calendar(code: str) -> Any:
    actor, unit = readers.reader(code)
    with transaction():
        feeds.revoke(actor, now=clock.now())
    flash(_("カレンダーの配信を止めました。"), "done")
    return redirect(url_for("rota.swap_list", code=unit.code))
