"""Satellite seats and things to lend of the demonstration city: who sits where this Tuesday, what is booked ahead."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select

from webapp.accounts.access import Actor
from webapp.core.calendar import BusinessCalendar
from webapp.core.db import db
from webapp.demo import nursery, tuesday
from webapp.demo.script import SITES
from webapp.demo.units import NURSERY
from webapp.org import queries as org
from webapp.org.models import Posting, Unit
from webapp.plans import service as plans
from webapp.plans.models import PlannedSegment
from webapp.plans.rules import Origin
from webapp.plans.service import Entry
from webapp.seats import administering, loans, queries, service
from webapp.seats.administering import ItemWanted, SeatWanted, SiteWanted
from webapp.seats.models import LoanBooking, LoanItem, Seat, SeatBooking

STATION, NORTH = SITES
LINES, LAPTOPS = "NET-01", "PC-POOL"
DAY = (510, 1035)


def build(*, now: datetime) -> None:
    """Once: the two sites with their seats, 公用携帯, 端末 and 回線. Inside a transaction."""
    sites = (
        SiteWanted(STATION, "0123-45-7200", True, 510, 1200, (), "駅ビル4階", 1),
        SiteWanted(NORTH, "0123-45-7300", False, 510, 1035, (), "北部支所2階", 2),
    )
    for wanted in sites:
        site = administering.put_site(None, wanted, actor=None, now=now)
        letter = "A" if site.name == STATION else "N"
        count = 8 if site.name == STATION else 6
        names = [f"{letter}-{n}" for n in range(1, count + 1)]
        administering.add_seats(site, names, actor=None, now=now)
        for place, seat in enumerate(_seats(site.id)):
            administering.put_seat(seat, _furnished(seat, place), actor=None, now=now)
    for site, wanted in zip(queries.sites_on(now.date()), sites, strict=True):
        other = NORTH if site.name == STATION else STATION
        near = SiteWanted(**{name: getattr(wanted, name) for name in _FIELDS} | {"near": (other,)})
        administering.put_site(site, near, actor=None, now=now)
    for item in _items():
        administering.put_item(None, item, actor=None, now=now)


_FIELDS = (
    "name",
    "telephone",
    "personal_data",
    "open_minute",
    "close_minute",
    "note",
    "sort_order",
)


def _seats(site_id: int) -> list[Seat]:
    query = select(Seat).where(Seat.site_id == site_id).order_by(Seat.sort_order)
    return list(db.session.scalars(query))


def _furnished(seat: Seat, place: int) -> SeatWanted:
    first = 7201 if seat.name.startswith("A") else 7301
    telephone = str(first + place) if place < 3 else ""
    note = "個室（打合せ可）" if place == 5 else ""
    return SeatWanted(seat.name, telephone, place % 2 == 0, place < 4, note, seat.sort_order)


def _items() -> Iterable[ItemWanted]:
    nursery_id = db.session.scalar(select(Unit.id).where(Unit.code == NURSERY))
    for n in range(1, 9):
        name, number = f"公用携帯 {n}号", f"090-0000-{7100 + n}"
        yield ItemWanted(f"KT-{n:03}", "公用携帯", name, number, "transfer")
    yield ItemWanted("HO-K1", "公用携帯", "保育課の携帯", "090-0000-7150", "transfer", nursery_id)
    yield ItemWanted(LAPTOPS, "端末", "貸出ノートPC", quantity=20)
    yield ItemWanted(LINES, "回線", "リモート接続の回線", quantity=90, needed_at_home=True)


# --- a Tuesday ------------------------------------------------------------------------------


def bookings_of(day: date) -> None:
    """Who works at a satellite has a seat there, who works away has a line; inside a transaction."""
    now = tuesday.opens_at(day)
    _sit(day, now)
    _connect(day, now)
    _borrow(day, now)
    _ahead(day, now)


def _sit(day: date, now: datetime) -> None:
    free = {site.name: [seat.id for seat in site.seats] for site in queries.sites_on(day)}
    query = select(PlannedSegment).where(
        PlannedSegment.day == day, PlannedSegment.kind == "satellite"
    )
    for plan in db.session.scalars(query.order_by(PlannedSegment.staff_id)):
        if seats := free.get(plan.site or ""):
            db.session.add(
                SeatBooking(
                    seat_id=seats.pop(0),
                    staff_id=plan.staff_id,
                    day=day,
                    start_minute=plan.start_minute,
                    end_minute=plan.end_minute,
                    state="used",
                    made_at=now - timedelta(days=2),
                    made_by=plan.staff_id,
                )
            )


def _connect(day: date, now: datetime) -> None:
    line = db.session.scalars(select(LoanItem).filter_by(number=LINES)).one()
    query = select(PlannedSegment.staff_id).where(
        PlannedSegment.day == day, PlannedSegment.kind.in_(["home", "mobile"])
    )
    rows = [
        {
            "item_id": line.id,
            "staff_id": staff_id,
            "day": day,
            "last_day": day,
            "start_minute": DAY[0],
            "end_minute": DAY[1],
            "state": "booked",
            "made_at": now - timedelta(days=2),
        }
        for staff_id in db.session.scalars(query.distinct())
    ]
    if rows:
        db.session.execute(insert(LoanBooking), rows)
    loans.told(line)


def _borrow(day: date, now: datetime) -> None:
    """保育課: the 課's own telephone should have come back yesterday; one of the town hall's is with 戸田 at home."""
    people = _nursery(day, now)
    phones = {item.number: item for item in db.session.scalars(select(LoanItem))}
    yesterday = BusinessCalendar().business_days(day - timedelta(days=10), day)[-2]
    late = LoanBooking(
        item_id=phones["HO-K1"].id,
        staff_id=people["宮下 瞳"].staff_id,
        day=yesterday,
        last_day=yesterday,
        start_minute=DAY[0],
        end_minute=DAY[1],
        state="out",
        made_at=now - timedelta(days=4),
    )
    db.session.add(late)
    _book_item(phones["KT-001"].id, people["戸田 隆之"], day, now)
    _book_item(phones["KT-002"].id, people[nursery.LEADER], day + timedelta(days=1), now)


def _ahead(day: date, now: datetime) -> None:
    """The one the demonstration opens with has a usual seat, and one booked for Thursday."""
    people = _nursery(day, now)
    member, thursday = people[nursery.MEMBER], day + timedelta(days=2)
    seats = {seat.name: seat.id for site in queries.sites_on(day) for seat in site.seats}
    service.set_usual(member.staff_id, seats["A-3"], now=now)
    if BusinessCalendar().is_business_day(thursday):
        there = Entry(*DAY, "satellite", STATION)
        beside = people["堀内 亮"]  # the member's own day comes with the request
        plans.put_day(beside.staff_id, thursday, [there], source="demo", origin=Origin.REQUEST)
        for who, name in ((member, "A-3"), (beside, "A-4")):
            service.book_seat(seats[name], who.staff_id, thursday, *DAY, actor=who, now=now)


def _book_item(item_id: int, who: Actor, day: date, now: datetime) -> None:
    loans.book_item(item_id, who.staff_id, day, *DAY, actor=who, now=now)


def _nursery(day: date, now: datetime) -> dict[str, Actor]:
    units = [node.id for node in org.current_tree().nodes if node.code.startswith(NURSERY[:-1])]
    query = select(Posting.staff_id).where(Posting.unit_id.in_(units)).distinct()
    held = org.postings_of(list(db.session.scalars(query)), day, known_at=now)
    return {
        rows[0].name: Actor(staff_id, rows[0].number, rows[0].name, postings=tuple(rows))
        for staff_id, rows in held.items()
    }
