"""Writing stand-up notes."""

from datetime import date, datetime

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import audit, settings
from webapp.core.db import db
from webapp.core.refusals import RuleBroken
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.realtime import outbox
from webapp.standup import queries, rules
from webapp.standup.models import StandupNote
from webapp.standup.rules import Half, NoteText
from webapp.standup.settings import DAYS_AHEAD, DAYS_BACK


def put_note(
    staff_id: int, day: date, half: Half, text: NoteText, *, actor: Actor, now: datetime
) -> StandupNote:
    """Write one note; the same content again changes nothing, an empty text clears it.

    Permission for another's is decided by the caller's load. RuleBroken for the day or the text.
    """
    _check_day(day, now)
    text = rules.cleaned(text)
    if found := rules.faults(text):
        raise RuleBroken("書いた内容を確かめてください。", found)
    db.session.execute(select(Staff.id).where(Staff.id == staff_id).with_for_update())
    note = queries.note(staff_id, day, half)
    if note is None:
        note = StandupNote(staff_id=staff_id, business_on=day, half=half, updated_at=now)
        note.lines, note.carried_over, note.links = [], [], []
        if not text:
            return note  # nothing was written, and nothing is kept
        db.session.add(note)
    elif queries.text_of(note) == text:
        return note
    note.lines, note.carried_over = list(text.lines), list(text.carried_over)
    note.links, note.updated_at = list(text.links), now
    db.session.flush()
    if actor.staff_id != staff_id:
        audit.record(
            actor,
            "standup.proxy",
            staff_id=staff_id,
            detail={"date": day.isoformat(), "half": half.value},
            now=now,
        )
    outbox.touch("standup", note.id)
    return note


def _check_day(day: date, now: datetime) -> None:
    back, ahead = settings.value(DAYS_BACK), settings.value(DAYS_AHEAD)
    if not rules.may_write_on(day, today=org.today(now), back=back, ahead=ahead):
        raise RuleBroken(
            "この日には書けません。",
            {"date": f"{back}日前から{ahead}日先までの日にしてください"},
        )
