"""One person's planned day: what comes of it, who said what, adding and taking back by hand."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from webapp.accounts.access import current_actor
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.hours import clock_of
from webapp.core.parse import valid_or_422
from webapp.core.refusals import Conflict, NotFound, Refusal, RuleBroken
from webapp.org import queries as org
from webapp.org.sites import site_names
from webapp.plans import access, by_hand, forms, picture, undoing
from webapp.plans.access import Planned
from webapp.plans.blueprint import bp
from webapp.plans.by_hand import Done
from webapp.plans.rules import Kind
from webapp.plans.spans import EXTENT_WORDS

UNDO = "plan_undo"  # in the session between the change and the page that shows it


def _person(number: str, now: datetime) -> Planned:
    return access.for_day(current_actor(), number, now=now)


def _asked_day(text: str | None, today: date) -> date:
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        return today
    return day if today - by_hand.BACK <= day <= today + by_hand.AHEAD else today


@bp.get("/plan/day/me")
def my_day() -> Any:
    on = request.args.get("date")
    return redirect(url_for("plans.day", number=current_actor().number, date=on))


@bp.get("/plan/day/<number>")
def day(number: str) -> Any:
    """?date=2026-11-26."""
    now = clock.now()
    return _page(_person(number, now), _asked_day(request.args.get("date"), org.today(now)), now)


def _page(person: Planned, on: date, now: datetime, fault: Refusal | None = None) -> Any:
    with snapshot():
        shown = picture.day_of(person.staff_id, person.unit_id, on, now=now)
        unit = org.current_tree().section(person.unit_id)
        page = render_template(
            "plans/day.html",
            person=person,
            unit=unit,
            shown=shown,
            on=on,
            today=org.today(now),
            before=on - timedelta(days=1),
            after=on + timedelta(days=1),
            week=_week(on),
            kinds=[(kind.value, picture.kind_words()[kind.value]) for kind in by_hand.KINDS],
            with_site=" ".join(sorted(kind.value for kind in by_hand.WITH_SITE)),
            extents=[(extent.value, word) for extent, word in EXTENT_WORDS.items()],
            words=picture.kind_words(),
            sites=site_names(),
            values=dict(request.form.items()) if fault else {},
            errors=fault.fields if fault else {},
            message=fault.message if fault else "",
            clock_of=clock_of,
            undo=None if fault else session.pop(UNDO, None),
        )
    return page, fault.status if fault else 200


def _week(day: date) -> str:
    year, week, _weekday = day.isocalendar()
    return f"{year}-W{week:02d}"


@bp.post("/plan/day/<number>/add")
def add_to_day(number: str) -> Any:
    now = clock.now()
    person = _person(number, now)
    on = _asked_day(request.form.get("date"), org.today(now))
    try:
        wish = valid_or_422(forms.DayForm).wish()
        with transaction():
            done = by_hand.add(person.staff_id, wish, actor=current_actor(), now=now)
    except RuleBroken as fault:
        return _page(person, on, now, fault)
    word = picture.kind_words()[wish.kind.value]
    text = _("%(word)s を入れました。", word=word)
    if wish.kind is not Kind.MEETING and len(done.steps) > 1:
        text = _("%(n)s日に %(word)s を入れました。", n=len(done.steps), word=word)
    if done.left_out:
        text += _("勤務時間のない %(n)s日には入れていません。", n=done.left_out)
    return _back(person, wish.first, done, text)


@bp.post("/plan/day/<number>/remove/<int:segment_id>")
def remove_from_day(number: str, segment_id: int) -> Any:
    now = clock.now()
    person = _person(number, now)
    on = _asked_day(request.form.get("date"), org.today(now))
    try:
        if segment_id > 2**31 - 1:
            raise NotFound(_("この予定は、もう取り消されています。"))
        with transaction():
            done = by_hand.remove(person.staff_id, segment_id, actor=current_actor(), now=now)
    except NotFound as late:
        flash(_(late.message), "error")
        return redirect(url_for("plans.day", number=person.number, date=on.isoformat()))
    return _back(person, on, done, _("手入力の予定を取り消しました。"))


def _back(person: Planned, on: date, done: Done, text: str) -> Any:
    """The page again, with the way back; a year of days would not fit into a cookie."""
    signed = undoing.ticket(done)
    if len(signed) < 2_500:
        session[UNDO] = {"ticket": signed, "text": text}
    else:
        flash(text, "done")
    return redirect(url_for("plans.day", number=person.number, date=on.isoformat()))


@bp.post("/plan/day/<number>/undo")
def undo_day(number: str) -> Any:
    now = clock.now()
    person = _person(number, now)
    on = _asked_day(request.form.get("date"), org.today(now))
    try:
        done = undoing.done_of(request.form.get("ticket", ""), person.staff_id)
        with transaction():
            by_hand.undo(done, actor=current_actor(), now=now)
        flash(_("元に戻しました。"), "done")
    except Conflict as late:
        flash(_(late.message), "error")
    return redirect(url_for("plans.day", number=person.number, date=on.isoformat()))
