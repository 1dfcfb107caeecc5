"""The list of a day for 係長, 所属長, 代決者 and 在席確認者: who has started, ended, not reported."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.attendance import confirmations, corrections
from webapp.attendance import queries as attendance
from webapp.attendance.models import Correction, DayConfirmation, Punch
from webapp.core.db import db
from webapp.day import queries as day
from webapp.day.queries import PersonDay
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import UnitNode, UnitTree
from webapp.presence.day_rules import report_due_at, reported
from webapp.presence.facts import LONGEST_DAY, Place, PunchKind, Report
from webapp.reports import rules
from webapp.reports.rules import Planned, Standing
from webapp.standup.models import StandupNote

LARGEST = 300  # people a page; more are seen by their parts


@dataclass(slots=True)
class Line:
    """One person, in the unit where the board shows them first."""

    posting: PersonPosting
    unit: UnitNode
    standing: Standing
    planned: Planned | None
    punches: list[Punch]
    started_at: datetime | None
    ended_at: datetime | None
    place: Place | None
    site: str | None
    absences: list[tuple[datetime, datetime | None]]
    evening: StandupNote | None
    confirmation: DayConfirmation | None
    missing_ends: list[date]
    is_self: bool
    owes: bool  # by the rule of the municipality, whatever was reported meanwhile

    @property
    def flags(self) -> list[str]:
        return list(dict.fromkeys(p.flag for p in self.punches if p.flag))

    @property
    def places(self) -> list[Punch]:
        """Where the day began and every move after it."""
        return [punch for punch in self.punches if punch.place and punch.kind != PunchKind.END]

    @property
    def is_imported(self) -> bool:
        return bool(self.punches) and all(punch.imported for punch in self.punches)

    @property
    def may_confirm(self) -> bool:
        return self.standing is Standing.DONE and self.confirmation is None and not self.is_self

    @property
    def next_kind(self) -> str:
        return "end" if self.started_at is not None and self.ended_at is None else "start"


@dataclass(slots=True)
class DayList:
    on: date
    unit: UnitNode
    lines: list[Line] = field(default_factory=list)
    waiting: list[tuple[Correction, bool]] = field(default_factory=list)  # with: may decide
    names: dict[int, str] = field(default_factory=dict)

    @property
    def groups(self) -> list[tuple[UnitNode, list[Line]]]:
        found: dict[int, tuple[UnitNode, list[Line]]] = {}
        for line in self.lines:
            found.setdefault(line.unit.id, (line.unit, []))[1].append(line)
        return list(found.values())

    def count(self, *standings: str) -> int:
        return sum(1 for line in self.lines if line.standing in standings)

    @property
    def missing(self) -> list[Line]:
        return [line for line in self.lines if line.standing is Standing.MISSING]

    @property
    def to_confirm(self) -> list[Line]:
        return [line for line in self.lines if line.may_confirm]

    @property
    def confirmed(self) -> list[Line]:
        return [line for line in self.lines if line.confirmation is not None]


def day_list(unit: UnitNode, on: date, *, actor: Actor, now: datetime) -> DayList:
    """Everybody of the unit and below, in the order of the board."""
    tree = org.tree(on, known_at=now)
    members = _members(unit, tree, on, now)
    ids = [posting.staff_id for posting, _ in members]
    found = DayList(on, unit)
    if not ids:
        return found
    found.lines = lines_of(members, on, actor=actor, now=now)
    found.waiting = _waiting(ids, members, actor)
    found.names = org.names_of(
        {c.asked_by for c, _ in found.waiting}
        | {c.staff_id for c, _ in found.waiting}
        | {line.confirmation.confirmed_by for line in found.lines if line.confirmation}
        | {i for line in found.lines for p in line.punches if (i := p.made_by) is not None}
    )
    return found


Member = tuple[PersonPosting, UnitNode]


def lines_of(members: Sequence[Member], on: date, *, actor: Actor, now: datetime) -> list[Line]:
    """Today, or an earlier day as it ended."""
    ids = [posting.staff_id for posting, _ in members]
    at = min(now, org.business_calendar().day_bounds(on)[1] - timedelta(seconds=1))
    people = day.days_of(ids, now=at)
    facts = _Facts(ids, on, now)
    return [
        _line(posting, node, people[posting.staff_id], facts, actor, now)
        for posting, node in members
        if posting.staff_id in people
    ]


def members_of(unit: UnitNode, on: date, *, now: datetime) -> list[Member]:
    """Everybody of the unit and below, each in the unit where the board shows them first."""
    return _members(unit, org.tree(on, known_at=now), on, now)


def _members(
    unit: UnitNode, tree: UnitTree, on: date, now: datetime
) -> list[tuple[PersonPosting, UnitNode]]:
    nodes = tree.subtree(unit.id)
    by_unit: dict[int, list[PersonPosting]] = {}
    for posting in org.postings_in([node.id for node in nodes], on, known_at=now):
        by_unit.setdefault(posting.unit_id, []).append(posting)
    found: dict[int, tuple[PersonPosting, UnitNode]] = {}
    for node in nodes:
        for posting in by_unit.get(node.id, ()):
            found.setdefault(posting.staff_id, (posting, node))
    return list(found.values())


def is_large(unit: UnitNode, on: date, *, now: datetime) -> bool:
    heads = org.headcounts(on, known_at=now)
    tree = org.tree(on, known_at=now)
    return sum(heads.get(node.id, 0) for node in tree.subtree(unit.id)) > LARGEST


class _Facts:
    """What is stored of all these people's day, one query each."""

    def __init__(self, ids: Sequence[int], on: date, now: datetime) -> None:
        self.punches: dict[int, list[Punch]] = {}
        query = select(Punch).where(
            Punch.staff_id.in_(ids), Punch.business_on == on, Punch.voided_at.is_(None)
        )
        for punch in db.session.scalars(query.order_by(Punch.at, Punch.id)):
            self.punches.setdefault(punch.staff_id, []).append(punch)
        notes = select(StandupNote).where(
            StandupNote.staff_id.in_(ids),
            StandupNote.business_on == on,
            StandupNote.half == "evening",
        )
        self.evenings = {note.staff_id: note for note in db.session.scalars(notes)}
        self.confirmations = confirmations.confirmations_on(ids, on)
        late = now - LONGEST_DAY
        unended = attendance.unended_days(ids, on - timedelta(days=14), on - timedelta(days=1))
        self.missing_ends = {
            staff_id: sorted(day for day, began in days.items() if began <= late)
            for staff_id, days in unended.items()
        }


