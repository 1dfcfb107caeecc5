"""報告の一覧: who has started, ended, not reported; confirming; deciding corrections. Never for ordinary members."""

from datetime import date, datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.accounts import access
from webapp.accounts.access import Actor, current_actor, require_scope
from webapp.accounts.rules import Scope
from webapp.attendance import confirmations, corrections
from webapp.attendance import rules as attendance
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.refusals import NotAllowed, NotFound, RuleBroken
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.reports import confirm_pages as _confirm_pages  # noqa: F401 its pages join the blueprint
from webapp.reports import queries, rules
from webapp.reports.blueprint import bp


@bp.get("/reports/day")
@bp.get("/reports/day/")
def own_day() -> ResponseReturnValue:
    """The unit one confirms in; who confirms nowhere is told so."""
    actor = current_actor()
    tree = org.current_tree()
    mine = [p.unit_id for p in actor.postings if access.may_confirm(actor, p.unit_id, tree)]
    units = [unit for unit_id in mine if (unit := tree.by_id(unit_id)) is not None]
    if not units:
        raise NotAllowed(_("報告の一覧は、係長・所属長・代決者・在席確認者が見られます。"))
    return redirect(url_for("reports.day", unit_code=units[0].code))


def _mine(unit_code: str) -> tuple[Actor, UnitNode]:
    """The unit, for who confirms in it or above it."""
    actor = current_actor()
    require_scope(actor, Scope.UNIT_WRITE if request.method == "POST" else Scope.UNIT_READ)
    unit = org.current_tree().by_code(unit_code)
    if unit is None or not access.may_confirm(actor, unit.id, org.current_tree()):
        raise NotAllowed(_("報告の一覧は、係長・所属長・代決者・在席確認者が見られます。"))
    return actor, unit


def _day(text: str | None, now: datetime) -> date:
    """Today, or an earlier day; what is planned for later is on the board."""
    try:
        return min(date.fromisoformat(text), org.today(now)) if text else org.today(now)
    except ValueError:
        return org.today(now)


@bp.get("/reports/day/<unit_code>")
def day(unit_code: str) -> ResponseReturnValue:
    actor, unit = _mine(unit_code)
    return _page(actor, unit, _day(request.args.get("date"), clock.now()))


def _page(
    actor: Actor, unit: UnitNode, on: date, *, refused: int = 0, fault: str = ""
) -> ResponseReturnValue:
    """refused: a correction whose decision had a fault; its form stays open with what was typed."""
    now = clock.now()
    tree = org.current_tree()
    with snapshot():
        is_large = queries.is_large(unit, on, now=now)
        found = queries.DayList(on, unit) if is_large else None
        page = render_template(
            "reports/day.html",
            nav="day",
            unit=unit,
            parent=_parent(unit, actor),
            below=tree.children(unit.id),
            is_large=is_large,
            list=found or queries.day_list(unit, on, actor=actor, now=now),
            today=org.today(now),
            before=_business_day(on, -1),
            after=_business_day(on, 1),
            refused=refused,
            fault=fault,
            typed=request.form.get("note", ""),
            standing_words=rules.STANDING_WORDS,
            kind_words=attendance.KIND_WORDS,
            flag_words=attendance.FLAG_WORDS,
            reason_words=attendance.REASON_WORDS,
            channel_words=attendance.CHANNEL_WORDS,
        )
    return (page, 422) if refused else page


def _parent(unit: UnitNode, actor: Actor) -> UnitNode | None:
    tree = org.current_tree()
    parent = tree.by_id(unit.parent_id) if unit.parent_id is not None else None
    if parent is None or not access.may_confirm(actor, parent.id, tree):
        return None
    return parent


def _business_day(on: date, step: int) -> date:
    business = org.business_calendar()
    for n in range(1, 15):
        other = on + timedelta(days=n * step)
        if business.is_business_day(other):
            return other
    return on + timedelta(days=step)


# --- confirming -----------------------------------------------------------------------------


def _staff_ids(unit: UnitNode, on: date, now: datetime, actor: Actor) -> list[int]:
    """Those of the form (職員番号), all of them of this unit; none named = everybody of the list."""
    people = {
        line.posting.number: line.posting.staff_id
        for line in queries.day_list(unit, on, actor=actor, now=now).lines
    }
    numbers = request.form.getlist("staff")
    if unknown := [number for number in numbers if number not in people]:
        raise NotFound(_("%(number)s はこの所属の人ではありません。", number=unknown[0]))
    return [people[number] for number in numbers] if numbers else list(people.values())


@bp.post("/reports/day/<unit_code>/confirm")
def confirm(unit_code: str) -> ResponseReturnValue:
    actor, unit = _mine(unit_code)
    now = clock.now()
    on = _day(request.form.get("date"), now)
    staff_ids = _staff_ids(unit, on, now, actor)
    one = len(request.form.getlist("staff")) == 1
    with transaction():
        if one:
            confirmations.confirm_one(staff_ids[0], on, actor=actor, now=now)
            count = 1
        else:
            count = confirmations.confirm(staff_ids, on, actor=actor, now=now)
    flash(_("%(count)d人の報告を確認しました。", count=count), "done")
    return redirect(url_for("reports.day", unit_code=unit.code, date=on.isoformat()))


@bp.post("/reports/day/<unit_code>/unconfirm")
def unconfirm(unit_code: str) -> ResponseReturnValue:
    actor, unit = _mine(unit_code)
    now = clock.now()
    on = _day(request.form.get("date"), now)
    staff_ids = _staff_ids(unit, on, now, actor) if request.form.getlist("staff") else []
    with transaction():
        confirmations.undo(staff_ids, on, actor=actor, now=now)
    flash(_("確認を取り消しました。"), "done")
    return redirect(url_for("reports.day", unit_code=unit.code, date=on.isoformat()))


# --- deciding corrections -------------------------------------------------------------------


@bp.post("/reports/day/<unit_code>/corrections/<int:correction_id>")
def decide(unit_code: str, correction_id: int) -> ResponseReturnValue:
    """decision: approve | refuse (with a note)."""
    actor, unit = _mine(unit_code)
    now = clock.now()
    on = _day(request.form.get("date"), now)
    approve = request.form.get("decision") == "approve"
    note = request.form.get("note", "").strip()[:200]
    try:
        with transaction():
            corrections.decide(correction_id, approve=approve, note=note, actor=actor, now=now)
    except RuleBroken as error:
        fault = error.fields.get("note", error.message)
        return _page(actor, unit, on, refused=correction_id, fault=fault)
    flash(_("修正を承認しました。") if approve else _("修正を不承認にしました。"), "done")
    return redirect(url_for("reports.day", unit_code=unit.code, date=on.isoformat()))
