"""取次メモ: writing, handling, moving on, taking back. Inside transactions.

Every change reads the memo under a lock and compares its revision: who comes second gets Conflict and reads afresh.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.attendance import once
from webapp.core import audit, clock, settings
from webapp.core.db import db
from webapp.core.limits import Limit
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.messages import access
from webapp.messages.models import MemoStep, PhoneMemo
from webapp.messages.rules import Act, State
from webapp.messages.settings import CHIPS
from webapp.notices import service as notices
from webapp.notices import webhooks
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.realtime import outbox

TOPIC = "message"
LONGEST_CHIP = 20
WRITTEN = Limit("memo", 20, 60.0, "続けて書きすぎています。")
FARTHEST_WISH = timedelta(days=31)
_KEY = "memo:{}"  # apart from those of reports
CHANGED = "ほかの人が先に変えました。いまの状態を確かめてください。"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the one who took the call wrote down."""

    to: str  # 職員番号
    caller: str = ""
    telephone: str = ""
    chip: str = ""
    text: str = ""
    wished_at: datetime | None = None


def limit(staff_id: int, *, at: float) -> None:
    """Twenty memos or questions a person and minute (monotonic seconds)."""
    WRITTEN.require(staff_id, at=at)


# --- writing --------------------------------------------------------------------------------


def chips() -> list[str]:
    """The 用件 to choose from; the first is chosen beforehand."""
    wanted = [line[:LONGEST_CHIP] for line in settings.value(CHIPS)]
    return wanted or [CHIPS.default[0]]


def write(wanted: Wanted, *, actor: Actor, now: datetime) -> PhoneMemo:
    """Raises NotFound for who works here no more, RuleBroken naming the field."""
    posting = posting_of(wanted.to, actor=actor, now=now)
    _check(wanted, posting, actor, now)
    own = actor.main
    memo = PhoneMemo(
        to_id=posting.staff_id,
        unit_id=posting.unit_id,
        by_id=actor.staff_id,
        by_unit_id=own.unit_id if own else None,
        caller=wanted.caller,
        telephone=wanted.telephone,
        chip=wanted.chip or chips()[0],
        text=wanted.text,
        wished_at=wanted.wished_at,
        state=State.OPEN.value,
        revision=1,
        made_at=now,
    )
    db.session.add(memo)
    db.session.flush()
    _step(memo, "made", actor.staff_id, now)
    outbox.touch(TOPIC, memo.id)
    webhooks.happened("memo", memo.unit_id, now=now)
    return memo


def write_once(
    wanted: Wanted, key: str, body_hash: str, *, actor: Actor, now: datetime
) -> tuple[int, bool]:
    """(id of the memo, whether it was there already)."""
    return once.made(
        actor.staff_id,
        _KEY.format(key),
        body_hash,
        lambda: write(wanted, actor=actor, now=now).id,
        now=now,
    )


def posting_of(number: str, *, actor: Actor, now: datetime) -> PersonPosting:
    """Where a memo to this person goes: the unit both belong to, else the 本務. NotFound."""
    staff = org.staff_by_number(number)
    postings = org.postings_today(staff.id, now=now) if staff else ()
    if not postings:
        raise NotFound("この職員は見つかりません。")
    mine = {posting.unit_id for posting in actor.postings}
    return next((p for p in postings if p.unit_id in mine), postings[0])


def _check(wanted: Wanted, posting: PersonPosting, actor: Actor, now: datetime) -> None:
    if posting.staff_id == actor.staff_id:
        raise RuleBroken("自分あての取次メモは書けません。", {"to": "ほかの人を選んでください"})
    if wanted.chip and wanted.chip not in chips():
        choices = "・".join(chips())
        raise RuleBroken(
            "用件を選び直してください。", {"chip": f"{choices} のどれかにしてください"}
        )
    wish = wanted.wished_at
    if wish is not None and not now - timedelta(minutes=1) <= wish <= now + FARTHEST_WISH:
        text = f"{clock.to_tokyo(now):%H:%M} より後、1か月以内の日時にしてください"
        raise RuleBroken("希望の時刻を確かめてください。", {"wished_at": text})


# --- handling -------------------------------------------------------------------------------


def turn(
    memo_id: int, state: State, *, revision: int | None, actor: Actor, now: datetime
) -> PhoneMemo:
    """未対応 → 連絡済 → 完了, and back. Saying again what stands is no change. NotFound, NotAllowed, Conflict."""
    memo = access.require(_locked(memo_id), Act.READ, actor, now=now)
    if memo.state == state.value and revision in (None, memo.revision, memo.revision - 1):
        return memo  # the second of a double tap
    _compare(memo, revision)
    access.require(memo, Act(state.value), actor, now=now)
    memo.state = state.value
    _stamp(memo, state, actor, now)
    _changed(memo, state.value, actor, now)
    return memo


def _stamp(memo: PhoneMemo, state: State, actor: Actor, now: datetime) -> None:
    if state is State.OPEN:
        memo.called_at = memo.called_by = memo.done_at = memo.done_by = None
    elif memo.called_at is None:
        memo.called_at, memo.called_by = now, actor.staff_id
    if state is State.DONE:
        memo.done_at, memo.done_by = now, actor.staff_id
    elif state is State.CALLED:
        memo.done_at = memo.done_by = None


