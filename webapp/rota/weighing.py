"""Weighted hours of duties as fixed: the solver's own weights (`Facts.band_hours`), read day by day.

A duty off the solver's grid (窓口応援 begins at any minute) counts by the part of each slot it covers.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.org.rules import UnitTree
from webapp.positions import queries as positions
from webapp.positions.queries import DayDemand
from webapp.positions.rules import Post, Staffed
from webapp.rota.burden_rules import Hours
from webapp.rota.horizon import kind_of
from webapp.rota.planning_settings import slot_minutes
from webapp.rota.rules import RotaKind
from webapp.rota.settings import day_weights
from webapp.rota.solver.facts import Facts
from webapp.rota.solver.problem import Band, Day, Position, Problem, Rules

NO_RULES = Rules(lunch=None, rest=0, min_block=0, travel={})


def weighted(rows: Sequence[Duty], *, now: datetime) -> dict[int, Hours]:
    """{duty id: weighted hours}."""
    posts = positions.posts_by_id({row.position_id for row in rows})
    tables: dict[tuple[int, RotaKind], list[Duty]] = {}
    for row in rows:
        post = posts[row.position_id]
        path = _path(post.unit_id, org.tree(row.day, known_at=now))
        tables.setdefault((post.unit_id, kind_of(post, path)), []).append(row)
    found: dict[int, Hours] = {}
    for (unit_id, kind), mine in tables.items():
        found |= _of_table(unit_id, kind, mine, posts, now)
    return found


def _path(unit_id: int, tree: UnitTree) -> list[str]:
    return [node.code for node in tree.path(unit_id)]


def _of_table(
    unit_id: int, kind: RotaKind, rows: Sequence[Duty], posts: Mapping[int, Post], now: datetime
) -> dict[int, Hours]:
    """The grid of a day begins with the first need of the positions that share the rota."""
    days = sorted({row.day for row in rows})
    tree = org.tree(days[-1], known_at=now)
    path = _path(unit_id, tree)
    used = {row.position_id: posts[row.position_id] for row in rows}
    together = {
        post.id: post
        for post in positions.posts_of([unit_id], days[-1])
        if kind_of(post, path) is kind and post.staffed is Staffed.DUTY and not post.contractor
    }
    together |= used
    demand = positions.demand_on(list(together.values()), days, tree)
    scales = {day: Scale(together.values(), day, demand[day], path) for day in days}
    return {row.id: scales[row.day].hours(row, together[row.position_id]) for row in rows}


class Scale:
    """What a minute at each position weighs on one day."""

    def __init__(
        self, posts: Iterable[Post], day: date, demand: DayDemand, path: Sequence[str]
    ) -> None:
        needs = [(need.start, need.end) for each in demand.needs.values() for need in each]
        self.facts = None
        if needs:
            hours = min(start for start, _ in needs), max(end for _, end in needs)
            self.facts = Facts(_problem(list(posts), day, hours, demand, path))

    def hours(self, row: Duty, post: Post) -> Hours:
        weight = self._weight(row.start_minute, row.end_minute, post)
        return Hours(counter=weight) if post.on_site else Hours(phone=weight)

    def _weight(self, start: int, end: int, post: Post) -> float:
        found, inside = 0.0, 0
        if self.facts is not None:
            p = self.facts.position_of[str(post.id)]
            for (first, last), whole in zip(
                self.facts.slots[0], self.facts.band_hours[0][p], strict=True
            ):
                shared = min(end, last) - max(start, first)
                if shared > 0:
                    inside += shared
                    found += whole * shared / (last - first)
        return found + (end - start - inside) / 60 * post.burden  # outside the hours: plain


def _problem(
    posts: Sequence[Post],
    day: date,
    hours: tuple[int, int],
    demand: DayDemand,
    path: Sequence[str],
) -> Problem:
    weight = day_weights(path).of(day, org.business_calendar())
    return Problem(
        slot_minutes=slot_minutes(path),
        time_limit=0.0,
        seed=0,
        days=(Day(day.isoformat(), *hours),),
        positions=tuple(_position(post, day, demand, weight) for post in posts),
        staff=(),
        forbidden_pairs=frozenset(),
        pins=(),
        published=(),
        rules=NO_RULES,
        now=None,
    )


def _position(post: Post, day: date, demand: DayDemand, weight: float) -> Position:
    """As the solver reads it, the day's weight multiplied into each band."""
    return Position(
        id=str(post.id),
        name=post.name,
        kind=post.kind.value,
        site="main",
        skills=tuple(sorted(post.skills)),
        burden=post.burden,
        experienced_min=0,
        demand=tuple(
            Band(
                frozenset({day.isoformat()}),
                need.start,
                need.end,
                need.need,
                need.ideal,
                need.burden * weight,
            )
            for need in demand.needs.get(post.id, ())
        ),
    )
