"""What is asked of an import, and what its check found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from webapp.core import calendar
from webapp.core.csvfile import Column, Fault, Table, read_table
from webapp.core.refusals import RuleBroken
from webapp.extensions import off_loop
from webapp.org.import_difference import Change
from webapp.org.models import OrgImport

MOST_LEAVING = 1 / 3


@dataclass(frozen=True, slots=True)
class Order:
    """effective: as of when the file is the whole; absent = today. confirmed: many may leave."""

    kind: str
    file: str
    content: bytes
    effective: date | None = None
    publish_at: datetime | None = None
    part: bool = False
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What the write did beyond its rows. undo goes to the import's summary.

    of_org: False where nothing of the organisation changed: what is kept of it stays good.
    """

    staff_ids: set[int] = field(default_factory=set)
    undo: dict[str, Any] = field(default_factory=dict)
    of_org: bool = True


@dataclass(slots=True)
class Checked:
    """A check tells everything and changes nothing; `write` does it, inside a transaction."""

    order: Order
    effective: date
    publish_at: datetime | None  # None = known at once
    stamp: str
    encoding: str = ""
    rows: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    too_many_leave: str = ""
    # Of each thing named the units it belongs to: outside of the administration one must lead one of them.
    concerned: list[frozenset[int]] = field(default_factory=list)
    changes_something: bool = False
    write: Callable[[OrgImport], Written] = lambda _taken: Written()

    @property
    def may_write(self) -> bool:
        return not self.faults and not self.too_many_leave and self.changes_something


def begun(order: Order, *, today: date, now: datetime, stamp: str) -> Checked:
    """Raises RuleBroken where the days asked for do not fit."""
    effective = order.effective or today
    return Checked(order, effective, _publication(order, effective, today, now), stamp)


def _publication(order: Order, effective: date, today: date, now: datetime) -> datetime | None:
    begins = calendar.at(effective, time(0, 0))
    if order.publish_at is None:
        return begins if effective > today else None
    if order.publish_at > max(begins, now):
        # Postings in force that nobody may know of yet: the board of that day could not be right.
        message = f"公表日時は有効日（{effective}）の 0:00 までにしてください。"
        raise RuleBroken(message, {"publish_at": message})
    return order.publish_at if effective > today else None


def opened(checked: Checked, columns: Sequence[Column]) -> Table:
    """The file as a table; what its header does not say is noted."""
    order = checked.order
    table = off_loop(read_table, order.content, order.file, columns)
    checked.encoding, checked.rows = table.encoding, len(table.rows)
    if table.ignored:
        checked.notes.append(f"知らない見出しの列は読みませんでした: {'、'.join(table.ignored)}")
    missing = [column.name for column in columns if column.name not in table.columns]
    if missing and table.columns:
        checked.notes.append(f"ファイルにない列は今のままにします: {'、'.join(missing)}")
    return table


def closed(checked: Checked, table: Table) -> bool:
    """Take over the faults in the order of their lines; True if there are any."""
    checked.faults = sorted(table.faults, key=lambda fault: fault.line)
    return bool(checked.faults)


def refuse_if_too_many_leave(checked: Checked, leaving: int, before: int, what: str) -> None:
    if before and leaving > before * MOST_LEAVING and not checked.order.confirmed:
        checked.too_many_leave = (
            f"{what} {before:,} のうち {leaving:,} がこのファイルにありません（3分の1超）。"
            "一部だけのファイルなら「一部だけ」を、ほんとうに全体なら「確認した」を選んでください。"
        )
