"""Tables that belong to no feature: settings, closures, the audit trail, facts about this database."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Base, UtcDateTime


class StoredSetting(Base):
    """A value that differs from the default, for the municipality (unit_code "") or one unit and those below."""

    __tablename__ = "setting"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    unit_code: Mapped[str] = mapped_column(String(32), default="")
    value: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[int | None]

    __table_args__ = (UniqueConstraint("key", "unit_code"),)


class Closure(Base):
    """A day (or part of one) on which a site is closed beyond weekends, holidays and 12/29–1/3; site "" = all."""

    __tablename__ = "closure"
    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(60), default="")
    day: Mapped[date] = mapped_column(index=True)
    start_minute: Mapped[int | None]
    end_minute: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(100), default="")

    __table_args__ = (UniqueConstraint("site", "day", "start_minute"),)


class AuditEntry(Base):
    """Who did what to whom on whose behalf. `visible_at` hides what concerns an unpublished reorganisation."""

    __tablename__ = "audit_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(String(80), default="")
    action: Mapped[str] = mapped_column(String(40), index=True)
    staff_id: Mapped[int | None] = mapped_column(index=True)
    unit_code: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    visible_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DatabaseFact(Base):
    """What is true of this database as a whole: its epoch, that it is a demonstration, the demonstration's clock."""

    __tablename__ = "database_fact"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class JobTurn(Base):
    """When a periodic job last began, whichever process took the turn."""

    __tablename__ = "job_turn"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
