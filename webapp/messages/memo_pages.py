"""/messages: what waits for oneself and one's own 係, writing, handling, moving on."""

from typing import Any
from uuid import uuid4

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import Actor, current_actor
from webapp.attendance import once
from webapp.core import clock, settings
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import Conflict, Refusal, RuleBroken
from webapp.messages import access, passing, queries, service, showing
from webapp.messages.blueprint import bp
from webapp.messages.forms import LONGEST_TEXT, MemoForm, MoveForm, TurnForm
from webapp.messages.rules import Act, State
from webapp.messages.settings import KEPT_DAYS
from webapp.org import queries as org

LONGEST_QUERY = 60
TABS = ("mine", "unit", "written", "done")
DONE_WORDS = {
    "open": "未対応に戻しました。",
    "called": "連絡済にしました。",
    "done": "完了にしました。",
}


# --- the lists ------------------------------------------------------------------------------


@bp.get("/messages")
def memo_list() -> Any:
    """?tab=mine|unit|written|done, ?q=, ?open=12 (brought into view)."""
    tab = request.args.get("tab", "mine")
    q = request.args.get("q", "").strip()[:LONGEST_QUERY]
    return _list_page(tab if tab in TABS else "mine", q)


def _list_page(tab: str, q: str = "") -> Any:
    actor, now = current_actor(), clock.now()
    with snapshot():
        memos = showing.found(q, actor, now=now) if q else showing.of_tab(tab, actor, now=now)
        return render_template(
            "messages/list.html",
            tab="" if q else tab,
            q=q,
            memos=memos,
            counts=showing.counts(actor, now=now),
            gone=showing.gone(actor, now=now),
            opened=request.args.get("open", ""),
            kept_days=settings.value(KEPT_DAYS),
            units=_codes(actor) if tab == "unit" or q else [],
        )


def _codes(actor: Actor) -> list[str]:
    """Whose lists the page follows."""
    tree = org.current_tree()
    nodes = (tree.by_id(posting.unit_id) for posting in actor.postings)
    return [node.code for node in nodes if node is not None]


# --- writing --------------------------------------------------------------------------------


@bp.get("/messages/new")
def new_memo() -> Any:
    """?to=職員番号; without it one looks for the person first."""
    number = request.args.get("to", "").strip()
    if not number:
        return redirect(url_for("board.search_page"))
    return _new_page(number)


def _new_page(number: str, fault: Refusal | None = None) -> Any:
    actor, now = current_actor(), clock.now()
    with snapshot():
        to = service.posting_of(number, actor=actor, now=now)
        page = render_template(
            "messages/new.html",
            to=to,
            to_unit=showing.unit_words(to.unit_id),
            chips=service.chips(),
            longest=LONGEST_TEXT,
            typed=request.form,
            key=uuid4().hex,
            errors=fault.fields if fault else {},
            message=fault.message if fault else "",
            own=to.staff_id == actor.staff_id,
        )
    return page, fault.status if fault else 200


@bp.post("/messages/new")
def write_memo() -> Any:
    actor, now = current_actor(), clock.now()
    try:
        form = valid_or_422(MemoForm)
        wanted = form.wanted(now=now)
        service.limit(actor.staff_id, at=clock.monotonic())
        with transaction():
            # A second text from the same page (back, and on) is a memo of its own.
            body = once.fingerprint(form.model_dump(mode="json", exclude={"wished_at"}))
            service.write_once(
                wanted, f"{form.key or uuid4()}:{body[:32]}", body, actor=actor, now=now
            )
    except RuleBroken as fault:
        return _new_page(request.form.get("to", ""), fault)
    flash(_("取次メモを届けました。"), "done")
    return redirect(url_for("messages.memo_list", tab="written"))


@bp.post("/messages/<int:memo_id>/take-back")
def take_memo_back(memo_id: int) -> Any:
    actor, now = current_actor(), clock.now()
    try:
        with transaction():
            service.take_back(memo_id, actor=actor, now=now)
    except Conflict as late:
        flash(_(late.message), "error")
    else:
        flash(_("取次メモを取り消しました。"), "done")
    return redirect(url_for("messages.memo_list", tab="written"))


# --- handling -------------------------------------------------------------------------------


@bp.post("/messages/<int:memo_id>/<any(open, called, done):state>")
def turn_memo(memo_id: int, state: str) -> Any:
    actor, now = current_actor(), clock.now()
    form = valid_or_422(TurnForm)
    try:
        with transaction():
            service.turn(memo_id, State(state), revision=form.revision, actor=actor, now=now)
    except Conflict as late:
        flash(_(late.message), "error")
    else:
        flash(_(DONE_WORDS[state]), "done")
    return redirect(url_for("messages.memo_list", tab=form.tab))


@bp.get("/messages/<int:memo_id>/move")
def takers(memo_id: int) -> Any:
    return _takers_page(memo_id, current_actor())


def _takers_page(memo_id: int, actor: Actor, fault: Refusal | None = None) -> Any:
    now = clock.now()
    with snapshot():
        memo = access.require(queries.by_id(memo_id), Act.MOVE, actor, now=now)
        page = render_template(
            "messages/move.html",
            memo=showing.one(memo, actor, now=now),
            takers=[passing.taker_json(taker) for taker in passing.takers_of(memo, now=now)],
            message=fault.message if fault else "",
        )
    return page, fault.status if fault else 200


@bp.post("/messages/<int:memo_id>/move")
def move_memo(memo_id: int) -> Any:
    actor, now = current_actor(), clock.now()
    form = valid_or_422(MoveForm)
    try:
        with transaction():
            service.move(memo_id, form.to, revision=form.revision, actor=actor, now=now)
    except RuleBroken as fault:
        return _takers_page(memo_id, actor, fault)
    except Conflict as late:
        flash(_(late.message), "error")
    else:
        flash(_("取次メモを移しました。本人と書いた人に知らせました。"), "done")
    return redirect(url_for("messages.memo_list", tab=form.tab))
