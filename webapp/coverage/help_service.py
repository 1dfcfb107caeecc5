"""Changing 窓口応援: ask, accept, decline, call off, end. The first to accept is on it; the others are free."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, select, update

from webapp.accounts.access import Actor
from webapp.core import audit
from webapp.core.db import db
from webapp.core.limits import Limit
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.coverage import help_access as access
from webapp.coverage import help_queries as queries
from webapp.coverage import help_rules as rules
from webapp.coverage.help_rules import Colleague
from webapp.coverage.models import HelpAsk, HelpCall
from webapp.duties import service as duties
from webapp.org import queries as org
from webapp.positions.models import Position
from webapp.positions.rules import Post
from webapp.realtime import outbox

TOPIC = "help"
CALLS = Limit("help", 5, 60.0, "続けて依頼しすぎています。")


@dataclass(frozen=True, slots=True)
class Answer:
    """call None = nobody is free; later: who could be asked next, and when. fresh: made by this tap."""

    call: HelpCall | None
    later: list[Colleague]
    fresh: bool = False


def limit_calls(staff_id: int, *, at: float) -> None:
    """A few calls a person and minute (monotonic seconds): each makes eight pages speak up."""
    CALLS.require(staff_id, at=at)


def ask(position_id: int, *, actor: Actor, now: datetime) -> Answer:
    """Ask those who are free. A call that is open is answered again: two taps, or two people at one counter, are one
    call. NotFound, NotAllowed; RuleBroken for a contractor's position or outside its hours."""
    post = _post(position_id, now)
    access.require_may_ask(actor, post.unit_id)
    _lock(position_id)
    if (call := queries.open_call(position_id, now=now)) is not None:
        return Answer(call, [])
    if queries.closes_at(post, now=now) is None:
        raise RuleBroken("この持ち場は、いま受付時間外です。")
    people = queries.colleagues(post, now=now, without={actor.staff_id})
    wanted = rules.asked(people, post, now)
    if not wanted:
        return Answer(None, rules.next_free(people, post, now))
    return Answer(_call(post, wanted, actor, now), [], fresh=True)


def _post(position_id: int, now: datetime) -> Post:
    post = queries.post_of(position_id, now=now)
    if post is None:
        raise NotFound("この持ち場は見つかりません。")
    if post.contractor:
        raise RuleBroken("委託の持ち場には、応援を頼めません。")
    return post


def _lock(position_id: int) -> None:
    """One call a position: on PostgreSQL two askers wait for each other here (SQLite has one writer anyway)."""
    db.session.execute(select(Position.id).where(Position.id == position_id).with_for_update())


def _call(post: Post, wanted: list[Colleague], actor: Actor, now: datetime) -> HelpCall:
    minutes = int(rules.LASTS.total_seconds()) // 60
    call = HelpCall(
        position_id=post.id,
        unit_id=post.unit_id,
        asked_by=actor.staff_id,
        asked_at=now,
        minutes=minutes,
    )
    db.session.add(call)
    db.session.flush()
    db.session.add_all(HelpAsk(call_id=call.id, staff_id=one.staff_id) for one in wanted)
    db.session.flush()
    _record(actor, "help.ask", call, now)
    outbox.touch(TOPIC, call.id)
    return call


def _record(actor: Actor, action: str, call: HelpCall, now: datetime) -> None:
    node = org.current_tree().by_id(call.unit_id)
    audit.record(
        actor,
        action,
        unit_code=node.code if node else None,
        detail={"position": call.position_id, "call": call.id},
        now=now,
    )


def _load(call_id: int) -> HelpCall:
    call = db.session.get(HelpCall, call_id)
    if call is None:
        raise NotFound("この応援の依頼は見つかりません。")
    return call


def accept(call_id: int, *, actor: Actor, now: datetime) -> HelpCall:
    """The first is on it. Conflict with the name of who was quicker, or with what became of the call."""
    call = _load(call_id)
    access.asked_or_404(actor, call)
    if call.accepted_by == actor.staff_id:
        return call
    won = cast(
        "CursorResult[Any]",
        db.session.execute(
            update(HelpCall)
            .where(HelpCall.id == call_id, HelpCall.accepted_by.is_(None))
            .where(HelpCall.closed_at.is_(None), HelpCall.asked_at > now - rules.OPEN)
            .values(accepted_by=actor.staff_id, accepted_at=now, closed_at=now)
        ),
    ).rowcount
    db.session.refresh(call)
    if not won:
        raise Conflict(_too_late(call))
    duties.hold([actor.staff_id])
    _put_on(call, actor, now)
    _record(actor, "help.accept", call, now)
    outbox.touch(TOPIC, call.id)
    return call


def _too_late(call: HelpCall) -> str:
    if call.accepted_by is not None:
        name = org.names_of([call.accepted_by]).get(call.accepted_by, "")
        return f"{name}さんが先に向かいました。"
    if call.closed_at is not None:
        return "この応援の依頼は取りやめになりました。"
    return "この応援の依頼は終わりました（5分たちました）。"


def _put_on(call: HelpCall, actor: Actor, now: datetime) -> None:
    post = _post(call.position_id, now)
    on = org.today(now)
    closes = queries.closes_at(post, now=now)
    if closes is None:
        raise Conflict("この持ち場の受付は終わりました。")
    me = [p for p in queries.colleagues(post, now=now, without=()) if p.staff_id == actor.staff_id]
    if not me or me[0].stand.duty is not None:
        raise Conflict("いまは別の当番に就いています。")
    ends = rules.ends_at(now, closes, me[0].free_until)
    start = queries.minute_of(now, on)
    end = max(start + 1, queries.minute_of(ends, on))
    duty = duties.put_on(post.id, actor.staff_id, on, start, end, source="help", now=now)
    call.duty_id = duty.id


def decline(call_id: int, *, actor: Actor, now: datetime) -> HelpCall:
    """行けません: no reason is asked. When nobody is left the call is over."""
    call = _load(call_id)
    access.asked_or_404(actor, call)
    asks = queries.asks_of([call_id])[call_id]
    for ask_ in asks:
        if ask_.staff_id == actor.staff_id and ask_.declined_at is None:
            ask_.declined_at = now
    if call.closed_at is None and all(ask_.declined_at is not None for ask_ in asks):
        call.closed_at = now
    outbox.touch(TOPIC, call.id)
    return call


def call_off(call_id: int, *, actor: Actor, now: datetime) -> HelpCall:
    call = _load(call_id)
    access.require_may_end(actor, call)
    if call.closed_at is None:
        call.closed_at = now
        outbox.touch(TOPIC, call.id)
    return call


def end(call_id: int, *, actor: Actor, now: datetime) -> HelpCall:
    """応援を終える: the duty ends now; the time spent stays counted. Ended in its first minute it never was."""
    call = _load(call_id)
    access.require_may_end(actor, call)
    duty = queries.duty_of(call)
    if duty is None or call.accepted_by is None:
        raise Conflict("この応援には、まだだれも向かっていません。")
    minute = queries.minute_of(now, duty.day)
    if minute <= duty.start_minute:
        call.duty_id = None
        db.session.flush()
        duties.take_off(duty)
    elif minute < duty.end_minute:
        duty.end_minute = minute
        db.session.flush()
        duties.changed([duty.staff_id])
    outbox.touch(TOPIC, call.id)
    return call


def expires_at(call: HelpCall) -> datetime:
    return call.asked_at + rules.OPEN
