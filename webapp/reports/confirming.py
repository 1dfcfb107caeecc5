"""The confirmer's day: everybody whose report waits for this person, with the request beside it; earlier days first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.accounts.rules import CONFIRMING
from webapp.attendance.confirmations import confirmations_on
from webapp.attendance.models import DayConfirmation, Punch
from webapp.core.db import db
from webapp.day import queries as day
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.presence.day_rules import working_edges
from webapp.reports import queries
from webapp.reports.confirm_rules import Beyond, Whose, beyond, elsewhere, is_away, waits, whose
from webapp.reports.queries import Line, Member
from webapp.reports.rules import Standing
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import State

BACK = 3  # business days looked back upon
JUST_NOW = timedelta(seconds=60)  # the undo is offered for 10 s; slow networks and slow hands
_OPEN_END = (Standing.DONE, Standing.NO_END)


@dataclass(slots=True)
class Waiting:
    """One person's day as the confirmer sees it. confirmer: who is named in the request, if anybody."""

    on: date
    line: Line
    requests: list[TeleworkRequest]
    whose: Whose
    confirmer: str = ""
    confirmer_away: bool = False

    @property
    def beyond(self) -> Beyond:
        planned = self.line.planned
        hours = (planned.starts_at, planned.ends_at) if planned else None
        return beyond(hours, self.line.started_at, self.line.ended_at)

    @property
    def ordered(self) -> bool | None:
        """時間外勤務の命令, as the person answered."""
        said = [each.overtime_ordered for each in self.requests]
        return next((each for each in said if each is not None), None)

    @property
    def is_elsewhere(self) -> bool:
        reported = [punch.place for punch in self.line.places if punch.place]
        return elsewhere((each.place for each in self.requests), reported)

    @property
    def work(self) -> list[str]:
        lines = [line.strip() for each in self.requests for line in each.work.split("\n")]
        return [line for line in dict.fromkeys(lines) if line]

    @property
    def key(self) -> str:
        return f"{self.on.isoformat()}:{self.line.posting.number}"


@dataclass(slots=True)
class DayOf:
    on: date
    people: list[Waiting] = field(default_factory=list)

    @property
    def mine(self) -> list[Waiting]:
        return [each for each in self.people if each.whose is Whose.MINE]

    @property
    def others(self) -> list[Waiting]:
        return [each for each in self.people if each.whose is Whose.OTHERS]

    @property
    def ready(self) -> list[Waiting]:
        """What one tap confirms: ended, not confirmed, and mine."""
        return [each for each in self.mine if each.line.may_confirm]

    @property
    def ready_count(self) -> int:
        return len(self.ready)

    def count(self, *standings: Standing) -> int:
        return sum(1 for each in self.mine if each.line.standing in standings)

    @property
    def done(self) -> int:
        return sum(1 for each in self.mine if each.line.confirmation is not None)


def is_named(staff_id: int, on: date, actor_id: int) -> bool:
    """Whether an approved request of that day names this person 在席確認者. Lent to the confirmations."""
    query = select(TeleworkRequest.id).where(
        TeleworkRequest.staff_id == staff_id,
        TeleworkRequest.day == on,
        TeleworkRequest.confirmer_id == actor_id,
        TeleworkRequest.state == State.APPROVED.value,
    )
    return db.session.scalar(query.limit(1)) is not None


def days_for(actor: Actor, *, now: datetime) -> list[DayOf]:
    """Earlier days with something open, the oldest first; then today."""
    today = org.today(now)
    earlier = [_day_of(on, actor, now, is_over=True) for on in _business_days_before(today)]
    for each in earlier:
        each.people = [w for w in each.people if _is_open(w)]
    return [*(each for each in earlier if each.people), _day_of(today, actor, now)]


def _is_open(waiting: Waiting) -> bool:
    line = waiting.line
    is_unconfirmed = line.confirmation is None and line.standing in _OPEN_END
    return is_unconfirmed and waiting.whose is Whose.MINE and not line.is_self


def _business_days_before(today: date) -> list[date]:
    business = org.business_calendar()
    earlier = (today - timedelta(days=n) for n in range(1, 15))
    return sorted([on for on in earlier if business.is_business_day(on)][:BACK])


def concerns(actor: Actor, *, now: datetime) -> bool:
    """Whether the page is for this person: by role, or named in a request of these days."""
    if actor.roles & CONFIRMING:
        return True
    today = org.today(now)
    query = select(TeleworkRequest.id).where(
        TeleworkRequest.confirmer_id == actor.staff_id,
        TeleworkRequest.day.between(today - timedelta(days=14), today + timedelta(days=14)),
        TeleworkRequest.state == State.APPROVED.value,
    )
    return db.session.scalar(query.limit(1)) is not None


