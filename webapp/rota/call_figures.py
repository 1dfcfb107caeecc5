"""Calls on the page of burdens: totals of the unit for all, one's own against the mean, names for who leads.

A mean of fewer than five people would be a name: it is left out.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from webapp.core import calendar
from webapp.messages.burden import burden
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.presence.facts import Place
from webapp.rota import presence_days
from webapp.rota.burden_view import View

SMALLEST = 5
ELSEWHERE = frozenset(set(Place) - {Place.OFFICE})


@dataclass(frozen=True, slots=True)
class CallRow:
    """taken: memos written. days: days at the office in the window (parts count as parts). rate: memos a day."""

    staff: str
    name: str
    taken: int
    days: float

    @property
    def rate(self) -> float:
        return self.taken / self.days if self.days else 0.0


@dataclass(frozen=True, slots=True)
class Calls:
    """rate: memos a day and person at the office. wait: median working minutes to the first 連絡済. mean, wait: None
    where too few stand behind them."""

    taken: int
    received: int
    called: int
    rate: float
    wait: int | None
    mean: float | None
    mine: CallRow | None
    rows: tuple[CallRow, ...]


def calls_of(unit: UnitNode, view: View, *, now: datetime) -> Calls:
    """Of the window of the page, for its viewer."""
    units = org.current_tree().subtree_ids(unit.id)
    first, last = view.ledger.first, min(view.ledger.last, org.today(now))
    known = burden(units, first, last, now=now)
    people = {p.staff_id: p for p in org.postings_in(units, last, known_at=now)}
    there = _days_there(list(people), units, list(calendar.days(first, last)), now)
    rows = {
        staff_id: CallRow(p.number, p.name, known.taken.get(staff_id, 0), there[staff_id])
        for staff_id, p in people.items()
    }
    days = sum(there.values())
    rate = sum(row.taken for row in rows.values()) / days if days else 0.0
    return Calls(
        sum(known.taken.values()),
        known.received,
        len(known.waits),
        rate,
        known.median_wait if len(known.waits) >= SMALLEST else None,
        rate if len(rows) >= SMALLEST else None,
        rows.get(view.viewer),
        tuple(rows.values()) if view.leads else (),
    )


def _days_there(
    staff_ids: list[int], units: set[int], days: list[date], now: datetime
) -> dict[int, float]:
    there = presence_days.presence_of(staff_ids, units, days, away=ELSEWHERE, now=now)
    return {
        staff_id: round(sum(there[staff_id, day].there for day in days), 1)
        for staff_id in staff_ids
    }


def json(calls: Calls) -> dict[str, Any]:
    return {
        "taken": calls.taken,
        "received": calls.received,
        "called": calls.called,
        "per_person_day": round(calls.rate, 2),
        "callback_minutes": calls.wait,
        "mine": _row_json(calls.mine) if calls.mine else None,
        "mean": round(calls.mean, 2) if calls.mean is not None else None,
        "people": [_row_json(row) for row in calls.rows],
    }


def _row_json(row: CallRow) -> dict[str, Any]:
    return {
        "staff": row.staff,
        "name": row.name,
        "taken": row.taken,
        "days": row.days,
        "rate": round(row.rate, 2),
    }
