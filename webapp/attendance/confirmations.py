"""Confirming evening reports, one by one or in bulk: seen and agreed, by 係長, 所属長, 代決者 or 在席確認者.

Who is named 在席確認者 in a request is known further up: that feature lends the question.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.attendance import corrections, once, queries, rules
from webapp.attendance.models import DayConfirmation
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotAllowed
from webapp.org import queries as org
from webapp.presence.day_rules import reported

Named = Callable[[int, date, int], bool]  # (whose report, day, who wants to confirm)
_lent: list[Named] = []


def lend(is_named: Named) -> None:
    """Who may confirm a person's day besides those with a role; asked for one person and day at a time."""
    if is_named not in _lent:
        _lent.append(is_named)


def may_confirm(staff_id: int, on: date, *, actor: Actor, now: datetime) -> bool:
    held = org.postings_of([staff_id], on, known_at=now).get(staff_id, [])
    return rules.may_confirm(
        is_self=staff_id == actor.staff_id,
        has_role=corrections.may_decide(actor, staff_id, held),
        is_named=any(is_named(staff_id, on, actor.staff_id) for is_named in _lent),
    )


def confirm(staff_ids: Sequence[int], on: date, *, actor: Actor, now: datetime) -> int:
    """How many were newly confirmed. In bulk, who has no 終業 yet (and oneself) is left out, not refused."""
    return len([s for s in sorted(staff_ids) if _confirm(s, on, actor, now) is None])


def confirm_one(staff_id: int, on: date, *, actor: Actor, now: datetime) -> None:
    """Conflict without 終業; NotAllowed for oneself and outside one's units."""
    refusal = _confirm(staff_id, on, actor, now)
    if refusal == "not allowed":
        raise NotAllowed("この人の報告を確認する役割がありません。")
    if refusal == "no end":
        raise Conflict("終業の報告がまだないので、確認できません。")


def _confirm(staff_id: int, on: date, actor: Actor, now: datetime) -> str | None:
    """None = done now; else why not."""
    if not may_confirm(staff_id, on, actor=actor, now=now):
        return "not allowed"
    once.take_turns(staff_id)  # two who confirm at once are one confirmation
    reports = [queries.report_of(punch) for punch in queries.punches_on(staff_id, on)]
    if not reports or reported(reports, now).ended_at is None:
        return "no end"
    if db.session.get(DayConfirmation, (staff_id, on)) is not None:
        return "already"
    db.session.add(
        DayConfirmation(
            staff_id=staff_id, business_on=on, confirmed_by=actor.staff_id, confirmed_at=now
        )
    )
    db.session.flush()
    return None


def undo(staff_ids: Sequence[int], on: date, *, actor: Actor, now: datetime) -> None:
    for staff_id in staff_ids:
        if not may_confirm(staff_id, on, actor=actor, now=now):
            raise NotAllowed("この人の報告を確認する役割がありません。")
        found = db.session.get(DayConfirmation, (staff_id, on))
        if found is not None:
            db.session.delete(found)


def confirmations_on(staff_ids: Sequence[int], on: date) -> dict[int, DayConfirmation]:
    query = select(DayConfirmation).where(
        DayConfirmation.staff_id.in_(staff_ids), DayConfirmation.business_on == on
    )
    return {found.staff_id: found for found in db.session.scalars(query)}
