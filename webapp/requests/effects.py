"""What an approval would do to each position, before and after: the function of the coverage page.

Several requests of one day count together: three approved at once must not bring a shortage that each alone does not.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from webapp.core import calendar, facts
from webapp.core.db import db
from webapp.coverage import effect as coverage
from webapp.coverage import queries as cover_queries
from webapp.coverage.covering import Head
from webapp.coverage.effect import Amend, GroupEffect
from webapp.coverage.queries import Group
from webapp.day.queries import PersonDay
from webapp.org import queries as org
from webapp.plans import queries as plans
from webapp.plans.models import PlannedSegment
from webapp.plans.rules import Planned, laid, stretch_of, within
from webapp.positions import queries as positions
from webapp.presence.facts import TELEWORK, Facts, Place, Span, Stretch
from webapp.requests import carrying
from webapp.requests.carrying import Times
from webapp.requests.effect_words import Summary, Worse, joined
from webapp.requests.models import TeleworkRequest

HALF_HOUR_S = 30 * 60
MOST_KEPT = 5000
MOST_OTHERS = 3


@dataclass(frozen=True, slots=True)
class Preview:
    """groups: every set of positions concerned, before and after."""

    on: date
    groups: tuple[GroupEffect, ...]
    summary: Summary


def preview(
    rows: Sequence[TeleworkRequest],
    *,
    now: datetime,
    times: Mapping[int, Times] | None = None,
) -> Preview:
    """Requests of one day, all of them approved. times: other times than those asked for, by request id."""
    on = rows[0].day
    if on < org.today(now):
        return Preview(on, (), Summary(past=True))
    found = tuple(coverage.effects(amendments(rows, times), on, now=now))
    return Preview(on, found, summary_of(found))


def amendments(
    rows: Sequence[TeleworkRequest], times: Mapping[int, Times] | None = None
) -> dict[int, Amend]:
    """{staff id: the facts of their day with these requests of one day approved}."""
    by_person: dict[int, list[TeleworkRequest]] = {}
    for row in rows:
        by_person.setdefault(row.staff_id, []).append(row)
    entered = _entered(rows)
    weekly = plans.weekly_of(list(by_person), rows[0].day)
    return {
        staff_id: Amended(
            mine, entered.get(staff_id, ()), weekly.get(staff_id, ()), times or {}
        ).facts
        for staff_id, mine in by_person.items()
    }


def _entered(rows: Sequence[TeleworkRequest]) -> dict[int, tuple[Planned, ...]]:
    """What else is planned for these people that day, without the requests themselves and those they replace."""
    ids = {i for row in rows for i in (row.id, row.changes_id) if i is not None}
    query = select(PlannedSegment).where(
        PlannedSegment.day == rows[0].day,
        PlannedSegment.staff_id.in_({row.staff_id for row in rows}),
        PlannedSegment.source.not_in([carrying.source_of(i) for i in ids]),
    )
    found: dict[int, tuple[Planned, ...]] = {}
    for segment in db.session.scalars(query.order_by(PlannedSegment.id)):
        found[segment.staff_id] = (*found.get(segment.staff_id, ()), plans.planned(segment))
    return found


@dataclass(frozen=True, slots=True)
class Amended:
    """One person's day with their requests approved, entered last."""

    rows: Sequence[TeleworkRequest]
    entered: tuple[Planned, ...]
    weekly: tuple[Planned, ...]
    times: Mapping[int, Times]

    def facts(self, person: PersonDay) -> Facts:
        own = [hours for row in self.rows if (hours := carrying.hours_of(row))]
        hours = own[-1] if own else person.hours
        usual = [
            part
            for entry in self.weekly
            if hours and (part := within(entry, hours.start, hours.end))
        ]
        asked = [
            each for row in self.rows for each in carrying.planned(row, self.times.get(row.id))
        ]
        pile = laid([*usual, *self.entered, *asked])
        ordinary = (
            (Stretch(*_instants(person.on, hours.start, hours.end), Place.OFFICE),) if hours else ()
        )
        found = replace(
            person.facts, plan=(*ordinary, *(stretch_of(each, person.on) for each in pile))
        )
        if own and hours is not None:
            breaks = tuple(Span(*_instants(person.on, *each)) for each in hours.breaks)
            found = replace(found, breaks=breaks)
        return found


