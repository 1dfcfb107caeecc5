"""Reading emergencies. While none is open this costs a page nothing: the open ones are kept until one changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from webapp.core import facts
from webapp.core.db import db
from webapp.emergency.models import Emergency, EmergencyAct, EmergencyAnswer, EmergencyCap
from webapp.emergency.rules import Answer, Tally, answer_words, tally_of
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.org.queries import PersonPosting
from webapp.org.rules import UnitNode, UnitTree
from webapp.positions.rules import Cap

STAMP = "emergency"


@dataclass(frozen=True, slots=True)
class OpenEmergency:
    """What everybody concerned may know of it. unit_id None = 全庁."""

    id: int
    unit_id: int | None
    name: str
    text: str
    question: bool
    began_at: datetime


_open: dict[tuple[str, str], list[OpenEmergency]] = {}


def open_ones() -> list[OpenEmergency]:
    """The open ones, the oldest first."""
    key = (facts.epoch(), facts.stamp(STAMP))
    if key not in _open or db.session.info.get("writing"):
        query = select(Emergency).where(Emergency.ended_at.is_(None)).order_by(Emergency.id)
        found = [_told(row) for row in db.session.scalars(query)]
        if db.session.info.get("writing"):
            return found
        _open.clear()
        _open[key] = found
    return _open[key]


def _told(row: Emergency) -> OpenEmergency:
    return OpenEmergency(row.id, row.unit_id, row.name, row.text, row.question, row.began_at)


def open_for(unit_id: int, *, now: datetime) -> OpenEmergency | None:
    """The emergency in force for a unit: the city's, its own, or that of a unit above it. None on a calm day."""
    held = open_over([unit_id], org.current_tree())
    return next((one for one in held if one.began_at <= now), None)


def open_over(unit_ids: Iterable[int], tree: UnitTree) -> list[OpenEmergency]:
    """The open ones that concern any of these units."""
    every = open_ones()
    if not every:
        return []
    above = {node.id for unit_id in unit_ids for node in tree.path(unit_id)}
    return [one for one in every if one.unit_id is None or one.unit_id in above]


# --- people and answers ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it stands."""

    answer: Answer
    minutes: int | None
    channel: str
    at: datetime
    by_id: int | None

    @property
    def words(self) -> str:
        return answer_words(self.answer, self.minutes)


def people_in(unit_ids: Iterable[int], *, now: datetime) -> list[PersonPosting]:
    """Everybody posted in these units, each once (by the 本務 where it is among them), in the order of the board."""
    wanted = list(unit_ids)
    tree = org.current_tree()
    held = org.postings_in(wanted, org.today(now), known_at=now)
    chosen: dict[int, PersonPosting] = {}
    for posting in held:
        if posting.staff_id not in chosen or posting.is_main:
            chosen[posting.staff_id] = posting
    ordered = sorted(org.in_order(chosen.values()), key=lambda p: tree.place(p.unit_id))
    return list(ordered)


def unit_ids_of(unit_id: int | None, tree: UnitTree) -> set[int]:
    """The units an emergency concerns."""
    return {node.id for node in tree.nodes} if unit_id is None else tree.subtree_ids(unit_id)


def staff_ids_in(unit_id: int | None, *, now: datetime) -> list[int]:
    units = unit_ids_of(unit_id, org.current_tree())
    held = org.postings_in(units, org.today(now), known_at=now)
    return list(dict.fromkeys(posting.staff_id for posting in held))


def numbers_of(staff_ids: Sequence[int]) -> dict[int, str]:
    """{staff id: 職員番号}."""
    found: dict[int, str] = {}
    for start in range(0, len(staff_ids), 5000):
        query = select(Staff.id, Staff.number).where(Staff.id.in_(staff_ids[start : start + 5000]))
        found |= dict(db.session.execute(query).all())
    return found


def answers_of(emergency_id: int, staff_ids: Iterable[int] | None = None) -> dict[int, Given]:
    """{staff id: answer}; who has not answered is not in it."""
    query = select(EmergencyAnswer).where(EmergencyAnswer.emergency_id == emergency_id)
    if staff_ids is not None:
        query = query.where(EmergencyAnswer.staff_id.in_(list(staff_ids)))
    return {row.staff_id: _given(row) for row in db.session.scalars(query)}


def _given(row: EmergencyAnswer) -> Given:
    return Given(Answer(row.answer), row.minutes, row.channel, row.at, row.by_id)


@dataclass(frozen=True, slots=True)
class UnitTally:
    """A unit with all below it, as far as the emergency concerns them. depth: below the first of the list."""

    unit: UnitNode
    depth: int
    tally: Tally


def tallies(
    tops: Iterable[UnitNode], emergency_id: int, tree: UnitTree, *, now: datetime
) -> list[UnitTally]:
    """Of these units and all below them where somebody is posted, in 建制順. Each person counts once in each."""
    tops = list(tops)
    below = {node.id for top in tops for node in tree.subtree(top.id)}
    answers = answers_of(emergency_id)
    own: dict[int, Tally] = {}
    for person in people_in(below, now=now):
        given = answers.get(person.staff_id)
        one = tally_of([(given.answer, given.minutes) if given else None])
        for node in tree.path(person.unit_id):
            own[node.id] = own.get(node.id, Tally()).plus(one)
    return [
        UnitTally(node, len(tree.path(node.id)) - len(tree.path(top.id)), own[node.id])
        for top in tops
        for node in tree.subtree(top.id)
        if node.id in own
    ]


def total(found: Iterable[UnitTally]) -> Tally:
    whole = Tally()
    for each in found:
        if each.depth == 0:
            whole = whole.plus(each.tally)
    return whole


# --- what was done --------------------------------------------------------------------------


def acts_of(emergency_id: int, *kinds: str) -> list[EmergencyAct]:
    """The oldest first; also those taken back."""
    query = select(EmergencyAct).where(EmergencyAct.emergency_id == emergency_id)
    if kinds:
        query = query.where(EmergencyAct.kind.in_(kinds))
    return list(db.session.scalars(query.order_by(EmergencyAct.id)))


def closed_ones(limit: int = 50) -> list[Emergency]:
    query = select(Emergency).where(Emergency.ended_at.is_not(None))
    return list(db.session.scalars(query.order_by(Emergency.ended_at.desc()).limit(limit)))


def caps_on(position_ids: Sequence[int], days: Sequence[date]) -> list[Cap]:
    """窓口縮小・臨時閉庁 in force at these positions; lent to the positions."""
    query = select(EmergencyCap).where(
        EmergencyCap.day.in_(list(days)), EmergencyCap.position_id.in_(list(position_ids))
    )
    return [
        Cap(row.position_id, row.day, row.start_minute, row.end_minute, row.need)
        for row in db.session.scalars(query.order_by(EmergencyCap.id))
    ]
