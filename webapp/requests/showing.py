"""A request as programs read it. Times "HH:MM", instants ISO 8601 with +09:00, people by number."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import clock
from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.requests import access
from webapp.requests.approvers import Book
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import STATE_WORDS, State, acts_in, may
from webapp.requests.wording import when_words

Json = dict[str, Any]


def requests_json(rows: Sequence[TeleworkRequest], actor: Actor, *, now: datetime) -> list[Json]:
    """may: the acts that are open to the actor now."""
    ids = {i for row in rows for i in _people(row)}
    names, numbers, book = org.names_of(ids), _numbers(ids), Book(ids, now=now)
    tree = org.current_tree()

    def person(staff_id: int | None) -> Json | None:
        if staff_id is None:
            return None
        return {"staff": numbers.get(staff_id, ""), "name": names.get(staff_id, "")}

    found = []
    for row in rows:
        node = tree.by_id(row.unit_id)
        who = access.standing_of(row, actor, book.of(row.staff_id, row.filed_at), now=now)
        found.append(
            _times(row)
            | {
                "id": row.id,
                "revision": row.revision,
                "state": row.state,
                "state_words": STATE_WORDS[State(row.state)],
                "words": when_words(row),
                "person": person(row.staff_id),
                "unit": node.code if node else "",
                "confirmer": person(row.confirmer_id),
                "filed_at": _iso(row.filed_at),
                "filed_by": person(row.filed_by),
                "decided_at": _iso(row.decided_at),
                "decided_by": person(row.decided_by),
                "decided_as": row.decided_as or None,
                "reviewed_at": _iso(row.reviewed_at),
                "proposal": _proposal(row),
                "may": sorted(act for act in acts_in(State(row.state)) if may(act, who)),
            }
        )
    return found


def request_json(row: TeleworkRequest, actor: Actor, *, now: datetime) -> Json:
    return requests_json([row], actor, now=now)[0]


def _times(row: TeleworkRequest) -> Json:
    return {
        "date": row.day.isoformat(),
        "extent": row.extent,
        "from": clock_of(row.start_minute, padded=True),
        "to": clock_of(row.end_minute, padded=True),
        "place": row.place,
        "place_kind": row.place_kind,
        "site": row.site,
        "work": row.work.splitlines(),
        "late": row.late,
        "warnings": row.warnings,
        "condition": row.condition,
        "reason": row.reason,
        "short_minutes": row.short_minutes,
        "changes": row.changes_id,
    }


def _proposal(row: TeleworkRequest) -> Json | None:
    if not row.proposal or row.proposal.get("taken"):
        return None
    start, end = row.proposal["start"], row.proposal["end"]
    return {"from": clock_of(start, padded=True), "to": clock_of(end, padded=True)}


def _people(row: TeleworkRequest) -> Iterable[int]:
    found = (row.staff_id, row.filed_by, row.decided_by, row.confirmer_id)
    return (i for i in found if i is not None)


def _numbers(staff_ids: Iterable[int]) -> dict[int, str]:
    rows = db.session.execute(select(Staff.id, Staff.number).where(Staff.id.in_(list(staff_ids))))
    return {staff_id: number for staff_id, number in rows}  # noqa: C416 dict() takes no rows


def _iso(instant: datetime | None) -> str | None:
    return clock.to_tokyo(instant).isoformat() if instant else None
