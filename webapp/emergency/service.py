"""Beginning an emergency, the question and its answers, reminders, the end. Inside a transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import audit, facts
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.emergency import queries, recording
from webapp.emergency.access import scope_name
from webapp.emergency.models import Emergency, EmergencyAct
from webapp.emergency.rules import (
    confirms,
)
from webapp.notices import service as notices
from webapp.notices import webhooks
from webapp.org import queries as org
from webapp.org.models import Unit
from webapp.realtime import outbox

TOPIC = "emergency"  # the tally moves
BAR = "emergency_bar"  # the bar looks different: begun, changed, over
KIND = "emergency"  # of notices and webhooks


@dataclass(frozen=True, slots=True)
class Wanted:
    """unit_id None = 全庁. confirm: the name of the scope, typed."""

    unit_id: int | None
    name: str
    text: str = ""
    question: bool = True
    remind_minutes: int = 0
    confirm: str = ""


def touch(emergency_id: int) -> None:
    facts.restamp(queries.STAMP)
    outbox.touch(TOPIC, emergency_id)
    outbox.touch(BAR, emergency_id)


def note(
    emergency: Emergency, kind: str, detail: dict[str, Any], *, actor: Actor | None, now: datetime
) -> EmergencyAct:
    """One line of the record."""
    act = EmergencyAct(
        emergency_id=emergency.id,
        kind=kind,
        detail=detail,
        at=now,
        by_id=actor.staff_id if actor else None,
    )
    db.session.add(act)
    db.session.flush()
    return act


def trail(
    emergency: Emergency, action: str, *, actor: Actor | None, now: datetime, **detail: Any
) -> None:
    audit.record(
        actor,
        f"emergency.{action}",
        unit_code=unit_code_of(emergency.unit_id),
        detail={"emergency": emergency.id} | detail,
        now=now,
    )


def unit_code_of(unit_id: int | None) -> str | None:
    node = org.current_tree().by_id(unit_id) if unit_id is not None else None
    return node.code if node else None


# --- beginning and ending -------------------------------------------------------------------


def begin(wanted: Wanted, *, actor: Actor, now: datetime) -> Emergency:
    """Who may is decided at the edge. Raises RuleBroken; Conflict where the same scope has one open."""
    tree = org.current_tree()
    scope = scope_name(wanted.unit_id, tree)
    _check(wanted, scope)
    _lock_scopes()
    query = select(Emergency).where(Emergency.ended_at.is_(None))
    if any(row.unit_id == wanted.unit_id for row in db.session.scalars(query)):
        raise Conflict(f"{scope}の緊急時は、もう始まっています。")
    row = Emergency(
        unit_id=wanted.unit_id,
        name=wanted.name,
        text=wanted.text,
        question=wanted.question,
        asked_at=now if wanted.question else None,
        remind_minutes=wanted.remind_minutes,
        began_at=now,
        began_by=actor.staff_id,
        reminders=0,
        revision=1,
        record={},
    )
    db.session.add(row)
    db.session.flush()
    note(row, "begin", {"name": wanted.name, "question": wanted.question}, actor=actor, now=now)
    trail(row, "begin", actor=actor, now=now, name=wanted.name)
    people = queries.staff_ids_in(row.unit_id, now=now)
    tell(row, people, _first_words(row), asks=row.question, now=now)
    _hook(row, now=now)
    touch(row.id)
    return row


def _check(wanted: Wanted, scope: str) -> None:
    faults: dict[str, str] = {}
    if not wanted.name.strip():
        faults["name"] = "名前を入れてください（例 台風15号）"
    if not confirms(wanted.confirm, scope):
        faults["confirm"] = f"確認のため「{scope}」と入力してください"
    if faults:
        raise RuleBroken("入力内容を確かめてください。", faults)


def _lock_scopes() -> None:
    """Of two who begin the same at once the second waits and sees the first (PostgreSQL)."""
    tops = [node.id for node in org.current_tree().roots()]
    db.session.execute(
        select(Unit.id).where(Unit.id.in_(tops)).order_by(Unit.id).with_for_update(key_share=True)
    )


def _first_words(row: Emergency) -> str:
    words = f"緊急時【{row.name}】{row.text}"
    return f"{words}　参集できるかを答えてください。" if row.question else words


def tell(
    row: Emergency, staff_ids: Iterable[int], text: str, *, asks: bool = False, now: datetime
) -> int:
    """A notice about it; one that asks is settled by the answer. Of 全庁 it is filed with the unit at the top."""
    unit_id = row.unit_id if row.unit_id is not None else org.current_tree().roots()[0].id
    link = question_link(row.id) if asks else f"/emergency/{row.id}"
    return notices.notify(staff_ids, unit_id=unit_id, kind=KIND, text=text, link=link, now=now)


def question_link(emergency_id: int) -> str:
    return f"/emergency/{emergency_id}#question"


def _hook(row: Emergency, *, now: datetime) -> None:
    webhooks.happened("emergency", row.unit_id, now=now, path=f"/emergency/{row.id}")


def loaded(emergency_id: int, revision: int | None = None) -> Emergency:
    """The open emergency, for changing it. Raises NotFound, Conflict (over, or changed meanwhile)."""
    row = db.session.get(
        Emergency,
        emergency_id,
        with_for_update={"key_share": True},  # answers, which refer to it, do not wait
        populate_existing=True,
    )
    if row is None:
        raise NotFound("この緊急時は見つかりません。")
    if row.ended_at is not None:
        raise Conflict("この緊急時は、もう終わっています。")
    if revision is not None and row.revision != revision:
        raise Conflict("ほかの人が先に変えました。いまの内容を確かめて、もう一度操作してください。")
    return row


@dataclass(frozen=True, slots=True)
class Change:
    name: str
    text: str
    question: bool
    remind_minutes: int


def change(
    emergency_id: int, wanted: Change, *, revision: int, actor: Actor, now: datetime
) -> Emergency:
    """Name, line, question, reminders. All are told of a new line, or that now they are asked."""
    row = loaded(emergency_id, revision)
    if not wanted.name.strip():
        fault = "名前を入れてください（例 台風15号）"
        raise RuleBroken("入力内容を確かめてください。", {"name": fault})
    asked_anew = wanted.question and not row.question
    told = wanted.text != row.text and wanted.text
    row.name, row.text, row.question = wanted.name, wanted.text, wanted.question
    row.remind_minutes = wanted.remind_minutes
    row.revision += 1
    if asked_anew:
        row.asked_at = now
        note(row, "ask", {}, actor=actor, now=now)
    if asked_anew or told:
        people = queries.staff_ids_in(row.unit_id, now=now)
        words = _first_words(row) if asked_anew else f"緊急時【{row.name}】{row.text}"
        tell(row, people, words, asks=asked_anew, now=now)
    trail(row, "change", actor=actor, now=now)
    touch(row.id)
    return row


def close(emergency_id: int, *, revision: int, actor: Actor, now: datetime) -> Emergency:
    """With its record. What is still deployed, ordered or reduced is taken back before, by whoever closes it."""
    row = loaded(emergency_id, revision)
    row.ended_at, row.ended_by = now, actor.staff_id
    row.revision += 1
    note(row, "end", {}, actor=actor, now=now)
    row.record = recording.record_of(row, now=now)
    trail(row, "close", actor=actor, now=now, answered=row.record["tally"]["answered"])
    people = queries.staff_ids_in(row.unit_id, now=now)
    notices.settled(question_link(row.id), now=now)
    tell(row, people, f"緊急時【{row.name}】は終わりました。", now=now)
    _hook(row, now=now)
    touch(row.id)
    return row
