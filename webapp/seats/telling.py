"""お知らせ about seats and loans. Inside a transaction."""

from collections.abc import Iterable
from datetime import datetime

from webapp.core.pages import month_day
from webapp.notices import service as notices
from webapp.org import queries as org
from webapp.seats import queries
from webapp.seats.models import LoanBooking, LoanItem, SeatBooking
from webapp.seats.page import span_words


def _tell(staff_id: int, text: str, link: str, kind: str, now: datetime) -> None:
    """Who is posted nowhere any more is not told."""
    postings = org.postings_today(staff_id, now=now)
    if postings:
        notices.notify(
            [staff_id], unit_id=postings[0].unit_id, kind=kind, text=text, link=link, now=now
        )


def _seats(rows: Iterable[SeatBooking], words: str, now: datetime) -> None:
    kept = list(rows)
    seats = queries.seats_by_id({row.seat_id for row in kept})
    for row in kept:
        seat = seats[row.seat_id]
        when = f"{month_day(row.day)} {span_words(row.start_minute, row.end_minute)}"
        text = f"{when} {seat.site.name} {seat.name}: {words}"
        _tell(row.staff_id, text, f"/seats?day={row.day.isoformat()}", "seat", now)


def seats_released(rows: Iterable[SeatBooking], *, now: datetime) -> None:
    _seats(rows, "始業の報告がなかったため、席を空けました。使うときは予約し直してください。", now)


def seats_closed(rows: Iterable[SeatBooking], *, now: datetime) -> None:
    _seats(rows, "席が使えなくなりました。ほかの席を予約してください。", now)


def loans_closed(rows: Iterable[LoanBooking], item: LoanItem, *, now: datetime) -> None:
    for row in rows:
        text = f"{month_day(row.day)} {item.name}: 貸出をやめました。ほかのものを予約してください。"
        _tell(row.staff_id, text, f"/loans?day={row.day.isoformat()}", "loan", now)
