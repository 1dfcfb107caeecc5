"""The weekly pattern of places: one's own, and of the people one leads."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import current_actor
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import Conflict, Refusal, RuleBroken
from webapp.org import queries as org
from webapp.org.sites import site_names
from webapp.plans import access, forms, picture, queries, spans, weekly
from webapp.plans.access import Planned
from webapp.plans.blueprint import bp
from webapp.plans.picture import WeekdayRow


@bp.get("/plan/me")
def my_pattern() -> Any:
    return _page(access.for_pattern(current_actor(), current_actor().number, now=clock.now()))


@bp.get("/plan/person/<number>")
def pattern(number: str) -> Any:
    return _page(access.for_pattern(current_actor(), number, now=clock.now()))


def _page(person: Planned, fault: Refusal | None = None) -> Any:
    now = clock.now()
    today = org.today(now)
    with snapshot():
        rows = weekly.rows_of(person.staff_id)
        eras = picture.eras(rows, today)
        shown = _weekdays(person.staff_id, rows, today, now)
        latest = eras[-1].first
        days = picture.weekday_rows(weekly.in_force(rows, latest), shown)
        kept = dict(request.form.items()) if fault else {}
        page = render_template(
            "plans/pattern.html",
            person=person,
            unit=org.current_tree().section(person.unit_id),
            rows=[_typed(row, kept) for row in days] if kept else days,
            halves=[("am", _("午前")), ("pm", _("午後"))],
            eras=eras,
            places=[(place.value, picture.kind_words()[place.value]) for place in weekly.PLACES],
            sites=site_names(),
            starts_on=kept.get("starts_on") or max(latest, _next_monday(today)).isoformat(),
            ends_on=kept.get("ends_on", ""),
            seen=weekly.stamp(person.staff_id),
            today=today,
            errors=fault.fields if fault else {},
            message=fault.message if fault else "",
        )
    return page, fault.status if fault else 200


def _next_monday(today: date) -> date:
    return today + timedelta(days=7 - today.weekday())


def _weekdays(staff_id: int, rows: list[Any], today: date, now: datetime) -> list[int]:
    """Monday to Friday, and the days of the weekend somebody works or has planned."""
    monday = today - timedelta(days=today.weekday())
    held = org.postings_of([staff_id], today, known_at=now)
    weekend = (5, 6)
    works = [n for n in weekend if org.hours_on(monday + timedelta(days=n), held)]
    planned = {row.weekday for row in rows}
    return [*range(5), *(n for n in weekend if n in works or n in planned)]


def _typed(row: WeekdayRow, kept: dict[str, str]) -> WeekdayRow:
    n = row.weekday
    return WeekdayRow(
        n,
        row.name,
        kept.get(f"am-{n}", ""),
        kept.get(f"pm-{n}", ""),
        kept.get(f"am-site-{n}", ""),
        kept.get(f"pm-site-{n}", ""),
        kept.get(f"every-{n}", "1"),
    )


@bp.post("/plan/person/<number>/pattern")
def save_pattern(number: str) -> Any:
    now = clock.now()
    person = access.for_pattern(current_actor(), number, now=now)
    try:
        asked = valid_or_422(forms.PatternDays)
        parts = forms.pattern_of_form(_middays(person.staff_id, asked.starts_on, now))
        with transaction():
            weekly.revise(
                person.staff_id,
                parts,
                starts_on=asked.starts_on,
                ends_on=asked.ends_on,
                seen=asked.seen,
                actor=current_actor(),
                now=now,
            )
    except (RuleBroken, Conflict) as fault:
        return _page(person, fault)
    flash(_("週の型を変えました。%(day)s から使います。", day=asked.starts_on.isoformat()), "done")
    if person.is_self:
        return redirect(url_for("plans.my_pattern"))
    return redirect(url_for("plans.pattern", number=person.number))


def _middays(staff_id: int, first: date, now: datetime) -> dict[int, tuple[int, int]]:
    """{weekday: where the person's morning ends and the afternoon begins}; noon where nothing is known."""
    if not 2000 <= first.year < 2200:
        return dict.fromkeys(range(7), (spans.NOON, spans.NOON))
    held = org.postings_of([staff_id], org.today(now), known_at=now)
    found = {}
    for n in range(7):
        day = first + timedelta(days=n)
        own = org.hours_on(day, held).get(staff_id)
        hours = queries.own_hours(own) if own else None
        found[day.weekday()] = hours.midday if hours else (spans.NOON, spans.NOON)
    return found