def _instants(on: date, start: int, end: int) -> tuple[datetime, datetime]:
    return calendar.at_minute(on, start), calendar.at_minute(on, end)


def summary_of(groups: Iterable[GroupEffect]) -> Summary:
    worse: list[Worse] = []
    others: list[str] = []
    for group in groups:
        names = {post.id: post.name for post in group.group.posts}
        changed = {part.position_id for part in group.changed() if part.missing_more > 0}
        worse += [
            Worse(
                part.position_id,
                names[part.position_id],
                part.start // 60,
                -(-part.end // 60),
                part.before,
                part.after,
            )
            for part in group.changed()
            if part.missing_more > 0
        ]
        others += [
            post.name
            for post in group.group.posts
            if post.id not in changed and not post.contractor
        ]
    return Summary(joined(worse), tuple(others))


# --- an inbox full of them ------------------------------------------------------------------

# {request id: (what it was made from, summary)}: the inbox is looked at again and again, and little moves in between.
_kept: dict[int, tuple[object, Summary]] = {}


def summaries(
    rows: Sequence[TeleworkRequest], *, now: datetime, budget_s: float | None = None
) -> dict[int, Summary]:
    """{request id: what it alone would do}. What is not known yet is worked out until the time is up, oldest first
    and at least one; the rest is not in it."""
    began = time.monotonic()
    signatures = Signatures(now)
    found: dict[int, Summary] = {}
    missing: list[tuple[TeleworkRequest, object]] = []
    for row in rows:
        signature = signatures.of(row)
        kept = _kept.get(row.id)
        if kept and kept[0] == signature:
            found[row.id] = kept[1]
        else:
            missing.append((row, signature))
    for row, signature in missing:
        found[row.id] = preview([row], now=now).summary
        _keep(row.id, signature, found[row.id])
        if budget_s is not None and time.monotonic() - began > budget_s:
            break
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


_days_kept: dict[tuple[object, ...], bool] = {}


def _short(rows: Sequence[TeleworkRequest], now: datetime) -> bool:
    signatures = Signatures(now)
    key = tuple((row.id, signatures.of(row)) for row in rows)
    if key not in _days_kept:
        if len(_days_kept) > 1000:
            _days_kept.clear()
        _days_kept[key] = preview(rows, now=now).summary.is_short
    return _days_kept[key]


# --- who else could come in -------------------------------------------------------------------


def could_come_in(row: TeleworkRequest, summary: Summary, *, now: datetime) -> list[int]:
    """Ids of people who by plan work elsewhere in that time and could stand at the position if they came in.

    Only where whoever is there takes it: a fixed rota is changed by an exchange.
    """
    town = cover_queries.city(row.day, now=now)
    wanted = {
        each.position_id: each for each in summary.worse if each.position_id not in town.on_duty
    }
    found: list[int] = []
    for group in town.groups:
        posts = [post for post in group.posts if post.id in wanted and post.on_site]
        if not posts:
            continue
        known = cover_queries.group_day(group, town, row.day, now=now)
        tree = org.tree(row.day, known_at=now)
        for post in posts:
            units = positions.candidate_units(post, tree)
            found += [
                head.staff_id
                for head in known.heads
                if head.staff_id != row.staff_id
                and head.units & units
                and post.skills <= head.skills
                and post.id not in head.forbidden
                and _teleworks(head, wanted[post.id])
            ]
    return list(dict.fromkeys(found))[:MOST_OTHERS]


def _teleworks(head: Head, during: Worse) -> bool:
    """Through all of the time, by plan."""
    first, last = during.start * 60, during.end * 60
    touched = [stand for stand in head.plans if stand.start < last and first < stand.end]
    return bool(touched) and all(s.why is None and s.place in TELEWORK for s in touched)
