"""/requests: what waits for a decision, one request with its effect and ways, what is done. Plain forms throughout.

A list or a detail alone (?part=) is what a page in front of somebody fetches again when something moved.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import Actor, current_actor
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import Conflict, Refusal, RuleBroken
from webapp.requests import (
    bulk,
    cases,
    decide_forms,
    deciding,
    inbox,
    inbox_view,
    own_pages,
    records,
    swapping,
    telling,
    undoing,
)
from webapp.requests.blueprint import bp
from webapp.requests.models import TeleworkRequest
from webapp.requests.wording import when_words

Decided = Callable[[int, Actor, datetime], TeleworkRequest]
DONE_WORDS = {
    "approve": "承認しました",
    "refuse": "不承認にしました",
    "return": "差し戻しました",
    "propose": "本人に提案しました",
    "ask": "打診しました",
    "order": "交代を命じて承認しました",
    "review": "後閲しました",
    "withdraw": "取り下げました",
    "accept-proposal": "提案を受けました",
    "decline-proposal": "提案を断りました",
}


STEP_DONE = {
    "approved": "承認しました",
    "refused": "不承認にしました",
    "returned": "差し戻しました",
    "proposed": "本人に提案しました",
    "asked": "打診しました",
    "reviewed": "後閲しました",
    "withdrawn": "取り下げました",
}


# --- reading --------------------------------------------------------------------------------


@bp.get("/requests")
def inbox_page() -> Any:
    """Who decides nothing has their own requests here."""
    actor, now = current_actor(), clock.now()
    with snapshot():
        if not inbox.approves(actor, now=now):
            return redirect(url_for("requests.own"))
        return _inbox(actor, now)


def _inbox(actor: Actor, now: datetime, results: list[bulk.Result] | None = None) -> str:
    view = inbox_view.inbox_view(actor, now=now)
    words = _frame(actor, view, now) | {"results": results or [], "chosen": None}
    if request.args.get("part") == "list":
        return render_template("requests/inbox_list.html", **words)
    first = view.waiting[0].row if view.waiting else None
    detail = inbox_view.detail_of(first, actor, now=now) if first else None
    return render_template("requests/inbox.html", detail=detail, by_itself=False, **words)


@bp.get("/requests/<int:request_id>")
def one_request(request_id: int) -> Any:
    """For who decides it: effect and ways. For everybody else who may read it: the record."""
    actor, now = current_actor(), clock.now()
    with snapshot():
        row = cases.read(request_id, actor, now=now)
        if not _is_decider(row, actor, now):
            return own_pages.record_page(row, actor, now=now, **_undo_words(actor, now))
        return _one(row, actor, now)


def _is_decider(row: TeleworkRequest, actor: Actor, now: datetime) -> bool:
    if row.staff_id == actor.staff_id:
        return False
    found = inbox_view.approvers_of(row.staff_id, row.filed_at, now=now)
    return actor.staff_id in (*found.ids, row.decided_by)


def _one(row: TeleworkRequest, actor: Actor, now: datetime, fault: Refusal | None = None) -> Any:
    detail = inbox_view.detail_of(row, actor, now=now)
    words = {
        "detail": detail,
        "typed": request.form,
        "errors": fault.fields if fault else {},
        "message": fault.message if fault else "",
    }
    if request.args.get("part") == "detail":
        return render_template("requests/detail_part.html", viewer=actor, **words)
    view = inbox_view.inbox_view(actor, now=now)
    words |= _frame(actor, view, now) | {"results": [], "chosen": row.id, "by_itself": True}
    return render_template("requests/inbox.html", **words), fault.status if fault else 200


def _frame(actor: Actor, view: inbox_view.InboxView, now: datetime) -> dict[str, Any]:
    return {
        "viewer": actor,
        "nav": "requests",
        "view": view,
        "tab": "inbox",
        "waiting": len(view.waiting),
        "reviews": view.reviews,
        "approves": True,
        "names": {line.row.id: f"{line.name} {line.when}" for line in view.waiting},
        **_undo_words(actor, now),
    }


def _undoable(actor: Actor, now: datetime) -> list[TeleworkRequest]:
    """What was done a moment ago and can be taken back: ?done=12&done=13 of the page that did it."""
    told = [t for t in request.args.getlist("done") if t.isascii() and t.isdigit() and len(t) < 10]
    rows = records.by_ids(int(t) for t in told[: decide_forms.MOST_AT_ONCE])
    return [row for row in rows if undoing.can_undo(row, actor, now=now)]


def _undo_words(actor: Actor, now: datetime) -> dict[str, Any]:
    rows = _undoable(actor, now)
    if not rows:
        return {"undo": [], "undo_text": ""}
    if len(rows) > 1:
        return {"undo": rows, "undo_text": f"{len(rows)} 件を承認しました。"}
    step = undoing.last_step(rows[0])
    done = STEP_DONE.get(step.what, "") if step else ""
    who = f"{telling.name_of(rows[0].staff_id)} {when_words(rows[0])}"
    return {"undo": rows, "undo_text": f"{who} {done}。"}


@bp.get("/requests/done")
def done_page() -> Any:
    """処理済, with 後閲 first."""
    actor, now = current_actor(), clock.now()
    with snapshot():
        reviews = inbox.to_review(actor, now=now)
        known = {row.id for row in reviews}
        rows = [row for row in inbox.done_by(actor, now=now) if row.id not in known]
        return render_template(
            "requests/done.html",
            viewer=actor,
            nav="requests",
            tab="done",
            waiting=inbox.count_waiting(actor, now=now),
            approves=inbox.approves(actor, now=now),
            reviews=len(reviews),
            to_review=inbox_view.lines_of(reviews, now=now),
            done=inbox_view.lines_of(rows, now=now),
            **_undo_words(actor, now),
        )


# --- deciding -------------------------------------------------------------------------------


@bp.post("/requests/<int:request_id>/approve")
def approve_request(request_id: int) -> Any:
    def act(id_: int, actor: Actor, now: datetime) -> TeleworkRequest:
        body = valid_or_422(decide_forms.ApproveForm)
        return deciding.approve(
            id_,
            revision=body.revision,
            actor=actor,
            now=now,
            condition=body.condition,
            reason=body.reason,
        )

    return _decide(request_id, "approve", act)


@bp.post("/requests/<int:request_id>/refuse")
def refuse_request(request_id: int) -> Any:
    return _decide(request_id, "refuse", _with_reason(deciding.refuse))


@bp.post("/requests/<int:request_id>/return")
def return_request(request_id: int) -> Any:
    return _decide(request_id, "return", _with_reason(deciding.return_))


def _with_reason(decide: Callable[..., TeleworkRequest]) -> Decided:
    def act(id_: int, actor: Actor, now: datetime) -> TeleworkRequest:
        body = valid_or_422(decide_forms.ReasonForm)
        return decide(id_, body.reason, revision=body.revision, actor=actor, now=now)

    return act


@bp.post("/requests/<int:request_id>/propose")
def propose_time(request_id: int) -> Any:
    def act(id_: int, actor: Actor, now: datetime) -> TeleworkRequest:
        body = valid_or_422(decide_forms.ProposeForm)
        return deciding.propose(id_, body.times(), revision=body.revision, actor=actor, now=now)

    return _decide(request_id, "propose", act)


@bp.post("/requests/<int:request_id>/ask")
def ask_somebody(request_id: int) -> Any:
    def act(id_: int, actor: Actor, now: datetime) -> TeleworkRequest:
        body = decide_forms.asked(request.form)
        return swapping.ask(id_, body.wanted(now=now), revision=body.revision, actor=actor, now=now)

    return _decide(request_id, "ask", act)


@bp.post("/requests/<int:request_id>/order")
def order_somebody(request_id: int) -> Any:
    def act(id_: int, actor: Actor, now: datetime) -> TeleworkRequest:
        body = decide_forms.ordered(request.form)
        picks = body.wanted(now=now)
        return swapping.order(id_, picks, body.reason, revision=body.revision, actor=actor, now=now)

    return _decide(request_id, "order", act)


@bp.post("/requests/<int:request_id>/review")
def review_request(request_id: int) -> Any:
    return _decide(request_id, "review", _alone(deciding.review), back="requests.done_page")


@bp.post("/requests/<int:request_id>/withdraw")
def withdraw_request(request_id: int) -> Any:
    return _decide(request_id, "withdraw", _alone(deciding.withdraw))


@bp.post("/requests/<int:request_id>/accept-proposal")
def accept_proposal(request_id: int) -> Any:
    return _decide(request_id, "accept-proposal", _alone(deciding.accept_proposal))


@bp.post("/requests/<int:request_id>/decline-proposal")
def decline_proposal(request_id: int) -> Any:
    return _decide(request_id, "decline-proposal", _alone(deciding.decline_proposal))


def _alone(decide: Callable[..., TeleworkRequest]) -> Decided:
    def act(id_: int, actor: Actor, now: datetime) -> TeleworkRequest:
        body = valid_or_422(decide_forms.RevisionForm)
        return decide(id_, revision=body.revision, actor=actor, now=now)

    return act


def _decide(request_id: int, what: str, act: Decided, *, back: str = "requests.inbox_page") -> Any:
    """A fault stands at its field with what was typed; who comes second sees the fresh record."""
    actor, now = current_actor(), clock.now()
    try:
        with transaction():
            row = act(request_id, actor, now)
            who, when = telling.name_of(row.staff_id), when_words(row)
            mine = row.staff_id == actor.staff_id
    except RuleBroken as fault:
        with snapshot():
            row = cases.read(request_id, actor, now=now)
            if not _is_decider(row, actor, now):
                raise
            return _one(row, actor, now, fault)
    except Conflict as late:
        flash(_(late.message), "error")
        return redirect(url_for("requests.one_request", request_id=request_id), 303)
    words = f"{when if mine else f'{who} {when}'} {_(DONE_WORDS[what])}。"
    if mine:
        back_to = (
            request_id if what == "withdraw" else None
        )  # offered to be taken back, in its words
        if back_to is None:
            flash(words, "done")
        record = url_for("requests.one_request", request_id=request_id, done=back_to)
        return redirect(record, 303)
    if what == "order":
        flash(words, "done")
    return redirect(url_for(back, done=request_id), 303)


# --- several, and back ----------------------------------------------------------------------


@bp.post("/requests/approve")
def approve_several() -> Any:
    """Those chosen that bring no shortage, each with its result."""
    actor, now = current_actor(), clock.now()
    results = bulk.approve(decide_forms.marked(request.form), actor=actor, now=now)
    if all(result.done for result in results):
        return redirect(url_for("requests.inbox_page", done=[r.id for r in results]), 303)
    with snapshot():
        return _inbox(actor, now, results)


@bp.post("/requests/undo")
def undo_several() -> Any:
    actor, now = current_actor(), clock.now()
    results = bulk.undo(decide_forms.marked(request.form), actor=actor, now=now)
    for result in results:
        if not result.done:
            flash(_(result.words), "error")
    if any(result.done for result in results):
        flash(_("元に戻しました。"), "done")
    if len(results) == 1:
        return redirect(url_for("requests.one_request", request_id=results[0].id), 303)
    return redirect(url_for("requests.inbox_page"), 303)
