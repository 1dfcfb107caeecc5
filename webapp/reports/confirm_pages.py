"""報告の確認: the confirmer's day on one page, two taps on a phone. Plain forms; the undo is offered for a moment."""

from datetime import date, datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import Actor, current_actor, require_scope
from webapp.accounts.rules import Scope
from webapp.attendance import confirmations
from webapp.attendance import rules as attendance
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.refusals import Conflict, NotAllowed, RuleBroken
from webapp.org import queries as org
from webapp.reports import confirming, rules
from webapp.reports.blueprint import bp
from webapp.requests.wording import KIND_WORDS, what_words

NOT_FOR_YOU = "報告の確認は、係長・所属長・代決者・在席確認者の画面です。"
MOST = 1000


def _confirmer(now: datetime) -> Actor:
    actor = current_actor()
    require_scope(actor, Scope.UNIT_WRITE if request.method == "POST" else Scope.UNIT_READ)
    if not confirming.concerns(actor, now=now):
        raise NotAllowed(NOT_FOR_YOU)
    return actor


@bp.get("/reports/confirm")
def confirm_day() -> Any:
    with snapshot():
        now = clock.now()
        actor = _confirmer(now)
        days = confirming.days_for(actor, now=now)
        made = confirming.just_confirmed(actor, now=now)
        numbers = {
            each.line.posting.staff_id: each.line.posting.number for d in days for each in d.people
        }
        return render_template(
            "reports/confirm.html",
            nav="day",
            viewer=actor,
            days=days,
            today=org.today(now),
            units=_watched(days),
            undo=[
                f"{row.business_on.isoformat()}:{_number(row.staff_id, numbers)}" for row in made
            ],
            names=_names(days),
            standing_words=rules.STANDING_WORDS,
            flag_words=attendance.FLAG_WORDS,
            kind_words=KIND_WORDS,
            what_words=what_words,
        )


def _number(staff_id: int, numbers: dict[int, str]) -> str:
    if staff_id in numbers:
        return numbers[staff_id]
    today = org.today()
    held = org.postings_of([staff_id], today, known_at=clock.now()).get(staff_id, [])
    return held[0].number if held else ""


def _names(days: list[confirming.DayOf]) -> dict[int, str]:
    rows = [each.line.confirmation for found in days for each in found.people]
    return org.names_of({row.confirmed_by for row in rows if row is not None})


def _watched(days: list[confirming.DayOf]) -> list[str]:
    """The units whose rows say that something was reported."""
    return sorted({each.line.unit.code for found in days for each in found.people})[:50]


@bp.post("/reports/confirm")
def confirm_people() -> Any:
    now = clock.now()
    actor = _confirmer(now)
    wanted = _items(now)
    try:
        with transaction():
            count = _confirm(wanted, actor, now)
    except Conflict as late:
        flash(_(late.message), "error")
        return redirect(url_for("reports.confirm_day"))
    if not count:
        flash(
            _("確認できる報告はありませんでした。先に、ほかの人が確認したかもしれません。"), "done"
        )
    return redirect(url_for("reports.confirm_day"))


def _confirm(wanted: dict[date, list[int]], actor: Actor, now: datetime) -> int:
    """One alone says why it cannot be; of several, what cannot be is left out."""
    if sum(map(len, wanted.values())) == 1:
        ((on, (staff_id,)),) = wanted.items()
        confirmations.confirm_one(staff_id, on, actor=actor, now=now)
        return 1
    return sum(
        confirmations.confirm(staff_ids, on, actor=actor, now=now)
        for on, staff_ids in sorted(wanted.items())
    )


@bp.post("/reports/confirm/undo")
def undo_confirming() -> Any:
    now = clock.now()
    actor = _confirmer(now)
    wanted = _items(now)
    with transaction():
        for on, staff_ids in sorted(wanted.items()):
            confirmations.undo(sorted(staff_ids), on, actor=actor, now=now)
    flash(_("確認を取り消しました。"), "done")
    return redirect(url_for("reports.confirm_day"))


def _items(now: datetime) -> dict[date, list[int]]:
    """{day: staff ids} of the fields `item`, each 2026-11-24:100123. Raises RuleBroken."""
    found: dict[date, list[int]] = {}
    for text in request.form.getlist("item")[:MOST]:
        day, _colon, number = text.partition(":")
        staff = org.staff_by_number(number)
        try:
            on = date.fromisoformat(day)
        except ValueError:
            on = None
        if on is None or staff is None or on > org.today(now):
            raise RuleBroken(_("確認する報告を選び直してください。"))
        found.setdefault(on, []).append(staff.id)
    if not found:
        raise RuleBroken(_("確認する報告を選んでください。"))
    return found
