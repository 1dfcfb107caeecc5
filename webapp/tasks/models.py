"""担当業務の見える化シート: the work of a unit, what of it can be done away from the office, who can answer for it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.db import Base, UtcDateTime


class Task(Base):
    """One line of the sheet (松本: 業務名, 処理の内容, 処理の時期, テレワークの可否, 説明).

    telework: yes | partly | no. personal_data: not at home, but at a site with the same protection.
    revision rises with every change: who saves over an older one gets 409.
    """

    __tablename__ = "task"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    process: Mapped[str] = mapped_column(String(400), default="")
    timing: Mapped[str] = mapped_column(String(100), default="")
    telework: Mapped[str] = mapped_column(String(8), default="yes")
    remark: Mapped[str] = mapped_column(String(400), default="")
    personal_data: Mapped[bool] = mapped_column(default=False)
    sort_order: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[int | None]
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    people: Mapped[list["TaskPerson"]] = relationship(
        cascade="all, delete-orphan", order_by="TaskPerson.role, TaskPerson.sort_order"
    )


class TaskPerson(Base):
    """role: main 主担 | sub 副担."""

    __tablename__ = "task_person"
    task_id: Mapped[int] = mapped_column(
        ForeignKey("task.id", ondelete="CASCADE"), primary_key=True
    )
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(4))
    sort_order: Mapped[int] = mapped_column(default=0)
