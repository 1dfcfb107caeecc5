"""Weighted hours of duties as fixed: the solver's own weights (`Facts.band_hours`), read day by day.

A duty off the solver's grid (窓口応援 begins at any minute) counts by the part of each slot it covers.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from webapp.core.calendar import BusinessCalendar
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.org.rules import UnitTree
from webapp.positions import queries as positions
from webapp.positions.queries import DayDemand
from webapp.positions.rules import Post
from webapp.rota.burden_rules import Hours
from webapp.rota.settings import day_weights
from webapp.rota.solver.facts import Facts
from webapp.rota.solver.problem import Band, Day, Position, Problem, Rules

SLOT_MINUTES = 30
NO_RULES = Rules(lunch=None, rest=0, min_block=0, travel={})


def weighted(rows: Sequence[Duty], *, now: datetime) -> dict[int, Hours]:
    """{duty id: weighted hours}."""
    posts = positions.posts_by_id({row.position_id for row in rows})
    found: dict[int, Hours] = {}
    for unit_id in {post.unit_id for post in posts.values()}:
        mine = [row for row in rows if posts[row.position_id].unit_id == unit_id]
        found |= _of_unit(unit_id, mine, posts, now)
    return found


def _of_unit(
    unit_id: int, rows: Sequence[Duty], posts: Mapping[int, Post], now: datetime
) -> dict[int, Hours]:
    """The grid of a day begins with the first of the unit's positions to open, as in its rota."""
    days = sorted({row.day for row in rows})
    tree = org.tree(days[-1], known_at=now)
    used = {row.position_id: posts[row.position_id] for row in rows}
    at_home = {post.id: post for post in positions.posts_of([unit_id], days[-1])} | used
    demand = positions.demand_on(list(at_home.values()), days, tree)
    scales = {day: Scale(at_home.values(), day, demand[day], tree) for day in days}
    return {row.id: scales[row.day].hours(row, at_home[row.position_id]) for row in rows}


class Scale:
    """What a minute at each position weighs on one day."""

    def __init__(self, posts: Iterable[Post], day: date, demand: DayDemand, tree: UnitTree) -> None:
        self.posts = list(posts)
        spans = [span for hours in demand.hours.values() for span in hours]
        needs = [(need.start, need.end) for each in demand.needs.values() for need in each]
        edges = needs or spans
        self.facts = None
        if edges:
            open_at, close_at = min(start for start, _ in edges), max(end for _, end in edges)
            self.facts = Facts(_problem(self.posts, day, (open_at, close_at), demand, tree))

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
    posts: Sequence[Post], day: date, hours: tuple[int, int], demand: DayDemand, tree: UnitTree
) -> Problem:
    business = org.business_calendar()
    return Problem(
        slot_minutes=SLOT_MINUTES,
        time_limit=0.0,
        seed=0,
        days=(Day(day.isoformat(), *hours),),
        positions=tuple(
            weighed_position(post, {day: demand}, tree, business=business) for post in posts
        ),
        staff=(),
        forbidden_pairs=frozenset(),
        pins=(),
        published=(),
        rules=NO_RULES,
        now=None,
    )


def weighed_position(
    post: Post, demand: Mapping[date, DayDemand], tree: UnitTree, *, business: BusinessCalendar
) -> Position:
    """A position as the solver reads it, the day's weight multiplied into each band."""
    weights = day_weights([node.code for node in tree.path(post.unit_id)])
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
                need.burden * weights.of(day, business),
            )
            for day, found in demand.items()
            for need in found.needs.get(post.id, ())
        ),
    )
