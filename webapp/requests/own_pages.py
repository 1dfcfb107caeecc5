"""自分の申請: what to do next, what is coming, what was. And the record of one request, for whom it concerns."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from webapp.accounts.access import Actor, current_actor
from webapp.core import clock
from webapp.core.db import db, snapshot, transaction
from webapp.core.parse import FormBody, valid_or_422
from webapp.core.refusals import Conflict, RuleBroken
from webapp.org import queries as org
from webapp.requests import access, cases, fields, inbox, presets, records, report, steps
from webapp.requests.blueprint import bp
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import IN_FORCE, OPEN, STATE_WORDS, Act, State, acts_in
from webapp.requests.wording import when_words

PAST = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list. todo: what the person can do next, in words; where: the page for it."""

    row: TeleworkRequest
    words: str
    state: State
    state_words: str
    todo: str = ""
    where: str = ""


@bp.get("/requests/own")
def own() -> Any:
    actor, now = current_actor(), clock.now()
    with snapshot():
        today = org.today(now)
        rows = records.of_person(actor.staff_id, since=today - PAST)
        questions = {row.id: asks for row, asks in report.open_questions(actor.staff_id, now=now)}
        entries = [_entry(row, questions.get(row.id, frozenset())) for row in rows]
        return render_template(
            "requests/own.html",
            todo=[entry for entry in entries if entry.todo],
            coming=[e for e in entries if not e.todo and _is_coming(e, today)],
            past=[e for e in reversed(entries) if not e.todo and not _is_coming(e, today)],
            presets=records.presets_of(actor.staff_id),
            filed_for=_filed_for(actor, now),
            colleagues=_colleagues(actor, now),
            **tabs("own", actor, now=now),
            is_hr=actor.may_hr,
            nav="requests",
        )


def tabs(at: str, actor: Actor, *, now: datetime) -> dict[str, Any]:
    """For `requests/tabs.html`: at: inbox | own | done."""
    return {
        "at": at,
        "waiting": inbox.count_waiting(actor, now=now),
        "approves": inbox.approves(actor, now=now),
    }


def _is_coming(entry: Entry, today: Any) -> bool:
    return entry.row.day >= today and entry.state in IN_FORCE


def _entry(row: TeleworkRequest, asks: frozenset[str]) -> Entry:
    state = State(row.state)
    todo, where = _next(row, state, asks)
    return Entry(row, when_words(row), state, STATE_WORDS[state], todo, where)


def _next(row: TeleworkRequest, state: State, asks: frozenset[str]) -> tuple[str, str]:
    if state is State.RETURNED:
        return _("直して出し直す"), url_for("requests.edit_request", request_id=row.id)
    here = f"/requests/{row.id}"
    if state is State.PROPOSED:
        return _("提案された時間を見る"), here
    if "overtime" in asks:
        return _("時間外勤務の命令を受けましたか"), f"{here}#report"
    if "returned" in asks:
        return _("資料を返却しましたか"), f"{here}#report"
    return "", ""


def _filed_for(actor: Actor, now: datetime) -> list[Entry]:
    """What one entered for colleagues, still to come."""
    query = select(TeleworkRequest).where(
        TeleworkRequest.filed_by == actor.staff_id,
        TeleworkRequest.staff_id != actor.staff_id,
        TeleworkRequest.day >= org.today(now),
        TeleworkRequest.state.in_([state.value for state in IN_FORCE]),
    )
    found = db.session.scalars(query.order_by(TeleworkRequest.day))
    rows = [row for row in found if access.enters(row, actor, now=now)]
    names = org.names_of({row.staff_id for row in rows})
    return [
        Entry(
            row,
            f"{names.get(row.staff_id, '')}　{when_words(row)}",
            State(row.state),
            STATE_WORDS[State(row.state)],
        )
        for row in rows
    ]


def _colleagues(actor: Actor, now: datetime) -> list[tuple[str, str]]:
    """(number, name) of the people of one's own 係, for 代行入力."""
    people = org.postings_in(
        [posting.unit_id for posting in actor.postings], org.today(now), known_at=now
    )
    found = {p.number: p.name for p in people if p.staff_id != actor.staff_id}
    return list(found.items())


