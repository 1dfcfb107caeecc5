"""お知らせ to people, and webhooks to other systems."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Base, UtcDateTime


class Notice(Base):
    """What somebody has to be told: of duties, requests, seats, an emergency. Gone when read.

    kind: fixed changed swap order request seat emergency question …; it decides icon and group, nothing else.
    """

    __tablename__ = "notice"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(300))
    link: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_notice_staff_id", "staff_id"),
        Index("ix_notice_link", "link"),  # what is over is settled for everybody by its link
    )


class NoticeChoice(Base):
    """How one person wants to be told. quiet: also within working time nothing pops up."""

    __tablename__ = "notice_choice"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    pop_up: Mapped[bool] = mapped_column(default=True)
    outside_hours: Mapped[bool] = mapped_column(default=False)
    muted: Mapped[list[str]] = mapped_column(JSON, default=list)  # kinds


class Webhook(Base):
    """An address that hears that something happened, never what. unit_id None = the whole town hall.

    events: memo, request, shortage, emergency, rota. failures: in a row; switched off after too many. base: the
    address under which its maker reaches this site, without the last slash; links of the deliveries begin with it.
    """

    __tablename__ = "webhook"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    url: Mapped[str] = mapped_column(String(500))
    secret: Mapped[str] = mapped_column(String(100))
    base: Mapped[str] = mapped_column(String(200), default="")
    events: Mapped[list[str]] = mapped_column(JSON, default=list)
    form: Mapped[str] = mapped_column(String(10), default="json")  # json | text
    active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=1)


class WebhookDelivery(Base):
    """One event for one webhook. state: waiting, sent, failed (given up)."""

    __tablename__ = "webhook_delivery"
    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40), unique=True)  # sent along: repeats are the same
    event: Mapped[str] = mapped_column(String(20))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[int | None]
    fault: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_webhook_delivery_state", "state", "next_at"),
        Index("ix_webhook_delivery_webhook", "webhook_id", "id"),
    )
