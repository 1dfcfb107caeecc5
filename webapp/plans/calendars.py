"""Taking in a person's calendar: from a file with a preview, or as it was read from an address."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_

from webapp.core import calendar, settings
from webapp.core.db import db, snapshot
from webapp.core.refusals import NotFound
from webapp.extensions import off_loop
from webapp.org import queries as org
from webapp.plans import ical, queries, replacing
from webapp.plans.ical import Busy, Words
from webapp.plans.models import CalendarDraft
from webapp.plans.replacing import Difference, Scope
from webapp.plans.rules import Kind
from webapp.plans.service import Entry
from webapp.plans.settings import LEAVE_WORDS, MEETING_WORDS, OTHER_TITLES, TRIP_WORDS

FILE, ADDRESS = "iCal", "calendar"  # the sources, as stored
HORIZON = 92  # days from today on that are taken from a calendar
KEPT = timedelta(days=1)  # a preview nobody came back to


@dataclass(frozen=True, slots=True)
class Looked:
    """What a calendar says of the coming days, without a word of its titles."""

    first: date
    last: date
    days: dict[date, list[Busy]]
    left_out: dict[str, int]  # why → how many

    @property
    def scope_days(self) -> frozenset[date]:
        return frozenset(calendar.days(self.first, self.last))

    @property
    def wanted(self) -> dict[date, list[Entry]]:
        return {
            day: [Entry(one.start, one.end, one.kind.value) for one in of_day]
            for day, of_day in self.days.items()
        }


def words() -> Words:
    other = settings.value(OTHER_TITLES)
    return Words(
        tuple(settings.value(LEAVE_WORDS)),
        tuple(settings.value(TRIP_WORDS)),
        tuple(settings.value(MEETING_WORDS)),
        Kind.MEETING if other == "meeting" else None,
    )


def look(staff_id: int, content: bytes, *, now: datetime) -> Looked:
    """Parsed off the loop. Raises ical.Unreadable."""
    first = org.today(now)
    last = first + timedelta(days=HORIZON - 1)
    reading = off_loop(ical.read, content, words(), first, last)
    with snapshot():
        hours = queries.day_hours(staff_id, {one.day for one in reading.busy}, now=now)
    days = ical.fitted(reading, hours)
    left_out = {
        "cancelled": reading.cancelled,
        "free": reading.free,
        "without_word": reading.without_word,
        "off_days": reading.off_days,
    }
    return Looked(first, last, days, left_out)


def difference(staff_id: int, looked: Looked, source: str) -> Difference:
    """Against what the same source said before; outside the transaction that writes it."""
    wanted = {(staff_id, day): entries for day, entries in looked.wanted.items()}
    return replacing.difference(Scope(source, looked.scope_days, staff_id), wanted)


# --- between preview and taking in ----------------------------------------------------------


def keep(
    staff_id: int, file_name: str, looked: Looked, *, by: int | None, now: datetime
) -> CalendarDraft:
    """Inside a transaction; the person's earlier preview and forgotten ones go."""
    older = or_(CalendarDraft.staff_id == staff_id, CalendarDraft.made_at < now - KEPT)
    db.session.execute(delete(CalendarDraft).where(older))
    draft = CalendarDraft(
        staff_id=staff_id,
        file_name=file_name[:200],
        entries=json.dumps(_plain(looked)),
        made_at=now,
        made_by=by,
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def _plain(looked: Looked) -> dict[str, Any]:
    return {
        "first": looked.first.isoformat(),
        "last": looked.last.isoformat(),
        "left_out": looked.left_out,
        "days": {
            day.isoformat(): [[one.start, one.end, one.kind.value] for one in of_day]
            for day, of_day in looked.days.items()
        },
    }


def kept(draft_id: int, staff_id: int, *, now: datetime) -> tuple[CalendarDraft, Looked]:
    """Raises NotFound when it was taken in, thrown away, or is a day old."""
    draft = db.session.get(CalendarDraft, draft_id)
    if draft is None or draft.staff_id != staff_id or draft.made_at < now - KEPT:
        raise NotFound("この取込は済んだか、取り下げられました。もう一度ファイルを選んでください。")
    stored = json.loads(draft.entries)
    return draft, Looked(
        date.fromisoformat(stored["first"]),
        date.fromisoformat(stored["last"]),
        _days(stored["days"]),
        stored["left_out"],
    )


def _days(stored: Mapping[str, Sequence[Sequence[Any]]]) -> dict[date, list[Busy]]:
    return {
        (day := date.fromisoformat(text)): [
            Busy(day, start, end, Kind(kind)) for start, end, kind in of_day
        ]
        for text, of_day in stored.items()
    }


def throw_away(draft_id: int) -> None:
    db.session.execute(delete(CalendarDraft).where(CalendarDraft.id == draft_id))


def forget_previews(*, now: datetime) -> None:
    db.session.execute(delete(CalendarDraft).where(CalendarDraft.made_at < now - KEPT))