# --- the record -----------------------------------------------------------------------------


def record_page(
    row: TeleworkRequest, actor: Actor, *, now: datetime, fault: Any = None, **undo: Any
) -> Any:
    """The whole record for whom it concerns. The caller has decided that the actor may read it.

    undo: what stands in `requests/undo.html`.
    """
    page = render_template(
        "requests/record_page.html",
        **tabs("own", actor, now=now),
        errors=fault.fields if fault else {},
        message=fault.message if fault else "",
        typed=request.form,
        nav="requests",
        **undo,
        **record_words(row, actor, now=now),
    )
    return page, fault.status if fault else 200


def record_words(row: TeleworkRequest, actor: Actor, *, now: datetime) -> dict[str, Any]:
    """The words of the partial `requests/record.html`."""
    told = report.report_of(row, now=now)
    state = State(row.state)
    mine = access.enters(row, actor, now=now)
    return {
        "row": row,
        "words": when_words(row),
        "who": org.names_of([row.staff_id]).get(row.staff_id, ""),
        "is_mine": row.staff_id == actor.staff_id,
        "state": state,
        "state_words": STATE_WORDS[state],
        "State": State,
        "asked_lines": fields.request_lines(row),
        "decided_lines": fields.decision_lines(row) if row.decided_at else [],
        "report_lines": fields.report_lines(row, told) if _has_report(row, state, now) else [],
        "asks": told.asks if mine else frozenset(),
        "may_report": mine and _has_report(row, state, now),
        "may_edit": mine
        and (state in OPEN or (state is State.APPROVED and row.day >= org.today(now))),
        "may_withdraw": mine and Act.WITHDRAW in acts_in(state) and _not_over(row, state, now),
        "trail": _trail(row),
    }


def _has_report(row: TeleworkRequest, state: State, now: datetime) -> bool:
    return state is State.APPROVED and row.day <= org.today(now)


def _not_over(row: TeleworkRequest, state: State, now: datetime) -> bool:
    return state is not State.APPROVED or row.day >= org.today(now)


def _trail(row: TeleworkRequest) -> list[tuple[str, str, str, str]]:
    """(when, what, who, note) of every step."""
    names = org.names_of({step.by_id for step in row.steps if step.by_id})
    return [
        (
            fields.local(step.at),
            steps.STEP_WORDS.get(step.what, step.what),
            names.get(step.by_id or 0, ""),
            step.note,
        )
        for step in row.steps
    ]


class ReportForm(FormBody):
    """yes | no; what was not answered is left as it is."""

    overtime: bool | None = None
    returned: bool | None = None
    note: str | None = None


@bp.post("/requests/<int:request_id>/report")
def answer_report(request_id: int) -> Any:
    actor, now = current_actor(), clock.now()
    try:
        form = valid_or_422(ReportForm)
        note = _note(form, "note" in request.form)
        with transaction():
            row = cases.read(request_id, actor, now=now)
            row = cases.locked(request_id) or row
            given = report.Answer(form.overtime, form.returned, note)
            report.answer(row, given, actor=actor, now=now)
    except (RuleBroken, Conflict) as fault:
        with snapshot():
            return record_page(cases.read(request_id, actor, now=now), actor, now=now, fault=fault)
    flash(_("報告を書きました。"), "done")
    return redirect(f"/requests/{request_id}#report", 303)


def _note(form: ReportForm, was_there: bool) -> str | None:
    """An emptied field is emptied; a field that was not sent is left alone."""
    note = " ".join((form.note or "").split()) if was_there else None
    if note is not None and len(note) > 200:
        raise RuleBroken("入力内容を確かめてください。", {"note": "200文字以内で入力してください"})
    return note


# --- いつもの -------------------------------------------------------------------------------


@bp.post("/requests/presets/<int:preset_id>/drop")
def drop_preset(preset_id: int) -> Any:
    actor = current_actor()
    with transaction():
        name = presets.drop(actor.staff_id, preset_id)
    flash(_("「%(name)s」を消しました。", name=name), "done")
    return redirect(url_for("requests.own"), 303)
