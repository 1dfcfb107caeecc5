"""The live side of 取次メモ and 質問箱: that something changed, to the pages of those concerned; texts come by HTTP."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from webapp.accounts.rules import Form
from webapp.core import clock
from webapp.core.db import db, snapshot
from webapp.messages import whereabouts
from webapp.messages.models import MemoStep, PhoneMemo, Question
from webapp.notices.live import NEVER
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.realtime import versions
from webapp.realtime.pump import Frame, Rendered
from webapp.realtime.rooms import room

MEMO, QUESTION = "message", "question"
MEMOS = "memos"


def render_memos(memo_ids: Sequence[int]) -> Rendered:
    """`message {"id", "state"}` to the recipient, whoever had it before, and the writer; `memos {"unit"}` to who sees
    the 係 in full: that its list moved, no more."""
    with snapshot():
        query = select(PhoneMemo).where(PhoneMemo.id.in_(list(memo_ids)))
        memos = list(db.session.scalars(query))
        held = _holders(memos)
        concerned = {memo.id: {memo.to_id, memo.by_id, *held.get(memo.id, ())} for memo in memos}
        frames = _frames(MEMO, memos, concerned) + _unit_frames(memos, held)
        return Rendered(frames, _due(MEMO, memo_ids))


def _unit_frames(memos: Sequence[PhoneMemo], held: dict[int, set[int]]) -> list[Frame]:
    """To the 係 of whoever has it or had it: each of their lists may have changed."""
    now = clock.now()
    people = {memo.to_id for memo in memos}.union(*held.values())
    postings = org.postings_of(sorted(people), org.today(now), known_at=now)
    units = {memo.unit_id for memo in memos}
    units |= {posting.unit_id for each in postings.values() for posting in each}
    tree = org.current_tree()
    codes = sorted(node.code for node in map(tree.by_id, units) if node is not None)
    return [Frame(room(code, Form.FULL), MEMOS, {"unit": code}) for code in codes]


def _holders(memos: Iterable[PhoneMemo]) -> dict[int, set[int]]:
    query = select(MemoStep.memo_id, MemoStep.to_id).where(
        MemoStep.memo_id.in_([memo.id for memo in memos]),
        MemoStep.what.in_(("made", "moved")),
        MemoStep.to_id.is_not(None),
    )
    found: dict[int, set[int]] = {}
    for memo_id, staff_id in db.session.execute(query):
        found.setdefault(memo_id, set()).add(staff_id or 0)
    return found


def render_questions(question_ids: Sequence[int]) -> Rendered:
    """`question {"id", "state"}` to the asker and everybody of the unit; who is told at once gets a notice besides."""
    with snapshot():
        now = clock.now()
        query = select(Question).where(Question.id.in_(list(question_ids)))
        asked = list(db.session.scalars(query))
        members = {
            unit_id: set(whereabouts.members_below(unit_id, now=now))
            for unit_id in {question.unit_id for question in asked}
        }
        concerned = {row.id: {row.by_id, *members[row.unit_id]} for row in asked}
        return Rendered(_frames(QUESTION, asked, concerned), _due(QUESTION, question_ids))


def _frames(event: str, rows: Sequence[Any], concerned: dict[int, set[int]]) -> list[Frame]:
    everybody = {staff_id for people in concerned.values() for staff_id in people}
    query = select(Staff.id, Staff.number).where(Staff.id.in_(everybody))
    numbers = dict(db.session.execute(query).all())
    return [
        Frame(room(numbers[staff_id], "person"), event, {"id": row.id, "state": row.state})
        for row in rows
        for staff_id in sorted(concerned[row.id] & numbers.keys())
    ]


def _due(topic: str, ids: Sequence[int]) -> dict[int, tuple[int, Any]]:
    """The clock changes none of them."""
    made = versions.read(db.session, topic, list(ids))
    return {key: (version, NEVER) for key, (version, _) in made.items()}
