"""/questions: asking the team, answering, resolved."""

from typing import Any
from uuid import uuid4

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import current_actor
from webapp.attendance import once
from webapp.core import clock, settings
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import Conflict, Refusal, RuleBroken
from webapp.messages import question_queries, questions, service
from webapp.messages.blueprint import bp
from webapp.messages.forms import (
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    AnswerForm,
    QuestionForm,
    SettleForm,
)
from webapp.messages.question_rules import QState
from webapp.messages.settings import QUESTION_KEPT_DAYS

LONGEST_QUERY = 60


@bp.get("/questions")
def question_list() -> Any:
    """?tab=open|resolved, ?q=, ?open=12 (brought into view)."""
    return _page()


def _page(fault: Refusal | None = None, on: int | None = None) -> Any:
    """on: the question whose answer was refused; None = the one asked anew."""
    actor, now = current_actor(), clock.now()
    q = request.args.get("q", "").strip()[:LONGEST_QUERY]
    tab = "resolved" if request.args.get("tab") == "resolved" else "open"
    with snapshot():
        if q:
            rows = question_queries.search(actor, q)
        elif tab == "resolved":
            rows = question_queries.resolved(actor)
        else:
            rows = question_queries.waiting(actor)
        page = render_template(
            "messages/questions.html",
            tab="" if q else tab,
            q=q,
            questions=question_queries.listed(rows, actor, now=now),
            units=question_queries.units_to_ask(actor),
            opened=request.args.get("open", ""),
            kept_days=settings.value(QUESTION_KEPT_DAYS),
            longest=LONGEST_QUESTION,
            longest_answer=LONGEST_ANSWER,
            typed=request.form if fault else {},
            errors=fault.fields if fault else {},
            fault_on=on,
            key=uuid4().hex,
        )
    return page, fault.status if fault else 200


@bp.post("/questions")
def ask_question() -> Any:
    actor, now = current_actor(), clock.now()
    try:
        form = valid_or_422(QuestionForm)
        service.limit(actor.staff_id, at=clock.monotonic())
        with transaction():
            # Another question from the same page is one of its own.
            body = once.fingerprint([form.unit, form.text])
            key = f"{form.key or uuid4()}:{body[:32]}"
            questions.ask_once(form.unit, form.text, key, body, actor=actor, now=now)
    except RuleBroken as fault:
        return _page(fault)
    flash(_("質問しました。まず連絡可能な人に知らせています。"), "done")
    return redirect(url_for("messages.question_list"))


@bp.post("/questions/<int:question_id>/answers")
def answer_question(question_id: int) -> Any:
    actor, now = current_actor(), clock.now()
    try:
        form = valid_or_422(AnswerForm)
        service.limit(actor.staff_id, at=clock.monotonic())
        with transaction():
            questions.answer(question_id, form.text, actor=actor, now=now)
    except (RuleBroken, Conflict) as fault:
        return _page(fault, question_id)
    flash(_("回答しました。"), "done")
    return redirect(url_for("messages.question_list", open=question_id))


@bp.post("/questions/<int:question_id>/settle")
def settle_question(question_id: int) -> Any:
    actor, now = current_actor(), clock.now()
    form = valid_or_422(SettleForm)
    state = QState(form.state)
    try:
        with transaction():
            questions.settle(question_id, state, revision=form.revision, actor=actor, now=now)
    except Conflict as late:
        flash(_(late.message), "error")
    else:
        resolved = state is QState.RESOLVED
        flash(_("解決にしました。") if resolved else _("もう一度開きました。"), "done")
    tab = "open" if state is QState.RESOLVED else None
    return redirect(url_for("messages.question_list", tab=tab))
