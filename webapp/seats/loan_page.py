"""What the page of loans shows: what is free, what one has; for who keeps things what to hand over and take back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select

from webapp.accounts.access import Actor
from webapp.core.calendar import WEEKDAYS
from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.org import queries as org
from webapp.org.rules import Reach
from webapp.presence import queries as presence
from webapp.seats import access, lines, loan_queries
from webapp.seats.asked import Asked
from webapp.seats.models import LoanBooking, LoanItem
from webapp.seats.rules import LOAN_HELD, LoanState, Span, is_overdue, on_scale


@dataclass(frozen=True, slots=True)
class ItemRow:
    """reach: in words, "" for what is no telephone. mine: the person has it at the time asked for."""

    item: LoanItem
    free: int
    reach: str
    unit: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Loan:
    """One loan in words. name: "" on one's own list."""

    row: LoanBooking
    item: LoanItem
    words: str
    name: str
    overdue: bool

    @property
    def is_out(self) -> bool:
        return self.row.state == LoanState.OUT.value


def kinds(asked: Asked, last: date, *, now: datetime) -> list[tuple[str, list[ItemRow]]]:
    """By kind, in the order of the numbers."""
    span = Span(on_scale(asked.day, asked.span.start), on_scale(last, asked.span.end))
    free = loan_queries.free_items(asked.staff_id, asked.day, last, span, now=now)
    mine = {
        row.item_id
        for row in loan_queries.own_loans(asked.staff_id, now=now)
        if lines.scale_of(row).start < span.end and span.start < lines.scale_of(row).end
    }
    words, tree = presence.labels()["reach"], org.current_tree()
    found: dict[str, list[ItemRow]] = {}
    for item, count in free:
        node = tree.by_id(item.unit_id) if item.unit_id else None
        reach = words.get(item.reach, "") if item.reach in set(Reach) else ""
        row = ItemRow(item, count, reach, node.name if node else "", item.id in mine)
        found.setdefault(item.kind, []).append(row)
    return list(found.items())


def own(asked: Asked, *, now: datetime) -> list[Loan]:
    return _told(loan_queries.own_loans(asked.staff_id, now=now), {}, now)


def to_keep(actor: Actor, *, now: datetime) -> tuple[list[Loan], list[Loan]]:
    """(to hand over today, to come back): of what this person keeps. What is overdue stands first."""
    today, tree = org.today(now), org.current_tree()
    query = select(LoanBooking).where(
        LoanBooking.state.in_([state.value for state in LOAN_HELD]),
        LoanBooking.day <= today,
        or_(LoanBooking.last_day >= today, LoanBooking.state == LoanState.OUT.value),
    )
    rows = list(db.session.scalars(query.order_by(LoanBooking.start_minute, LoanBooking.id)))
    items = loan_queries.items_by_id({row.item_id for row in rows})
    kept = [row for row in rows if access.keeps(actor, items[row.item_id].unit_id, tree)]
    told = _told(kept, org.names_of({row.staff_id for row in kept}), now)
    back = sorted((loan for loan in told if loan.is_out), key=lambda loan: not loan.overdue)
    return [loan for loan in told if not loan.is_out and not _is_over(loan, now)], back


def _is_over(loan: Loan, now: datetime) -> bool:
    return lines.scale_of(loan.row).end <= loan_queries.scale_now(now)


def _told(rows: Iterable[LoanBooking], names: dict[int, str], now: datetime) -> list[Loan]:
    kept = list(rows)
    items = loan_queries.items_by_id({row.item_id for row in kept})
    minute = loan_queries.scale_now(now)
    return [
        Loan(
            row,
            items[row.item_id],
            words_of(row),
            names.get(row.staff_id, ""),
            is_overdue(lines.scale_of(row), LoanState(row.state), minute),
        )
        for row in kept
    ]


def words_of(row: LoanBooking) -> str:
    """11月25日（水）8:30〜17:15, over several days with both."""
    start, end = clock_of(row.start_minute), clock_of(row.end_minute)
    if row.day == row.last_day:
        return f"{_day(row.day)} {start}〜{end}"
    return f"{_day(row.day)} {start}〜{_day(row.last_day)} {end}"


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日（{WEEKDAYS[day.weekday()]}）"
