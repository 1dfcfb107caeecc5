"""/requests/new and /requests/<id>/edit: plain forms; a script only says earlier what the server says anyway."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import Actor, current_actor
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.refusals import Conflict, Refusal, RuleBroken
from webapp.requests import cases, filing, form_view, known, presets
from webapp.requests.blueprint import bp
from webapp.requests.checks import EXTENT_WORDS, span_words
from webapp.requests.draft import Draft
from webapp.requests.forms import RequestForm, field_names, form_of
from webapp.requests.known import Days
from webapp.requests.models import TeleworkRequest
from webapp.requests.presets import Typed
from webapp.requests.rules import State
from webapp.requests.wishes import Finding
from webapp.requests.wording import PLACE_WORDS, day_words


def whose(actor: Actor, now: datetime) -> int:
    return filing.person_for(request.values.get("staff"), actor=actor, now=now)


# --- a new one ------------------------------------------------------------------------------


@bp.get("/requests/new")
def new_request() -> Any:
    """?staff= of a colleague (代行入力), ?preset=, ?copy= of an earlier request."""
    actor, now = current_actor(), clock.now()
    with snapshot():
        days = Days(known.filer(whose(actor, now), now=now), now=now)
        typed = form_view.first_typed(days, _number("preset"), _copied(actor, now), now=now)
        typed["key"] = str(uuid4())
        return _page(days, typed, actor, now=now)


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _copied(actor: Actor, now: datetime) -> Typed | None:
    wanted = _number("copy")
    if wanted is None:
        return None
    row = cases.read(wanted, actor, now=now)
    return presets.typed_of(row)


@bp.post("/requests/new")
def file_request() -> Any:
    actor, now = current_actor(), clock.now()
    staff_id = whose(actor, now)
    try:
        form = form_of(request.form)
        _with_oral(form)
        with transaction():
            rows = filing.file(form, staff_id, actor=actor, now=now, seen=_seen(form))
            if staff_id == actor.staff_id:
                presets.keep(staff_id, form, now=now)
            done = _done_words(rows)
    except (RuleBroken, Conflict) as fault:
        with snapshot():
            days = Days(known.filer(staff_id, now=now), now=now)
            return _page(days, request.form, actor, fault, now=now)
    flash(done, "done")
    return redirect(url_for("requests.own"), 303)


def _seen(form: RequestForm) -> frozenset[str]:
    return frozenset(form.seen.split())


def _with_oral(form: RequestForm) -> None:
    """口頭で承認済: the box decides; day and time are two inputs."""
    if not form.oral:
        form.oral_by, form.oral_at = None, None
        return
    form.oral_by = form.oral_by or ""
    if form.oral_on is not None and form.oral_time:
        hours, minutes = (int(part) for part in form.oral_time.split(":"))
        form.oral_at = datetime(
            form.oral_on.year,
            form.oral_on.month,
            form.oral_on.day,
            min(hours, 23),
            minutes,
            tzinfo=clock.TOKYO,
        )
    if not form.oral_by:
        raise RuleBroken("入力内容を確かめてください。", {"oral_by": "承認した人を選んでください"})


def _done_words(rows: list[TeleworkRequest]) -> str:
    first = day_words(rows[0].day)
    more = _(" ほか %(n)s 日", n=len(rows) - 1) if len(rows) > 1 else ""
    if rows[0].state == State.APPROVED.value:
        return _("%(day)s%(more)s を口頭で承認済として記録しました。", day=first, more=more)
    return _("%(day)s%(more)s を申請しました。", day=first, more=more)


# --- again ----------------------------------------------------------------------------------


@bp.get("/requests/<int:request_id>/edit")
def edit_request(request_id: int) -> Any:
    actor, now = current_actor(), clock.now()
    with snapshot():
        row = cases.read(request_id, actor, now=now)
        filing.may_change(row, actor, now=now)
        days = Days(known.filer(row.staff_id, now=now), now=now)
        typed = presets.typed_of(row)
        typed["key"], typed["revision"] = str(uuid4()), str(row.revision)
        typed["days"] = row.day.isoformat()
        return _page(days, typed, actor, row=row, now=now)


@bp.post("/requests/<int:request_id>/edit")
def refile_request(request_id: int) -> Any:
    actor, now = current_actor(), clock.now()
    try:
        form = form_of(request.form)
        _with_oral(form)
        with transaction():
            row = filing.refile(
                request_id,
                form,
                revision=form.revision,
                actor=actor,
                now=now,
                seen=_seen(form),
            )
            words = _("%(day)s の申請を出し直しました。", day=day_words(row.day))
            if row.changes_id is not None:
                words = _("変更を申請しました。承認されるまでは、いまの申請のままです。")
    except (RuleBroken, Conflict) as fault:
        with snapshot():
            row = cases.read(request_id, actor, now=now)
            filing.may_change(row, actor, now=now)
            days = Days(known.filer(row.staff_id, now=now), now=now)
            return _page(days, request.form, actor, fault, row=row, now=now)
    flash(words, "done")
    return redirect(url_for("requests.own"), 303)


# --- the page -------------------------------------------------------------------------------


def _page(
    days: Days,
    typed: Typed,
    actor: Actor,
    fault: Refusal | None = None,
    row: TeleworkRequest | None = None,
    *,
    now: datetime,
) -> Any:
    """The form as typed, with faults at their fields and warnings beside them."""
    but = (row.id,) if row is not None else ()
    errors = field_names(fault.fields) if fault else {}
    told, summary = _told(days, typed, but, now)
    page = render_template(
        "requests/form.html",
        **form_view.view(days, actor, now=now, but=but),
        typed=typed,
        errors=errors,
        message=fault.message if fault else "",
        row=row,
        State=State,
        findings=_grouped(told),
        seen=" ".join(sorted({finding.code for finding in told})),
        summary=summary,
        nav="requests",
    )
    return page, fault.status if fault else 200


def _told(
    days: Days, typed: Typed, but: tuple[int, ...], now: datetime
) -> tuple[list[Finding], str]:
    """The warnings of what is typed so far; of what cannot be read there are none."""
    try:
        form = form_of(typed)
    except RuleBroken:
        return [], ""
    checked, told = filing.previewed(form, days.who.staff_id, but=but, now=now)
    return told, summary_of(checked.draft)


def _grouped(findings: list[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.field, []).append(finding)
    return found


def summary_of(draft: Draft) -> str:
    """「12月1日（火）ほか2日 午後 在宅」: what the button would file."""
    if not draft.asked:
        return ""
    first = draft.asked[0]
    more = f" ほか{len(draft.asked) - 1}日" if len(draft.asked) > 1 else ""
    when = EXTENT_WORDS[first.extent]
    if first.extent == "hours":
        when = span_words((first.start, first.end))
    where = draft.body.site or PLACE_WORDS[first.place]
    return f"{day_words(first.day)}{more} {when} {where}"


# --- while typing ---------------------------------------------------------------------------


@bp.post("/requests/check")
def check_request() -> Any:
    """What would be said of the form as it stands; stores nothing. ?request= of the one being changed."""
    actor, now = current_actor(), clock.now()
    with snapshot():
        staff_id = whose(actor, now)
        changed = _number("request")
        if changed is not None:
            row = cases.read(changed, actor, now=now)
            filing.may_change(row, actor, now=now)
            staff_id = row.staff_id
        try:
            form = form_of(request.form)
        except RuleBroken as fault:
            return jsonify(faults=field_names(fault.fields), findings=[], summary="", left_out=[])
        but = [changed] if changed is not None else []
        checked, told = filing.previewed(form, staff_id, but=but, now=now)
        draft = checked.draft
        return jsonify(
            faults=draft.faults,
            findings=[
                {"code": f.code, "field": f.field, "words": f.words, "note": f.note} for f in told
            ],
            summary=summary_of(draft),
            left_out=[f"{day_words(day)}（{why}）" for day, why in sorted(draft.left_out.items())],
        )
