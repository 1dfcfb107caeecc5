"""取次メモ and 質問箱. A token with `self` handles what is one's own; colleagues' ask for unit:read and unit:write."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, jsonify, request

from webapp.accounts.access import Actor, current_actor, require_scope
from webapp.accounts.rules import Scope, has_scope
from webapp.api.blueprint import bp
from webapp.attendance import once
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import body_json, valid_or_422
from webapp.core.refusals import BadRequest, Conflict, NotFound, Refusal
from webapp.messages import access, passing, queries, questions, service, showing
from webapp.messages import question_queries as asked
from webapp.messages.forms import AnswerBody, MemoBody, QuestionBody, SettleBody, TurnBody
from webapp.messages.models import PhoneMemo, Question
from webapp.messages.question_rules import QAct, QState
from webapp.messages.rules import Act, Standing, State

LARGEST_ID = 2**31 - 1
LONGEST_QUERY = 60
LONGEST_KEY = 100
TABS = ("mine", "unit", "written", "done")


def _actor(*wider: Scope) -> Actor:
    """self, or one of the scopes of units."""
    actor = current_actor()
    if not any(has_scope(actor.scopes, scope) for scope in wider):
        require_scope(actor, Scope.SELF)
    return actor


def _id(number: int) -> int:
    if number > LARGEST_ID:
        raise NotFound(access.NOT_THERE)
    return number


# --- memos ----------------------------------------------------------------------------------


@bp.get("/messages")
def memo_list() -> Response:
    """?tab=mine|unit|written|done, or ?q= in one's own 係."""
    actor, now = _actor(Scope.UNIT_READ), clock.now()
    tab, q = request.args.get("tab", "mine"), request.args.get("q", "").strip()[:LONGEST_QUERY]
    if tab not in TABS:
        raise BadRequest("tab を確かめてください。", {"tab": "、".join(TABS) + " のどれか"})
    if q or tab in ("unit", "done"):
        require_scope(actor, Scope.UNIT_READ)
    with snapshot():
        memos = showing.found(q, actor, now=now) if q else showing.of_tab(tab, actor, now=now)
        return jsonify(memos=memos, open=queries.open_count(actor.staff_id), as_of=_iso(now))


def _iso(instant: datetime) -> str:
    return clock.to_tokyo(instant).isoformat()


@bp.post("/messages")
def write_memo() -> tuple[Response, int]:
    """With an Idempotency-Key the same again is the same memo, answered as it is now."""
    actor, now = _actor(Scope.UNIT_WRITE), clock.now()
    wanted, key = valid_or_422(MemoBody).wanted(now=now), _key()
    service.limit(actor.staff_id, at=clock.monotonic())
    with transaction():
        if key:
            body = once.fingerprint(body_json())
            memo_id, was_there = service.write_once(wanted, key, body, actor=actor, now=now)
        else:
            memo_id, was_there = service.write(wanted, actor=actor, now=now).id, False
    return _written(_shown_or_gone(memo_id, actor), was_there)


def _written(response: Response, was_there: bool) -> tuple[Response, int]:
    if was_there:
        response.headers["Idempotency-Replayed"] = "true"
    return response, 201


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        raise BadRequest(
            "Idempotency-Key が長すぎます。",
            {"Idempotency-Key": f"{LONGEST_KEY}文字までにしてください"},
        )
    return key


@bp.get("/messages/<int:memo_id>")
def one_memo(memo_id: int) -> Response:
    actor = _actor(Scope.UNIT_READ)
    with snapshot():
        memo = _readable(memo_id, actor, Scope.UNIT_READ)
        return jsonify(showing.one(memo, actor, now=clock.now()))


def _readable(memo_id: int, actor: Actor, wider: Scope) -> PhoneMemo:
    """A token without the wider scope is kept to what one wrote or got."""
    now = clock.now()
    memo = access.require(queries.by_id(_id(memo_id)), Act.READ, actor, now=now)
    if access.held(memo, actor, now=now).standing is Standing.COLLEAGUE:
        require_scope(actor, wider)
    return memo


@bp.patch("/messages/<int:memo_id>")
def change_memo(memo_id: int) -> Any:
    """409 carries the memo as it is now."""
    actor, now = _actor(Scope.UNIT_WRITE), clock.now()
    body = valid_or_422(TurnBody).check()
    _readable(memo_id, actor, Scope.UNIT_WRITE)
    try:
        with transaction():
            _change(memo_id, body, actor, now)
    except Conflict as late:
        return _late(late, lambda: showing_json(memo_id, actor))
    return _shown_or_gone(memo_id, actor)


