"""The question of an emergency: answers, and reminders to those without one. Inside a transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import audit, settings
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound
from webapp.emergency import queries, service
from webapp.emergency.models import Emergency, EmergencyAct, EmergencyAnswer
from webapp.emergency.rules import SHORTEST_BETWEEN, Answer, minutes_words, reminder_due
from webapp.emergency.settings import MOST_REMINDERS
from webapp.notices import queries as notice_queries
from webapp.notices import service as notices
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.realtime import outbox

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
    _settle_question(emergency_id, staff_id, now=now)
    outbox.touch(service.TOPIC, emergency_id)
    return row


def _settle_question(emergency_id: int, staff_id: int, *, now: datetime) -> None:
    """Who has answered need not read that they are asked."""
    link = service.question_link(emergency_id)
    asked = [each.id for each in notice_queries.unread_of(staff_id) if each.link == link]
    if asked:
        notices.mark_read(staff_id, asked, now=now)


# --- reminders ------------------------------------------------------------------------------


def remind(
    emergency_id: int, unit_ids: Sequence[int], *, actor: Actor | None, now: datetime
) -> int:
    """Those of these units without an answer, each at most so often as the setting allows. How many were reminded.

    Raises Conflict where nothing is asked, or the same people were reminded a moment ago.
    """
    row = service.loaded(emergency_id)
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
    service.tell(
        row,
        told,
        f"緊急時【{row.name}】まだ回答がありません（{since}経過）。参集できるかを答えてください。",
        asks=True,
        now=now,
    )
    row.reminders += 1
    row.reminded_at = now
    service.note(
        row, "remind", {"units": sorted(wanted), "people": len(told)}, actor=actor, now=now
    )
    outbox.touch(service.TOPIC, row.id)
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
    row = service.loaded(emergency_id)
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
