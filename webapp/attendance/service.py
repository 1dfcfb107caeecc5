"""Taking reports of start and end: each exactly once, in whatever order they arrive."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from webapp.accounts.access import Actor
from webapp.attendance import queries, rules
from webapp.attendance.models import Correction, IdempotencyKey, Punch
from webapp.attendance.settings import OLDEST_HOURS
from webapp.core import audit, settings
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.presence.rules import Place, PunchKind
from webapp.realtime import outbox

KEYS_LIVE = timedelta(days=7)


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


def fingerprint(body: Any) -> str:
    """Equal JSON gives an equal hash, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


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
    _lock(staff_id)
    if key is not None and (kept := db.session.get(IdempotencyKey, (staff_id, key))) is not None:
        if kept.body_hash != body_hash:
            raise RuleBroken(
                "この Idempotency-Key は別の内容で使われています。",
                {"Idempotency-Key": "内容を変えるときは新しい値にしてください"},
            )
        return Answer(kept.answer, replayed=True)
    answer = _take(staff_id, wanted, actor=actor, now=now, source=source, key=key)
    if key is not None:
        db.session.add(
            IdempotencyKey(
                staff_id=staff_id, key=key, body_hash=body_hash, answer=answer.body, made_at=now
            )
        )
    return answer


def _lock(staff_id: int) -> None:
    """Two requests of one person take turns, also where writers run in parallel."""
    db.session.execute(select(Staff.id).where(Staff.id == staff_id).with_for_update())


def _take(
    staff_id: int, wanted: Wanted, *, actor: Actor, now: datetime, source: str, key: str | None
) -> Answer:
    _check(wanted, now)
    oldest = timedelta(hours=settings.value(OLDEST_HOURS))
    moment = rules.moment(
        wanted.client_at, received_at=now, oldest=oldest, closed_through=queries.closed_through()
    )
    if (twin := _twin(staff_id, wanted, moment.at, rules.DOUBLE_TAP)) is not None:
        return Answer(queries.as_json(twin), replayed=True)
    if moment.late:
        return Answer(_ask_late(staff_id, wanted, moment.at, actor=actor, now=now, key=key))
    punch = _new(staff_id, wanted, moment.at, actor=actor, now=now, source=source, key=key)
    if actor.staff_id != staff_id:
        audit.record(
            actor,
            "punch.proxy",
            staff_id=staff_id,
            detail={"kind": wanted.kind, "channel": wanted.channel},
            now=now,
        )
    outbox.touch("staff", staff_id)
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


def _twin(staff_id: int, wanted: Wanted, at: datetime, within: timedelta) -> Punch | None:
    latest = queries.latest_punch(staff_id)
    if latest is None:
        return None
    of = (latest.kind, latest.place, latest.site, latest.at)
    place = wanted.place.value if wanted.place else None
    same = rules.is_twin(wanted.kind, place, wanted.site, at, of=of, within=within)
    return latest if same else None


def _new(
    staff_id: int,
    wanted: Wanted,
    at: datetime,
    *,
    actor: Actor | None,
    now: datetime,
    source: str,
    key: str | None = None,
    imported: bool = False,
) -> Punch:
    opened = queries.open_day(staff_id, before=at)
    day = rules.business_day(at, wanted.kind, opened, org.business_calendar())
    before = [queries.report_of(punch) for punch in queries.punches_on(staff_id, day)]
    punch = Punch(
        staff_id=staff_id,
        business_on=day,
        kind=wanted.kind,
        place=wanted.place,
        site=wanted.site or None,
        at=at,
        received_at=now,
        return_at=wanted.return_at,
        source=source,
        channel=wanted.channel,
        note=wanted.note,
        made_by=actor.staff_id if actor else None,
        idempotency_key=key,
        flag=rules.oddity(before, wanted.kind, at),
        imported=imported,
    )
    db.session.add(punch)
    db.session.flush()
    return punch


def _ask_late(
    staff_id: int, wanted: Wanted, at: datetime, *, actor: Actor, now: datetime, key: str | None
) -> dict[str, Any]:
    """Too old, or in a closed month: nothing is lost, it becomes a correction that someone decides."""
    opened = queries.open_day(staff_id, before=at)
    day = rules.business_day(at, wanted.kind, opened, org.business_calendar())
    correction = Correction(
        staff_id=staff_id,
        business_on=day,
        kind=wanted.kind,
        new_at=at,
        place=wanted.place,
        site=wanted.site,
        reason="late_sync",
        asked_by=actor.staff_id,
        asked_at=now,
    )
    db.session.add(correction)
    db.session.flush()
    return {
        "id": None,
        "kind": wanted.kind.value,
        "place": wanted.place.value if wanted.place else None,
        "site": wanted.site,
        "at": queries.iso(at),
        "received_at": queries.iso(now),
        "return_at": queries.iso(wanted.return_at),
        "source": "correction",
        "idempotency_key": key,
        "business_on": day.isoformat(),
        "flag": None,
        "note": wanted.note,
        "correction": "pending",
        "correction_id": correction.id,
    }


def take_back(staff_id: int, punch_id: int, *, actor: Actor, now: datetime) -> Punch:
    """One's own mistaken report, until 日替わり; it stays in the record, marked."""
    _lock(staff_id)
    punch = db.session.get(Punch, punch_id)
    if punch is None or punch.staff_id != staff_id:
        raise NotFound("この報告は見つかりません。")
    if punch.voided_at is not None:
        return punch
    if punch.business_on != org.today(now) and punch.at < now - timedelta(hours=1):
        raise Conflict("日が替わったので取り消せません。修正を申請してください。")
    punch.voided_at, punch.voided_by = now, actor.staff_id
    if actor.staff_id != staff_id:
        audit.record(
            actor, "punch.take_back", staff_id=staff_id, detail={"kind": punch.kind}, now=now
        )
    outbox.touch("staff", staff_id)
    return punch


def forget_old_keys(*, now: datetime) -> None:
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.made_at < now - KEYS_LIVE))
