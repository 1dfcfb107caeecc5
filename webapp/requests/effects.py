"""What an approval would do to each position, before and after: the function of the coverage page.

Several requests of one day count together: three approved at once must not bring a shortage that each alone does not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from webapp.core import calendar
from webapp.core.db import db
from webapp.coverage import effect as coverage
from webapp.coverage.effect import Amend, GroupEffect
from webapp.day.queries import PersonDay
from webapp.org import queries as org
from webapp.plans import queries as plans
from webapp.plans.models import PlannedSegment
from webapp.plans.rules import Planned, laid, stretch_of, within
from webapp.presence.facts import Facts, Place, Span, Stretch
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
