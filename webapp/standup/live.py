"""Saying on the board's socket that a note changed; who may see its text fetches it by HTTP."""

from collections.abc import Sequence
from datetime import UTC, datetime

from webapp.accounts.rules import Form
from webapp.core import clock
from webapp.core.db import db
from webapp.org import queries as org
from webapp.realtime import versions
from webapp.realtime.pump import Frame, Rendered
from webapp.realtime.rooms import room
from webapp.standup import queries

TOPIC = "standup"
# The clock changes no note; it has a due time all the same, or every tick would look at it again.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)


def render(ids: Sequence[int]) -> Rendered:
    """One frame a unit, day and half, to the rooms of those who see the unit in full form."""
    now = clock.now()
    notes = queries.notes_by_id(ids)
    postings = org.postings_of(
        sorted({note.staff_id for note in notes}), org.today(now), known_at=now
    )
    tree = org.current_tree()
    changed: dict[tuple[str, str, str], None] = {}
    for note in notes:
        for posting in postings.get(note.staff_id, ()):
            if (unit := tree.by_id(posting.unit_id)) is not None:
                changed[unit.code, note.business_on.isoformat(), note.half] = None
    return Rendered(
        frames=[
            Frame(room(code, Form.FULL), TOPIC, {"unit": code, "date": day, "half": half})
            for code, day, half in changed
        ],
        due={
            key: (version, NEVER)
            for key, (version, _) in versions.read(db.session, TOPIC, ids).items()
        },
    )