def see(memo_id: int, *, actor: Actor, now: datetime) -> PhoneMemo:
    """The recipient has read it: from here on its writer cannot take it back. No conflict: reading is not a change."""
    memo = access.require(_locked(memo_id), Act.READ, actor, now=now)
    if memo.to_id == actor.staff_id and memo.seen_at is None:
        memo.seen_at = now
        outbox.touch(TOPIC, memo.id)
    return memo


def take_back(memo_id: int, *, actor: Actor, now: datetime) -> PhoneMemo:
    """By its writer, for ten minutes while nobody has read it; nothing written in it is kept."""
    memo = access.require(_locked(memo_id), Act.READ, actor, now=now)
    if not access.held(memo, actor, now=now).may(Act.VOID, now):
        raise Conflict("もう読まれたか時間がたったため、取り消せません。")
    memo.state = State.VOID.value
    empty(memo, now=now)
    memo.revision += 1
    outbox.touch(TOPIC, memo.id)
    return memo


def move(memo_id: int, to: str, *, revision: int | None, actor: Actor, now: datetime) -> PhoneMemo:
    """To a colleague of the same 課; both are told. NotFound, NotAllowed, RuleBroken, Conflict."""
    memo = access.require(_locked(memo_id), Act.READ, actor, now=now)
    _compare(memo, revision)
    access.require(memo, Act.MOVE, actor, now=now)
    taker = posting_of(to, actor=actor, now=now)
    if taker.staff_id == memo.to_id:
        raise RuleBroken("もうこの人あてです。", {"to": "ほかの人を選んでください"})
    if not same_section(memo, taker, now=now):
        raise RuleBroken("別の課の人には移せません。", {"to": "同じ課の人を選んでください"})
    former = memo.to_id
    hand_over(memo, taker.staff_id, actor=actor, now=now)
    if former != actor.staff_id:
        audit.record(actor, "memo.moved", staff_id=former, now=now)
    return memo


def same_section(memo: PhoneMemo, taker: PersonPosting, *, now: datetime) -> bool:
    tree = org.current_tree()
    here = access.home_unit(memo, org.postings_today(memo.to_id, now=now))
    mine, theirs = tree.section(here), tree.section(taker.unit_id)
    return here == taker.unit_id or (mine is not None and mine == theirs)


def hand_over(memo: PhoneMemo, taker_id: int, *, actor: Actor | None, now: datetime) -> None:
    """actor None = the clock. The former and the new recipient and the writer are told; no word of the caller."""
    former = memo.to_id
    memo.to_id, memo.seen_at = taker_id, None
    _changed(memo, "moved", actor, now)
    names = org.names_of([former, taker_id])
    link = _link(memo)
    by = actor.staff_id if actor else None
    words = {  # of two that are one person the later stands
        memo.by_id: f"あなたの書いた取次1件は{names.get(taker_id, '')}さんが受けます。",
        former: f"取次1件を{names.get(taker_id, '')}さんに移しました。",
        taker_id: f"取次1件が{names.get(former, '')}さんから移されました。",
    }
    for staff_id, text in words.items():
        if staff_id != by:
            notices.notify(
                [staff_id], unit_id=memo.unit_id, kind="memo", text=text, link=link, now=now
            )


def offer(memo: PhoneMemo, to_ids: list[int], *, now: datetime) -> None:
    """Its recipient is gone for the day: who could take it on is told, once a day."""
    db.session.add(MemoStep(memo_id=memo.id, what="offered", to_id=memo.to_id, by_id=None, at=now))
    text = f"{org.names_of([memo.to_id]).get(memo.to_id, '')}さんあての取次1件を引き継げます。"
    notices.notify(
        to_ids,
        unit_id=memo.unit_id,
        kind="memo",
        text=text,
        link=_link(memo, "tab=unit&"),
        now=now,
    )


def empty(memo: PhoneMemo, *, now: datetime) -> None:
    """Who called, from where and about what is gone; that there was a memo stays."""
    memo.caller = memo.telephone = memo.text = ""
    memo.wished_at, memo.erased_at = None, now


# --- parts ----------------------------------------------------------------------------------


def _locked(memo_id: int) -> PhoneMemo | None:
    query = select(PhoneMemo).where(PhoneMemo.id == memo_id, PhoneMemo.state != State.VOID.value)
    return db.session.scalars(query.with_for_update()).one_or_none()


def _compare(memo: PhoneMemo, revision: int | None) -> None:
    """None: a program that wants it so whatever stands; pages always say what they have seen."""
    if revision is not None and revision != memo.revision:
        raise Conflict(CHANGED)


def _changed(memo: PhoneMemo, what: str, actor: Actor | None, now: datetime) -> None:
    """Notices of an earlier turn lead nowhere any more."""
    memo.revision += 1
    _step(memo, what, actor.staff_id if actor else None, now)
    for link in (_link(memo), _link(memo, "tab=unit&")):
        notices.settled(link, now=now)
    if actor and actor.staff_id != memo.to_id and what != "moved":
        audit.record(actor, f"memo.{what}", staff_id=memo.to_id, now=now)
    outbox.touch(TOPIC, memo.id)


def _link(memo: PhoneMemo, view: str = "") -> str:
    return f"/messages?{view}open={memo.id}"


def _step(memo: PhoneMemo, what: str, by_id: int | None, now: datetime) -> None:
    db.session.add(MemoStep(memo_id=memo.id, what=what, to_id=memo.to_id, by_id=by_id, at=now))