def _day_of(on: date, actor: Actor, now: datetime, *, is_over: bool = False) -> DayOf:
    """is_over: of a day gone by only what was reported and not confirmed is looked at."""
    by_role = {posting.staff_id: (posting, unit) for posting, unit in _members(actor, on, now)}
    named = _naming(actor, on)
    if is_over:
        open_ids = _unconfirmed(on, {*by_role, *named})
        by_role = {each: member for each, member in by_role.items() if each in open_ids}
        named &= open_ids
        if not open_ids:
            return DayOf(on)
    requests = _requests(on, {*by_role, *named})
    members = [*by_role.values(), *_elsewhere(named - by_role.keys(), on, now)]
    confirmers = _Confirmers(requests, on, now)
    found = DayOf(on)
    for line in queries.lines_of(members, on, actor=actor, now=now):
        staff_id = line.posting.staff_id
        mine = requests.get(staff_id, [])
        if line.is_self or not _waits(line, mine):
            continue
        confirmer = next((r.confirmer_id for r in mine if r.confirmer_id is not None), None)
        falls = whose(
            names_me=staff_id in named,
            has_role=staff_id in by_role,
            confirmer=confirmer,
            is_there=not confirmers.is_away(confirmer),
        )
        if falls is not None:
            name, away = confirmers.name(confirmer), confirmers.is_away(confirmer)
            found.people.append(Waiting(on, line, mine, falls, name, away))
    return found


def _unconfirmed(on: date, staff_ids: set[int]) -> set[int]:
    """Who reported by themselves that day and waits."""
    query = select(Punch.staff_id).where(
        Punch.business_on == on, Punch.voided_at.is_(None), Punch.imported.is_(False)
    )
    reported = staff_ids & set(db.session.scalars(query.distinct()))
    return reported - confirmations_on(sorted(reported), on).keys()


def _waits(line: Line, requests: Sequence[TeleworkRequest]) -> bool:
    places = [punch.place for punch in line.places if punch.place]
    return waits(
        line.standing,
        owes=line.owes,
        places=places,
        only_card=line.is_imported,
        has_request=bool(requests),
    )


def _members(actor: Actor, on: date, now: datetime) -> list[Member]:
    """Of the units one confirms in by role; a whole 部 is left to its 課."""
    tree = org.tree(on, known_at=now)
    tops = [p.unit_id for p in actor.postings if access.may_confirm(actor, p.unit_id, tree)]
    members: list[Member] = []
    for unit in _outermost(tops, on, now):
        if not queries.is_large(unit, on, now=now):
            members.extend(queries.members_of(unit, on, now=now))
    return members


def _outermost(unit_ids: Sequence[int], on: date, now: datetime) -> list[UnitNode]:
    tree = org.tree(on, known_at=now)
    nodes = [node for each in dict.fromkeys(unit_ids) if (node := tree.by_id(each)) is not None]
    return [
        node
        for node in nodes
        if not any(other is not node and tree.is_within(node.id, other.id) for other in nodes)
    ]


def _naming(actor: Actor, on: date) -> set[int]:
    query = select(TeleworkRequest.staff_id).where(
        TeleworkRequest.day == on,
        TeleworkRequest.confirmer_id == actor.staff_id,
        TeleworkRequest.state == State.APPROVED.value,
        TeleworkRequest.staff_id != actor.staff_id,
    )
    return set(db.session.scalars(query))


def _elsewhere(staff_ids: Iterable[int], on: date, now: datetime) -> list[Member]:
    """People who name one without being of one's units."""
    tree = org.tree(on, known_at=now)
    postings = org.postings_of(sorted(staff_ids), on, known_at=now)
    return [
        (held[0], unit)
        for held in postings.values()
        if (unit := tree.by_id(held[0].unit_id)) is not None
    ]


def _requests(on: date, staff_ids: set[int]) -> dict[int, list[TeleworkRequest]]:
    query = select(TeleworkRequest).where(
        TeleworkRequest.staff_id.in_(staff_ids),
        TeleworkRequest.day == on,
        TeleworkRequest.state == State.APPROVED.value,
    )
    found: dict[int, list[TeleworkRequest]] = {}
    for row in db.session.scalars(query.order_by(TeleworkRequest.start_minute, TeleworkRequest.id)):
        found.setdefault(row.staff_id, []).append(row)
    return found


class _Confirmers:
    """Those named in the requests of a day: their names, and who of them is not there."""

    def __init__(self, requests: dict[int, list[TeleworkRequest]], on: date, now: datetime) -> None:
        rows = (row for of_one in requests.values() for row in of_one)
        ids = sorted({row.confirmer_id for row in rows if row.confirmer_id is not None})
        self._names = org.names_of(ids) if ids else {}
        self._there = {
            staff_id
            for staff_id, person in day.days_on(ids, on, now=now).items()
            if not is_away(person.facts.plan, works=bool(working_edges(person.facts)))
        }

    def name(self, staff_id: int | None) -> str:
        return self._names.get(staff_id, "") if staff_id is not None else ""

    def is_away(self, staff_id: int | None) -> bool:
        return staff_id is not None and staff_id not in self._there


def just_confirmed(actor: Actor, *, now: datetime) -> list[DayConfirmation]:
    """What this person has confirmed a moment ago, all taps together: what the undo takes back."""
    query = select(DayConfirmation).where(
        DayConfirmation.confirmed_by == actor.staff_id,
        DayConfirmation.confirmed_at > now - JUST_NOW,
    )
    rows = list(db.session.scalars(query.order_by(DayConfirmation.confirmed_at)))
    return [row for row in rows if row.confirmed_at == rows[-1].confirmed_at]
