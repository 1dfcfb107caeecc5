"""朝の予定 and 夕の実績: one note a person, day and half."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Base, UtcDateTime


class StandupNote(Base):
    __tablename__ = "standup_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    business_on: Mapped[date]
    half: Mapped[str] = mapped_column(String(8))  # morning | evening
    lines: Mapped[list[str]] = mapped_column(JSON, default=list)
    carried_over: Mapped[list[str]] = mapped_column(JSON, default=list)
    links: Mapped[list[str]] = mapped_column(JSON, default=list)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("staff_id", "business_on", "half"),)
