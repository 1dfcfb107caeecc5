"""急な休み taken back at once: the duties return to their holder, the leave goes. Inside a transaction.

What was done travels with the page as signed tokens, so nothing has to be kept for ten seconds; what is true is
checked again against the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import audit
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.duties import service as duties
from webapp.duties.models import Duty
from webapp.plans import service as plans
from webapp.plans.models import PlannedSegment
from webapp.plans.rules import Origin
from webapp.plans.service import Entry
from webapp.positions import queries as positions
from webapp.rota import absence, breaks_follow, draft_follow
from webapp.rota.effect import Move

SHOWN = timedelta(seconds=10)
UNDO = SHOWN + timedelta(seconds=10)  # of the latest act: slow networks and slow hands
OLDEST = timedelta(minutes=30)  # of the acts before it
LATE = "元に戻せる時間を過ぎました。当番表で直してください。"
CHANGED = "そのあとで当番が変わっています。何も戻していません。画面を読み直してください。"


@dataclass(frozen=True, slots=True)
class Leave:
    """What stood in the plan of the day, from this source, before the leave was entered."""

    staff_id: int
    day: date
    before: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """The duty as it is now with whoever took it, and whose it was."""

    duty_id: int
    taker_id: int
    giver_id: int
    start: int
    end: int
    source: str


def entered(staff_id: int, on: date) -> Leave:
    """To be asked before the leave is entered."""
    query = select(PlannedSegment).filter_by(staff_id=staff_id, day=on, source=absence.SOURCE)
    rows = db.session.scalars(query.order_by(PlannedSegment.id))
    before = tuple(Entry(r.start_minute, r.end_minute, r.kind, r.site) for r in rows)
    return Leave(staff_id, on, before)


def given(move: Move, source: str) -> Given:
    """After the handing over: which row it became. source: of the duty before."""
    query = select(Duty).filter_by(
        position_id=move.post.id,
        staff_id=move.to_id,
        day=move.day,
        start_minute=move.start,
        end_minute=move.end,
    )
    row = db.session.scalars(query.order_by(Duty.id.desc())).first()
    if row is None or move.from_id is None:
        raise Conflict(CHANGED)
    return Given(row.id, row.staff_id, move.from_id, move.start, move.end, source)


# --- tokens ---------------------------------------------------------------------------------


def token(act: Leave | Given, *, actor: Actor, now: datetime) -> str:
    return _signer().dumps({"by": actor.staff_id, "at": now.timestamp(), "act": _stored(act)})


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="rota.absence")


def _stored(act: Leave | Given) -> dict[str, Any]:
    if isinstance(act, Given):
        fields = (act.duty_id, act.taker_id, act.giver_id, act.start, act.end, act.source)
        return {"given": fields}
    entries = [(each.start, each.end, each.kind, each.site) for each in act.before]
    return {"leave": (act.staff_id, act.day.isoformat(), entries)}


def _read(text: str, *, actor: Actor, now: datetime, oldest: timedelta) -> Leave | Given:
    """Raises RuleBroken for what is none of ours, Conflict for what is too old."""
    try:
        found = _signer().loads(text)
    except BadData:
        raise RuleBroken("元に戻せませんでした。当番表で直してください。") from None
    if found["by"] != actor.staff_id:
        raise RuleBroken("元に戻せるのは、急な休みを入れた人だけです。")
    if now.timestamp() - found["at"] > oldest.total_seconds():
        raise Conflict(LATE)
    if "given" in found["act"]:
        return Given(*found["act"]["given"])
    staff_id, day, entries = found["act"]["leave"]
    return Leave(staff_id, date.fromisoformat(day), tuple(Entry(*each) for each in entries))


# --- taking back ----------------------------------------------------------------------------


def take_back(
    tokens: Sequence[str], unit_ids: set[int], *, actor: Actor, now: datetime
) -> tuple[int, bool]:
    """(duties given back, whether a leave went), all or nothing; tokens in the order in which things were done.

    Raises Conflict when it is too late or somebody has changed one of the duties since.
    """
    acts = [
        _read(text, actor=actor, now=now, oldest=UNDO if n == 0 else OLDEST)
        for n, text in enumerate(reversed(tokens))
    ]
    returned, has_gone = 0, False
    for act in acts:  # the last one first
        if isinstance(act, Given):
            _give_back(act, unit_ids, actor, now)
            returned += 1
        else:
            if not absence.is_concerned(act.staff_id, unit_ids, act.day, now=now):
                raise NotFound("この職員は見つかりません。")
            plans.put_day(
                act.staff_id,
                act.day,
                act.before,
                source=absence.SOURCE,
                origin=Origin.MANUAL,
            )
            audit.record(actor, "rota.absence.undo", staff_id=act.staff_id, now=now)
            has_gone = True
    return returned, has_gone


def _give_back(act: Given, unit_ids: set[int], actor: Actor, now: datetime) -> None:
    duties.hold([act.giver_id, act.taker_id])
    query = select(Duty).where(Duty.id == act.duty_id).with_for_update()
    row = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    as_left = (act.taker_id, act.start, act.end)
    if row is None or (row.staff_id, row.start_minute, row.end_minute) != as_left:
        raise Conflict(CHANGED)
    post = positions.posts_by_id([row.position_id])[row.position_id]
    if post.unit_id not in unit_ids:
        raise NotFound("この当番は見つかりません。")
    move = Move(post, row.day, act.start, act.end, act.taker_id, act.giver_id)
    breaks = breaks_follow.breaks_after([move], now=now)
    duties.hand_over(row, act.giver_id, act.start, act.end, source=act.source, now=now)
    breaks_follow.put(breaks)
    draft_follow.follow(move, actor=actor, now=now)
    absence.touch_drafts(post.unit_id, row.day)
    absence.tell(move, post, act.taker_id, act.giver_id, now=now)
    audit.record(
        actor,
        "rota.assign",
        staff_id=act.giver_id,
        detail={"position": post.id, "day": move.day.isoformat(), "from": act.taker_id},
        now=now,
    )
