"""The live side of requests: whoever has one before them, or in their list, hears that it moved; the rest by HTTP."""

from collections.abc import Sequence

from sqlalchemy import select

from webapp.core import clock
from webapp.core.db import db, snapshot
from webapp.notices.live import NEVER
from webapp.org.models import Staff
from webapp.realtime import versions
from webapp.realtime.pump import Frame, Rendered
from webapp.realtime.rooms import room
from webapp.requests.approvers import Book
from webapp.requests.models import TeleworkRequest
from webapp.requests.telling import TOPIC


def render(request_ids: Sequence[int]) -> Rendered:
    """`request {"id", "state", "revision"}` to the pages of the person, who filed it, and who decides or decided it."""
    with snapshot():
        query = select(TeleworkRequest).where(TeleworkRequest.id.in_(request_ids))
        rows = list(db.session.scalars(query))
        book = Book({row.staff_id for row in rows}, now=clock.now())
        to = {row.id: _concerned(row, book) for row in rows}
        numbers = _numbers({i for ids in to.values() for i in ids})
        made = versions.read(db.session, TOPIC, list(request_ids))
    frames = [
        Frame(
            room(numbers[i], "person"),
            TOPIC,
            {"id": row.id, "state": row.state, "revision": row.revision},
        )
        for row in rows
        for i in sorted(to[row.id])
        if i in numbers
    ]
    return Rendered(frames, {key: (version, NEVER) for key, (version, _) in made.items()})


def _concerned(row: TeleworkRequest, book: Book) -> set[int]:
    found = {row.staff_id, row.filed_by, *book.of(row.staff_id, row.filed_at).ids}
    return found | ({row.decided_by} if row.decided_by is not None else set())


def _numbers(staff_ids: set[int]) -> dict[int, str]:
    rows = db.session.execute(select(Staff.id, Staff.number).where(Staff.id.in_(staff_ids)))
    return {staff_id: number for staff_id, number in rows}  # noqa: C416 dict() takes no rows
