"""Taking reports of start and end: each exactly once, in whatever order they arrive."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.attendance import once, queries, rules
from webapp.attendance.models import Correction, DayConfirmation, Punch
from webapp.attendance.settings import OLDEST_HOURS
from webapp.core import audit, settings
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.org import queries as org
from webapp.presence.facts import Place, PunchKind
from webapp.realtime import outbox


@dataclass(frozen=True, slots=True)
class Wanted:
    kind: PunchKind
    place: Place | None = None
    site: str | None = None
    client_at: datetime | None = None
    return_at: datetime | None = None
    note: str = ""
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    body: dict[str, Any]
    replayed: bool = False


fingerprint = once.fingerprint  # whoever takes a report for us compares bodies by it


def report(
    staff_id: int,
    wanted: Wanted,
    *,
    actor: Actor,
    now: datetime,
    source: str,
    key: str | None = None,
    body_hash: str = "",
) -> Answer:
    """Take one report. The same key and body again is the first answer again; another body is refused (422)."""
    once.take_turns(staff_id)
    if key is not None and (first := once.answered(staff_id, key, body_hash, now=now)) is not None:
        return Answer(first, replayed=True)
    answer = _take(staff_id, _tidy(wanted), actor=actor, now=now, source=source, key=key)
    if key is not None:
        once.keep(staff_id, key, body_hash, answer.body, now=now)
    return answer


def _tidy(wanted: Wanted) -> Wanted:
    """No empty site; a time of return only where one leaves."""
    return replace(
        wanted,
        site=wanted.site or None,
        return_at=wanted.return_at if wanted.kind is PunchKind.BREAK_OUT else None,
    )


def _take(
    staff_id: int, wanted: Wanted, *, actor: Actor, now: datetime, source: str, key: str | None
) -> Answer:
    _check(wanted, now)
    oldest = timedelta(hours=settings.value(OLDEST_HOURS))
    moment = rules.moment(wanted.client_at, received_at=now, oldest=oldest)
    if (twin := _twin(staff_id, wanted, moment.at)) is not None:
        return Answer(queries.as_json(twin), replayed=True)
    on = _day_of(staff_id, wanted.kind, moment.at)
    if moment.too_old or is_closed(on):
        return _ask_late(staff_id, wanted, moment.at, on, actor=actor, now=now, key=key)
    punch = Punch(
        staff_id=staff_id,
        business_on=on,
        kind=wanted.kind,
        place=wanted.place,
        site=wanted.site,
        at=moment.at,
        received_at=now,
        return_at=wanted.return_at,
        source=source,
        channel=wanted.channel,
        note=wanted.note,
        made_by=actor.staff_id,
        idempotency_key=key,
        imported=False,
    )
    db.session.add(punch)
    day_changed(staff_id, on)
    if actor.staff_id != staff_id:
        _tell_audit(actor, "punch.proxy", punch, now)
    return Answer(queries.as_json(punch))


def _check(wanted: Wanted, now: datetime) -> None:
    if wanted.place is not None and wanted.place not in rules.REPORTABLE_PLACES:
        raise RuleBroken(
            "この場所は選べません。",
            {"place": "在庁・在宅・サテライト・モバイルワーク・外出から選んでください"},
        )
    if wanted.kind is PunchKind.PLACE and wanted.place is None:
        raise RuleBroken("場所を選んでください。", {"place": "どこへ移るかを選んでください"})
    if wanted.return_at is not None and wanted.return_at <= (wanted.client_at or now):
        raise RuleBroken("戻る時刻が過ぎています。", {"return_at": "これからの時刻にしてください"})


def _twin(staff_id: int, wanted: Wanted, at: datetime) -> Punch | None:
    latest = queries.latest_punch(staff_id, up_to=at + rules.DOUBLE_TAP)
    if latest is None:
        return None
    new = rules.Sign(wanted.kind, wanted.place, wanted.site, at)
    same = rules.is_twin(new, sign_of(latest), within=rules.DOUBLE_TAP)
    return latest if same else None


def sign_of(punch: Punch) -> rules.Sign:
    return rules.Sign(punch.kind, punch.place, punch.site, punch.at)


def _day_of(staff_id: int, kind: PunchKind, at: datetime) -> date:
    opened = queries.open_day(staff_id, before=at)
    return rules.business_day(at, kind, opened, org.business_calendar())


def is_closed(on: date) -> bool:
    """締めた月: its record changes by corrections only."""
    closed_through = queries.closed_through()
    return closed_through is not None and on <= closed_through


def day_changed(staff_id: int, on: date) -> None:
    """Whatever changed a person's day: its flags anew, nobody has confirmed *this*, and the board looks again."""
    db.session.flush()
    punches = queries.punches_on(staff_id, on)
    odd = rules.flags(rules.Tap(PunchKind(punch.kind), punch.imported) for punch in punches)
    for punch, flag in zip(punches, odd, strict=True):
        if punch.flag != flag:
            punch.flag = flag
    confirmed = db.session.get(DayConfirmation, (staff_id, on))
    if confirmed is not None:
        db.session.delete(confirmed)
    db.session.flush()
    outbox.touch("staff", staff_id)


