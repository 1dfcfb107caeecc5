"""Organisation as dated facts: what an export says is in force from a day on; the past is never rewritten.

`known_from` is the 公表日時 of the import that brought a row; before it only 人事担当 and 管理者 see the row.
`closed_on` is the last day in force as a later import decided; `closed_known_from` is when that may be known.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.db import Base, UtcDateTime


class OrgImport(Base):
    """One units or staff file taken in; `publish_at` absent = known at once."""

    __tablename__ = "org_import"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    effective_on: Mapped[date]
    publish_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None]
    file_name: Mapped[str] = mapped_column(String(200), default="")
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportDraft(Base):
    """A file between its preview and its taking in; in the database, so that any process can go on."""

    __tablename__ = "import_draft"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    file_name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes]
    effective_on: Mapped[date | None]
    publish_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    part: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None]


class Dated:
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    known_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_on: Mapped[date | None]
    closed_known_from: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Unit(Base):
    __tablename__ = "unit"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    terms: Mapped[list["UnitTerm"]] = relationship(
        back_populates="unit", foreign_keys="UnitTerm.unit_id"
    )


class UnitTerm(Dated, Base):
    __tablename__ = "unit_term"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    kana: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(20), default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    sort_order: Mapped[int] = mapped_column(default=0)
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("org_import.id"))
    closed_import_id: Mapped[int | None] = mapped_column(ForeignKey("org_import.id"))
    unit: Mapped[Unit] = relationship(back_populates="terms", foreign_keys=[unit_id])


class Staff(Base):
    """A person, once for ever; everything that can change with a posting lies on the posting."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    postings: Mapped[list["Posting"]] = relationship(back_populates="staff")


class Posting(Dated, Base):
    """One row of a staff file: a person in a unit, with what is true of the person there and then."""

    __tablename__ = "posting"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    kana: Mapped[str] = mapped_column(String(120), default="")
    title: Mapped[str] = mapped_column(String(60), default="")
    roles: Mapped[str] = mapped_column(String(120), default="member")
    employment: Mapped[str] = mapped_column(String(60), default="")
    pattern_name: Mapped[str] = mapped_column(String(60), default="")
    weekly_minutes: Mapped[int | None]
    email: Mapped[str] = mapped_column(String(200), default="")
    extension: Mapped[str] = mapped_column(String(20), default="")
    mobile: Mapped[str] = mapped_column(String(20), default="")
    reach: Mapped[str] = mapped_column(String(10), default="none")
    kind: Mapped[str] = mapped_column(String(12), default="main")
    telework: Mapped[bool | None]  # テレワーク対象; None = the rule decides
    import_id: Mapped[int | None] = mapped_column(ForeignKey("org_import.id"))
    closed_import_id: Mapped[int | None] = mapped_column(ForeignKey("org_import.id"))
    staff: Mapped[Staff] = relationship(back_populates="postings")
    unit: Mapped[Unit] = relationship()

    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        Index("ix_posting_unit_dates", "unit_id", "starts_on", "ends_on"),
    )


class WorkPattern(Base):
    """勤務時間の区分. Minutes count from local midnight."""

    __tablename__ = "work_pattern"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    days: Mapped[list["WorkPatternDay"]] = relationship(
        cascade="all, delete-orphan", order_by="WorkPatternDay.weekday"
    )


class WorkPatternDay(Base):
    __tablename__ = "work_pattern_day"
    id: Mapped[int] = mapped_column(primary_key=True)
    pattern_id: Mapped[int] = mapped_column(ForeignKey("work_pattern.id", ondelete="CASCADE"))
    weekday: Mapped[int]  # 0 = Monday
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    break_start: Mapped[int | None]
    break_end: Mapped[int | None]
    core_start: Mapped[int | None]
    core_end: Mapped[int | None]

    __table_args__ = (UniqueConstraint("pattern_id", "weekday"),)


class StaffHours(Base):
    """A person's own hours; they win over the pattern."""

    __tablename__ = "staff_hours"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    weekday: Mapped[int]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    break_start: Mapped[int | None]
    break_end: Mapped[int | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
