"""What one source says of many people and days, replacing what it said before: worked out first, then one short write.

What stays the same keeps its row, and with it its place among the other sources (see rules.laid).
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, delete, func, select

from webapp.core import bulk
from webapp.core.db import db
from webapp.core.refusals import Conflict
from webapp.org.models import Staff
from webapp.plans.models import PlannedSegment
from webapp.plans.rules import Origin
from webapp.plans.service import Entry
from webapp.realtime import outbox

Wanted = Mapping[tuple[int, date], Sequence[Entry]]
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose days are replaced: everything `source` says on `days`, of these people or (None) of everybody."""

    source: str
    days: frozenset[date]
    staff_id: int | None = None

    def rows(self, query: Select[*tuple[Any, ...]]) -> Iterator[Select[*tuple[Any, ...]]]:
        """The query over the rows concerned, in parts."""
        query = query.where(PlannedSegment.source == self.source)
        if self.staff_id is not None:
            query = query.where(PlannedSegment.staff_id == self.staff_id)
        for part in _parts(sorted(self.days)):
            yield query.where(PlannedSegment.day.in_(part))


@dataclass(slots=True)
class Difference:
    """What has to go and to come. stamp: of the rows it was worked out from."""

    scope: Scope
    stamp: tuple[Any, ...]
    gone: list[int] = field(default_factory=list)
    people: set[int] = field(default_factory=set)  # whose days change
    new: list[dict[str, Any]] = field(default_factory=list)
    same: int = 0
    prepared: bulk.Prepared | None = None

    @property
    def changes_something(self) -> bool:
        return bool(self.gone or self.new)


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def _breathe(count: int) -> None:
    """A large file must not hold up the loop it is read beside."""
    if count % CHUNK == 0 and not db.session.info.get("writing"):
        time.sleep(0)


def difference(scope: Scope, wanted: Wanted, *, origin: Origin = Origin.IMPORT) -> Difference:
    """wanted lies within the scope; days of it without entries are emptied."""
    found = Difference(scope, _stamp(scope))
    missing = {key: list(entries) for key, entries in wanted.items()}
    table = PlannedSegment
    query = select(
        table.id, table.staff_id, table.day, table.start_minute, table.end_minute,
        table.kind, table.site, table.origin,
    ).order_by(table.id)  # fmt: skip
    for part in scope.rows(query):
        for count, row in enumerate(db.session.execute(part)):
            _breathe(count)
            left = missing.get((row.staff_id, row.day), [])
            entry = Entry(row.start_minute, row.end_minute, row.kind, row.site)
            if entry in left and row.origin == origin.value:
                left.remove(entry)
                found.same += 1
            else:
                found.gone.append(row.id)
                found.people.add(row.staff_id)
    for count, ((staff_id, day), entries) in enumerate(missing.items()):
        _breathe(count)
        if entries:
            found.people.add(staff_id)
        found.new += [_values(staff_id, day, entry, scope.source, origin) for entry in entries]
    found.prepared = bulk.prepare(PlannedSegment, found.new)
    return found


def _values(staff_id: int, day: date, entry: Entry, source: str, origin: Origin) -> dict[str, Any]:
    return {
        "staff_id": staff_id,
        "day": day,
        "start_minute": entry.start,
        "end_minute": entry.end,
        "kind": entry.kind,
        "site": entry.site,
        "source": source,
        "origin": origin.value,
    }


def _stamp(scope: Scope) -> tuple[Any, ...]:
    """Rows come and go and are never changed: their number and ids tell whether any did."""
    table = PlannedSegment
    query = select(func.count(table.id), func.max(table.id), func.sum(table.id))
    return tuple(tuple(db.session.execute(part).one()) for part in scope.rows(query))


def write(found: Difference) -> None:
    """Inside a transaction. Raises Conflict if the same source changed these days meanwhile."""
    _lock(found.people)
    if _stamp(found.scope) != found.stamp:
        raise Conflict("ちょうど別の取込がありました。もう一度確かめてください。")
    for part in _parts(found.gone):
        db.session.execute(delete(PlannedSegment).where(PlannedSegment.id.in_(part)))
    bulk.write(found.prepared)
    outbox.touch("staff", found.people)


def _lock(people: Iterable[int]) -> None:
    """In the order of their ids, so that two imports cannot wait for each other."""
    for part in _parts(sorted(people)):
        turn = select(Staff.id).where(Staff.id.in_(part)).order_by(Staff.id)
        db.session.execute(turn.with_for_update(key_share=True))
