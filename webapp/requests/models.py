"""テレワーク申出書兼報告書: one record a person and day, from 申出 over 承認 to 報告. Minutes from local midnight."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.db import Base, UtcDateTime


class TeleworkRequest(Base):
    """One day. Days filed together share `filing`; each is approved, returned and reported by itself.

    state: waiting 承認待ち, proposed (another time is proposed to the person), asked (打診中), approved 承認,
    refused 不承認, returned 差し戻し, withdrawn 取下げ, replaced 変更済 (a change of it was approved).
    Who may approve is not stored: it follows the person's posting of the moment (人事異動), see approvers.py.
    revision rises with every change: who decides on an older one gets 409 and the fresh record.
    """

    __tablename__ = "telework_request"
    id: Mapped[int] = mapped_column(primary_key=True)
    filing: Mapped[str] = mapped_column(String(36), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))  # of the posting when filed
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    revision: Mapped[int] = mapped_column(default=1)

    # 申出
    filed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    filed_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    day: Mapped[date]
    extent: Mapped[str] = mapped_column(String(5))  # whole am pm hours
    start_minute: Mapped[int]  # of the telework
    end_minute: Mapped[int]
    place: Mapped[str] = mapped_column(String(10))  # home satellite mobile
    place_kind: Mapped[str] = mapped_column(
        String(10), default="own"
    )  # of home: own parents hospital other; never an address
    site: Mapped[str | None] = mapped_column(String(60))
    hours_start: Mapped[int | None]  # 勤務時間の割振り; None = the ordinary hours
    hours_end: Mapped[int | None]
    break_start: Mapped[int | None]
    break_end: Mapped[int | None]
    work: Mapped[str] = mapped_column(
        String(500), default=""
    )  # 業務内容（何をどこまで）, one a line
    task_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    contact: Mapped[str] = mapped_column(String(60), default="")
    device: Mapped[str] = mapped_column(String(10), default="")  # own_seat loan private
    carries: Mapped[bool] = mapped_column(default=False)
    carried: Mapped[str] = mapped_column(String(200), default="")
    personal_data: Mapped[bool] = mapped_column(default=False)
    confirmer_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # 在席確認者
    travel_order: Mapped[bool | None]
    remote_ready: Mapped[bool | None]
    more: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # fields of one's own
    late: Mapped[bool] = mapped_column(default=False)  # after the deadline
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # when filed
    oral_by: Mapped[int | None]  # 口頭で承認済: by whom, when
    oral_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    # 承認
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_as: Mapped[str] = mapped_column(
        String(10), default=""
    )  # chief deputy parent final oral order
    decider: Mapped[str] = mapped_column(String(160), default="")  # 職氏名 at that time
    condition: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")  # of 差し戻し, 不承認, 不足のまま
    short_minutes: Mapped[int | None]  # shortage it brought, as seen when approved
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # 後閲
    reviewed_by: Mapped[int | None]
    proposal: Mapped[dict[str, Any] | None] = mapped_column(
        JSON
    )  # another time: start, end, by, at
    changes_id: Mapped[int | None] = mapped_column(
        ForeignKey("telework_request.id")
    )  # change after approval: replaces that one when approved

    # 報告: times come from the reports, what was done from the evening note, 確認 from the confirmation
    overtime_ordered: Mapped[bool | None]
    returned_items: Mapped[bool | None]
    report_note: Mapped[str] = mapped_column(String(200), default="")
    steps: Mapped[list["RequestStep"]] = relationship(
        cascade="all, delete-orphan", order_by="RequestStep.id"
    )

    __table_args__ = (
        Index("ix_telework_request_staff_day", "staff_id", "day"),
        Index("ix_telework_request_state", "state", "day"),
        Index("ix_telework_request_confirmer", "confirmer_id", "day"),
    )


class RequestStep(Base):
    """what: filed changed approved refused returned withdrawn proposed declined taken asked swapped nobody undone oral
    order replaced reviewed; superseded (ended by 一括指示), recalled (that taken back)."""

    __tablename__ = "request_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(
        ForeignKey("telework_request.id", ondelete="CASCADE"), index=True
    )
    what: Mapped[str] = mapped_column(String(10))
    by_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(200), default="")
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # to take it back


class RequestSwap(Base):
    """打診: the exchange of a duty that makes way for a request. When it is done the request may be approved."""

    __tablename__ = "request_swap"
    request_id: Mapped[int] = mapped_column(
        ForeignKey("telework_request.id", ondelete="CASCADE"), primary_key=True
    )
    swap_id: Mapped[int] = mapped_column(
        ForeignKey("swap.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    asked_by: Mapped[int]  # in whose name the request is approved then
    asked_as: Mapped[str] = mapped_column(String(10))


class RequestPreset(Base):
    """What a person files again and again, for three taps."""

    __tablename__ = "request_preset"
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)
