"""Corrections: asked by oneself, decided by someone else. Nothing is overwritten: old, new, reason, decider stay."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.attendance import once, queries, rules, service
from webapp.attendance.models import Correction, Punch
from webapp.attendance.rules import CorrectionReason, Decision
from webapp.core import audit
from webapp.core.db import db
from webapp.core.pages import hour_minute
from webapp.core.refusals import Conflict, NotAllowed, NotFound, RuleBroken
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.presence.facts import Place, PunchKind

OLDEST = timedelta(days=400)  # a year and the month after it


@dataclass(frozen=True, slots=True)
class Asked:
    """punch_id None: a report is missing. new_at None: the report is struck."""

    on: date
    kind: PunchKind
    reason: CorrectionReason
    punch_id: int | None = None
    new_at: datetime | None = None
    place: Place | None = None
    site: str | None = None
    note: str = ""


def ask(staff_id: int, asked: Asked, *, actor: Actor, now: datetime) -> Correction:
    """The second tap of a double tap is the first one's correction."""
    once.take_turns(staff_id)
    old = _standing(staff_id, asked.punch_id)
    kind, on = (PunchKind(old.kind), old.business_on) if old else (asked.kind, asked.on)
    _check(asked, kind, on, old, now, staff_id)
    for waiting in _waiting(staff_id, on, kind, asked.punch_id):
        if waiting.new_at == asked.new_at and waiting.reason == asked.reason:
            return waiting
        if asked.punch_id is not None:
            raise Conflict(
                "この報告の修正はもう申請中です。取り下げてから、申請しなおしてください。"
            )
    correction = Correction(
        staff_id=staff_id,
        business_on=on,
        punch_id=asked.punch_id,
        kind=kind,
        old_at=old.at if old else None,
        new_at=asked.new_at,
        place=asked.place or (old.place if old else None),
        site=asked.site if asked.place else (old.site if old else asked.site),
        reason=asked.reason,
        note=asked.note,
        asked_by=actor.staff_id,
        asked_at=now,
    )
    db.session.add(correction)
    db.session.flush()
    return correction


def _standing(staff_id: int, punch_id: int | None) -> Punch | None:
    if punch_id is None:
        return None
    punch = queries.own_punch(staff_id, punch_id)
    if punch is None:
        raise NotFound("この報告は見つかりません。")
    if punch.voided_at is not None:
        raise Conflict("この報告はもう取り消されています。")
    return punch


def _refuse_a_second(kind: PunchKind, on: date, at: datetime, staff_id: int) -> None:
    """A forgotten 終業 where there is one already is a correction of that one."""
    punches = queries.punches_on(staff_id, on)
    taps = [(punch.at, rules.Tap(PunchKind(punch.kind), punch.imported)) for punch in punches]
    with_it = sorted([*taps, (at, rules.Tap(kind))], key=lambda tap: tap[0])
    twice = {"started_already", "ended_already"}
    if not twice & set(rules.flags(tap for _, tap in with_it)):
        return
    if twice & set(rules.flags(tap for _, tap in taps)):
        return  # it is odd already; this may be the mend
    known = next(punch for punch in reversed(punches) if punch.kind == kind)
    word, clock_time = rules.KIND_WORDS[kind], hour_minute(known.at)
    raise RuleBroken(
        f"この日の{word}は {clock_time} に報告されています。",
        {"time": f"{clock_time} の報告の「修正」から申請してください"},
    )


def _check(
    asked: Asked, kind: PunchKind, on: date, old: Punch | None, now: datetime, staff_id: int
) -> None:
    if asked.new_at is None and old is None:
        raise RuleBroken(
            "時刻を入れてください。", {"time": "報告するはずだった時刻を入れてください"}
        )
    if asked.place is not None and asked.place not in rules.REPORTABLE_PLACES:
        raise RuleBroken("この場所は選べません。", {"place": "勤務場所を選んでください"})
    if kind is PunchKind.PLACE and old is None and asked.place is None:
        raise RuleBroken("場所を選んでください。", {"place": "どこへ移ったかを選んでください"})
    if asked.new_at is None:
        return
    starts_at, ends_at = org.business_calendar().day_bounds(on)
    if asked.new_at > now:
        raise RuleBroken("これからの時刻です。", {"time": "いまより前の時刻にしてください"})
    if not starts_at <= asked.new_at <= ends_at + rules.LONGEST_OPEN:
        raise RuleBroken("その日の時刻ではありません。", {"time": "日付と時刻を確かめてください"})
    if asked.new_at < now - OLDEST:
        raise RuleBroken("古すぎる日付です。", {"on": "1年以内の日付にしてください"})
    if old is None:
        _refuse_a_second(kind, on, asked.new_at, staff_id)
    if old is not None and _is_same(asked, old):
        raise RuleBroken("今の記録と同じです。", {"time": "正しい時刻か場所に変えてください"})


def _is_same(asked: Asked, old: Punch) -> bool:
    place, site = (asked.place, asked.site) if asked.place else (old.place, old.site)
    return (asked.new_at, place, site) == (old.at, old.place, old.site)


