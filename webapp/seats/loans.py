"""Booking 貸出物品・回線, handing over, taking back. Inside a transaction.

The item's row is locked before its free number is counted: of many at once each sees what the others took.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import audit, calendar, facts
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotAllowed, NotFound, RuleBroken
from webapp.org import queries as org
from webapp.plans import service as plans
from webapp.plans.service import Telephone
from webapp.realtime import outbox
from webapp.seats import access, lines, loan_queries
from webapp.seats.models import LoanBooking, LoanItem
from webapp.seats.rules import (
    DAY,
    LONGEST_LOAN,
    LoanAct,
    LoanState,
    Span,
    free_of,
    kept_until,
    next_loan_state,
    on_scale,
    part_of,
)
from webapp.seats.service import NO_BOOKING, UNDO, check_time, hold

NO_ITEM = "この貸出物品は見つかりません。"


def book_item(  # noqa: PLR0913 a loan is all of this
    item_id: int,
    staff_id: int,
    day: date,
    start: int,
    end: int,
    *,
    last_day: date | None = None,
    request_id: int | None = None,
    beside: Collection[int] = (),
    actor: Actor,
    now: datetime,
) -> LoanBooking:
    """From start on `day` to end on `last_day` (absent: the same day). A 公用携帯 is at hand from then on: its number
    and 着信区分 stand on the board where the person works away from the office. beside: as with seats.

    Raises Conflict (409) where none is free, RuleBroken (422), NotFound, NotAllowed.
    """
    access.book_for(actor, staff_id, now=now)
    last = last_day or day
    item = _locked(item_id, staff_id, day, last, now)
    _check_days(day, start, last, end, now=now)
    span = Span(on_scale(day, start), on_scale(last, end))
    held = lines.loans_over(day, last, [item_id])
    again = next((r for r in held if r.staff_id == staff_id and lines.scale_of(r) == span), None)
    if again is not None and again.state == LoanState.BOOKED.value:
        again.request_id = again.request_id or request_id
        return again
    in_the_way = [r for r in held if r.request_id is None or r.request_id not in beside]
    if not _free(item, in_the_way, span, now):
        raise Conflict(_none_left(item, day, last, span, staff_id, now))
    row = LoanBooking(
        item_id=item_id,
        staff_id=staff_id,
        day=day,
        last_day=last,
        start_minute=start,
        end_minute=end,
        state=LoanState.BOOKED.value,
        request_id=request_id,
        made_at=now,
        made_by=actor.staff_id,
    )
    db.session.add(row)
    db.session.flush()
    put_telephone(row, item)
    told(item)
    if actor.staff_id != staff_id:
        audit.record(actor, "loan.book", staff_id=staff_id, detail={"item": item.number}, now=now)
    return row


def _locked(item_id: int, staff_id: int, day: date, last: date, now: datetime) -> LoanItem:
    hold(item_ids=[item_id])
    item = db.session.get(LoanItem, item_id)
    if item is None or (item.closed_on is not None and item.closed_on <= last):
        raise NotFound(NO_ITEM)
    postings = org.postings_of([staff_id], max(day, org.today(now)), known_at=now)
    units = [posting.unit_id for posting in postings.get(staff_id, ())]
    if not units or not access.may_borrow(units, item.unit_id, org.current_tree()):
        raise NotFound(NO_ITEM)
    return item


def _check_days(day: date, start: int, last: date, end: int, *, now: datetime) -> None:
    if last == day:
        check_time(day, Span(start, end), now=now)
        return
    if not timedelta() < last - day <= LONGEST_LOAN:
        words = f"返す日は借りる日から{LONGEST_LOAN.days}日までの日にしてください"
        raise RuleBroken(f"{words}。", {"last_day": words})
    if not 0 <= start < DAY or not 0 < end <= DAY:
        words = "時刻は 0:00〜24:00 で入れてください（例 8:30）"
        raise RuleBroken(f"{words}。", {"end": words})
    check_time(day, Span(start, DAY), now=now)
    check_time(last, Span(0, end), now=now)


def _free(item: LoanItem, held: list[LoanBooking], span: Span, now: datetime) -> int:
    minute = loan_queries.scale_now(now)
    kept = [kept_until(lines.scale_of(row), LoanState(row.state), minute) for row in held]
    return free_of(item.quantity, kept, span)


def _none_left(
    item: LoanItem, day: date, last: date, span: Span, staff_id: int, now: datetime
) -> str:
    """What is free of the same kind instead."""
    others = [
        other.name
        for other, free in loan_queries.free_items(staff_id, day, last, span, now=now)
        if free and other.kind == item.kind and other.id != item.id
    ]
    words = f"{item.name} はこの時間にはもう空いていません。"
    if others:
        return f"{words}同じ種別の「{'」「'.join(others[:3])}」は空いています。"
    return f"{words}時間か日を変えてください。"


def told(item: LoanItem, *, counted_before: bool = False) -> None:
    """What caps telework is worked out anew; pages that show the item read it again."""
    if item.needed_at_home or counted_before:
        facts.restamp(lines.STAMP)
        outbox.touch(lines.TOPIC, item.id)
    outbox.touch(loan_queries.TOPIC, item.id)


# --- the telephone --------------------------------------------------------------------------


def source_of(row: LoanBooking) -> str:
    return f"loan:{row.id}"


def put_telephone(row: LoanBooking, item: LoanItem) -> None:
    if not item.telephone or not item.reach:
        return
    for day in calendar.days(row.day, row.last_day):
        part = part_of(lines.scale_of(row), day)
        if part is not None:
            telephone = Telephone(part.start, part.end, item.telephone, item.reach)
            plans.put_reach(row.staff_id, day, [telephone], source=source_of(row))


def take_telephone(row: LoanBooking) -> None:
    for day in calendar.days(row.day, row.last_day):
        plans.put_reach(row.staff_id, day, [], source=source_of(row))


# --- acts -----------------------------------------------------------------------------------


def cancel_item(booking_id: int, *, actor: Actor, now: datetime) -> LoanBooking:
    """By the person or a colleague of the 係, or who keeps the item; before it is handed over."""
    row, item = _booking(booking_id, actor, now)
    _move(row, LoanAct.CANCEL, now)
    take_telephone(row)
    told(item)
    if actor.staff_id != row.staff_id:
        audit.record(
            actor, "loan.cancel", staff_id=row.staff_id, detail={"item": item.number}, now=now
        )
    return row


def restore_item(booking_id: int, *, actor: Actor, now: datetime) -> LoanBooking:
    """元に戻す after a cancelling, if one is still free."""
    row, item = _booking(booking_id, actor, now)
    state = LoanState(row.state)
    if state is not LoanState.CANCELLED or row.ended_at is None or now - row.ended_at > UNDO:
        raise Conflict("もう元に戻せません。もう一度予約してください。")
    held = lines.loans_over(row.day, row.last_day, [row.item_id])
    if not _free(item, held, lines.scale_of(row), now):
        raise Conflict(f"{item.name} はほかの人が先に予約しました。")
    row.state, row.ended_at = LoanState.BOOKED.value, None
    put_telephone(row, item)
    told(item)
    return row


def hand_over(booking_id: int, *, actor: Actor, now: datetime) -> LoanBooking:
    return _kept_by(booking_id, LoanAct.HAND_OVER, actor, now)


def take_back(booking_id: int, *, actor: Actor, now: datetime) -> LoanBooking:
    """Brought back: free from now on, also before the time is over; the telephone is no longer at hand."""
    row = _kept_by(booking_id, LoanAct.TAKE_BACK, actor, now)
    take_telephone(row)
    return row


def _kept_by(booking_id: int, act: LoanAct, actor: Actor, now: datetime) -> LoanBooking:
    row, item = _booking(booking_id, actor, now)
    access.require_keeper(actor, item)
    _move(row, act, now)
    told(item)
    audit.record(
        actor, f"loan.{act.value}", staff_id=row.staff_id, detail={"item": item.number}, now=now
    )
    return row


def _move(row: LoanBooking, act: LoanAct, now: datetime) -> None:
    state = next_loan_state(LoanState(row.state), act)
    if state is None:
        raise Conflict("ほかの人が先に操作しました。いまの状態を確かめてください。")
    row.state = state.value
    row.ended_at = None if state is LoanState.OUT else now


def _booking(booking_id: int, actor: Actor, now: datetime) -> tuple[LoanBooking, LoanItem]:
    """With its item locked. NotFound also for what is not this person's business."""
    row = db.session.get(LoanBooking, booking_id)
    if row is None:
        raise NotFound(NO_BOOKING)
    hold(item_ids=[row.item_id])
    db.session.refresh(row)
    item = db.session.get_one(LoanItem, row.item_id)
    if not access.keeps(actor, item.unit_id, org.current_tree()):
        try:
            access.book_for(actor, row.staff_id, now=now)
        except NotAllowed as refused:
            raise NotFound(NO_BOOKING) from refused
    return row, item


def release_loans_of_request(request_id: int, *, now: datetime) -> int:
    """A request was refused or withdrawn: what was not handed over is free again; returns how many."""
    query = select(LoanBooking).where(
        LoanBooking.request_id == request_id, LoanBooking.state == LoanState.BOOKED.value
    )
    rows = list(db.session.scalars(query.order_by(LoanBooking.id)))
    hold(item_ids=[row.item_id for row in rows])
    for row in rows:
        row.state, row.ended_at = LoanState.RELEASED.value, now
        take_telephone(row)
        told(db.session.get_one(LoanItem, row.item_id))
    return len(rows)
