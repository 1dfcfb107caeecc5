"""What people say of themselves right now. Only what is in force is kept: no history of a person's states."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Base, UtcDateTime


class StatusClaim(Base):
    """A self-set (or proxy) state. Several of one person = the latest, and those it displaced for a while."""

    __tablename__ = "status_claim"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    source: Mapped[str] = mapped_column(String(10))  # manual | proxy
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(String(200), default="")
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    set_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))


class StatusUndo(Base):
    """The claims as they were before the latest change, for ten seconds."""

    __tablename__ = "status_undo"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    claims: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class Connection(Base):
    """Whether a person's browser is connected; `lost_at` runs the grace after the last socket is gone."""

    __tablename__ = "connection"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    connected: Mapped[bool] = mapped_column(default=False)
    lost_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    # Who is in the grace, asked every second: among those who left long ago they are few.
    __table_args__ = (
        Index(
            "ix_connection_in_grace",
            "lost_at",
            sqlite_where=text("connected IS 1"),
            postgresql_where=text("connected IS true"),
        ),
    )


class ConnectionLease(Base):
    """One server process holds sockets of this person. No foreign key to the process: whoever buries it reads these
    first."""

    __tablename__ = "connection_lease"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    process_id: Mapped[str] = mapped_column(String(16), primary_key=True, index=True)
    sockets: Mapped[int] = mapped_column(default=1)