def _waiting(staff_id: int, on: date, kind: PunchKind, punch_id: int | None) -> list[Correction]:
    query = select(Correction).where(
        Correction.staff_id == staff_id,
        Correction.business_on == on,
        Correction.kind == kind,
        Correction.decision.is_(None),
    )
    found = db.session.scalars(query.order_by(Correction.id))
    return [correction for correction in found if correction.punch_id == punch_id]


def ask_missing_end(
    staff_id: int, on: date, at: datetime, *, actor: Actor, now: datetime
) -> Correction:
    """The question of the morning after, answered with one tap."""
    asked = Asked(on, PunchKind.END, CorrectionReason.FORGOT, new_at=at)
    return ask(staff_id, asked, actor=actor, now=now)


def withdraw(correction_id: int, *, actor: Actor, now: datetime) -> Correction:
    found = db.session.get(Correction, correction_id)
    if found is None or found.staff_id != actor.staff_id:
        raise NotFound("この申請は見つかりません。")
    once.take_turns(found.staff_id)
    db.session.refresh(found)
    if found.decision == Decision.WITHDRAWN:
        return found
    if found.decision is not None:
        raise Conflict(_decided_already(found))
    _note_decision(found, Decision.WITHDRAWN, "", actor=actor, now=now)
    return found


def _decided_already(found: Correction) -> str:
    word = rules.DECISION_WORDS[Decision(found.decision)] if found.decision else ""
    return f"この申請はもう処理されています（{word}）。"


# --- deciding -------------------------------------------------------------------------------


def may_decide(actor: Actor, staff_id: int, held: list[PersonPosting]) -> bool:
    """係長, 所属長, 代決者, 在席確認者 of the unit or above it; never one's own."""
    if staff_id == actor.staff_id:
        return False
    tree = org.current_tree()
    return any(access.may_confirm(actor, posting.unit_id, tree) for posting in held)


def decide(
    correction_id: int, *, approve: bool, note: str, actor: Actor, now: datetime
) -> Correction:
    found = _to_decide(correction_id, actor, now)
    wanted = Decision.APPROVED if approve else Decision.REFUSED
    if found.decision == wanted and found.decided_by == actor.staff_id:
        return found  # the second tap of a double tap
    if found.decision is not None:
        raise Conflict(_decided_already(found))
    if not approve and not note:
        raise RuleBroken("理由を入れてください。", {"note": "不承認の理由をひとこと書いてください"})
    _note_decision(found, wanted, note, actor=actor, now=now)
    if approve:
        _apply(found, actor=actor, now=now)
    audit.record(
        actor,
        f"correction.{wanted}",
        staff_id=found.staff_id,
        detail={
            "kind": found.kind,
            "on": found.business_on.isoformat(),
            "old": queries.iso(found.old_at),
            "new": queries.iso(found.new_at),
            "reason": found.reason,
        },
        now=now,
    )
    return found


def _to_decide(correction_id: int, actor: Actor, now: datetime) -> Correction:
    """Load with permission. Whose the correction is, others do not learn."""
    found = db.session.get(Correction, correction_id)
    if found is None:
        raise NotFound("この申請は見つかりません。")
    once.take_turns(found.staff_id)
    db.session.refresh(found)
    held = org.postings_of([found.staff_id], org.today(now), known_at=now).get(found.staff_id, [])
    if not may_decide(actor, found.staff_id, held):
        if found.staff_id == actor.staff_id:
            raise NotAllowed("自分の修正は、自分では承認できません。")
        raise NotFound("この申請は見つかりません。")
    return found


def _note_decision(
    found: Correction, decision: Decision, note: str, *, actor: Actor, now: datetime
) -> None:
    found.decision, found.decision_note = decision, note
    found.decided_by, found.decided_at = actor.staff_id, now


def _apply(found: Correction, *, actor: Actor, now: datetime) -> None:
    """A punch more, and the old one marked: both are kept."""
    old = db.session.get(Punch, found.punch_id) if found.punch_id is not None else None
    if old is not None and old.voided_at is None:
        old.voided_at, old.voided_by = now, actor.staff_id
    if found.new_at is not None:
        punch = Punch(
            staff_id=found.staff_id,
            business_on=found.business_on,
            kind=found.kind,
            place=found.place,
            site=found.site,
            at=found.new_at,
            received_at=now,
            source="correction",
            note=found.note,
            made_by=found.asked_by,
            imported=False,
        )
        db.session.add(punch)
        db.session.flush()
        found.applied_punch_id = punch.id
    service.day_changed(found.staff_id, found.business_on)


def as_json(found: Correction) -> dict[str, Any]:
    return {
        "id": found.id,
        "date": found.business_on.isoformat(),
        "punch": found.punch_id,
        "kind": found.kind,
        "old_at": queries.iso(found.old_at),
        "new_at": queries.iso(found.new_at),
        "place": found.place,
        "site": found.site,
        "reason": found.reason,
        "note": found.note,
        "asked_at": queries.iso(found.asked_at),
        "decision": found.decision or "pending",
        "decided_at": queries.iso(found.decided_at),
        "decision_note": found.decision_note,
    }
