"""当番表: drafts, their history, runs of the solver, templates, swaps, calendar feeds."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.db import Base, UtcDateTime


class Rota(Base):
    """The draft (案) of a unit for the seven days from `first_on`, a Monday. What is fixed is in `duty`.

    revision rises with every change: who saves over an older one gets 409. kind: week (コマ), day (日直),
    team (2〜3交代制).
    """

    __tablename__ = "rota"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    first_on: Mapped[date]
    kind: Mapped[str] = mapped_column(String(6), default="week")
    revision: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[int | None]
    fixed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # last 確定
    fixed_by: Mapped[int | None]
    fixed_revision: Mapped[int] = mapped_column(default=0)
    breaks: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    cells: Mapped[list["RotaCell"]] = relationship(cascade="all, delete-orphan")

    __table_args__ = (UniqueConstraint("unit_id", "first_on", "kind"),)


class RotaCell(Base):
    """One assignment of a draft. Minutes from local midnight."""

    __tablename__ = "rota_cell"
    id: Mapped[int] = mapped_column(primary_key=True)
    rota_id: Mapped[int] = mapped_column(ForeignKey("rota.id", ondelete="CASCADE"), index=True)
    position_id: Mapped[int] = mapped_column(ForeignKey("position.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    pinned: Mapped[bool] = mapped_column(default=False)


class RotaStep(Base):
    """One step of the history: the draft after it. what: edit, solve, copy, template, undo, fix, swap, org."""

    __tablename__ = "rota_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    rota_id: Mapped[int] = mapped_column(ForeignKey("rota.id", ondelete="CASCADE"))
    revision: Mapped[int]
    what: Mapped[str] = mapped_column(String(10))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    cells: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None]

    __table_args__ = (UniqueConstraint("rota_id", "revision"),)


class RotaRun(Base):
    """One run of the solver, in a process of its own. state: running, done, cancelled, failed, taken."""

    __tablename__ = "rota_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    rota_id: Mapped[int] = mapped_column(ForeignKey("rota.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    state: Mapped[str] = mapped_column(String(10))
    from_revision: Mapped[int]
    pid: Mapped[int | None]
    problem: Mapped[dict[str, Any]] = mapped_column(JSON)
    progress: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    plan: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    message: Mapped[str] = mapped_column(String(300), default="")
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)  # last sign of life
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_by: Mapped[int]


class RotaTemplate(Base):
    """A week to be laid down again (A週, B週). cells: position, staff, weekday, start, end."""

    __tablename__ = "rota_template"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    cells: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None]

    __table_args__ = (UniqueConstraint("unit_id", "name"),)


class Swap(Base):
    """交代 of a fixed duty, or of part of one. kind: give, trade, order (by the chief, with reason).

    state: offered → accepted → done; or refused, withdrawn, expired. The duty's own words are copied: it may be
    gone when somebody reads this.
    """

    __tablename__ = "swap"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    kind: Mapped[str] = mapped_column(String(6))
    state: Mapped[str] = mapped_column(String(10))
    duty_id: Mapped[int | None] = mapped_column(ForeignKey("duty.id", ondelete="SET NULL"))
    position_id: Mapped[int] = mapped_column(ForeignKey("position.id"))
    day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    from_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    to_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # who took it
    return_duty_id: Mapped[int | None] = mapped_column(
        ForeignKey("duty.id", ondelete="SET NULL")
    )  # trade: what is taken in exchange
    reason: Mapped[str] = mapped_column(String(200), default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[int]
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None]
    automatic: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_swap_state", "state", "unit_id"),)


class SwapOffer(Base):
    """One person who could take it, and their answer."""

    __tablename__ = "swap_offer"
    swap_id: Mapped[int] = mapped_column(
        ForeignKey("swap.id", ondelete="CASCADE"), primary_key=True
    )
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    answer: Mapped[str] = mapped_column(String(10), default="")  # "" accepted declined
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CalendarFeed(Base):
    """The address of one person's duties.ics; only the hash of its secret is kept."""

    __tablename__ = "calendar_feed"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
