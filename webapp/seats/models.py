"""Satellite sites with their seats, and 貸出物品・回線; who has booked which. Minutes count from local midnight."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.db import Base, UtcDateTime


class Site(Base):
    """庁舎・サテライト with seats to book. open/close: None = all day."""

    __tablename__ = "site"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    telephone: Mapped[str] = mapped_column(String(20), default="")
    personal_data: Mapped[bool] = mapped_column(default=False)  # work with personal data allowed
    open_minute: Mapped[int | None]
    close_minute: Mapped[int | None]
    note: Mapped[str] = mapped_column(String(200), default="")
    near: Mapped[str] = mapped_column(
        String(200), default=""
    )  # names of the nearest sites, nearest first, separated by 、
    sort_order: Mapped[int] = mapped_column(default=0)
    closed_on: Mapped[date | None]  # no bookings from this day on
    seats: Mapped[list["Seat"]] = relationship(back_populates="site", order_by="Seat.sort_order")


class Seat(Base):
    __tablename__ = "seat"
    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    telephone: Mapped[str] = mapped_column(String(20), default="")
    computer: Mapped[bool] = mapped_column(default=False)
    monitor: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(100), default="")
    sort_order: Mapped[int] = mapped_column(default=0)
    closed_on: Mapped[date | None]
    site: Mapped[Site] = relationship(back_populates="seats")

    __table_args__ = (UniqueConstraint("site_id", "name"),)


class SeatBooking(Base):
    """state: booked, used (the person reported there), released (nobody came), cancelled.

    Who books locks the seat first and then looks for an overlap: of two at once the second is told.
    """

    __tablename__ = "seat_booking"
    id: Mapped[int] = mapped_column(primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="booked")
    request_id: Mapped[int | None] = mapped_column(index=True)  # of the request it came with
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_seat_booking_seat_day", "seat_id", "day"),
        Index("ix_seat_booking_staff_day", "staff_id", "day"),
    )


class UsualSeat(Base):
    """いつもの席: one tap books it."""

    __tablename__ = "usual_seat"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"))


class LoanItem(Base):
    """貸出物品・回線: one thing (quantity 1) or a counted pool. unit_id None = for the whole town hall.

    needed_at_home: nobody can telework without one of this kind, so its free number caps テレワーク可能.
    """

    __tablename__ = "loan_item"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)  # 物品番号
    kind: Mapped[str] = mapped_column(
        String(40)
    )  # 公用携帯, 端末, 回線 … as the town hall calls it
    name: Mapped[str] = mapped_column(String(80))
    telephone: Mapped[str] = mapped_column(String(20), default="")
    reach: Mapped[str] = mapped_column(String(10), default="")  # of a 公用携帯
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    quantity: Mapped[int] = mapped_column(default=1)
    needed_at_home: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(200), default="")
    closed_on: Mapped[date | None]


class LoanBooking(Base):
    """From start_minute of `day` to end_minute of `last_day` the thing stays with the person, also overnight.

    state: booked, out (handed over), returned, cancelled, released (its request was refused or withdrawn).
    """

    __tablename__ = "loan_booking"
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("loan_item.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    day: Mapped[date]
    last_day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="booked")
    request_id: Mapped[int | None] = mapped_column(index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_loan_booking_item_day", "item_id", "day"),
        Index("ix_loan_booking_staff_day", "staff_id", "day"),
    )
