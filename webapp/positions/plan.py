"""What would be added to a unit, from a template or from another unit; nothing that is there is touched."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from webapp.core.audit import Acting
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.positions import handover, service, stored
from webapp.positions.models import Position
from webapp.positions.wanted import BandWanted, LockWanted, OpeningWanted, PositionWanted


@dataclass(frozen=True, slots=True)
class Added:
    """A position with its demand; lock bands carry the place of their 期間 in the plan as lock_id."""

    wanted: PositionWanted
    bands: tuple[BandWanted, ...] = ()
    exists: bool = False


@dataclass(slots=True)
class Plan:
    """title: where it comes from. kept: what the unit has already and therefore keeps, in words."""

    title: str
    positions: list[Added]
    openings: list[OpeningWanted] = field(default_factory=list)
    locks: list[LockWanted] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def adds_something(self) -> bool:
        return bool(self.openings) or any(not each.exists for each in self.positions)


def fitted(plan: Plan, unit: UnitNode, *, now: datetime) -> Plan:
    """The plan beside what the unit has: equal names and hours of its own stay as they are."""
    today = org.today(now)
    names = {row.name for row in stored.rows_of(unit.id, today)}
    own_hours = stored.opening_lines(unit.id, today)
    kept = []
    for applies_to, word in (("counter", "開庁時間"), ("phone", "電話の受付時間")):
        if applies_to in own_hours and any(o.applies_to == applies_to for o in plan.openings):
            kept.append(f"{word}は、いまの時間をそのまま使います。")
    return Plan(
        plan.title,
        [replace(each, exists=each.wanted.name in names) for each in plan.positions],
        [opening for opening in plan.openings if opening.applies_to not in own_hours],
        plan.locks,
        kept,
    )


def take(
    plan: Plan, unit: UnitNode, chosen: Collection[str], *, actor: Acting | None, now: datetime
) -> int:
    """Add the chosen positions (by name) with their demand, and hours and 期間. Returns how many positions."""
    for opening in plan.openings:
        service.put_opening(unit.id, opening, actor=actor, now=now)
    taken = [each for each in plan.positions if not each.exists and each.wanted.name in chosen]
    used = {band.lock_id for each in taken for band in each.bands if band.lock_id is not None}
    locks = {
        place: service.put_lock(unit.id, lock, actor=actor, now=now).id
        for place, lock in enumerate(plan.locks, start=1)
        if place in used
    }
    for each in taken:
        row = service.add_position(unit.id, each.wanted, actor=actor, now=now)
        _add_bands(row, each.bands, locks, actor=actor, now=now)
    return len(taken)


def _add_bands(
    row: Position,
    bands: Sequence[BandWanted],
    locks: Mapping[int, int],
    *,
    actor: Acting | None,
    now: datetime,
) -> None:
    for band in bands:
        lock_id = locks[band.lock_id] if band.lock_id is not None else None
        service.put_band(row, replace(band, lock_id=lock_id), actor=actor, now=now)


def of_unit(source: UnitNode, *, now: datetime) -> Plan:
    """Another unit's positions, demand, hours and 期間 from today on. 応援元 are that unit's own affair."""
    today = org.today(now)
    rows = stored.rows_of(source.id, today)
    locks = stored.locks_of(source.id, today)
    places = {lock.id: place for place, lock in enumerate(locks, start=1)}
    bands: dict[int, list[BandWanted]] = {}
    for row in stored.band_rows([each.id for each in rows]):
        wanted = stored.band_wanted(row)
        if _is_over(wanted, places, today):
            continue
        place = places[wanted.lock_id] if wanted.lock_id is not None else None
        bands.setdefault(row.position_id, []).append(replace(wanted, lock_id=place))
    openings = [
        stored.opening_wanted(row)
        for lines in stored.opening_lines(source.id, today).values()
        for row in lines
        if row.day is None or row.day >= today
    ]
    return Plan(
        source.name,
        [
            Added(replace(stored.position_wanted(row), feeds=()), tuple(bands.get(row.id, ())))
            for row in rows
        ],
        openings,
        [stored.lock_wanted(lock) for lock in locks],
    )


def _is_over(band: BandWanted, places: Mapping[int, int], today: date) -> bool:
    if band.lock_id is not None and band.lock_id not in places:
        return True
    return band.day is not None and band.day < today


def units_with_positions(on: date) -> set[int]:
    """Ids of the units that have positions of their own on a day."""
    from_rows = {handover.home_of(row.unit_id, on) for row in stored.all_rows(on)}
    return from_rows & {node.id for node in org.current_tree().nodes}
