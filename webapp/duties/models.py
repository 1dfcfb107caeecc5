"""当番 as fixed: who is at which position when. Drafts live in the rota; only what counts is here."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Base, UtcDateTime


class Duty(Base):
    """One person at one position for a stretch of one day. Minutes from local midnight.

    source: rota (fixed week), hand (put in on the day), swap, order (所属長の指示), help (窓口応援).
    """

    __tablename__ = "duty"
    id: Mapped[int] = mapped_column(primary_key=True)
    position_id: Mapped[int] = mapped_column(ForeignKey("position.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    source: Mapped[str] = mapped_column(String(10), default="rota")
    pinned: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_duty_day_staff", "day", "staff_id"),
        Index("ix_duty_position_day", "position_id", "day"),
    )


class DutyBreak(Base):
    """The break of somebody on lunch duty, moved for that day; wins over the pattern's."""

    __tablename__ = "duty_break"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    start_minute: Mapped[int]
    end_minute: Mapped[int]


class FixedDay(Base):
    """This unit's rota of this day is fixed (確定); a day without it falls back to 在席者で受ける."""

    __tablename__ = "fixed_day"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    day: Mapped[date]
    fixed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("unit_id", "day"),)
