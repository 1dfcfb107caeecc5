"""Taking in a calendar: a file with its preview, and the address on the local network where that is allowed."""

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import current_actor
from webapp.core import audit, clock, settings
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import Conflict, NotFound, Refusal, RuleBroken
from webapp.org import queries as org
from webapp.plans import access, addresses, calendars, forms, ical, picture, queries, replacing
from webapp.plans.access import Planned
from webapp.plans.blueprint import bp
from webapp.plans.calendars import Looked
from webapp.plans.settings import CALENDAR_HOSTS, LEAVE_WORDS, MEETING_WORDS, TRIP_WORDS
from webapp.plans.spans import words_of


def _person(number: str) -> Planned:
    return access.for_pattern(current_actor(), number, now=clock.now())


def _here(person: Planned) -> str:
    return url_for("plans.calendar", number=person.number)


def _preview(person: Planned, draft_id: int) -> str:
    return url_for("plans.calendar_preview", number=person.number, draft_id=draft_id)


@bp.get("/plan/calendar/me")
def my_calendar() -> Any:
    return redirect(url_for("plans.calendar", number=current_actor().number))


@bp.get("/plan/calendar/<number>")
def calendar(number: str) -> Any:
    return _page(_person(number))


def _page(person: Planned, fault: Refusal | None = None) -> Any:
    with snapshot():
        page = render_template(
            "plans/calendar.html",
            person=person,
            unit=org.current_tree().section(person.unit_id),
            leave_words=settings.value(LEAVE_WORDS),
            trip_words=settings.value(TRIP_WORDS),
            meeting_words=settings.value(MEETING_WORDS),
            horizon=calendars.HORIZON,
            addresses_allowed=addresses.are_allowed(),
            hosts=settings.value(CALENDAR_HOSTS),
            source=addresses.of_person(person.staff_id),
            values=dict(request.form.items()) if fault else {},
            errors=fault.fields if fault else {},
            message=fault.message if fault else "",
        )
    return page, fault.status if fault else 200


# --- a file ---------------------------------------------------------------------------------


@bp.post("/plan/calendar/<number>")
def upload_calendar(number: str) -> Any:
    person, now = _person(number), clock.now()
    try:
        name, looked = _looked(person, now)
    except RuleBroken as fault:
        return _page(person, fault)
    with transaction():
        by = current_actor().staff_id
        draft = calendars.keep(person.staff_id, name, looked, by=by, now=now)
    return redirect(_preview(person, draft.id), 303)


def _looked(person: Planned, now: datetime) -> tuple[str, Looked]:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise RuleBroken(
            _("ファイルを選んでください。"),
            {"file": _("カレンダーのファイル（.ics）を選んでください")},
        )
    try:
        looked = calendars.look(person.staff_id, sent.read(ical.LARGEST + 1), now=now)
    except ical.Unreadable as fault:
        raise RuleBroken(_("取り込めません。何も変えていません。"), {"file": str(fault)}) from None
    return sent.filename.replace("\\", "/").rsplit("/", 1)[-1], looked


@bp.get("/plan/calendar/<number>/<int:draft_id>")
def calendar_preview(number: str, draft_id: int) -> Any:
    person, now = _person(number), clock.now()
    with snapshot():
        draft, looked = calendars.kept(_small(draft_id), person.staff_id, now=now)
        change = calendars.difference(person.staff_id, looked, calendars.FILE)
        return render_template(
            "plans/calendar_preview.html",
            person=person,
            draft=draft,
            looked=looked,
            days=_days(person, looked, now),
            new=len(change.new),
            gone=len(change.gone),
            same=change.same,
            changes=change.changes_something,
            left_out=sum(looked.left_out.values()),
        )


def _small(draft_id: int) -> int:
    if draft_id > 2**31 - 1:
        raise NotFound(_("見つかりません。"))
    return draft_id


def _days(person: Planned, looked: Looked, now: datetime) -> list[Any]:
    words = picture.kind_words()
    hours = queries.day_hours(person.staff_id, looked.days, now=now)
    return [
        (
            day,
            [
                (
                    one.kind.value,
                    words[one.kind.value],
                    words_of(one.start, one.end, hours.get(day)),
                )
                for one in looked.days[day]
            ],
        )
        for day in sorted(looked.days)
    ]


@bp.post("/plan/calendar/<number>/<int:draft_id>/apply")
def apply_calendar(number: str, draft_id: int) -> Any:
    person, actor, now = _person(number), current_actor(), clock.now()
    with snapshot():
        _draft, looked = calendars.kept(_small(draft_id), person.staff_id, now=now)
        change = calendars.difference(person.staff_id, looked, calendars.FILE)
    try:
        with transaction():
            replacing.write(change)
            calendars.throw_away(draft_id)
            if not person.is_self:
                audit.record(actor, "plan.calendar", staff_id=person.staff_id, now=now)
    except Conflict as late:
        flash(_(late.message), "error")
        return redirect(_preview(person, draft_id))
    flash(
        _("カレンダーの予定を取り込みました（%(n)s件）。", n=len(change.new) + change.same), "done"
    )
    return redirect(_here(person))


@bp.post("/plan/calendar/<number>/<int:draft_id>/discard")
def discard_calendar(number: str, draft_id: int) -> Any:
    person = _person(number)
    with transaction():
        calendars.kept(_small(draft_id), person.staff_id, now=clock.now())
        calendars.throw_away(draft_id)
    flash(_("取り込まずにやめました。"), "done")
    return redirect(_here(person))


# --- an address -----------------------------------------------------------------------------


@bp.post("/plan/calendar/<number>/address")
def register_address(number: str) -> Any:
    person = _person(number)
    try:
        form = valid_or_422(forms.AddressForm)
        with transaction():
            addresses.register(person.staff_id, form.url, actor=current_actor(), now=clock.now())
    except RuleBroken as fault:
        return _page(person, fault)
    flash(_("アドレスを登録しました。1分ほどで読み込みます。"), "done")
    return redirect(_here(person))


@bp.post("/plan/calendar/<number>/address/end")
def end_address(number: str) -> Any:
    person = _person(number)
    with transaction():
        addresses.end(person.staff_id, actor=current_actor(), now=clock.now())
    flash(_("アドレスを消しました。読み込んだこれからの予定も消しました。"), "done")
    return redirect(_here(person))


@bp.post("/plan/calendar/<number>/address/read")
def read_address(number: str) -> Any:
    person = _person(number)
    with transaction():
        addresses.read_again(person.staff_id, now=clock.now())
    flash(_("1分ほどで読み直します。"), "done")
    return redirect(_here(person))
