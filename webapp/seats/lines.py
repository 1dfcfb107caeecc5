"""How many more could telework as far as lines and devices go. 貸出物品・回線 marked needed_at_home count.

Of several kinds (回線, 端末) each person needs one of each, so the scarcest counts. A kind caps only the units that may
borrow any of it: what one 課 bought for itself says nothing of the others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from webapp.core import facts
from webapp.core.db import db
from webapp.org import queries as org
from webapp.org.rules import UnitTree
from webapp.seats.models import LoanBooking, LoanItem
from webapp.seats.rules import (
    DAY,
    LOAN_HELD,
    LoanState,
    Span,
    free_of,
    kept_until,
    least,
    on_scale,
    part_of,
    profile,
)

STAMP = "lines"
TOPIC = "lines"  # by the item's id
WHOLE_DAY = Span(0, DAY)
Profile = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """One item on a day: how many there are, and when they are with somebody (minutes of that day)."""

    item_id: int
    kind: str
    unit_id: int | None
    quantity: int
    held: tuple[Span, ...]


_kept: dict[tuple[object, ...], tuple[Pool, ...]] = {}
_profiles: dict[tuple[object, ...], Profile] = {}


def pools_on(day: date) -> tuple[Pool, ...]:
    """What caps telework on a day; kept until such a loan or item changes."""
    if db.session.info.get("writing"):
        return _pools(day, org.today())
    key = _key(day)
    if key not in _kept:
        if len(_kept) > 60:
            _kept.clear()
            _profiles.clear()
        _kept[key] = _pools(day, org.today())
    return _kept[key]


def _key(day: date) -> tuple[object, ...]:
    return facts.epoch(), facts.stamp(STAMP), org.today(), day


def _pools(day: date, today: date) -> tuple[Pool, ...]:
    query = select(LoanItem).where(
        LoanItem.needed_at_home, or_(LoanItem.closed_on.is_(None), LoanItem.closed_on > day)
    )
    items = list(db.session.scalars(query.order_by(LoanItem.id)))
    held = held_on(day, [item.id for item in items], on_scale(today, 0)) if items else {}
    return tuple(
        Pool(item.id, item.kind, item.unit_id, item.quantity, tuple(held.get(item.id, ())))
        for item in items
    )


def held_on(day: date, item_ids: Iterable[int], now: int) -> dict[int, list[Span]]:
    """{item id: when it is with somebody that day, in minutes of the day}. now: minute on the common scale."""
    found: dict[int, list[Span]] = {}
    for row in loans_over(day, day, item_ids):
        part = part_of(kept_until(scale_of(row), LoanState(row.state), now), day)
        if part is not None:
            found.setdefault(row.item_id, []).append(part)
    return found


def loans_over(first: date, last: date, item_ids: Iterable[int]) -> list[LoanBooking]:
    """Loans that may hold these items on any of the days; what is out may be overdue."""
    query = select(LoanBooking).where(
        LoanBooking.item_id.in_(list(item_ids)),
        LoanBooking.state.in_([state.value for state in LOAN_HELD]),
        LoanBooking.day <= last,
        or_(LoanBooking.last_day >= first, LoanBooking.state == LoanState.OUT.value),
    )
    return list(db.session.scalars(query.order_by(LoanBooking.day, LoanBooking.id)))


def scale_of(row: LoanBooking) -> Span:
    return Span(on_scale(row.day, row.start_minute), on_scale(row.last_day, row.end_minute))


# --- the cap --------------------------------------------------------------------------------


def free(day: date, span: Span) -> int | None:
    """Of the whole town hall; None = nothing caps it."""
    by_kind = _by_kind(pools_on(day))
    return min((_free(pools, span) for pools in by_kind.values()), default=None)


def _free(pools: Sequence[Pool], span: Span) -> int:
    return sum(free_of(pool.quantity, pool.held, span) for pool in pools)


def free_through_day(day: date, unit_ids: Iterable[int], tree: UnitTree) -> Profile:
    """((start, end, free), …) over the whole day for people of these units; () = nothing caps them."""
    pools = pools_on(day)
    if not pools:
        return ()
    above = {node.id for unit_id in unit_ids for node in tree.path(unit_id)}
    usable = [p for p in pools if p.unit_id is None or p.unit_id in above]
    key = (*_key(day), frozenset(pool.item_id for pool in usable))
    if key in _profiles and not db.session.info.get("writing"):
        return _profiles[key]
    by_kind = _by_kind(usable)
    found = least([_summed(pools) for pools in by_kind.values()]) if by_kind else ()
    if not db.session.info.get("writing"):
        _profiles[key] = found
    return found


def _by_kind(pools: Iterable[Pool]) -> dict[str, list[Pool]]:
    found: dict[str, list[Pool]] = {}
    for pool in pools:
        found.setdefault(pool.kind, []).append(pool)
    return found


def _summed(pools: Sequence[Pool]) -> Profile:
    """Pools of one kind stand for one another."""
    held = [span for pool in pools for span in pool.held]
    return profile(sum(pool.quantity for pool in pools), held, WHOLE_DAY)
