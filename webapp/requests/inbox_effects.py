"""What each request of an inbox would do, kept while nothing moves; and which of them can be approved together."""

import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from webapp.core import facts
from webapp.core.db import db
from webapp.core.kept import Kept
from webapp.coverage import queries as cover_queries
from webapp.coverage.queries import Group
from webapp.org import queries as org
from webapp.requests import effects
from webapp.requests.effect_words import Summary
from webapp.requests.models import TeleworkRequest

HALF_HOUR_S = 30 * 60
MOST_KEPT = 5000

# {request id: (what it was made from, summary)}: the inbox is looked at again and again, and little moves in between.
_kept: dict[int, tuple[object, Summary]] = {}


def summaries(
    rows: Sequence[TeleworkRequest], *, now: datetime, budget_s: float | None = None
) -> dict[int, Summary]:
    """{request id: what it alone would do}. What is not known yet is worked out, oldest first, until the time is up
    (of this thread: what other processes take does not count) and at least one; the rest is not in it."""
    began = time.thread_time()
    signatures = Signatures(now)
    found: dict[int, Summary] = {}
    made = False
    for row in rows:
        if made and budget_s is not None and time.thread_time() - began > budget_s:
            break
        signature = signatures.of(row)
        kept = _kept.get(row.id)
        if kept and kept[0] == signature:
            found[row.id] = kept[1]
            continue
        found[row.id] = effects.preview([row], now=now).summary
        made = True
        _keep(row.id, signature, found[row.id])
    return found


def _keep(request_id: int, signature: object, summary: Summary) -> None:
    if db.session.info.get("writing"):
        return
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[request_id] = (signature, summary)


class Signatures:
    """What a summary is made from: equal = nothing moved since."""

    def __init__(self, now: datetime) -> None:
        self.now, self.today = now, org.today(now)
        self._groups: dict[tuple[int, date], object] = {}
        self._units: dict[date, dict[int, tuple[int, ...]]] = {}

    def of(self, row: TeleworkRequest) -> object:
        if row.day < self.today:
            return (row.revision, "past")
        town = cover_queries.city(row.day, now=self.now)
        homes = {
            home
            for unit_id in self._units_of(row.staff_id, row.day)
            for home in town.by_candidate.get(unit_id, ())
        }
        groups = {id(town.by_unit[home]): town.by_unit[home] for home in homes}
        turn = int(self.now.timestamp()) // HALF_HOUR_S if row.day == self.today else 0
        made = tuple(self._of_group(group, row.day) for group in groups.values())
        return (row.revision, facts.epoch(), turn, made)

    def _of_group(self, group: Group, on: date) -> object:
        key = (group.posts[0].id, on)
        if key not in self._groups:
            self._groups[key] = cover_queries.signature_ahead(group, on, self.now)[0]
        return self._groups[key]

    def _units_of(self, staff_id: int, on: date) -> tuple[int, ...]:
        known = self._units.setdefault(on, _units_on(on, self.now))
        if staff_id not in known:
            held = org.postings_of([staff_id], on, known_at=self.now).get(staff_id, [])
            known[staff_id] = tuple(posting.unit_id for posting in held)
        return known[staff_id]


_posted: dict[tuple[object, ...], dict[int, tuple[int, ...]]] = {}


def _units_on(on: date, now: datetime) -> dict[int, tuple[int, ...]]:
    """{staff id: units of that day} as far as asked for; kept until the organisation changes."""
    key = (facts.epoch(), facts.stamp("org"), org.publications_passed(now), on)
    if db.session.info.get("writing"):
        return {}
    if key not in _posted:
        if len(_posted) > 120:
            _posted.clear()
        _posted[key] = {}
    return _posted[key]


def together(
    rows: Sequence[TeleworkRequest], known: Mapping[int, Summary], *, now: datetime
) -> list[TeleworkRequest]:
    """Of requests that bring no shortage alone, those that bring none together either, in the given order."""
    fine = [row for row in rows if row.id in known and not known[row.id].is_short]
    by_day: dict[date, list[TeleworkRequest]] = {}
    for row in fine:
        by_day.setdefault(row.day, []).append(row)
    chosen: set[int] = set()
    for mine in by_day.values():
        chosen.update(row.id for row in _of_one_day(mine, now))
    return [row for row in fine if row.id in chosen]


def _of_one_day(rows: list[TeleworkRequest], now: datetime) -> list[TeleworkRequest]:
    if len(rows) == 1 or not _short(rows, now):
        return rows
    taken: list[TeleworkRequest] = []
    for row in rows:
        if not _short([*taken, row], now):
            taken.append(row)
    return taken


_days_kept: Kept[bool] = Kept(1000)


def _short(rows: Sequence[TeleworkRequest], now: datetime) -> bool:
    signatures = Signatures(now)
    key = tuple((row.id, signatures.of(row)) for row in rows)
    return _days_kept.of(key, lambda: effects.preview(rows, now=now).summary.is_short)