def _line(
    posting: PersonPosting,
    unit: UnitNode,
    person: PersonDay,
    facts: _Facts,
    actor: Actor,
    now: datetime,
) -> Line:
    staff_id = posting.staff_id
    punches = facts.punches.get(staff_id, [])
    reports: list[Report] = [attendance.report_of(punch) for punch in punches]
    so_far = reported(reports, now)
    note = facts.evenings.get(staff_id)
    written = note is not None and bool(note.lines or note.carried_over or note.links)
    return Line(
        posting,
        unit,
        rules.standing(person.facts, so_far, now),
        rules.planned(person.facts),
        punches,
        so_far.started_at,
        so_far.ended_at,
        so_far.place,
        so_far.site,
        rules.absences(reports),
        note if written else None,
        facts.confirmations.get(staff_id),
        facts.missing_ends.get(staff_id, []),
        staff_id == actor.staff_id,
        report_due_at(person.facts) is not None,
    )


def _waiting(
    ids: Sequence[int], members: Sequence[tuple[PersonPosting, UnitNode]], actor: Actor
) -> list[tuple[Correction, bool]]:
    """Corrections of these people that nobody has decided, whatever day they are about; the oldest first."""
    held: dict[int, list[PersonPosting]] = {}
    for posting, _ in members:
        held.setdefault(posting.staff_id, []).append(posting)
    query = select(Correction).where(Correction.staff_id.in_(ids), Correction.decision.is_(None))
    return [
        (found, corrections.may_decide(actor, found.staff_id, held.get(found.staff_id, [])))
        for found in db.session.scalars(query.order_by(Correction.business_on, Correction.id))
    ]
