"""The planned day: stretches of a person's time as other systems, requests or the person foresee them."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Base


class PlannedSegment(Base):
    """時間帯. The kind of leave is never stored. Minutes count from local midnight of `day`."""

    __tablename__ = "planned_segment"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    kind: Mapped[str] = mapped_column(
        String(10)
    )  # office home satellite mobile trip leave meeting disaster
    site: Mapped[str | None] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(40), default="manual")

    __table_args__ = (Index("ix_planned_segment_day", "day", "staff_id"),)
