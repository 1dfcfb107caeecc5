"""The planned day: stretches of a person's time as other systems, requests or the person foresee them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Base, UtcDateTime


class PlannedSegment(Base):
    """時間帯. The kind of leave is never stored. Minutes count from local midnight of `day`.

    source: what said so, replaced as a whole a person and day (the 取込元 of a file, "request:17", "manual" …).
    origin: the sort of source, which decides between contradicting ones (rules.Origin).
    """

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
    origin: Mapped[str] = mapped_column(String(10), default="manual", server_default="manual")

    __table_args__ = (Index("ix_planned_segment_day", "day", "staff_id"),)


class PlannedHours(Base):
    """勤務時間の割振り of one day, as approved: these instead of the pattern's. Minutes from local midnight."""

    __tablename__ = "planned_hours"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    break_start: Mapped[int | None]
    break_end: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(40))

    __table_args__ = (Index("ix_planned_hours_day", "day", "staff_id"),)


class PlannedReach(Base):
    """A telephone at hand for a stretch of a day (a booked 公用携帯): its number, and whether calls can be put through.

    Away from the office it stands for the person's own 着信区分.
    """

    __tablename__ = "planned_reach"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    number: Mapped[str] = mapped_column(String(20))
    reach: Mapped[str] = mapped_column(String(10))  # transfer | callback | none
    source: Mapped[str] = mapped_column(String(40))

    __table_args__ = (Index("ix_planned_reach_day", "day", "staff_id"),)


class WeeklyPlan(Base):
    """One stretch of a person's weekly pattern of places. every: 1 = each week, 2 = every other, counted from
    the week of `starts_on`."""

    __tablename__ = "weekly_plan"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    weekday: Mapped[int]  # 0 = Monday
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))  # office home satellite mobile trip
    site: Mapped[str | None] = mapped_column(String(60))
    every: Mapped[int] = mapped_column(default=1)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None]


class DayEvent(Base):
    """A day on which nobody of the unit (and below) is 未報告: 辞令交付, 研修. unit_id None = everybody."""

    __tablename__ = "day_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    day: Mapped[date] = mapped_column(index=True)
    start_minute: Mapped[int | None]  # None = the whole day; else what the page says of it
    end_minute: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None]


class CalendarSource(Base):
    """The address of one person's calendar on the local network, read now and then."""

    __tablename__ = "calendar_source"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    etag: Mapped[str] = mapped_column(String(200), default="")
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    fault: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CalendarDraft(Base):
    """An iCal file between its preview and its taking in. Holds times and kinds only, never titles."""

    __tablename__ = "calendar_draft"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    file_name: Mapped[str] = mapped_column(String(200))
    entries: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None]

    __table_args__ = (UniqueConstraint("staff_id", "id"),)
