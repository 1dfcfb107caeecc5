"""窓口縮小・臨時閉庁: the need of positions held down, or positions closed, for the rest of the day or up to a date.

What is asked for otherwise stays as it is and shows again when the cap goes. Inside a transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select

from webapp.accounts.access import Actor
from webapp.core import calendar
from webapp.core.db import db
from webapp.core.pages import month_day
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.duties import queries as duties
from webapp.emergency import queries, service
from webapp.emergency.models import Emergency, EmergencyAct, EmergencyCap
from webapp.emergency.rules import may_undo, minute_of
from webapp.org import queries as org
from webapp.org.rules import Role
from webapp.positions import queries as positions
from webapp.positions import service as position_service
from webapp.positions.rules import Post

WHOLE_DAY = 24 * 60
LONGEST = timedelta(days=92)
MOST_NEEDED = 99
TEAM = frozenset({Role.CHIEF, Role.DEPUTY, Role.LEAD, Role.COORDINATOR})


@dataclass(frozen=True, slots=True)
class Reduction:
    """need None = closed. until: the last day of it; the first is today, from now on."""

    position_ids: tuple[int, ...]
    need: int | None
    until: date

    def faults(self, *, now: datetime) -> dict[str, str]:
        found: dict[str, str] = {}
        today = org.today(now)
        if not self.position_ids:
            found["position"] = "持ち場を1つ以上選んでください"
        if not today <= self.until <= today + LONGEST:
            found["until"] = "きょうから92日後までの日付にしてください"
        if self.need is not None and not 0 <= self.need <= MOST_NEEDED:
            found["need"] = f"0 から {MOST_NEEDED} の人数にしてください"
        return found


def reduce(emergency_id: int, wanted: Reduction, *, actor: Actor, now: datetime) -> EmergencyAct:
    """One act. A cap of these positions that was there before stays; of two the lower counts. Raises RuleBroken."""
    row = service.loaded(emergency_id)
    if faults := wanted.faults(now=now):
        raise RuleBroken("入力内容を確かめてください。", faults)
    posts = positions.posts_by_id(wanted.position_ids)
    if len(posts) < len(set(wanted.position_ids)):
        raise NotFound("選んだ持ち場が見つかりません。")
    kind = "close" if wanted.need is None else "reduce"
    detail = {
        "positions": sorted(posts),
        "names": names_of(posts.values()),
        "need": wanted.need,
        "until": wanted.until.isoformat(),
        "span": until_words(wanted.until, now=now),
    }
    act = service.note(row, kind, detail, actor=actor, now=now)
    _put_caps(act, wanted, now=now)
    _changed(row, posts.values(), now=now)
    word = "臨時に閉めます" if wanted.need is None else f"必要人数を{wanted.need}人までにします"
    _tell(
        row, posts.values(), f"{detail['names']}を{detail['span']}{word}。", wanted.until, now=now
    )
    service.trail(row, kind, actor=actor, now=now, act=act.id, positions=sorted(posts))
    return act


def _put_caps(act: EmergencyAct, wanted: Reduction, *, now: datetime) -> None:
    today = org.today(now)
    for day in calendar.days(today, wanted.until):
        first = minute_of(day, now) if day == today else 0
        for position_id in sorted(set(wanted.position_ids)):
            db.session.add(
                EmergencyCap(
                    act_id=act.id,
                    position_id=position_id,
                    day=day,
                    start_minute=first,
                    end_minute=max(WHOLE_DAY, first),
                    need=wanted.need,
                )
            )
    db.session.flush()


def _changed(row: Emergency, posts: Iterable[Post], *, now: datetime) -> None:
    position_service.changed({post.unit_id for post in posts}, now=now)
    service.touch(row.id)


def names_of(posts: Iterable[Post]) -> str:
    """「市民課 窓口1・窓口2」: by unit, in their order."""
    tree = org.current_tree()
    by_unit: dict[int, list[str]] = {}
    for post in sorted(posts, key=lambda post: tree.place(post.unit_id)):
        by_unit.setdefault(post.unit_id, []).append(post.name)
    return "、".join(
        f"{node.name if (node := tree.by_id(unit_id)) else ''} {'・'.join(names)}".strip()
        for unit_id, names in by_unit.items()
    )


def until_words(until: date, *, now: datetime) -> str:
    return "きょうの残り" if until == org.today(now) else f"{month_day(until)}まで"


def _tell(row: Emergency, posts: Iterable[Post], text: str, until: date, *, now: datetime) -> None:
    """Who arranges these counters, and who is on duty there in these days."""
    posts = list(posts)
    today = org.today(now)
    team = {d.staff_id for d in duties.duties_at([p.id for p in posts], today, until)}
    tree = org.current_tree()
    for post in posts:
        section = tree.section(post.unit_id)
        units = {post.unit_id} | (tree.subtree_ids(section.id) if section else set())
        held = org.postings_in(units, today, known_at=now)
        team |= {posting.staff_id for posting in held if posting.roles & TEAM}
    service.tell(row, team, f"緊急時【{row.name}】{text}", now=now)


# --- taking back ----------------------------------------------------------------------------


def reopen(act_id: int, *, actor: Actor, now: datetime) -> EmergencyAct:
    """As it was before. Also after the emergency is over. Raises NotFound, Conflict."""
    act = db.session.get(EmergencyAct, act_id, with_for_update=True, populate_existing=True)
    if act is None or act.kind not in ("reduce", "close"):
        raise NotFound("この縮小は見つかりません。")
    if act.undone_at is not None:
        raise Conflict("もう元に戻しています。")
    row = db.session.get_one(Emergency, act.emergency_id)
    db.session.execute(delete(EmergencyCap).where(EmergencyCap.act_id == act.id))
    act.undone_at = now
    posts = positions.posts_by_id(act.detail["positions"])
    _changed(row, posts.values(), now=now)
    until = date.fromisoformat(act.detail["until"])
    _tell(row, posts.values(), f"{act.detail['names']}を元に戻しました。", until, now=now)
    if not may_undo(act.at, by_me=act.by_id == actor.staff_id, now=now):
        detail = {"names": act.detail["names"], "act": act.id}
        service.note(row, "reopen", detail, actor=actor, now=now)
    service.trail(row, "reopen", actor=actor, now=now, act=act.id)
    return act


# --- what stands ----------------------------------------------------------------------------


def standing(emergency_id: int | None = None, *, now: datetime) -> list[EmergencyAct]:
    """What is still reduced or closed, by this emergency or (None) by whatever one, also one that is over."""
    query = select(EmergencyAct).where(
        EmergencyAct.kind.in_(("reduce", "close")), EmergencyAct.undone_at.is_(None)
    )
    if emergency_id is not None:
        query = query.where(EmergencyAct.emergency_id == emergency_id)
    today = org.today(now)
    return [
        act
        for act in db.session.scalars(query.order_by(EmergencyAct.id))
        if date.fromisoformat(act.detail["until"]) >= today
    ]


def posts_in(unit_ids: Sequence[int], *, now: datetime) -> list[Post]:
    """The positions at home in these units that can be reduced; those of a contractor are not ours to close."""
    tree = org.current_tree()
    posts = positions.posts_of(unit_ids, org.today(now))
    return sorted(
        (post for post in posts if not post.contractor), key=lambda p: tree.place(p.unit_id)
    )


def capped(position_ids: Sequence[int], *, now: datetime) -> dict[int, int | None]:
    """{position id: the lowest need allowed today, None = closed} of those reduced at this moment."""
    today = org.today(now)
    minute = minute_of(today, now)
    found: dict[int, int | None] = {}
    for cap in queries.caps_on(position_ids, [today]):
        if not cap.start <= minute < cap.end:
            continue
        lowest = found.get(cap.position_id, cap.need)
        both = (lowest, cap.need)
        found[cap.position_id] = None if None in both else min(n for n in both if n is not None)
    return found
