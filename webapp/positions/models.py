"""持ち場 and what each needs: positions, opening hours, demand, day locks; and who can do what."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.db import Base, UtcDateTime


class Position(Base):
    """持ち場 of a unit. Never deleted once somebody was on duty there: `ended_on` is the first day without it."""

    __tablename__ = "position"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))  # counter phone other
    staffed: Mapped[str] = mapped_column(String(10))  # duty anyone
    site: Mapped[str] = mapped_column(String(60), default="")  # "" = the unit's own office
    skills: Mapped[list[str]] = mapped_column(JSON, default=list)
    burden: Mapped[float] = mapped_column(default=1.0)
    contractor: Mapped[bool] = mapped_column(default=False)
    sort_order: Mapped[int] = mapped_column(default=0)
    ended_on: Mapped[date | None]
    feeds: Mapped[list["PositionFeed"]] = relationship(cascade="all, delete-orphan")
    bands: Mapped[list["DemandBand"]] = relationship(cascade="all, delete-orphan")


class PositionFeed(Base):
    """Another unit whose people (and those below it) can be put at the position."""

    __tablename__ = "position_feed"
    position_id: Mapped[int] = mapped_column(
        ForeignKey("position.id", ondelete="CASCADE"), primary_key=True
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)


class DayLock(Base):
    """A stretch of days on which more is needed: 議会会期, 申告期間. Its bands raise the ordinary ones."""

    __tablename__ = "day_lock"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    bands: Mapped[list["DemandBand"]] = relationship(cascade="all, delete-orphan")


class DemandBand(Base):
    """必要数 of one time band. Minutes from local midnight. weekdays: bit 0 = Monday; 0 where `day` is said."""

    __tablename__ = "demand_band"
    id: Mapped[int] = mapped_column(primary_key=True)
    position_id: Mapped[int] = mapped_column(
        ForeignKey("position.id", ondelete="CASCADE"), index=True
    )
    weekdays: Mapped[int] = mapped_column(default=0)
    day: Mapped[date | None]
    lock_id: Mapped[int | None] = mapped_column(ForeignKey("day_lock.id", ondelete="CASCADE"))
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    need: Mapped[int]
    ideal: Mapped[int]
    experienced: Mapped[int] = mapped_column(default=0)
    burden: Mapped[float] = mapped_column(default=1.0)


class OpeningHours(Base):
    """When counters are open or the telephone is answered; differs from working hours.

    applies_to: counter (positions of kind counter and other) or phone. start_minute None = closed.
    A row by date wins over those by weekday, and opens also a Sunday or a holiday.
    """

    __tablename__ = "opening_hours"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    applies_to: Mapped[str] = mapped_column(String(10), default="counter")
    site: Mapped[str] = mapped_column(String(60), default="")
    weekdays: Mapped[int] = mapped_column(default=0)
    day: Mapped[date | None]
    start_minute: Mapped[int | None]
    end_minute: Mapped[int | None]
    note: Mapped[str] = mapped_column(String(60), default="")


class StaffSkill(Base):
    __tablename__ = "staff_skill"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    skill: Mapped[str] = mapped_column(String(40), primary_key=True)


class DutyProfile(Base):
    """What limits a person's duty. No reason is stored: on screen it reads 「個別の設定」.

    experienced None = not said, counts as experienced. forbidden: ids of positions.
    """

    __tablename__ = "duty_profile"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    experienced: Mapped[bool | None]
    max_consecutive_minutes: Mapped[int | None]
    max_daily_minutes: Mapped[int | None]
    group: Mapped[str] = mapped_column(String(10), default="rotate")  # rotate dedicated exempt
    forbidden: Mapped[list[int]] = mapped_column(JSON, default=list)
    preferences: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # position id → weight
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ForbiddenPair(Base):
    """Two people never at one position at the same time; the smaller id first."""

    __tablename__ = "forbidden_pair"
    first_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    second_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
