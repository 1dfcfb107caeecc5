"""From a checked draft to the record's fields, and to the seats and loans that go with it. Inside a transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from webapp.accounts.access import Actor
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.org import queries as org
from webapp.requests import records
from webapp.requests.drafts import Draft
from webapp.requests.forms import RequestBody
from webapp.requests.known import Filer
from webapp.requests.models import TeleworkRequest
from webapp.requests.wishes import Asked, Finding, Known, is_late
from webapp.requests.wording import day_words
from webapp.seats import loans, releasing
from webapp.seats import service as seats


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft without faults, what is known of its days, and what is to be said of each."""

    who: Filer
    draft: Draft
    known: dict[date, Known]
    findings: dict[date, list[Finding]]


def put(
    row: TeleworkRequest,
    checked: Checked,
    asked: Asked,
    *,
    new: bool = True,
    actor: Actor,
    now: datetime,
) -> TeleworkRequest:
    """The fields of 申出, new or again; who filed it, and since when it waits, stays as it is."""
    draft, who = checked.draft, checked.who
    row.staff_id, row.unit_id = who.staff_id, who.unit.id
    if new:
        row.filed_at, row.filed_by = now, actor.staff_id
    _put_time(row, asked)
    _put_content(row, draft, asked)
    row.confirmer_id = draft.confirmer_id
    row.oral_by, row.oral_at = draft.oral_id, draft.body.oral_at if draft.oral_id else None
    row.late = draft.oral_id is None and is_late(checked.known[asked.day], now=now)
    row.warnings = [
        {"code": f.code, "field": f.field, "words": f.words, "note": f.note}
        for f in checked.findings[asked.day]
    ]
    db.session.add(row)
    db.session.flush()
    return row


def _put_time(row: TeleworkRequest, asked: Asked) -> None:
    hours = asked.hours
    row.day, row.extent = asked.day, asked.extent
    row.start_minute, row.end_minute = asked.start, asked.end
    row.hours_start, row.hours_end = (hours.start, hours.end) if hours else (None, None)
    row.break_start, row.break_end = hours.pause if hours and hours.pause else (None, None)


def _put_content(row: TeleworkRequest, draft: Draft, asked: Asked) -> None:
    body = draft.body
    row.place, row.site = body.place, body.site
    row.place_kind = body.place_kind if body.place == "home" else "own"
    row.work = body.work.strip() or "\n".join(task.name for task in asked.tasks)
    row.task_ids = list(body.tasks)
    row.contact, row.device = body.contact, body.device
    row.carries, row.carried = body.carries, body.carried if body.carries else ""
    row.personal_data = body.carries and body.personal_data
    row.travel_order, row.remote_ready = body.travel_order, body.remote_ready
    row.more = dict(body.more)


# --- seats and loans ------------------------------------------------------------------------


def book(
    rows: Sequence[TeleworkRequest], body: RequestBody, *, actor: Actor, now: datetime
) -> None:
    """The seat and the item for every day still to come. A fault names the field, the day and what is free."""
    today = org.today(now)
    for row in rows:
        if row.day < today:
            continue
        span = (row.staff_id, row.day, row.start_minute, row.end_minute)
        beside = records.beside(row)
        if body.seat:
            with _at("seat", row):
                seats.book_seat(
                    body.seat, *span, request_id=row.id, beside=beside, actor=actor, now=now
                )
        if body.item:
            with _at("item", row):
                loans.book_item(
                    body.item, *span, request_id=row.id, beside=beside, actor=actor, now=now
                )


class _at:  # noqa: N801 reads as a preposition
    """What cannot be booked is a fault of the form's field, on its day."""

    def __init__(self, field: str, row: TeleworkRequest) -> None:
        self._field, self._row = field, row

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        if not isinstance(fault, RuleBroken | NotFound | Conflict):
            return
        words = f"{day_words(self._row.day)}: {fault.message}{_instead(fault)}"
        kind = Conflict if isinstance(fault, Conflict) else RuleBroken
        raise kind(words, {self._field: words.rstrip("。")}) from fault


def _instead(fault: BaseException) -> str:
    """The nearest free seats, by name."""
    if not isinstance(fault, seats.SeatTaken) or not fault.nearest:
        return ""
    return f"空いている席: {'、'.join(f'{s.site.name} {s.name}' for s in fault.nearest)}"


def release(rows: Iterable[TeleworkRequest], *, now: datetime) -> None:
    for row in rows:
        releasing.release_of_request(row.id, now=now)
