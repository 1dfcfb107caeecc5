"""一括指示: choosing people, its effect, ordering, taking it back. Plain forms."""

from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import Field

from webapp.accounts.access import Actor, current_actor
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import FormBody, valid
from webapp.core.refusals import Conflict, NotAllowed, NotFound, Refusal, RuleBroken
from webapp.emergency import access as emergency_access
from webapp.emergency import checks
from webapp.emergency import queries as emergencies
from webapp.emergency.rules import may_undo
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import UnitNode
from webapp.requests import order_lists, orders
from webapp.requests.blueprint import bp
from webapp.requests.orders import DEFAULT_WORK, LONGEST_WORK, Wanted

MOST_PEOPLE = 500
MOST_LISTED = 200  # people offered at once; of more a unit is chosen first


class OrderForm(FormBody):
    first: date
    last: date | None = None
    work: Annotated[str, Field(max_length=LONGEST_WORK)] = ""
    emergency: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


def _leader() -> tuple[Actor, list[UnitNode]]:
    """Raises NotAllowed where one leads nobody."""
    actor = current_actor()
    allowed = orders.units_of(actor)
    if not allowed:
        raise NotAllowed(_("在宅の一括指示は、所属長・代決者ができます。"))
    return actor, [node for node in org.current_tree().nodes if node.id in allowed]


@bp.get("/requests/orders")
def order_list() -> Any:
    with snapshot():
        actor, _units = _leader()
        now = clock.now()
        return render_template(
            "requests/orders.html",
            lines=order_lists.recent(actor, now=now),
            undo=_undo(actor, now),
            viewer=actor,
            nav="requests",
        )


def _undo(actor: Actor, now: datetime) -> str:
    """The order one gave a moment ago, or ""."""
    rows = orders.rows_of(request.args.get("done", ""))
    if rows and may_undo(rows[0].filed_at, by_me=rows[0].filed_by == actor.staff_id, now=now):
        return rows[0].filing
    return ""


@bp.get("/requests/orders/new")
def new_order() -> Any:
    return _page()


def _page(fault: Refusal | None = None) -> Any:
    with snapshot():
        actor, units = _leader()
        now = clock.now()
        numbers = list(dict.fromkeys(request.values.getlist("staff")))[:MOST_PEOPLE]
        unit = _unit(units)
        people = _people(units, unit, numbers, actor=actor, now=now)
        chosen = {p.staff_id for p in people if p.number in set(numbers)} - {actor.staff_id}
        wanted = _wanted(tuple(chosen), now)
        is_fine = bool(chosen) and not wanted.faults(now=now)
        page = render_template(
            "requests/order_new.html",
            people=[p for p in people if p.staff_id != actor.staff_id],
            chosen=chosen,
            units=units,
            unit=unit,
            wanted=wanted,
            short=orders.short_of(wanted, now=now) if is_fine else None,
            emergencies=_open(units),
            emergency=request.values.get("emergency", ""),
            errors=fault.fields if fault else {},
            message=fault.message if fault else "",
            viewer=actor,
            nav="requests",
        )
    return page, fault.status if fault else 200


def _unit(units: list[UnitNode]) -> UnitNode | None:
    code = request.values.get("unit", "")
    found = next((node for node in units if node.code == code), None)
    if code and found is None:
        raise NotFound(_("この所属は見つかりません。"))
    return found


def _people(
    units: list[UnitNode],
    unit: UnitNode | None,
    numbers: list[str],
    *,
    actor: Actor,
    now: datetime,
) -> list[PersonPosting]:
    """Those ticked before, else those of the unit, else of all one leads if these are not too many."""
    tree = org.current_tree()
    wanted = tree.subtree(unit.id) if unit else units
    allowed = {node.id for node in units}
    posted = emergencies.people_in([n.id for n in wanted if n.id in allowed], now=now)
    people = orders.without_lent(posted, actor=actor, now=now)
    ticked = [person for person in people if person.number in set(numbers)]
    if ticked and not unit:
        return ticked
    return people if len(people) <= MOST_LISTED else []


def _wanted(staff_ids: tuple[int, ...], now: datetime) -> Wanted:
    first = last = org.today(now)
    with suppress(ValueError):
        first = date.fromisoformat(request.values.get("first", first.isoformat()))
        last = date.fromisoformat(request.values.get("last", "") or first.isoformat())
    work = request.values.get("work", DEFAULT_WORK) or DEFAULT_WORK
    return Wanted(staff_ids, first, last, work)


def _open(units: list[UnitNode]) -> list[Any]:
    """The emergencies in whose record the order can stand."""
    return emergencies.open_over([node.id for node in units], org.current_tree())


@bp.post("/requests/orders")
def give_order() -> Any:
    actor, _units = _leader()
    now = clock.now()
    try:
        body = valid(OrderForm, {k: v for k, v in request.form.items() if v != ""})
        staff_ids = checks.staff_ids_of(request.form.getlist("staff")[:MOST_PEOPLE])
        orders.check_people(staff_ids, actor, now=now)
        last = body.last or body.first
        wanted = Wanted(staff_ids, body.first, last, body.work or DEFAULT_WORK)
        if body.emergency is not None:
            _led(body.emergency, actor)
        with transaction():
            done = orders.order(wanted, emergency_id=body.emergency, actor=actor, now=now)
    except (RuleBroken, Conflict) as fault:
        return _page(fault)
    words = _("%(n)s 人を在宅にしました。本人に知らせました。", n=done.people)
    if done.left_out:
        words += _("対象外 %(n)s 件。", n=len(done.left_out))
    flash(words, "done")
    return redirect(url_for("requests.order_list", done=done.filing))


def _led(emergency_id: int, actor: Actor) -> None:
    """Raises NotFound: only who leads writes into its record."""
    if not emergency_access.seen_or_404(emergency_id, actor).leads:
        raise NotFound


@bp.post("/requests/orders/<filing>/withdraw")
def withdraw_order(filing: str) -> Any:
    actor, _units = _leader()
    if not orders.may_take_back(orders.rows_of(filing), actor):
        raise NotFound(_("この指示は見つかりません。"))
    try:
        with transaction():
            count = orders.take_back(filing, actor=actor, now=clock.now())
    except Conflict as fault:
        flash(fault.message, "error")
    else:
        flash(_("%(n)s 人の在宅の指示を取り下げました。", n=count), "done")
    return redirect(url_for("requests.order_list"))
