"""Reports of start and end, and their corrections. Nothing is overwritten; a report taken back stays, marked."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Base, UtcDateTime


class Punch(Base):
    __tablename__ = "punch"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    business_on: Mapped[date]
    kind: Mapped[str] = mapped_column(String(10))  # start | end | break_out | break_in | place
    place: Mapped[str | None] = mapped_column(String(10))
    site: Mapped[str | None] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    return_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # 戻り予定 of a 中抜け
    source: Mapped[str] = mapped_column(
        String(40)
    )  # web | api | proxy | correction | 取込元 of a file
    channel: Mapped[str | None] = mapped_column(
        String(12)
    )  # phone | in_person | mail: how a report on behalf came
    note: Mapped[str] = mapped_column(String(200), default="")
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    idempotency_key: Mapped[str | None] = mapped_column(String(120))
    flag: Mapped[str | None] = mapped_column(String(20))  # an odd order, e.g. "no_start"
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    imported: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_punch_staff_day", "staff_id", "business_on"),
        Index("ix_punch_day", "business_on"),
    )


class ImportedPunch(Base):
    """Every row ever accepted from a card reader or 庶務事務: the same row again is no new report."""

    __tablename__ = "imported_punch"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(40))
    punch_id: Mapped[int | None] = mapped_column(ForeignKey("punch.id"))

    __table_args__ = (UniqueConstraint("staff_id", "at", "kind", "source"),)


class IdempotencyKey(Base):
    """The first answer to a key, for seven days."""

    __tablename__ = "idempotency_key"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Correction(Base):
    """A wish to change the record: old, new, reason, and who decided. Applying one adds a punch and voids the old."""

    __tablename__ = "correction"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    business_on: Mapped[date]
    punch_id: Mapped[int | None] = mapped_column(ForeignKey("punch.id"))
    kind: Mapped[str] = mapped_column(String(10))
    old_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    new_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None = strike the old one
    place: Mapped[str | None] = mapped_column(String(10))
    site: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(20))  # forgot | trip | exempt | late_sync | other
    note: Mapped[str] = mapped_column(String(200), default="")
    asked_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision: Mapped[str | None] = mapped_column(
        String(10)
    )  # approved | refused | withdrawn; None = pending
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_note: Mapped[str] = mapped_column(String(200), default="")
    applied_punch_id: Mapped[int | None] = mapped_column(ForeignKey("punch.id"))


class DayConfirmation(Base):
    """在席確認者, 係長 or 所属長 has confirmed the reports of a person's day."""

    __tablename__ = "day_confirmation"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    business_on: Mapped[date] = mapped_column(primary_key=True)
    confirmed_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
