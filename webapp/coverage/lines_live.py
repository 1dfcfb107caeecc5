"""A line booked or brought back changes テレワーク可能 of the units that may borrow it, where lines are scarce."""

from collections.abc import Sequence
from datetime import date

from webapp.core import clock
from webapp.core.db import snapshot
from webapp.coverage import queries
from webapp.coverage.queries import City, Group
from webapp.org import queries as org
from webapp.realtime.pump import Rendered
from webapp.seats import lines
from webapp.seats.live import never

PLENTY = 1_000_000


class LiveLines:
    """The renderer of the topic "lines": sends nothing itself, but names the coverage to look at next.

    While more lines are free than a section has people, one more or less says nothing to it: of 180 sections only those
    are worked out again for which lines are or were scarce.
    """

    def __init__(self) -> None:
        self._least: dict[int, int] = {}  # by the first position of a group, as last looked at

    def render(self, item_ids: Sequence[int]) -> Rendered:
        with snapshot():
            now = clock.now()
            on = org.today(now)
            town = queries.city(on, now=now)
            people = org.headcounts(on, known_at=now)
            units = self._concerned(town, on, people)
        then = {queries.TOPIC: units} if units else {}
        return Rendered(due=never(lines.TOPIC, item_ids), then=then)

    def _concerned(self, town: City, on: date, people: dict[int, int]) -> set[int]:
        units: set[int] = set()
        for group in town.groups:
            crowd = sum(people.get(unit_id, 0) for unit_id in group.units)
            if self._is_scarce(group, on, crowd):
                units |= {post.unit_id for post in group.posts}
        return units

    def _is_scarce(self, group: Group, on: date, crowd: int) -> bool:
        least = min((count for _, _, count in queries.free_lines(group, on)), default=PLENTY)
        before = self._least.get(group.posts[0].id, 0)
        self._least[group.posts[0].id] = least
        return min(before, least) <= crowd
