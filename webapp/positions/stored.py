"""What is stored, in the shape in which it is wanted; so that a form can be filled, compared and refused."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import or_, select

from webapp.core.db import db
from webapp.core.refusals import Conflict
from webapp.org import queries as org
from webapp.positions import handover, queries
from webapp.positions.models import (
    DayLock,
    DemandBand,
    DutyProfile,
    ForbiddenPair,
    OpeningHours,
    Position,
    StaffSkill,
)
from webapp.positions.rules import Group, Kind, Staffed
from webapp.positions.wanted import (
    BandWanted,
    LockWanted,
    OpeningWanted,
    PositionWanted,
    ProfileWanted,
)

Stored = PositionWanted | BandWanted | OpeningWanted | LockWanted | ProfileWanted


class Overtaken(Conflict):
    """Somebody saved since the form was opened; `stored` is what is there now, what was typed is kept by the page."""

    def __init__(self, stored: Stored) -> None:
        super().__init__("ほかの人が先に変えました。両方を見くらべて、もう一度保存してください。")
        self.stored = stored


def rows_of(unit_id: int, on: date) -> list[Position]:
    """The unit's positions in use on a day, in their order."""
    query = select(Position).where(
        Position.unit_id.in_(handover.family([unit_id], on)),
        or_(Position.ended_on.is_(None), Position.ended_on > on),
    )
    rows = db.session.scalars(query.order_by(Position.sort_order, Position.id))
    return [row for row in rows if handover.home_of(row.unit_id, on) == unit_id]


def ended_rows(unit_id: int, on: date) -> list[Position]:
    query = select(Position).where(
        Position.unit_id.in_(handover.family([unit_id], on)), Position.ended_on <= on
    )
    return list(db.session.scalars(query.order_by(Position.ended_on.desc(), Position.id)))


def band_rows(position_ids: Sequence[int]) -> list[DemandBand]:
    query = select(DemandBand).where(DemandBand.position_id.in_(position_ids))
    return list(db.session.scalars(query.order_by(DemandBand.start_minute, DemandBand.id)))


def opening_lines(unit_id: int, on: date) -> dict[str, list[OpeningHours]]:
    """{counter or phone: the unit's rows}, also those taken over; nothing of the units above."""
    found = queries.opening_rows([unit_id], on)
    return {applies_to: rows for (_, applies_to), rows in found.items()}


def locks_of(unit_id: int, on: date) -> list[DayLock]:
    """Those not over yet, the next first."""
    query = select(DayLock).where(
        DayLock.unit_id.in_(handover.family([unit_id], on)), DayLock.ends_on >= on
    )
    rows = db.session.scalars(query.order_by(DayLock.starts_on, DayLock.id))
    return [row for row in rows if handover.home_of(row.unit_id, on) == unit_id]


def position_wanted(row: Position) -> PositionWanted:
    return PositionWanted(
        row.name,
        Kind(row.kind),
        Staffed(row.staffed),
        row.site,
        tuple(sorted(row.skills)),
        row.burden,
        row.contractor,
        tuple(sorted(feed.unit_id for feed in row.feeds)),
    )


def band_wanted(row: DemandBand) -> BandWanted:
    return BandWanted(
        row.start_minute,
        row.end_minute,
        row.need,
        row.ideal,
        row.experienced,
        row.burden,
        row.weekdays,
        row.day,
        row.lock_id,
    )


def opening_wanted(row: OpeningHours) -> OpeningWanted:
    return OpeningWanted(
        row.applies_to,
        row.site,
        row.weekdays,
        row.day,
        row.start_minute,
        row.end_minute,
        row.note,
    )


def lock_wanted(row: DayLock) -> LockWanted:
    return LockWanted(row.name, row.starts_on, row.ends_on)


def profiles(staff_ids: Iterable[int]) -> dict[int, ProfileWanted]:
    """{staff id: what is said of the person}, for all asked for."""
    ids = list(staff_ids)
    skills: dict[int, set[str]] = {staff_id: set() for staff_id in ids}
    for row in db.session.scalars(select(StaffSkill).where(StaffSkill.staff_id.in_(ids))):
        skills[row.staff_id].add(row.skill)
    said = {
        row.staff_id: row
        for row in db.session.scalars(select(DutyProfile).where(DutyProfile.staff_id.in_(ids)))
    }
    pairs = _pairs(ids)
    return {
        staff_id: _profile(said.get(staff_id), skills[staff_id], pairs.get(staff_id, set()))
        for staff_id in ids
    }


def _pairs(ids: Sequence[int]) -> dict[int, set[int]]:
    query = select(ForbiddenPair.first_id, ForbiddenPair.second_id).where(
        or_(ForbiddenPair.first_id.in_(ids), ForbiddenPair.second_id.in_(ids))
    )
    found: dict[int, set[int]] = {}
    for first, second in db.session.execute(query):
        found.setdefault(first, set()).add(second)
        found.setdefault(second, set()).add(first)
    return found


def _profile(row: DutyProfile | None, skills: set[str], pairs: set[int]) -> ProfileWanted:
    if row is None:
        return ProfileWanted(frozenset(skills), pairs=frozenset(pairs))
    return ProfileWanted(
        frozenset(skills),
        row.experienced,
        row.max_consecutive_minutes,
        row.max_daily_minutes,
        Group(row.group),
        frozenset(row.forbidden),
        {int(key): int(weight) for key, weight in row.preferences.items() if int(weight)},
        frozenset(pairs),
    )


def known_skills(unit_id: int, *, now: datetime) -> list[str]:
    """What the positions of the unit ask for and its people can, in the order of the characters."""
    on, tree = org.today(now), org.current_tree()
    asked = {skill for row in rows_of(unit_id, on) for skill in row.skills}
    people = [p.staff_id for p in org.postings_in(tree.subtree_ids(unit_id), on, known_at=now)]
    query = select(StaffSkill.skill).where(StaffSkill.staff_id.in_(people)).distinct()
    return sorted(asked | set(db.session.scalars(query)))


def all_rows(on: date) -> list[Position]:
    query = select(Position).where(or_(Position.ended_on.is_(None), Position.ended_on > on))
    return list(db.session.scalars(query.order_by(Position.sort_order, Position.id)))
