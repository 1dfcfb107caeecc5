"""急な休み: the fixed duties of somebody on a day with who could take each, and the handing over in one tap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import audit, clock
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.duties import queries as duty_queries
from webapp.duties import service as duties
from webapp.duties.models import Duty
from webapp.notices import service as notices
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.plans import service as plans
from webapp.plans.rules import Origin
from webapp.plans.service import Entry
from webapp.positions import queries as positions
from webapp.positions.rules import Post
from webapp.realtime import outbox
from webapp.rota import breaks_follow, draft_follow, service
from webapp.rota.candidates import Candidate, Excluded, candidates_at
from webapp.rota.desk import Desk, desk_for
from webapp.rota.effect import Move
from webapp.rota.horizon import kind_of
from webapp.rota.rules import RotaKind
from webapp.rota.swap_notices import when_words
from webapp.rota.swap_rules import Stretch
from webapp.rota.weeks import week_of

SOURCE = "急な休み"


@dataclass(frozen=True, slots=True)
class OpenDuty:
    """What is left of one duty, and who could take it. start, end: minutes; candidates None = already begun or over."""

    duty: Duty
    post: Post
    start: int
    end: int
    candidates: Sequence[Candidate]
    excluded: Sequence[Excluded]


def person_or_404(number: str, on: date, *, now: datetime) -> tuple[int, str]:
    """(staff id, name) of somebody posted anywhere that day."""
    staff = org.staff_by_number(number)
    held = org.postings_of([staff.id], on, known_at=now).get(staff.id) if staff else None
    if staff is None or not held:
        raise NotFound("この職員は見つかりません。")
    return staff.id, held[0].name


def is_concerned(staff_id: int, unit_ids: set[int], on: date, *, now: datetime) -> bool:
    """Posted in one of these units, or with a duty at one of their positions that day."""
    held = org.postings_of([staff_id], on, known_at=now).get(staff_id, [])
    if any(posting.unit_id in unit_ids for posting in held):
        return True
    rows = duty_queries.duties_between(staff_id, on, on)
    posts = positions.posts_by_id({row.position_id for row in rows})
    return any(post.unit_id in unit_ids for post in posts.values())


def duties_left(unit_ids: set[int], staff_id: int, on: date, *, now: datetime) -> list[OpenDuty]:
    """The person's duties at positions of these units, as far as they are still ahead."""
    rows = duty_queries.duties_between(staff_id, on, on)
    posts = positions.posts_by_id({row.position_id for row in rows})
    found: list[OpenDuty] = []
    desks: dict[tuple[int, RotaKind], Desk] = {}
    for row in rows:
        post = posts[row.position_id]
        if post.unit_id in unit_ids:
            desk = _desk(row, post, desks, now)
            if (left := _left(row, post, desk)) is not None:
                found.append(left)
    return found


def _desk(row: Duty, post: Post, desks: dict[tuple[int, RotaKind], Desk], now: datetime) -> Desk:
    path = [node.code for node in org.tree(row.day, known_at=now).path(post.unit_id)]
    key = post.unit_id, kind_of(post, path)
    if key not in desks:
        desks[key] = desk_for(post.id, row.day, now=now)
    return desks[key]


def _left(row: Duty, post: Post, desk: Desk) -> OpenDuty | None:
    start = max(row.start_minute, now_minute(row.day, desk.horizon.now))
    if start >= row.end_minute:
        return None
    ahead = max(
        row.start_minute, desk.horizon.begins(row.day)
    )  # the running slot is nobody's to plan
    span = (ahead, row.end_minute) if ahead < row.end_minute else (start, row.end_minute)
    try:
        found, excluded = candidates_at(desk, post.id, row.day, span, leaving=row.staff_id)
    except RuleBroken:  # outside the opening hours: nobody is needed there
        found, excluded = [], []
    return OpenDuty(row, post, start, row.end_minute, found, excluded)


