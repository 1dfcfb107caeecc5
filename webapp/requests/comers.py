"""Who else could come in: people who by plan work elsewhere and could stand at a position that falls short."""

from datetime import datetime

from webapp.coverage import queries as cover_queries
from webapp.coverage.covering import Head
from webapp.org import queries as org
from webapp.positions import queries as positions
from webapp.presence.facts import TELEWORK
from webapp.requests.effect_words import Summary, Worse
from webapp.requests.models import TeleworkRequest

MOST_OTHERS = 3


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
