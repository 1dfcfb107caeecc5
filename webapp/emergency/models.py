"""緊急時: a unit (and all below it), or the city, works by other rules until it is closed with a record."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Base, UtcDateTime


class Emergency(Base):
    """Open while ended_at is None. While it is open caps of telework are lifted in its units.

    unit_id None = 全庁. revision rises with every change of name, text, question, reminders or end: who acts on an
    older one gets 409. record: what is kept of it once it is closed, without anybody's answer (see recording.py).
    """

    __tablename__ = "emergency"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    revision: Mapped[int] = mapped_column(default=1)
    name: Mapped[str] = mapped_column(String(60))  # 台風15号, 大雪 …
    text: Mapped[str] = mapped_column(String(300), default="")  # what everybody is told
    question: Mapped[bool] = mapped_column(default=False)  # 参集可・在宅・不可 is asked of all
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminders: Mapped[int] = mapped_column(default=0)
    remind_minutes: Mapped[int] = mapped_column(default=0)  # 0 = by hand only
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    began_by: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[int | None]
    record: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (Index("ix_emergency_ended", "ended_at", "unit_id"),)


class EmergencyAnswer(Base):
    """answer: come 参集可 (in about `minutes`), home 在宅で従事可, no 参集不可. No reason is asked.

    channel: self, phone (a colleague was told on the telephone), kiosk.
    """

    __tablename__ = "emergency_answer"
    emergency_id: Mapped[int] = mapped_column(
        ForeignKey("emergency.id", ondelete="CASCADE"), primary_key=True
    )
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    answer: Mapped[str] = mapped_column(String(4))
    minutes: Mapped[int | None]
    channel: Mapped[str] = mapped_column(String(5), default="self")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None]


class EmergencyAct(Base):
    """What was done under it, for the record and to take it back. kind: ask remind deploy recall order reduce close
    reopen print."""

    __tablename__ = "emergency_act"
    id: Mapped[int] = mapped_column(primary_key=True)
    emergency_id: Mapped[int] = mapped_column(
        ForeignKey("emergency.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(10))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None]
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EmergencyCap(Base):
    """窓口縮小・臨時閉庁 of one position on one day, from start to end (minutes). need None = closed."""

    __tablename__ = "emergency_cap"
    id: Mapped[int] = mapped_column(primary_key=True)
    act_id: Mapped[int] = mapped_column(
        ForeignKey("emergency_act.id", ondelete="CASCADE"), index=True
    )
    position_id: Mapped[int] = mapped_column(ForeignKey("position.id", ondelete="CASCADE"))
    day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    need: Mapped[int | None]

    __table_args__ = (Index("ix_emergency_cap_day", "day", "position_id"),)
