"""Keeping sites, seats and things to lend. Inside a transaction.

What is closed keeps its past; bookings from that day on are given up, and their people told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from webapp.core import audit
from webapp.core.audit import Acting
from webapp.core.db import db
from webapp.core.refusals import RuleBroken
from webapp.org import queries as org
from webapp.realtime import outbox
from webapp.seats import loans, queries, telling
from webapp.seats.models import LoanBooking, LoanItem, Seat, SeatBooking, Site
from webapp.seats.rules import LOAN_HELD, LoanState, SeatState


@dataclass(frozen=True, slots=True)
class SiteWanted:
    """Minutes from local midnight; None = all day. near: names, nearest first."""

    name: str
    telephone: str = ""
    personal_data: bool = False
    open_minute: int | None = None
    close_minute: int | None = None
    near: tuple[str, ...] = ()
    note: str = ""
    sort_order: int = 0
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class SeatWanted:
    name: str
    telephone: str = ""
    computer: bool = False
    monitor: bool = False
    note: str = ""
    sort_order: int = 0
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class ItemWanted:
    """reach: "" for what is no telephone, else transfer | callback | none."""

    number: str
    kind: str
    name: str
    telephone: str = ""
    reach: str = ""
    unit_id: int | None = None
    quantity: int = 1
    needed_at_home: bool = False
    note: str = ""
    closed_on: date | None = None


# --- sites and seats ------------------------------------------------------------------------


def put_site(site: Site | None, wanted: SiteWanted, *, actor: Acting | None, now: datetime) -> Site:
    """Raises RuleBroken where the name is taken or a near site is unknown."""
    _check_site(site, wanted)
    row = site or Site()
    row.name, row.telephone, row.note = wanted.name, wanted.telephone, wanted.note
    row.personal_data, row.sort_order = wanted.personal_data, wanted.sort_order
    row.open_minute, row.close_minute = wanted.open_minute, wanted.close_minute
    row.near = queries.BETWEEN_NAMES.join(wanted.near)
    row.closed_on = wanted.closed_on
    db.session.add(row)
    db.session.flush()
    if row.closed_on is not None:
        _give_up_seats([seat.id for seat in row.seats], row.closed_on, now)
    outbox.touch(queries.TOPIC, row.id)
    audit.record(actor, "site.change", detail={"site": row.id}, now=now)
    return row


def _check_site(site: Site | None, wanted: SiteWanted) -> None:
    names = {name: key for key, name in db.session.execute(select(Site.id, Site.name))}
    if names.get(wanted.name, site.id if site else None) != (site.id if site else None):
        raise RuleBroken("同じ名前の拠点があります。", {"name": "別の名前にしてください"})
    unknown = [name for name in wanted.near if name not in names or name == wanted.name]
    if unknown:
        others = "・".join(name for name in names if name != wanted.name) or "まだほかにありません"
        words = f"「{'」「'.join(unknown)}」は選べません。ほかの拠点の名前: {others}"
        raise RuleBroken("入力内容を確かめてください。", {"near": words})


def add_seats(site: Site, names: Sequence[str], *, actor: Acting | None, now: datetime) -> int:
    """Several at once, at the end of the list. Raises RuleBroken where a name is there already."""
    held = {seat.name for seat in site.seats}
    again = [name for place, name in enumerate(names) if name in held or name in names[:place]]
    if again:
        words = f"「{'」「'.join(dict.fromkeys(again))}」はもうあります"
        raise RuleBroken("入力内容を確かめてください。", {"names": words})
    last = max((seat.sort_order for seat in site.seats), default=-1)
    for place, name in enumerate(names, last + 1):
        db.session.add(Seat(site_id=site.id, name=name, sort_order=place))
    db.session.flush()
    outbox.touch(queries.TOPIC, site.id)
    audit.record(actor, "site.seats", detail={"site": site.id, "added": len(names)}, now=now)
    return len(names)


def put_seat(seat: Seat, wanted: SeatWanted, *, actor: Acting | None, now: datetime) -> None:
    twin = select(Seat.id).where(
        Seat.site_id == seat.site_id, Seat.name == wanted.name, Seat.id != seat.id
    )
    if db.session.scalar(twin) is not None:
        raise RuleBroken("この拠点に同じ名前の席があります。", {"name": "別の名前にしてください"})
    seat.name, seat.telephone, seat.note = wanted.name, wanted.telephone, wanted.note
    seat.computer, seat.monitor = wanted.computer, wanted.monitor
    seat.sort_order, seat.closed_on = wanted.sort_order, wanted.closed_on
    db.session.flush()
    if seat.closed_on is not None:
        _give_up_seats([seat.id], seat.closed_on, now)
    outbox.touch(queries.TOPIC, seat.site_id)
    audit.record(actor, "seat.change", detail={"seat": seat.id}, now=now)


def _give_up_seats(seat_ids: Iterable[int], first: date, now: datetime) -> None:
    query = select(SeatBooking).where(
        SeatBooking.seat_id.in_(list(seat_ids)),
        SeatBooking.state == SeatState.BOOKED.value,
        SeatBooking.day >= max(first, org.today(now)),
    )
    rows = list(db.session.scalars(query))
    for row in rows:
        row.state, row.ended_at = SeatState.RELEASED.value, now
    telling.seats_closed(rows, now=now)


# --- things to lend -------------------------------------------------------------------------


def put_item(
    item: LoanItem | None, wanted: ItemWanted, *, actor: Acting | None, now: datetime
) -> LoanItem:
    """Raises RuleBroken where the number is taken."""
    twin = db.session.scalar(select(LoanItem.id).where(LoanItem.number == wanted.number))
    if twin is not None and (item is None or item.id != twin):
        words = f"物品番号 {wanted.number} はもうあります"
        raise RuleBroken(f"{words}。", {"number": words})
    row = item or LoanItem()
    counted_before = item is not None and item.needed_at_home
    row.number, row.kind, row.name = wanted.number, wanted.kind, wanted.name
    row.telephone, row.reach, row.note = wanted.telephone, wanted.reach, wanted.note
    row.unit_id, row.quantity = wanted.unit_id, wanted.quantity
    row.needed_at_home, row.closed_on = wanted.needed_at_home, wanted.closed_on
    db.session.add(row)
    db.session.flush()
    _follow(row, now)
    loans.told(row, counted_before=counted_before)
    audit.record(actor, "loan.item", detail={"item": row.number}, now=now)
    return row


def _follow(item: LoanItem, now: datetime) -> None:
    """Bookings to come have the number and 着信区分 of now; from the closing day on they are given up."""
    query = select(LoanBooking).where(
        LoanBooking.item_id == item.id,
        LoanBooking.state.in_([state.value for state in LOAN_HELD]),
        LoanBooking.last_day >= org.today(now),
    )
    ended = []
    for row in db.session.scalars(query):
        closed = item.closed_on is not None and row.last_day >= item.closed_on
        if closed and row.state == LoanState.BOOKED.value:
            row.state, row.ended_at = LoanState.RELEASED.value, now
            loans.take_telephone(row)
            ended.append(row)
        else:
            loans.take_telephone(row)
            loans.put_telephone(row, item)
    telling.loans_closed(ended, item, now=now)


def people_booked(item_ids: Iterable[int], today: date) -> dict[int, int]:
    """{item id: how many loans are running or to come}."""
    query = (
        select(LoanBooking.item_id, func.count(LoanBooking.id))
        .where(
            LoanBooking.item_id.in_(list(item_ids)),
            LoanBooking.state.in_([state.value for state in LOAN_HELD]),
            LoanBooking.last_day >= today,
        )
        .group_by(LoanBooking.item_id)
    )
    return dict(db.session.execute(query).all())
