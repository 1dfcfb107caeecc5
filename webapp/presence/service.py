"""Changes of presence: what people say of themselves or a colleague (what sockets say of them: connections.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.accounts.access import Actor
from webapp.core import audit
from webapp.core.db import db
from webapp.core.limits import Limit
from webapp.core.reading import among, read
from webapp.core.refusals import Conflict, RuleBroken
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.presence import queries
from webapp.presence.facts import (
    LONGEST_DAY,
    SELF_REASONS,
    SETTABLE,
    Claim,
    Reason,
    Source,
    State,
)
from webapp.presence.models import StatusClaim, StatusUndo
from webapp.presence.rules import same_said, with_said
from webapp.realtime import outbox

UNDO = timedelta(seconds=10)
UNDO_SLACK = timedelta(seconds=3)  # the button was still there when it was pressed
TAPS = Limit("tap", 10, 10.0, "続けて変更しすぎています。")


@dataclass(frozen=True, slots=True)
class Wanted:
    """state None = 自動に戻す."""

    state: State | None
    until: datetime | None = None
    note: str = ""
    reason: Reason | None = None


def limit_taps(staff_id: int, *, at: float) -> None:
    """Ten a person in ten seconds (monotonic seconds); a stuck key must not move the whole section."""
    TAPS.require(staff_id, at=at)


def set_status(staff_id: int, wanted: Wanted, *, actor: Actor, now: datetime) -> bool:
    """Say how someone is; True if that changed anything. Permission for another's is decided by the caller's load."""
    _check(wanted, now)
    rows = _lock(staff_id)
    before = tuple(queries.claim_of(row) for row in rows)
    after = _after(before, staff_id, wanted, actor, now)
    if after is None:
        return False
    _remember(staff_id, rows, actor, now)
    _replace(staff_id, rows, after, actor)
    if actor.staff_id != staff_id:  # own states leave no trail: no history of persons
        audit.record(actor, "status.proxy", staff_id=staff_id, now=now)
    outbox.touch("staff", staff_id)
    return True


def _check(wanted: Wanted, now: datetime) -> None:
    if wanted.state is not None and wanted.state not in SETTABLE:
        raise RuleBroken(
            "この状態は選べません。",
            {"state": "連絡可能・取り込み中・応答不可・退席中から選んでください"},
        )
    if wanted.reason is not None and wanted.reason not in SELF_REASONS:
        raise RuleBroken(
            "この理由は選べません。",
            {"reason": "会議・打合せ・来客・電話・窓口・議会から選んでください"},
        )
    if wanted.until is not None and wanted.until <= now:
        raise RuleBroken("終わりの時刻が過ぎています。", {"until": "これからの時刻にしてください"})
    if wanted.until is not None and wanted.until > now + timedelta(days=1):
        raise RuleBroken("終わりの時刻が遠すぎます。", {"until": "24時間以内の時刻にしてください"})


_STAFF = Staff.__table__.c
_LOCK = select(_STAFF.id).where(_STAFF.id == bindparam("staff_id")).with_for_update(key_share=True)


def _lock(staff_id: int) -> Sequence[Any]:
    """Columns of the person's claims; two writers for one person take turns."""
    read(_LOCK, staff_id=staff_id)
    return read(queries.CLAIMS, ids=[staff_id])


def _after(
    before: tuple[Claim, ...], staff_id: int, wanted: Wanted, actor: Actor, now: datetime
) -> tuple[Claim, ...] | None:
    """None = nothing new was said."""
    live = tuple(c for c in before if c.until is None or c.until > now)
    if wanted.state is None:
        return () if live else None
    source = Source.MANUAL if actor.staff_id == staff_id else Source.PROXY
    claim = Claim(source, wanted.state, now, wanted.until, wanted.note, wanted.reason)
    return None if same_said(live, claim) else with_said(live, claim)


