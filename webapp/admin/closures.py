"""Days on which the town hall, or one of its sites, is closed beyond weekends, holidays and 12/29–1/3."""

from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.admin import queries
from webapp.admin.blueprint import admin_only, bp, page
from webapp.core import audit, calendar, clock, facts
from webapp.core.db import db, transaction
from webapp.core.hours import clock_of
from webapp.core.models import Closure
from webapp.core.refusals import NotFound
from webapp.org import queries as org
from webapp.org.import_cells import date_of, minutes_of
from webapp.org.sites import site_names
from webapp.realtime import outbox


@bp.get("/admin/closures")
def closures() -> Any:
    return _page(admin_only(), {}, {})


def _page(actor: Actor, values: dict[str, str], errors: dict[str, str], status: int = 200) -> Any:
    today = org.today(clock.now())
    rows = queries.closures_from(date(today.year, 1, 1))
    return page(
        "closures",
        actor,
        at="closures",
        status=status,
        rows=rows,
        values=values,
        errors=errors,
        sites=[("", _("全庁"))] + [(site, site) for site in site_names()],
        clock_of=clock_of,
        holidays=_holidays(today),
        today=today,
    )


def _holidays(today: date) -> list[tuple[date, str]]:
    """What is closed anyway, so that nobody enters it again."""
    last = date(today.year + 1, 3, 31)
    return [
        (day, name)
        for day in calendar.days(today, last)
        if (name := calendar.national_holiday(day)) is not None
    ]


@bp.post("/admin/closures")
def add_closure() -> Any:
    actor = admin_only()
    values = {key: text.strip() for key, text in request.form.items() if key != "csrf_token"}
    day, start, end, errors = _read(values)
    if errors or day is None:
        return _page(actor, values, errors, status=422)
    now = clock.now()
    with transaction():
        twin = select(Closure).filter_by(site=values.get("site", ""), day=day, start_minute=start)
        closure = db.session.scalars(twin).one_or_none() or Closure()
        closure.site, closure.day = values.get("site", "")[:60], day
        closure.start_minute, closure.end_minute = start, end
        closure.reason = values.get("reason", "")[:100]
        db.session.add(closure)
        _closed_changed(actor, "closure.add", day, now=now)
    flash(_("%(day)s を閉庁日にしました。", day=calendar.wareki(day)), "done")
    return redirect(url_for("admin.closures"), 303)


def _read(values: dict[str, str]) -> tuple[date | None, int | None, int | None, dict[str, str]]:
    errors: dict[str, str] = {}
    day = date_of(values.get("day", ""))
    if day is None:
        errors["day"] = _("日付を入れてください（例 2026-12-28）")
    start, end = minutes_of(values.get("start", "")), minutes_of(values.get("end", ""))
    if bool(values.get("start")) != bool(values.get("end")):
        errors["end"] = _("開始と終了の両方を入れるか、両方を空にしてください")
    elif values.get("start") and (start is None or end is None or end <= start):
        errors["end"] = _("終了は開始より後の時刻にしてください（例 13:00 から 17:15）")
    return day, start, end, errors


@bp.post("/admin/closures/<int:closure_id>/remove")
def remove_closure(closure_id: int) -> Any:
    actor = admin_only()
    with transaction():
        closure = db.session.get(Closure, closure_id)
        if closure is None:
            raise NotFound("この閉庁日は、もう消されています。")
        day = closure.day
        db.session.delete(closure)
        _closed_changed(actor, "closure.remove", day, now=clock.now())
    flash(_("%(day)s の閉庁日を消しました。", day=calendar.wareki(day)), "done")
    return redirect(url_for("admin.closures"), 303)


def _closed_changed(actor: Actor, action: str, day: date, *, now: Any) -> None:
    """Whether today is a working day changes everybody's row."""
    facts.restamp("org")
    if day == org.today(now):
        outbox.touch("staff", org.posted_staff_ids(day, known_at=None))
    audit.record(actor, action, detail={"day": day.isoformat()}, now=now)
