"""Own history, corrections and reports on behalf: plain forms that work without JavaScript."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.accounts import access
from webapp.accounts.access import Actor, current_actor, require_scope
from webapp.accounts.rules import Scope
from webapp.attendance import corrections, history, queries, rules, service
from webapp.attendance.corrections import Asked
from webapp.attendance.forms import CorrectionBody, CorrectionForm, MissingEndForm, OnBehalfForm
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import NotFound, RuleBroken
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.org.sites import site_names
from webapp.presence.facts import PunchKind

bp = Blueprint("attendance", __name__)

WORDS = {
    "kind_words": rules.KIND_WORDS,
    "flag_words": rules.FLAG_WORDS,
    "reason_words": rules.REASON_WORDS,
    "decision_words": rules.DECISION_WORDS,
    "channel_words": rules.CHANNEL_WORDS,
    "places": rules.REPORTABLE_PLACES,
}


def self_actor() -> Actor:
    actor = current_actor()
    require_scope(actor, Scope.SELF)
    return actor


# --- one's own month ------------------------------------------------------------------------


@bp.get("/me/punches")
def my_punches() -> ResponseReturnValue:
    actor, now = self_actor(), clock.now()
    with snapshot():
        first = history.month_of(request.args.get("month"), today=org.today(now))
        month = history.month(actor.staff_id, first, now=now)
        return render_template(
            "attendance/history.html", nav="history", month=month, today=org.today(now), **WORDS
        )


@bp.post("/me/punches/<int:punch_id>/take-back")
def take_back(punch_id: int) -> ResponseReturnValue:
    actor = self_actor()
    with transaction():
        service.take_back(actor.staff_id, punch_id, actor=actor, now=clock.now())
    flash(_("報告を取り消しました。"), "done")
    return redirect(_back(url_for("board.home_page")))


def _back(default: str) -> str:
    """Where the form stood: a path of ours, never an address elsewhere."""
    wanted = request.form.get("next", "")
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if ours else default


# --- corrections ----------------------------------------------------------------------------


@bp.get("/me/corrections/new")
def new_correction() -> ResponseReturnValue:
    actor = self_actor()
    with snapshot():
        return _correction_page(actor, dict(request.args.items()), {})


def _correction_page(
    actor: Actor, values: dict[str, str], errors: dict[str, str], message: str = ""
) -> str:
    """values: what was typed, or the address says: on, punch, kind, time, …"""
    now = clock.now()
    punch = _own_punch(actor, values.get("punch"))
    on = punch.business_on if punch else _day(values.get("on"), org.today(now))
    defaults: dict[str, Any] = {"on": on.isoformat(), "reason": "forgot", "kind": "end"}
    if punch is not None:
        at = clock.to_tokyo(punch.at)
        defaults |= {"kind": punch.kind, "time": f"{at:%H:%M}", "place": punch.place or ""}
        defaults |= {"site": punch.site or "", "next_day": "1" if at.date() > on else ""}
    return render_template(
        "attendance/correction.html",
        nav="history",
        punch=punch,
        on=on,
        today=org.today(now),
        values=defaults | values,
        errors=errors,
        message=message,
        sites=site_names(),
        reasons=[(reason.value, rules.REASON_WORDS[reason]) for reason in rules.CHOSEN_REASONS],
        **WORDS,
    )


def _own_punch(actor: Actor, text: str | None) -> Any:
    if not text:
        return None
    punch = queries.own_punch(actor.staff_id, int(text)) if text.isdigit() else None
    if punch is None:
        raise NotFound(_("この報告は見つかりません。"))
    return punch


def _day(text: str | None, today: date) -> date:
    try:
        return min(date.fromisoformat(text), today) if text else today
    except ValueError:
        return today


@bp.post("/me/corrections")
def ask_correction() -> ResponseReturnValue:
    actor = self_actor()
    try:
        asked = _asked()
        with transaction():
            found = corrections.ask(actor.staff_id, asked, actor=actor, now=clock.now())
    except RuleBroken as error:
        if request.is_json:
            raise
        with snapshot():
            values = dict(request.form.items())
            return _correction_page(actor, values, error.fields, error.message), 422
    if request.is_json:
        return jsonify(corrections.as_json(found)), 201
    flash(_("修正を申請しました。承認されると記録されます。"), "done")
    return redirect(url_for("attendance.my_punches", month=f"{found.business_on:%Y-%m}"))


def _asked() -> Asked:
    if request.is_json:
        return valid_or_422(CorrectionBody).asked()
    return valid_or_422(CorrectionForm).asked()


@bp.post("/me/corrections/missing-end")
def answer_missing_end() -> ResponseReturnValue:
    """The one question of the morning after a missing 終業."""
    actor = self_actor()
    form = valid_or_422(MissingEndForm)
    with transaction():
        found = corrections.ask_missing_end(
            actor.staff_id, form.date, form.at(), actor=actor, now=clock.now()
        )
    if request.is_json:
        return jsonify(corrections.as_json(found)), 201
    flash(_("終業の時刻を申し出ました。承認されると記録されます。"), "done")
    return redirect(_back(url_for("board.home_page")))


@bp.post("/me/corrections/<int:correction_id>/withdraw")
def withdraw_correction(correction_id: int) -> ResponseReturnValue:
    actor = self_actor()
    with transaction():
        found = corrections.withdraw(correction_id, actor=actor, now=clock.now())
    flash(_("修正の申請を取り下げました。"), "done")
    return redirect(url_for("attendance.my_punches", month=f"{found.business_on:%Y-%m}"))


# --- on behalf ------------------------------------------------------------------------------


@bp.get("/staff/<number>/punches/new")
def new_on_behalf(number: str) -> ResponseReturnValue:
    actor, now = self_actor(), clock.now()
    with snapshot():
        staff, held = access.colleague(actor, number, on=org.today(now), now=now)
        return _on_behalf_page(staff, held[0].name, dict(request.args.items()), {})


def _on_behalf_page(
    staff: Staff, name: str, values: dict[str, str], errors: dict[str, str], message: str = ""
) -> str:
    now = clock.now()
    on = _day(values.get("on"), org.today(now))
    defaults = {"on": on.isoformat(), "kind": "start", "place": "home", "channel": "phone"}
    return render_template(
        "attendance/on_behalf.html",
        nav="day",
        number=staff.number,
        name=name,
        on=on,
        today=org.today(now),
        values=defaults | values,
        errors=errors,
        message=message,
        sites=site_names(),
        **WORDS,
    )


@bp.post("/staff/<number>/punches")
def report_on_behalf(number: str) -> ResponseReturnValue:
    """「電話で受けた」: kept with its channel, shown in the history, audited."""
    actor, now = self_actor(), clock.now()
    staff, held = access.colleague(actor, number, on=org.today(now), now=now)
    try:
        wanted = valid_or_422(OnBehalfForm).wanted(now=now)
        with transaction():
            answer = service.report(staff.id, wanted, actor=actor, now=now, source="proxy")
    except RuleBroken as error:
        with snapshot():
            values = dict(request.form.items())
            page = _on_behalf_page(staff, held[0].name, values, error.fields, error.message)
        return page, 422
    word = rules.KIND_WORDS[PunchKind(wanted.kind)]
    if answer.body.get("correction"):
        flash(_("修正の申請として受け付けました。承認されると記録されます。"), "done")
    else:
        flash(_("%(name)sさんの%(word)sを記録しました。", name=held[0].name, word=word), "done")
    return redirect(_back(url_for("attendance.new_on_behalf", number=number)))
