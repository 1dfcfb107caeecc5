"""Shortages as they were seen, and calls for help at the counter. Coverage itself is derived, never stored."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Base, UtcDateTime


class Shortage(Base):
    """One stretch of time in which a position has fewer than it needs; kept for the figures of 不足.

    ends_at moves while it lasts; over_at = seen to be over (or never came). Instants are of the shortage,
    seen_at and alerted_at of the server's clock.
    """

    __tablename__ = "shortage"
    id: Mapped[int] = mapped_column(primary_key=True)
    position_id: Mapped[int] = mapped_column(ForeignKey("position.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    day: Mapped[date]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    missing: Mapped[int]
    level: Mapped[str] = mapped_column(String(6))  # ahead now long
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    alerted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    alerted_level: Mapped[str] = mapped_column(String(6), default="")
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # 対応中
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_shortage_open", "over_at", "unit_id"),
        Index("ix_shortage_day", "day", "unit_id"),
    )


class HelpCall(Base):
    """窓口応援: "the counter is crowded". The first to accept is on it; closed_at also when called off."""

    __tablename__ = "help_call"
    id: Mapped[int] = mapped_column(primary_key=True)
    position_id: Mapped[int] = mapped_column(ForeignKey("position.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    minutes: Mapped[int] = mapped_column(default=30)
    accepted_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    duty_id: Mapped[int | None] = mapped_column(ForeignKey("duty.id", ondelete="SET NULL"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_help_call_open", "closed_at", "unit_id"),)


class HelpAsk(Base):
    """One person asked."""

    __tablename__ = "help_ask"
    call_id: Mapped[int] = mapped_column(
        ForeignKey("help_call.id", ondelete="CASCADE"), primary_key=True
    )
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    declined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
