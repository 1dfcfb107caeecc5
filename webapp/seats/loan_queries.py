"""Reading 貸出物品・回線 and who has which."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import or_, select

from webapp.core import clock
from webapp.core.db import db
from webapp.org import queries as org
from webapp.seats import access, lines
from webapp.seats.models import LoanBooking, LoanItem
from webapp.seats.rules import LOAN_HELD, LoanState, Span, free_of, kept_until, on_scale

TOPIC = "loan"  # by the item's id


def scale_now(now: datetime) -> int:
    """The minute it is, on the scale common to all days."""
    local = clock.to_tokyo(now)
    return on_scale(local.date(), local.hour * 60 + local.minute)


def items_on(day: date) -> list[LoanItem]:
    """What is lent out on a day, by kind and number."""
    query = select(LoanItem).where(or_(LoanItem.closed_on.is_(None), LoanItem.closed_on > day))
    return list(db.session.scalars(query.order_by(LoanItem.kind, LoanItem.number)))


def items_for(staff_id: int, day: date, *, now: datetime) -> list[LoanItem]:
    """What somebody may borrow: of the whole town hall, of their units and those above."""
    postings = org.postings_of([staff_id], max(day, org.today(now)), known_at=now)
    units = [posting.unit_id for posting in postings.get(staff_id, ())]
    tree = org.current_tree()
    return [item for item in items_on(day) if access.may_borrow(units, item.unit_id, tree)]


def free_items(
    staff_id: int, day: date, last: date, span: Span, *, now: datetime
) -> list[tuple[LoanItem, int]]:
    """[(item, how many are free through the whole span on the common scale)] of what somebody may borrow."""
    items = items_for(staff_id, day, now=now)
    minute = scale_now(now)
    held: dict[int, list[Span]] = {}
    for row in lines.loans_over(day, last, [item.id for item in items]):
        kept = kept_until(lines.scale_of(row), LoanState(row.state), minute)
        held.setdefault(row.item_id, []).append(kept)
    return [(item, free_of(item.quantity, held.get(item.id, []), span)) for item in items]


def own_loans(staff_id: int, *, now: datetime) -> list[LoanBooking]:
    """What somebody has or will have, by day; what is overdue comes first."""
    query = select(LoanBooking).where(
        LoanBooking.staff_id == staff_id,
        LoanBooking.state.in_([state.value for state in LOAN_HELD]),
        or_(LoanBooking.last_day >= org.today(now), LoanBooking.state == LoanState.OUT.value),
    )
    return list(
        db.session.scalars(
            query.order_by(LoanBooking.day, LoanBooking.start_minute, LoanBooking.id)
        )
    )


def loans_of_request(request_id: int) -> list[LoanBooking]:
    query = select(LoanBooking).where(LoanBooking.request_id == request_id)
    return list(db.session.scalars(query.order_by(LoanBooking.day, LoanBooking.id)))


def items_by_id(item_ids: Iterable[int]) -> dict[int, LoanItem]:
    query = select(LoanItem).where(LoanItem.id.in_(list(item_ids)))
    return {item.id: item for item in db.session.scalars(query)}
