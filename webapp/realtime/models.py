"""Versions: the one thing every process agrees on about what a board has shown."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Base, UtcDateTime


class RowVersion(Base):
    """(topic, id) → version. A row is rendered for the instant its version was made.

    due_at: when the clock alone will change the row next; None = nobody has looked yet.
    """

    __tablename__ = "row_version"
    topic: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(default=1)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_row_version_due", "topic", "due_at"),
        Index("ix_row_version_made", "made_at"),
    )


class ServerProcess(Base):
    """A running server. `beat` is counted up by itself alone; peers take one for dead whose count stands still.

    Counted, not timed: clocks of two machines differ, and a clock that is stepped would bury the living.
    place: host:port; a server that starts there replaces the one that was. seen_at is for people to read.
    """

    __tablename__ = "server_process"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    place: Mapped[str] = mapped_column(String(120), index=True)
    pid: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    beat: Mapped[int] = mapped_column(default=0)
    kept_out: Mapped[int] = mapped_column(default=0)  # how often a handshake found no room