def _change(memo_id: int, body: TurnBody, actor: Actor, now: datetime) -> None:
    if body.seen:
        service.see(memo_id, actor=actor, now=now)
    elif body.to is not None:
        service.move(memo_id, body.to, revision=body.revision, actor=actor, now=now)
    elif body.state is not None:
        state = State(body.state)
        service.turn(memo_id, state, revision=body.revision, actor=actor, now=now)


@bp.delete("/messages/<int:memo_id>")
def take_memo_back(memo_id: int) -> Response:
    """By its writer, while nobody has read it."""
    actor = _actor(Scope.UNIT_WRITE)
    with transaction():
        service.take_back(_id(memo_id), actor=actor, now=clock.now())
    return jsonify(id=memo_id, state=State.VOID.value)


@bp.get("/messages/<int:memo_id>/takers")
def memo_takers(memo_id: int) -> Response:
    """Who of the 課 could take it on: 連絡可能 first."""
    actor, now = _actor(Scope.UNIT_READ), clock.now()
    with snapshot():
        memo = _readable(memo_id, actor, Scope.UNIT_READ)
        access.require(memo, Act.MOVE, actor, now=now)
        return jsonify(takers=[passing.taker_json(t) for t in passing.takers_of(memo, now=now)])


def showing_json(memo_id: int, actor: Actor) -> dict[str, Any] | None:
    with snapshot():
        memo = queries.by_id(memo_id)
        now = clock.now()
        if memo is None or not access.held(memo, actor, now=now).may(Act.READ, now):
            return None
        return showing.one(memo, actor, now=now)


def _shown_or_gone(memo_id: int, actor: Actor) -> Response:
    """Who moved a memo to another 係 may not read it any more."""
    return jsonify(showing_json(memo_id, actor) or {"id": memo_id, "state": "moved"})


def _late(late: Refusal, fresh: Callable[[], dict[str, Any] | None]) -> tuple[Response, int]:
    error = {"code": late.code, "message": late.message, "fields": late.fields}
    return jsonify(error=error, now=fresh()), late.status


# --- questions ------------------------------------------------------------------------------


@bp.get("/questions")
def question_list() -> Response:
    """?tab=open|resolved, or ?q=."""
    actor, now = _actor(Scope.UNIT_READ), clock.now()
    require_scope(actor, Scope.UNIT_READ)
    q = request.args.get("q", "").strip()[:LONGEST_QUERY]
    with snapshot():
        if q:
            rows = asked.search(actor, q)
        else:
            done = request.args.get("tab") == "resolved"
            rows = asked.resolved(actor) if done else asked.waiting(actor)
        return jsonify(questions=asked.listed(rows, actor, now=now), open=asked.open_count(actor))


@bp.post("/questions")
def ask_question() -> tuple[Response, int]:
    """With an Idempotency-Key the same again is the same question."""
    actor, now = _actor(Scope.UNIT_WRITE), clock.now()
    body, key, was_there = valid_or_422(QuestionBody), _key(), False
    service.limit(actor.staff_id, at=clock.monotonic())
    with transaction():
        if key:
            kept = once.fingerprint(body_json())
            question_id, was_there = questions.ask_once(
                body.unit, body.text, key, kept, actor=actor, now=now
            )
        else:
            question_id = questions.ask(body.unit, body.text, actor=actor, now=now).id
    return _written(_question(question_id, actor), was_there)


@bp.get("/questions/<int:question_id>")
def one_question(question_id: int) -> Response:
    return _question(_id(question_id), _actor(Scope.UNIT_READ))


@bp.post("/questions/<int:question_id>/answers")
def answer_question(question_id: int) -> tuple[Response, int]:
    actor, now = _actor(Scope.UNIT_WRITE), clock.now()
    body = valid_or_422(AnswerBody)
    service.limit(actor.staff_id, at=clock.monotonic())
    with transaction():
        questions.answer(_id(question_id), body.text, actor=actor, now=now)
    return _question(question_id, actor), 201


@bp.patch("/questions/<int:question_id>")
def settle_question(question_id: int) -> Any:
    actor, now = _actor(Scope.UNIT_WRITE), clock.now()
    body = valid_or_422(SettleBody)
    try:
        with transaction():
            questions.settle(
                _id(question_id), QState(body.state), revision=body.revision, actor=actor, now=now
            )
    except Conflict as late:
        return _late(late, lambda: _question_json(question_id, actor))
    return _question(question_id, actor)


def _question(question_id: int, actor: Actor) -> Response:
    return jsonify(_question_json(question_id, actor))


def _question_json(question_id: int, actor: Actor) -> dict[str, Any]:
    with snapshot():
        now = clock.now()
        row: Question | None = asked.by_id(question_id)
        if row is None or not asked.allowed(row, QAct.READ, actor, now=now):
            raise NotFound("この質問は見つかりません。")
        return asked.listed([row], actor, now=now)[0]
