"""Who could take a memo on, and what becomes of those whose recipient is gone for the day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.core import settings
from webapp.core.db import db
from webapp.messages import access, queries, service, whereabouts
from webapp.messages.models import MemoStep, PhoneMemo
from webapp.messages.rules import State as MemoState
from webapp.messages.settings import GONE
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.presence.facts import Shown, State
from webapp.tasks import queries as tasks

OFFERED_TO = 3  # of those who could take it on
BACKUP, UNIT, SECTION = "主担・副担", "同じ係", "同じ課"


@dataclass(frozen=True, slots=True)
class Taker:
    """role: 主担・副担, 同じ係 or 同じ課. tasks: what they answer for together with the recipient."""

    posting: PersonPosting
    role: str
    tasks: tuple[str, ...]
    shown: Shown

    @property
    def available(self) -> bool:
        return self.shown.state is State.AVAILABLE


def backups_of(staff_id: int) -> dict[int, list[str]]:
    """{staff id of who else can answer: names of the tasks}, in the order of the sheet."""
    found: dict[int, list[str]] = {}
    for task, others in tasks.backups_for(staff_id):
        for other in others:
            found.setdefault(other, []).append(task.name)
    return found


def takers_of(memo: PhoneMemo, *, now: datetime) -> list[Taker]:
    """The people of the same 課 besides the recipient: who is 連絡可能 first, of these the 副担, then the same 係."""
    home = access.home_unit(memo, org.postings_today(memo.to_id, now=now))
    tree = org.current_tree()
    section = tree.section(home)
    units = tree.subtree_ids(section.id if section else home)
    postings = {
        posting.staff_id: posting
        for posting in reversed(org.postings_in(units, org.today(now), known_at=now))
        if posting.staff_id != memo.to_id
    }
    shared = backups_of(memo.to_id)
    shown = whereabouts.shown_now(list(postings), now=now)
    found = [
        Taker(posting, _role(posting, shared, home), tuple(shared.get(i, ())), shown[i])
        for i, posting in reversed(postings.items())
        if i in shown
    ]
    order = (BACKUP, UNIT, SECTION)
    return sorted(found, key=lambda taker: (not taker.available, order.index(taker.role)))


def _role(posting: PersonPosting, shared: dict[int, list[str]], home: int) -> str:
    if posting.staff_id in shared:
        return BACKUP
    return UNIT if posting.unit_id == home else SECTION


def ready(memo: PhoneMemo, *, now: datetime) -> list[Taker]:
    """Those a memo may go to by itself: 副担 and the same 係, as far as 連絡可能 now."""
    return [t for t in takers_of(memo, now=now) if t.available and t.role != SECTION]


# --- the recipient is gone ------------------------------------------------------------------


def left_behind(staff_ids: Sequence[int], *, now: datetime) -> list[PhoneMemo]:
    """未対応 to those of these people who are gone for the day; who asked for a later day can wait."""
    shown = whereabouts.shown_now(staff_ids, now=now)
    gone = [staff_id for staff_id in staff_ids if whereabouts.is_gone(shown.get(staff_id))]
    today = org.today(now)
    business = org.business_calendar()
    return [
        memo
        for memo in queries.waiting_for(gone)
        if memo.wished_at is None or business.business_date(memo.wished_at) <= today
    ]


def due(*, now: datetime) -> list[int]:
    """Memos the minute has to look at: mostly there is none."""
    memos = left_behind(queries.recipients_waited_for(), now=now)
    asked = _offered_today([memo.id for memo in memos], now)
    return [memo.id for memo in memos if memo.id not in asked and _rule(memo) != "keep"]


def pass_on(memo_ids: Iterable[int], *, now: datetime) -> None:
    """Tell who could take them on, or move them there, as the 係 has settled it. Inside a transaction."""
    query = select(PhoneMemo).where(
        PhoneMemo.id.in_(list(memo_ids)), PhoneMemo.state == MemoState.OPEN.value
    )
    memos = list(db.session.scalars(query.order_by(PhoneMemo.id).with_for_update()))
    offered = _offered_today([memo.id for memo in memos], now)  # by whoever had the lock before
    for memo in memos:
        if memo.id in offered:
            continue
        takers = ready(memo, now=now)
        if not takers:
            continue  # nobody is there: the next minute looks again
        if _rule(memo) == "move":
            service.hand_over(memo, takers[0].posting.staff_id, actor=None, now=now)
        else:
            service.offer(memo, [t.posting.staff_id for t in takers[:OFFERED_TO]], now=now)


def _rule(memo: PhoneMemo) -> str:
    path = [node.code for node in org.current_tree().path(memo.unit_id)]
    return str(settings.value(GONE, path))


def _offered_today(memo_ids: Sequence[int], now: datetime) -> set[int]:
    begins, _ends = org.business_calendar().day_bounds(org.today(now))
    query = select(MemoStep.memo_id).where(
        MemoStep.memo_id.in_(list(memo_ids)), MemoStep.what == "offered", MemoStep.at >= begins
    )
    return set(db.session.scalars(query))


def taker_json(taker: Taker) -> dict[str, object]:
    tree = org.current_tree()
    unit = tree.by_id(taker.posting.unit_id)
    return {
        "staff": taker.posting.number,
        "name": taker.posting.name,
        "unit_name": unit.name if unit else "",
        "role": taker.role,
        "tasks": list(taker.tasks),
        "state": taker.shown.state.value,
        "available": taker.available,
    }
