"""取次メモ and 質問箱. Texts and numbers of memos are erased some time after 完了; the counts stay."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.db import Base, UtcDateTime


class PhoneMemo(Base):
    """state: open 未対応 → called 連絡済 → done 完了; void = taken back before anybody read it.

    unit_id: the recipient's unit when written; counts for the burden stay with it. chip: its words, so that a change
    of the setting leaves what was written. called_at: first 連絡済 or 完了. revision rises with every change.
    """

    __tablename__ = "phone_memo"
    id: Mapped[int] = mapped_column(primary_key=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    by_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    caller: Mapped[str] = mapped_column(String(60), default="")  # 相手
    telephone: Mapped[str] = mapped_column(String(20), default="")
    chip: Mapped[str] = mapped_column(String(20), default="")  # 用件
    text: Mapped[str] = mapped_column(String(60), default="")
    wished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(8), default="open")
    revision: Mapped[int] = mapped_column(default=1)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    called_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    called_by: Mapped[int | None]
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by: Mapped[int | None]
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    steps: Mapped[list["MemoStep"]] = relationship(
        cascade="all, delete-orphan", order_by="MemoStep.id"
    )

    __table_args__ = (
        Index("ix_phone_memo_to_state", "to_id", "state"),
        Index("ix_phone_memo_unit_made", "unit_id", "made_at"),
        Index("ix_phone_memo_by", "by_id", "made_at"),
    )


class MemoStep(Base):
    """what: made, seen, open, called, done, moved, offered (to others). to_id: who has it from here on."""

    __tablename__ = "memo_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    memo_id: Mapped[int] = mapped_column(ForeignKey("phone_memo.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(10))
    to_id: Mapped[int | None]
    by_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_memo_step_memo", "memo_id"),)


class Question(Base):
    """質問箱: asked of a unit. state: open → answered → resolved.

    told: who heard of it at once, being 連絡可能; told_all_at: when the others were told, as nobody had answered.
    """

    __tablename__ = "question"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(8), default="open")
    revision: Mapped[int] = mapped_column(default=1)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_by: Mapped[int | None]
    told: Mapped[list[int]] = mapped_column(JSON, default=list)
    told_all_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answers: Mapped[list["Answer"]] = relationship(
        cascade="all, delete-orphan", order_by="Answer.id"
    )

    __table_args__ = (Index("ix_question_unit_state", "unit_id", "state"),)


class Answer(Base):
    __tablename__ = "answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(
        ForeignKey("question.id", ondelete="CASCADE"), index=True
    )
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    text: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