def _remember(staff_id: int, rows: Sequence[Any], actor: Actor, now: datetime) -> None:
    claims = [
        {
            "source": row.source,
            "state": row.state,
            "reason": row.reason,
            "note": row.note,
            "since": row.since.isoformat(),
            "until": row.until.isoformat() if row.until else None,
            "set_by": row.set_by,
        }
        for row in rows
    ]
    kept = {"staff_id": staff_id, "made_at": now, "made_by": actor.staff_id, "claims": claims}
    db.session.connection().execute(_remembering(db.engine.dialect.name), kept)


@cache
def _remembering(dialect: str) -> Any:
    upsert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    new = upsert(cast(Table, StatusUndo.__table__))
    later = {name: new.excluded[name] for name in ("made_at", "made_by", "claims")}
    return new.on_conflict_do_update(index_elements=["staff_id"], set_=later)


_CLAIM = cast(Table, StatusClaim.__table__)
_TAKE_BACK, _SAY = delete(_CLAIM).where(among(_CLAIM.c.id)), insert(_CLAIM)


def _replace(staff_id: int, rows: Sequence[Any], after: tuple[Claim, ...], actor: Actor) -> None:
    """Statements made once: this is every tap of everybody."""
    have = {queries.claim_of(row): row.id for row in rows}
    gone = [claim_id for claim, claim_id in have.items() if claim not in after]
    said = [_columns(staff_id, claim, actor) for claim in after if claim not in have]
    connection = db.session.connection()
    if gone:
        connection.execute(_TAKE_BACK, {"ids": gone})
    if said:
        connection.execute(_SAY, said)


def _columns(staff_id: int, claim: Claim, actor: Actor) -> dict[str, Any]:
    return {
        "staff_id": staff_id,
        "source": claim.source,
        "state": claim.state,
        "reason": claim.reason,
        "note": claim.note,
        "since": claim.since,
        "until": claim.until,
        "set_by": actor.staff_id,
    }


def undo_status(staff_id: int, *, actor: Actor, now: datetime) -> None:
    """Back to what was said before the latest change. Conflict when it is too late or someone else changed it."""
    _lock(staff_id)
    kept = db.session.get(StatusUndo, staff_id)
    if kept is None or kept.made_by != actor.staff_id or now > kept.made_at + UNDO + UNDO_SLACK:
        raise Conflict("元に戻せる時間が過ぎました。状態を選びなおしてください。")
    db.session.execute(delete(StatusClaim).where(StatusClaim.staff_id == staff_id))
    for said in kept.claims:
        until = said["until"]
        db.session.add(
            StatusClaim(
                staff_id=staff_id,
                source=said["source"],
                state=said["state"],
                reason=said["reason"],
                note=said["note"],
                since=datetime.fromisoformat(said["since"]),
                until=datetime.fromisoformat(until) if until else None,
                set_by=said["set_by"],
            )
        )
    db.session.delete(kept)
    if actor.staff_id != staff_id:
        audit.record(actor, "status.proxy_undo", staff_id=staff_id, now=now)
    outbox.touch("staff", staff_id)


def undo_until(staff_id: int, *, now: datetime) -> datetime | None:
    kept = db.session.get(StatusUndo, staff_id)
    if kept is None or kept.made_by != staff_id or now >= kept.made_at + UNDO:
        return None
    return kept.made_at + UNDO


def forget_spent_claims(*, now: datetime) -> int:
    """Erase what no longer holds (yesterday's words, spent undos): no history of states is kept."""
    business = org.business_calendar()
    today_began = business.day_bounds(business.business_date(now))[0]
    old = min(now - LONGEST_DAY, today_began)  # a night that still runs keeps its words
    spent = delete(StatusClaim).where((StatusClaim.until < now) | (StatusClaim.since < old))
    count = db.session.execute(spent).rowcount  # type: ignore[attr-defined]
    db.session.execute(delete(StatusUndo).where(StatusUndo.made_at < now - UNDO - UNDO_SLACK))
    return int(count)