def now_minute(day: date, now: datetime) -> int:
    """Minutes of that day that are over."""
    local = clock.to_tokyo(now)
    if day != local.date():
        return 0 if day > local.date() else 24 * 60
    return local.hour * 60 + local.minute


def enter_leave(staff_id: int, on: date, *, actor: Actor, now: datetime) -> None:
    """休暇等 for what is left of the day. Inside a transaction."""
    start = now_minute(on, now)
    if start >= 24 * 60:
        raise RuleBroken("日付を直してください。", {"date": "過ぎた日には入れられません"})
    plans.put_day(
        staff_id, on, [Entry(start, 24 * 60, "leave")], source=SOURCE, origin=Origin.MANUAL
    )
    audit.record(actor, "rota.absence", staff_id=staff_id, now=now)


# --- one tap --------------------------------------------------------------------------------


def duty_or_404(duty_id: int) -> tuple[Duty, Post]:
    query = select(Duty).filter_by(id=duty_id).with_for_update()
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise Conflict("この当番は、もう変わっています。画面を読み直してください。")
    return row, positions.posts_by_id([row.position_id])[row.position_id]


def assign(
    row: Duty, post: Post, to: str, span: tuple[int, int], *, actor: Actor, now: datetime
) -> Move:
    """[start, end) of a fixed duty goes to another person, the draft with it; both are told. Inside a transaction.

    Raises NotFound, RuleBroken with the reason where the person cannot take it.
    """
    start = max(span[0], row.start_minute, now_minute(row.day, now))
    end = min(span[1], row.end_minute)
    if start >= end:
        raise RuleBroken("この当番は、もう終わっています。")
    to_id = _taker(row, post, to, (start, end), now)
    move = Move(post, row.day, start, end, row.staff_id, to_id)
    breaks = breaks_follow.breaks_after([move], now=now)
    giver = row.staff_id
    duties.hand_over(row, to_id, start, end, source="hand", now=now)
    breaks_follow.put(breaks)
    draft_follow.follow(move, actor=actor, now=now)
    touch_drafts(post.unit_id, row.day)
    tell(move, post, giver, to_id, now=now)
    audit.record(
        actor,
        "rota.assign",
        staff_id=to_id,
        detail={"position": post.id, "day": move.day.isoformat(), "from": giver},
        now=now,
    )
    return move


def _taker(row: Duty, post: Post, number: str, span: tuple[int, int], now: datetime) -> int:
    staff_id = db.session.scalar(select(Staff.id).filter_by(number=number))
    if staff_id is not None:
        duties.hold([staff_id])
    desk = desk_for(post.id, row.day, now=now)
    ahead = max(span[0], desk.horizon.begins(row.day))
    asked = (ahead, span[1]) if ahead < span[1] else span
    found, excluded = candidates_at(desk, post.id, row.day, asked, leaving=row.staff_id)
    if staff_id in {one.staff_id for one in found}:
        return int(staff_id)
    for group in excluded:
        for excluded_id, name in group.people:
            if excluded_id == staff_id:
                words = f"{name}さんは入れません（{group.words}）"
                raise RuleBroken("ほかの人を選んでください。", {"to": words})
    raise RuleBroken("ほかの人を選んでください。", {"to": "この持ち場に入れる職員ではありません"})


def tell(move: Move, post: Post, giver: int, taker: int, *, now: datetime) -> None:
    words = when_words(Stretch(move.day, move.start, move.end), post.name)
    node = org.current_tree().by_id(post.unit_id)
    link = f"/rota/{node.code}?w={week_of(move.day)}" if node else ""
    for staff_id, text in (
        (taker, f"当番に入りました: {words}"),
        (giver, f"当番から外れました: {words}"),
    ):
        notices.notify(
            [staff_id], unit_id=post.unit_id, kind="changed", text=text, link=link, now=now
        )


def touch_drafts(unit_id: int, day: date) -> None:
    """Open pages of that week read again."""
    outbox.touch(service.TOPIC, service.rotas_of(unit_id, day))