def _tell_audit(actor: Actor, action: str, punch: Punch, now: datetime) -> None:
    detail = {"kind": punch.kind, "channel": punch.channel, "at": queries.iso(punch.at)}
    audit.record(actor, action, staff_id=punch.staff_id, detail=detail, now=now)


# --- too late -------------------------------------------------------------------------------


def _ask_late(
    staff_id: int,
    wanted: Wanted,
    at: datetime,
    on: date,
    *,
    actor: Actor,
    now: datetime,
    key: str | None,
) -> Answer:
    """Too old, or in a closed month: nothing is lost, it becomes a correction that someone decides."""
    waiting = _waiting_twin(staff_id, wanted, at)
    correction = waiting or Correction(
        staff_id=staff_id,
        business_on=on,
        kind=wanted.kind,
        new_at=at,
        place=wanted.place,
        site=wanted.site,
        reason=rules.CorrectionReason.LATE,
        note=wanted.note,
        asked_by=actor.staff_id,
        asked_at=now,
    )
    db.session.add(correction)
    db.session.flush()
    body = {
        "id": None,
        "kind": wanted.kind.value,
        "place": wanted.place.value if wanted.place else None,
        "site": wanted.site,
        "at": queries.iso(at),
        "received_at": queries.iso(correction.asked_at),
        "return_at": queries.iso(wanted.return_at),
        "source": "correction",
        "idempotency_key": key,
        "business_on": on.isoformat(),
        "flag": None,
        "note": wanted.note,
        "correction": "pending",
        "correction_id": correction.id,
    }
    return Answer(body, replayed=waiting is not None)


def _waiting_twin(staff_id: int, wanted: Wanted, at: datetime) -> Correction | None:
    query = select(Correction).where(
        Correction.staff_id == staff_id,
        Correction.kind == wanted.kind,
        Correction.reason == rules.CorrectionReason.LATE,
        Correction.decision.is_(None),
        Correction.new_at.between(at - rules.DOUBLE_TAP, at + rules.DOUBLE_TAP),
    )
    place = wanted.place.value if wanted.place else None
    same = [c for c in db.session.scalars(query) if (c.place, c.site) == (place, wanted.site)]
    return same[0] if same else None


# --- taking back ----------------------------------------------------------------------------


def take_back(staff_id: int, punch_id: int, *, actor: Actor, now: datetime) -> Punch:
    """One's own mistaken report, until 日替わり; it stays in the record, marked."""
    once.take_turns(staff_id)
    punch = queries.own_punch(staff_id, punch_id)
    if punch is None:
        raise NotFound("この報告は見つかりません。")
    if punch.voided_at is not None:
        return punch
    if not may_take_back(punch, now=now):
        raise Conflict("日が替わったので取り消せません。修正を申請してください。")
    punch.voided_at, punch.voided_by = now, actor.staff_id
    day_changed(staff_id, punch.business_on)
    if actor.staff_id != staff_id:
        _tell_audit(actor, "punch.take_back", punch, now)
    return punch


def may_take_back(punch: Punch, *, now: datetime) -> bool:
    """What one reported oneself (or had reported), the same day; card reads and approved corrections stand."""
    own = not punch.imported and punch.source != "correction" and punch.voided_at is None
    same_day = org.business_calendar().business_date(punch.at) == org.today(now)
    return own and same_day and not is_closed(punch.business_on)
