"""What seats and loans keep of a person, for their own page."""

from typing import Any

from sqlalchemy import select

from webapp.accounts import owndata
from webapp.core.db import db
from webapp.core.pages import day_and_time
from webapp.seats import loan_queries, queries
from webapp.seats.loan_page import words_of
from webapp.seats.models import LoanBooking, SeatBooking
from webapp.seats.page import span_words

_SEAT = {"booked": "予約", "used": "使用", "released": "報告がなく解放", "cancelled": "取消"}
_LOAN = {
    "booked": "予約",
    "out": "貸出中",
    "returned": "返却済",
    "cancelled": "取消",
    "released": "申請の取下げ等で解放",
}


def seats(staff_id: int) -> list[dict[str, Any] | str]:
    query = select(SeatBooking).filter_by(staff_id=staff_id)
    rows = list(db.session.scalars(query.order_by(SeatBooking.day, SeatBooking.id)))
    known = queries.seats_by_id({row.seat_id for row in rows})
    usual = queries.usual_seat(staff_id)
    found: list[dict[str, Any] | str] = [
        {
            "日付": row.day.isoformat(),
            "時間": span_words(row.start_minute, row.end_minute),
            "席": f"{known[row.seat_id].site.name} {known[row.seat_id].name}",
            "状態": _SEAT.get(row.state, row.state),
            "予約した日時": day_and_time(row.made_at),
        }
        for row in rows
    ]
    return [*found, f"いつもの席: {usual.site.name} {usual.name}"] if usual else found


def loans(staff_id: int) -> list[dict[str, Any] | str]:
    query = select(LoanBooking).filter_by(staff_id=staff_id)
    rows = list(db.session.scalars(query.order_by(LoanBooking.day, LoanBooking.id)))
    items = loan_queries.items_by_id({row.item_id for row in rows})
    return [
        {
            "期間": words_of(row),
            "物品": f"{items[row.item_id].number} {items[row.item_id].name}",
            "状態": _LOAN.get(row.state, row.state),
            "予約した日時": day_and_time(row.made_at),
        }
        for row in rows
    ]


owndata.register("席の予約", seats)
owndata.register("貸出", loans)
