"""Beginning an emergency, the question and its answers, reminders, the end. Inside a transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import audit, facts, settings
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.emergency import queries, recording
from webapp.emergency.access import scope_name
from webapp.emergency.models import Emergency, EmergencyAct, EmergencyAnswer
from webapp.emergency.rules import (
    SHORTEST_BETWEEN,
    Answer,
    confirms,
    minutes_words,
    reminder_due,
)
from webapp.emergency.settings import MOST_REMINDERS
from webapp.notices import service as notices
from webapp.notices import webhooks
from webapp.org import queries as org
from webapp.org.models import Staff, Unit
from webapp.realtime import outbox

TOPIC = "emergency"
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
    tell(row, queries.staff_ids_in(row.unit_id, now=now), _first_words(row), now=now)
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


def tell(row: Emergency, staff_ids: Iterable[int], text: str, *, now: datetime) -> int:
    """A notice about it; a unit has to be named, and for 全庁 it is each person's own."""
    link, wanted = f"/emergency/{row.id}", list(staff_ids)
    if row.unit_id is not None:
        return notices.notify(wanted, unit_id=row.unit_id, kind=KIND, text=text, link=link, now=now)
    root = org.current_tree().roots()[0]
    return notices.notify(wanted, unit_id=root.id, kind=KIND, text=text, link=link, now=now)


def _hook(row: Emergency, *, now: datetime) -> None:
    webhooks.happened("emergency", row.unit_id, now=now, path=f"/emergency/{row.id}")


def loaded(emergency_id: int, revision: int | None = None) -> Emergency:
    """The open emergency, for changing it. Raises NotFound, Conflict (over, or changed meanwhile)."""
    row = db.session.get(Emergency, emergency_id, with_for_update=True, populate_existing=True)
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
        tell(
            row,
            people,
            _first_words(row) if asked_anew else f"緊急時【{row.name}】{row.text}",
            now=now,
        )
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
    tell(row, people, f"緊急時【{row.name}】は終わりました。", now=now)
    _hook(row, now=now)
    touch(row.id)
    return row


# --- answers --------------------------------------------------------------------------------


def answer(
    emergency_id: int,
    staff_id: int,
    given: Answer,
    minutes: int | None,
    *,
    channel: str = "self",
    actor: Actor,
    now: datetime,
) -> EmergencyAnswer:
    """May be changed as long as it is open. Raises NotFound, Conflict (over, or nothing is asked).

    The row of the person is locked, not that of the emergency: thousands answer in the same minutes.
    """
    emergency = db.session.get(Emergency, emergency_id, populate_existing=True)
    if emergency is None:
        raise NotFound("この緊急時は見つかりません。")
    if emergency.ended_at is not None:
        raise Conflict("この緊急時は、もう終わっています。")
    if not emergency.question:
        raise Conflict("いまは参集の可否をお聞きしていません。")
    turn = select(Staff.id).where(Staff.id == staff_id)
    db.session.execute(turn.with_for_update(key_share=True))
    row = db.session.get(EmergencyAnswer, (emergency_id, staff_id), populate_existing=True)
    if row is None:
        row = EmergencyAnswer(emergency_id=emergency_id, staff_id=staff_id)
        db.session.add(row)
    row.answer, row.minutes = given.value, minutes if given is Answer.COME else None
    row.channel, row.at, row.by_id = channel, now, actor.staff_id
    db.session.flush()
    if actor.staff_id != staff_id:
        audit.record(
            actor,
            "emergency.answer",
            staff_id=staff_id,
            detail={"emergency": emergency_id},
            now=now,
        )
    outbox.touch(TOPIC, emergency_id)
    return row


# --- reminders ------------------------------------------------------------------------------


def remind(
    emergency_id: int, unit_ids: Sequence[int], *, actor: Actor | None, now: datetime
) -> int:
    """Those of these units without an answer, each at most so often as the setting allows. How many were reminded.

    Raises Conflict where nothing is asked, or the same people were reminded a moment ago.
    """
    row = loaded(emergency_id)
    if not row.question:
        raise Conflict("いまは参集の可否をお聞きしていません。")
    wanted = set(unit_ids)
    acts = [act for act in queries.acts_of(row.id, "remind") if _overlaps(act, wanted)]
    last = max((act.at for act in acts), default=None)
    if actor is not None and last is not None and now - last < SHORTEST_BETWEEN:
        ago = max(1, round((now - last).total_seconds() / 60))
        raise Conflict(f"{ago}分前に催促しました。5分たってから、もう一度催促できます。")
    told = _to_remind(row, wanted, acts, now=now)
    if not told and actor is not None:
        raise Conflict("催促する人がいません。全員が答えたか、催促の上限に達しています。")
    since = minutes_words(max(1, round((now - (row.asked_at or now)).total_seconds() / 60)))
    tell(
        row,
        told,
        f"緊急時【{row.name}】まだ回答がありません（{since}経過）。参集できるかを答えてください。",
        now=now,
    )
    row.reminders += 1
    row.reminded_at = now
    note(row, "remind", {"units": sorted(wanted), "people": len(told)}, actor=actor, now=now)
    outbox.touch(TOPIC, row.id)
    return len(told)


def _overlaps(act: EmergencyAct, units: set[int]) -> bool:
    return bool(units & set(act.detail.get("units", ())))


def _to_remind(
    row: Emergency, units: set[int], acts: Sequence[EmergencyAct], *, now: datetime
) -> list[int]:
    most = settings.value(MOST_REMINDERS)
    answered = queries.answers_of(row.id).keys()
    times: dict[int, int] = {}
    for act in acts:
        for unit_id in act.detail.get("units", ()):
            times[unit_id] = times.get(unit_id, 0) + 1
    return [
        person.staff_id
        for person in queries.people_in(units, now=now)
        if person.staff_id not in answered and times.get(person.unit_id, 0) < most
    ]


def remind_by_clock(emergency_id: int, *, now: datetime) -> int:
    """From the minute job. Looked at again under the lock: of two processes only one reminds."""
    row = loaded(emergency_id)
    if not is_due(row, now=now):
        return 0
    units = queries.unit_ids_of(row.unit_id, org.current_tree())
    return remind(row.id, sorted(units), actor=None, now=now)


def is_due(row: Emergency, *, now: datetime) -> bool:
    return reminder_due(
        question=row.question,
        asked_at=row.asked_at,
        reminded_at=row.reminded_at,
        every=row.remind_minutes,
        times=row.reminders,
        most=settings.value(MOST_REMINDERS),
        now=now,
    )
